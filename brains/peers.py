"""Other installations that this one trusts, and invitations to become one.

A peer is known by its id. What it may say is bound to its keys; in whose name
it may speak, to `bodies`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import sqlalchemy as sa

from brains import codec, tables
from brains.database import Transaction, upsert
from brains.errors import NotFound

Jwk = dict[str, str]

_peers, _invitations = tables.peers, tables.invitations


class UnknownPeer(NotFound):
    noun = "peer"


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """`keys` are its public keys, as JWKs with a `kid`. `offered` are bodies that it answers for
    since it was added, and that nobody here has accepted yet."""

    id: str
    name: str
    address: str
    keys: list[Jwk]
    bodies: list[str]
    offered: list[str] = []
    enabled: bool = True
    added_at: dt.datetime
    keys_asked_at: dt.datetime | None = None


class Invitation(msgspec.Struct, frozen=True):
    """`secret_hash` is the SHA-256 of the code's secret part."""

    id: str
    secret_hash: str
    expires_at: dt.datetime


async def listing(tx: Transaction) -> list[Peer]:
    """All peers, by name."""
    rows = await tx.execute(sa.select(_peers).order_by(_peers.c.name, _peers.c.id))
    return [_peer(row) for row in rows]


async def find(tx: Transaction, id: str) -> Peer | None:
    """The peer of that id."""
    row = (await tx.execute(sa.select(_peers).filter_by(id=id))).first()
    return None if row is None else _peer(row)


async def named(tx: Transaction, name: str) -> Peer:
    """The peer of that id, address or name. Raises `UnknownPeer`."""
    wanted = name.rstrip("/")
    known = await listing(tx)
    for peer in known:
        if wanted in (peer.id, peer.address):
            return peer
    called_so = [peer for peer in known if peer.name == name]
    if len(called_so) != 1:
        raise UnknownPeer(name)
    return called_so[0]


async def put(tx: Transaction, peer: Peer) -> None:
    """Writes the peer, over what was known of it before."""
    row = msgspec.structs.asdict(peer)
    for name in ("keys", "bodies", "offered"):
        row[name] = codec.encode(row[name])
    await upsert(tx, _peers, [row])


async def remove(tx: Transaction, id: str) -> None:
    await tx.execute(sa.delete(_peers).filter_by(id=id))


async def set_keys(tx: Transaction, id: str, keys: list[Jwk]) -> None:
    await tx.execute(sa.update(_peers).filter_by(id=id).values(keys=codec.encode(keys)))


async def set_offered(tx: Transaction, id: str, offered: list[str]) -> None:
    await tx.execute(sa.update(_peers).filter_by(id=id).values(offered=codec.encode(offered)))


async def claim_keys(tx: Transaction, id: str, now: dt.datetime, before: dt.datetime) -> bool:
    """Whether it is this caller's turn to ask the peer for its keys: nobody has since `before`."""
    due = sa.or_(_peers.c.keys_asked_at.is_(None), _peers.c.keys_asked_at < before)
    statement = sa.update(_peers).where(_peers.c.id == id, due).values(keys_asked_at=now)
    return bool((await tx.execute(statement)).rowcount)


async def invite(tx: Transaction, invitation: Invitation, now: dt.datetime) -> None:
    """Keeps an invitation, and forgets those that are over."""
    await tx.execute(sa.delete(_invitations).where(_invitations.c.expires_at <= now))
    await tx.execute(sa.insert(_invitations).values(**msgspec.structs.asdict(invitation)))


async def invitation(tx: Transaction, id: str, now: dt.datetime) -> Invitation | None:
    """The invitation, where it is still good."""
    query = sa.select(_invitations).where(_invitations.c.id == id, _invitations.c.expires_at > now)
    row = (await tx.execute(query)).first()
    return None if row is None else Invitation(row.id, row.secret_hash, row.expires_at)


async def use_up(tx: Transaction, id: str) -> bool:
    """Whether the invitation was still there; it is not any more."""
    return bool((await tx.execute(sa.delete(_invitations).filter_by(id=id))).rowcount)


def _peer(row: Any) -> Peer:
    return Peer(
        id=row.id,
        name=row.name,
        address=row.address,
        keys=codec.decode(row.keys, list[Jwk]),
        bodies=codec.decode(row.bodies, list[str]),
        offered=codec.decode(row.offered, list[str]),
        enabled=row.enabled,
        added_at=row.added_at,
        keys_asked_at=row.keys_asked_at,
    )
