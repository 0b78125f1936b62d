"""The few numbers that the console shows on every page, in one query."""

from __future__ import annotations

import datetime as dt

import msgspec
import sqlalchemy as sa

from brains import tables
from brains.database import Transaction


class Counts(msgspec.Struct, frozen=True):
    """Open gaps and entries in review. `version` grows with every change to the brain's gaps."""

    open: int = 0
    review: int = 0
    version: int = 0


async def count(tx: Transaction, brain: str, now: dt.datetime, body: str | None = None) -> Counts:
    """The numbers of a brain; for the editors of `body` only what was asked there."""
    gaps, entries, clocks = tables.gaps, tables.entries, tables.gap_clocks
    awake = sa.or_(gaps.c.snoozed_until.is_(None), gaps.c.snoozed_until <= now)
    is_open = sa.select(sa.func.count()).where(
        gaps.c.brain == brain, gaps.c.status == "open", awake
    )
    if body is not None:
        asked = sa.select(tables.gap_bodies.c.gap).where(tables.gap_bodies.c.body == body)
        is_open = is_open.where(gaps.c.id.in_(asked))
    review = sa.select(sa.func.count()).where(
        entries.c.brain == brain, entries.c.status == "in_review"
    )
    version = sa.select(clocks.c.version).where(clocks.c.brain == brain)
    row = (
        await tx.execute(
            sa.select(
                is_open.scalar_subquery(), review.scalar_subquery(), version.scalar_subquery()
            )
        )
    ).one()
    return Counts(row[0], row[1] if body is None else 0, row[2] or 0)
