"""Keys of curators, partner bots and agents: a role, in one brain, one body or everywhere.

A key is shown once, when it is made; what is stored is its SHA-256. With 32
random bytes behind it, a plain hash is enough.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any, get_args

import msgspec
import sqlalchemy as sa

from brains import tables
from brains.database import Transaction
from brains.errors import Invalid
from brains.model import Role
from brains.tokens import hash_token

PREFIX = "smsv_"
EVERYWHERE = "*"
KEY_BYTES = 32

_keys = tables.keys


class Key(msgspec.Struct, frozen=True):
    """`scope` is `*`, `brain:<id>` or `body:<slug>`: a brain and a body may share a name.

    What a role may do there is the router's. A key with an `adapter` is good there alone.
    """

    id: str
    name: str
    role: Role
    scope: str
    created: dt.datetime
    revoked: dt.datetime | None = None
    adapter: str | None = None


async def create(
    tx: Transaction,
    name: str,
    role: Role,
    scope: str,
    at: dt.datetime,
    adapter: str | None = None,
) -> tuple[Key, str]:
    """A new key and its secret, which cannot be had again."""
    if not name.strip():
        raise Invalid("Give the key a name, so that it can be told from others.", "field name")
    if role not in get_args(Role):
        raise Invalid(f"Use one of {', '.join(get_args(Role))}.", "field role")
    await _require_scope(tx, scope)
    secret = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    key = Key(f"key_{secrets.token_hex(8)}", name.strip(), role, scope, at, adapter=adapter)
    await tx.execute(
        sa.insert(_keys).values(hash=hash_token(secret), **msgspec.structs.asdict(key))
    )
    return key, secret


async def find(tx: Transaction, secret: str) -> Key | None:
    """The key with that secret, None where there is none or it is revoked."""
    if not secret.startswith(PREFIX):
        return None
    query = sa.select(_keys).where(_keys.c.hash == hash_token(secret), _keys.c.revoked.is_(None))
    row = (await tx.execute(query)).first()
    return None if row is None else _key(row)


async def get(tx: Transaction, id: str) -> Key | None:
    """The key with that id, None where there is none or it is revoked."""
    query = sa.select(_keys).where(_keys.c.id == id, _keys.c.revoked.is_(None))
    row = (await tx.execute(query)).first()
    return None if row is None else _key(row)


async def revoke(tx: Transaction, id: str, at: dt.datetime) -> bool:
    """Whether there was such a key to revoke."""
    query = sa.update(_keys).where(_keys.c.id == id, _keys.c.revoked.is_(None)).values(revoked=at)
    return bool((await tx.execute(query)).rowcount)


async def listing(tx: Transaction) -> list[Key]:
    """All keys, newest first, the revoked ones too."""
    rows = await tx.execute(sa.select(_keys).order_by(_keys.c.created.desc(), _keys.c.id))
    return [_key(row) for row in rows]


async def scope_exists(tx: Transaction, scope: str) -> bool:
    """Whether `scope` is everywhere, or a brain or body that is there."""
    kind, _, name = scope.partition(":")
    table = _TABLE_OF.get(kind)
    if table is None:
        return scope == EVERYWHERE
    return (await tx.execute(sa.select(table.c.id).where(table.c.id == name))).first() is not None


def _key(row: Any) -> Key:
    return Key(row.id, row.name, row.role, row.scope, row.created, row.revoked, row.adapter)


async def _require_scope(tx: Transaction, scope: str) -> None:
    if await scope_exists(tx, scope):
        return
    kind, _, name = scope.partition(":")
    if kind not in _TABLE_OF:
        raise Invalid(f"“{scope}” is none of *, brain:<id> and body:<slug>.", "field scope")
    raise Invalid(f"There is no {kind} called “{name}”.", "field scope")


_TABLE_OF = {"brain": tables.brains, "body": tables.bodies}
