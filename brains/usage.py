"""How often each entry answers, a body and calendar month (1 to 12): what is popular when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from brains import tables
from brains.database import Transaction, insert

_usage = tables.usage


class Used(NamedTuple):
    brain: str
    entry: str
    body: str
    month: int


async def add(tx: Transaction, counts: Mapping[Used, int]) -> None:
    for used, count in counts.items():
        statement = insert(tx, _usage).values(**used._asdict(), count=count)
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=list(Used._fields),
                set_={"count": _usage.c.count + statement.excluded["count"]},
            )
        )


async def all(tx: Transaction) -> dict[Used, int]:
    rows = await tx.execute(sa.select(_usage))
    return {Used(row.brain, row.entry, row.body, row.month): row[4] for row in rows}
