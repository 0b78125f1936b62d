"""How often somebody has tried to sign in: rows of `sign_in_attempts`, over a transaction.

    tried = await attempts.held(tx, ["account:..", "address:.."], now)

A key is whatever is counted. A row is forgotten when its time is over.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from brains import tables
from brains.database import Transaction, insert_missing, upsert

_attempts = tables.sign_in_attempts


class Tried(msgspec.Struct, frozen=True):
    """So many attempts; the next not before `until`."""

    count: int
    until: dt.datetime


async def held(tx: Transaction, keys: Iterable[str], at: dt.datetime) -> dict[str, Tried]:
    """What each key has tried. Nobody else counts them before the transaction ends."""
    wanted = sorted(keys)
    await tx.execute(sa.delete(_attempts).where(_attempts.c.forgotten <= at))
    fresh = [{"key": key, "count": 0, "until": at, "forgotten": at} for key in wanted]
    await insert_missing(tx, _attempts, fresh)
    rows = await tx.execute(
        sa.select(_attempts)
        .where(_attempts.c.key.in_(wanted))
        .order_by(_attempts.c.key)
        .with_for_update()
    )
    # Somebody who came in at the same moment may have had theirs forgotten.
    none = dict.fromkeys(wanted, Tried(0, at))
    return none | {row.key: Tried(row._mapping["count"], row.until) for row in rows}


async def keep(tx: Transaction, key: str, tried: Tried, forgotten: dt.datetime) -> None:
    """Write down what a held key has tried."""
    row = {"key": key, **msgspec.structs.asdict(tried), "forgotten": forgotten}
    await upsert(tx, _attempts, [row])


async def forget(tx: Transaction, key: str) -> None:
    """As if nothing had been tried."""
    await tx.execute(sa.delete(_attempts).where(_attempts.c.key == key))
