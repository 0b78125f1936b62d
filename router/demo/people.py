"""People of the demo: one of each kind, so that the console can be tried as each of them."""

from __future__ import annotations

import secrets

from brains import people
from brains.database import Database
from brains.model import Role
from brains.store import now
from router.security.passwords import Passwords

PEOPLE: tuple[tuple[str, str, Role, str], ...] = (
    ("admin@samsvar.example", "Ada Admin", "admin", "*"),
    ("kurator@samsvar.example", "Kim Kurator", "curator", "brain:kommune"),
    ("bergen@samsvar.example", "Berit Bergen", "editor", "body:bergen"),
)
PASSWORD_BYTES = 12


async def first_people(db: Database) -> str | None:
    """Add them where nobody is there yet; the password they share, to be shown once."""
    async with db.read() as tx:
        if await people.exists(tx):
            return None
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    hashed = await Passwords().hash(password)
    async with db.write() as tx:
        for email, name, role, scope in PEOPLE:
            person = await people.add(tx, email=email, name=name, role=role, scope=scope, at=now())
            await people.set_password(tx, person.id, hashed)
    return password
