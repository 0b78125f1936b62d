"""What was found when a brain was last looked through, and what curators have accepted, as rows."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from brains import tables
from brains.database import Transaction, insert_missing

_accepted, _found = tables.accepted_conflicts, tables.found_conflicts


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


async def keep(tx: Transaction, brain: str, at: dt.datetime, found: str) -> None:
    """Replaces what was found the last time. `found` is the caller's own JSON."""
    await tx.execute(sa.delete(_found).where(_found.c.brain == brain))
    await tx.execute(sa.insert(_found).values(brain=brain, at=at, found=found))


async def kept(tx: Transaction, brain: str) -> tuple[dt.datetime, str] | None:
    """What was found the last time, and when."""
    query = sa.select(_found.c.at, _found.c.found).where(_found.c.brain == brain)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else (row.at, row.found)
