"""People of the demo: one of each kind, so that the console can be tried as each of them."""

from __future__ import annotations

import secrets

from brains import people
from brains.database import Database
from brains.model import Role
from brains.store import now
from router.security.passwords import Passwords

Person = tuple[str, str, Role, str]
ADMIN: Person = ("admin@samsvar.example", "Ada Admin", "admin", "*")
PEOPLE: dict[str, tuple[Person, ...]] = {
    "kommune": (
        ADMIN,
        ("kurator@samsvar.example", "Kim Kurator", "curator", "brain:kommune"),
        ("bergen@samsvar.example", "Berit Bergen", "editor", "body:bergen"),
    ),
    "nav": (ADMIN, ("kurator@samsvar.example", "Kim Kurator", "curator", "brain:nav")),
}
PASSWORD_BYTES = 12


def people_of(brain: str) -> tuple[Person, ...]:
    """Of a demo with that brain, or with all where it is ""."""
    return PEOPLE[brain or "kommune"]


async def first_people(db: Database, brain: str = "") -> str | None:
    """Add them where nobody is there yet; the password they share, to be shown once."""
    async with db.read() as tx:
        if await people.exists(tx):
            return None
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    hashed = await Passwords().hash(password)
    async with db.write() as tx:
        for email, name, role, scope in people_of(brain):
            person = await people.add(tx, email=email, name=name, role=role, scope=scope, at=now())
            await people.set_password(tx, person.id, hashed)
    return password
