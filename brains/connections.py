"""Connections: how the bots of other bodies are reached. Nodes keep them in `Knowledge`."""

from __future__ import annotations

from brains import checks, store
from brains.database import Database
from brains.documents import BODIES, CONNECTIONS
from brains.errors import UnknownBody, UnknownConnection
from brains.model import Connection


async def save(db: Database, connection: Connection) -> Connection:
    """Saves the connection of a body. Raises `Invalid`, and `UnknownBody`."""
    checks.refuse(checks.check_connection(connection))
    async with db.write() as tx:
        if not await BODIES.get(tx, [(connection.body,)]):
            raise UnknownBody(connection.body)
        await CONNECTIONS.put(tx, [connection], store.now())
    return connection


async def remove(db: Database, body: str) -> None:
    """Raises `UnknownConnection`."""
    async with db.write() as tx:
        if not await CONNECTIONS.remove(tx, (body,), store.now()):
            raise UnknownConnection(body)
