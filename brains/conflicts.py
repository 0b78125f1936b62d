"""Conflicts that curators have looked at and accepted, as rows: a key, by whom, and when."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from brains import tables
from brains.database import Transaction, insert_missing

_accepted = tables.accepted_conflicts


async def accepted(tx: Transaction, brain: str) -> set[str]:
    """The keys that were accepted."""
    query = sa.select(_accepted.c.key).where(_accepted.c.brain == brain)
    return set((await tx.execute(query)).scalars())


async def accept(tx: Transaction, brain: str, key: str, by: str, at: dt.datetime) -> None:
    await insert_missing(tx, _accepted, [{"brain": brain, "key": key, "by": by, "at": at}])


async def reopen(tx: Transaction, brain: str, key: str) -> bool:
    """Takes an acceptance back. Whether there was one."""
    result = await tx.execute(
        sa.delete(_accepted).where(_accepted.c.brain == brain, _accepted.c.key == key)
    )
    return bool(result.rowcount)
