"""The keys this installation signs with, and the tokens of others that were used already."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Literal

import msgspec
import sqlalchemy as sa

from brains import changes, codec, tables
from brains.database import Transaction, insert

State = Literal["next", "current", "retired"]
Jwk = dict[str, str]

_keys, _seen = tables.signing_keys, tables.seen_tokens


class SigningKey(msgspec.Struct, frozen=True):
    """`public` is the public part as a JWK, `sealed` the whole key, encrypted."""

    id: str
    public: Jwk
    sealed: str
    state: State
    created: dt.datetime
    retired: dt.datetime | None = None


async def listing(tx: Transaction) -> list[SigningKey]:
    """All keys, oldest first."""
    rows = await tx.execute(sa.select(_keys).order_by(_keys.c.created, _keys.c.id))
    return [
        SigningKey(
            row.id,
            codec.decode(row.public, Jwk),
            row.sealed,
            row.state,
            row.created,
            row.retired,
        )
        for row in rows
    ]


async def lock(tx: Transaction) -> None:
    """Waits until no other process is changing the keys."""
    await changes.lock(tx)


async def add(tx: Transaction, key: SigningKey) -> None:
    row = msgspec.structs.asdict(key) | {"public": codec.encode(key.public)}
    await tx.execute(sa.insert(_keys).values(**row))


async def set_state(
    tx: Transaction, id: str, state: State, retired: dt.datetime | None = None
) -> None:
    await tx.execute(sa.update(_keys).filter_by(id=id).values(state=state, retired=retired))


async def forget_retired(tx: Transaction, before: dt.datetime) -> None:
    """Removes the keys that were retired before a time."""
    await tx.execute(sa.delete(_keys).where(_keys.c.retired < before))


async def use(tx: Transaction, issuer: str, token: str, expires_at: dt.datetime) -> bool:
    """Whether an issuer's token is used for the first time; from now on it is not.

    `expires_at` is when it may be forgotten. Holds across processes, whichever comes first.
    """
    row = {
        "issuer": issuer,
        "token": hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest(),
        "expires_at": expires_at,
    }
    statement = insert(tx, _seen).values(**row).on_conflict_do_nothing()
    return bool((await tx.execute(statement)).rowcount)


async def forget_used(tx: Transaction, now: dt.datetime) -> int:
    """Forgets the tokens that have expired, and returns how many those were."""
    return (await tx.execute(sa.delete(_seen).where(_seen.c.expires_at <= now))).rowcount
