"""Facts that answers needed and a body has not given, so that the body is told.

The facts themselves are `documents.FACTS`.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from brains import tables
from brains.database import Transaction, insert
from brains.model import MissingFact

_missing = tables.missing_facts


async def record_missing(
    tx: Transaction, body: str, key: str, brain: str, entry: str, at: dt.datetime
) -> None:
    """Counts one question that could not be answered in `body` for want of the fact `key`."""
    statement = insert(tx, _missing).values(
        body=body, key=key, brain=brain, entry=entry, count=1, last_seen=at
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["body", "key", "brain", "entry"],
            set_={"count": _missing.c.count + 1, "last_seen": statement.excluded.last_seen},
        )
    )


async def missing(tx: Transaction, body: str) -> list[MissingFact]:
    """The body's missing facts that were asked for, most asked for first."""
    rows = await tx.execute(
        sa.select(_missing)
        .where(_missing.c.body == body)
        .order_by(_missing.c.count.desc(), _missing.c.key, _missing.c.entry)
    )
    return [MissingFact(**row) for row in rows.mappings()]


async def asked_for(tx: Transaction, brain: str) -> dict[tuple[str, str], int]:
    """How many questions in a brain wanted a fact that a body lacks, by (body, key)."""
    rows = await tx.execute(
        sa.select(_missing.c.body, _missing.c.key, sa.func.sum(_missing.c.count))
        .where(_missing.c.brain == brain)
        .group_by(_missing.c.body, _missing.c.key)
    )
    return {(body, key): int(count) for body, key, count in rows}


async def given(tx: Transaction, body: str, keys: list[str]) -> None:
    """Forgets what was missing: the body has given these facts now."""
    await tx.execute(sa.delete(_missing).where(_missing.c.body == body, _missing.c.key.in_(keys)))
