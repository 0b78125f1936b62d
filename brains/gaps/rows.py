"""The gaps' tables, their clock, and small reads that several files need.

Each brain has a clock: a change to a gap takes the next tick, in the change's
own transaction, and whoever holds the clock is alone in changing the brain's gaps.
"""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa

from brains import changes, tables
from brains.database import Transaction, upsert
from brains.errors import UnknownGap

gaps, bodies, questions, days, clocks = (
    tables.gaps,
    tables.gap_bodies,
    tables.gap_questions,
    tables.gap_days,
    tables.gap_clocks,
)


def new_id() -> str:
    return f"gap_{secrets.token_hex(8)}"


async def version(tx: Transaction, brain: str) -> int:
    query = sa.select(clocks.c.version).where(clocks.c.brain == brain)
    return (await tx.execute(query)).scalar() or 0


async def lock_clock(tx: Transaction, brain: str) -> int:
    """The clock's tick, held until the end of the transaction."""
    if tx.dialect.name == "postgresql":
        await changes.lock(tx)
    return await version(tx, brain)


async def set_clock(tx: Transaction, brain: str, version: int) -> None:
    await upsert(tx, clocks, [{"brain": brain, "version": version}])


async def row(tx: Transaction, id: str, brain: str | None = None) -> sa.Row[Any]:
    """A gap's row. Raises `UnknownGap`, also where it is another brain's."""
    found = (await tx.execute(sa.select(gaps).where(gaps.c.id == id))).first()
    if found is None or (brain is not None and found.brain != brain):
        raise UnknownGap(id)
    return found
