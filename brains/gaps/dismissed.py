"""Questions that curators have dismissed as nothing to answer."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from brains import tables
from brains.database import ROWS_AT_ONCE, Transaction
from brains.gaps.recorded import folded

_gaps, _questions = tables.gaps, tables.gap_questions


async def among(tx: Transaction, brain: str, texts: Iterable[str]) -> set[str]:
    """Those of the texts that are questions of a dismissed gap."""
    texts_by_digest: dict[str, list[str]] = {}
    for text in texts:
        texts_by_digest.setdefault(folded(text), []).append(text)
    digests, found = list(texts_by_digest), set[str]()
    for start in range(0, len(digests), ROWS_AT_ONCE):
        query = (
            sa.select(_questions.c.folded)
            .join(_gaps, _gaps.c.id == _questions.c.gap)
            .where(
                _questions.c.brain == brain,
                _questions.c.folded.in_(digests[start : start + ROWS_AT_ONCE]),
                _gaps.c.status == "dismissed",
            )
            .distinct()
        )
        for digest in (await tx.execute(query)).scalars():
            found.update(texts_by_digest[digest])
    return found
