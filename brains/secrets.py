"""The installation's own secrets: made once, and the same for every process on the database."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from brains import tables
from brains.database import Database, insert_missing

SECRET_BYTES = 32

_secrets = tables.secrets


async def secret(db: Database, name: str, first: str | None = None) -> str:
    """The secret of that name; where it is not there yet, `first` or a random one from now on."""
    query = sa.select(_secrets.c.value).where(_secrets.c.name == name)
    async with db.read() as tx:
        known: str | None = (await tx.execute(query)).scalar()
    if known is not None:
        return known
    async with db.write() as tx:
        row = {"name": name, "value": first or secrets.token_hex(SECRET_BYTES)}
        await insert_missing(tx, _secrets, [row])
        return str((await tx.execute(query)).scalar_one())
