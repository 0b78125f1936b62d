"""Vectors of gaps and their questions, where another encoder made them or nobody did."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from brains import asked as halves
from brains.database import Database
from brains.gaps import rows
from brains.vectors import ENCODE_AT_ONCE, TextEncoder, to_bytes

log = logging.getLogger(__name__)

EMBEDDED_AGAIN_MAX = 50  # questions of a gap that speak for it after a change of encoder
_questions = rows.questions.c


async def embed_again(db: Database, encoder: TextEncoder) -> None:
    """Gives gaps of another encoder vectors of this one, from their latest questions.

    The questions' own vectors are forgotten: `embed_missing` makes them when they are needed.
    """
    fingerprint = encoder.fingerprint
    async with db.read() as tx:
        query = sa.select(rows.gaps.c.id).where(rows.gaps.c.fingerprint != fingerprint)
        ids = (await tx.execute(query)).scalars().all()
    for id in ids:
        await _embed_gap(db, encoder, id)
    if ids:
        log.info("embedded %d gaps again with %s", len(ids), fingerprint)


async def embed_missing(db: Database, encoder: TextEncoder, gaps: Sequence[str]) -> None:
    """Gives the gaps' questions that have no vector one."""
    while True:
        lacking = sa.select(_questions.id, _questions.text).where(
            _questions.gap.in_(gaps), _questions.vector.is_(None)
        )
        async with db.read() as tx:
            found = (await tx.execute(lacking.limit(ENCODE_AT_ONCE))).all()
        if not found:
            return
        encoded = await encoder.encode([row.text for row in found], "query")
        async with db.write(aside=True) as tx:
            await tx.execute(
                sa.update(rows.questions)
                .where(_questions.id == sa.bindparam("question"))
                .values(vector=sa.bindparam("data")),
                [
                    {"question": row.id, "data": halves.to_bytes(vector)}
                    for row, vector in zip(found, encoded, strict=True)
                ],
            )


async def _embed_gap(db: Database, encoder: TextEncoder, id: str) -> None:
    async with db.read() as tx:
        row = await rows.row(tx, id)
        latest = sa.select(_questions.text).where(_questions.gap == id)
        newest = latest.order_by(_questions.id.desc()).limit(EMBEDDED_AGAIN_MAX)
        texts = (await tx.execute(newest)).scalars().all()
    encoded = await encoder.encode([row.summary, *texts], "query")
    mean = encoded[1:].mean(axis=0) if len(texts) else encoded[0]
    async with db.write(aside=True) as tx:
        version = await rows.lock_clock(tx, row.brain) + 1
        await tx.execute(
            sa.update(rows.gaps)
            .where(rows.gaps.c.id == id, rows.gaps.c.fingerprint == row.fingerprint)
            .values(
                fingerprint=encoder.fingerprint,
                vector_sum=to_bytes(mean * np.float32(row.size)),
                summary_vector=to_bytes(encoded[0]),
                version=version,
            )
        )
        stale = sa.update(rows.questions).where(_questions.gap == id)
        await tx.execute(stale.values(vector=None))
        await rows.set_clock(tx, row.brain, version)
