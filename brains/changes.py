"""The change feed: every change to the shared knowledge takes the next number.

A number is taken in the same transaction as the change itself, and numbers
become visible in order: a reader that saw number n has seen everything up to
n. SQLite has one writer, so that is given; on PostgreSQL `lock` lets one
changing transaction through at a time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal, NamedTuple

import sqlalchemy as sa

from brains.database import Transaction
from brains.model import Change
from brains.tables import changes

Kind = Literal[
    "body", "brain", "entry", "local_answer", "fact", "remit", "gap", "broadcast", "connection"
]

FEED_LOCK = 0x5A_5A_02
FEED_AT_ONCE = 1_000


class Changed(NamedTuple):
    """What changed: `key` is an id; of a local answer, fact or remit two ids and a space."""

    kind: Kind
    brain: str | None
    key: str


async def lock(tx: Transaction) -> None:
    """Waits for this transaction's turn to change the feed. Call it before touching other rows."""
    if tx.dialect.name == "postgresql":
        await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(FEED_LOCK)))


async def append(tx: Transaction, changed: Sequence[Changed], at: dt.datetime) -> None:
    if changed:
        await lock(tx)
        await tx.execute(sa.insert(changes), [{**c._asdict(), "at": at} for c in changed])


async def after(tx: Transaction, number: int, limit: int = FEED_AT_ONCE) -> list[Change]:
    """The changes after `number`, in order."""
    query = sa.select(changes).where(changes.c.number > number).order_by(changes.c.number)
    return [Change(**row) for row in (await tx.execute(query.limit(limit))).mappings()]


async def last(tx: Transaction) -> int:
    """The newest number, 0 where nothing has changed yet."""
    return (await tx.execute(sa.select(sa.func.max(changes.c.number)))).scalar() or 0
