"""People who sign in: rows of `people`, over a transaction of the caller's.

A `Person` never holds the password's hash nor the link's: what is not there
cannot be shown. `Refused` carries a code beside its English text, so that a
console can say it in the reader's language.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec
import sqlalchemy as sa

from brains import keys, tables
from brains.database import Transaction
from brains.errors import Invalid, NotFound, Problem
from brains.model import PERSON_ROLES, Role
from brains.tokens import hash_token

EMAIL_CHARS_MAX = 254
NAME_CHARS_MAX = 200
LINK_DAYS = 7
LINK_BYTES = 32

Language = Literal["nb", "en"]

Code = Literal["email", "email_taken", "name", "role", "language", "scope", "admin_scope", "last"]
TEXTS: Mapping[Code, str] = {
    "email": "This is no e-mail address. Write it as name@example.org.",
    "email_taken": "Somebody with this e-mail address is there already.",
    "name": f"Give a name, at most {NAME_CHARS_MAX} characters.",
    "role": f"Use one of {', '.join(PERSON_ROLES)}.",
    "language": "Use nb or en.",
    "scope": "There is no such place. Use *, brain:<id> or body:<slug>.",
    "admin_scope": "An administrator has everything: use the scope *.",
    "last": "This is the last administrator. Make somebody else one first.",
}

_people, _sessions = tables.people, tables.sessions
_EMAIL = re.compile(r"^[^\s@\x00-\x1f\x7f]+@[^\s@.\x00-\x1f\x7f]+(\.[^\s@.\x00-\x1f\x7f]+)+$")


class UnknownPerson(NotFound):
    noun = "person"


class Refused(Invalid):
    """What is wrong with a person's data; `codes` maps a field to why."""

    def __init__(self, codes: Mapping[str, Code]) -> None:
        self.codes = dict(codes)
        problems = [Problem(f"field {field}", TEXTS[code]) for field, code in codes.items()]
        super().__init__(problems[0].text, problems[0].pointer, problems)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """`scope` is as a key's: `*`, `brain:<id>` or `body:<slug>`.

    `has_password` and `has_provider` say how they may sign in; with neither
    they are invited and have not come yet, `invited_until` says how long.
    """

    id: str
    email: str
    name: str
    role: Role
    scope: str
    language: str
    created: dt.datetime
    disabled: dt.datetime | None = None
    has_password: bool = False
    has_provider: bool = False
    invited_until: dt.datetime | None = None


async def add(
    tx: Transaction,
    *,
    email: str,
    name: str,
    role: Role,
    scope: str,
    at: dt.datetime,
    language: str = "nb",
) -> Person:
    """A new person, who cannot sign in before they have a password or a provider.

    Raises `Refused`, with everything that is wrong.
    """
    person = Person(
        id=f"person_{secrets.token_hex(8)}",
        email=folded(email),
        name=_plain(name),
        role=role,
        scope=scope,
        language=language,
        created=at,
    )
    await _check(tx, person)
    await tx.execute(sa.insert(_people).values(**_stored(person), id=person.id, created=at))
    return person


async def change(
    tx: Transaction,
    id: str,
    *,
    email: str | None = None,
    name: str | None = None,
    role: Role | None = None,
    scope: str | None = None,
    language: str | None = None,
) -> Person:
    """Change what is given. Raises `UnknownPerson` and `Refused`.

    With another address go the link sent to the old one, and the provider's account tied by it.
    """
    known = await get(tx, id)
    changed = msgspec.structs.replace(
        known,
        email=known.email if email is None else folded(email),
        name=known.name if name is None else _plain(name),
        role=role or known.role,
        scope=scope or known.scope,
        language=language or known.language,
    )
    await _check(tx, changed)
    if known.role == "admin" and changed.role != "admin":
        await _require_another_admin(tx, known)
    await _update(tx, id, **_stored(changed))
    if changed.email != known.email:
        await _update(tx, id, link_hash=None, link_expires=None, issuer=None, subject=None)
    return await get(tx, id)


async def disable(tx: Transaction, id: str, at: dt.datetime) -> Person:
    """End a person's sessions and links, and let them in no more. Raises `Refused` for the last
    administrator."""
    known = await get(tx, id)
    await _require_another_admin(tx, known)
    await _update(tx, id, disabled=at, link_hash=None, link_expires=None)
    await tx.execute(sa.delete(_sessions).where(_sessions.c.person == id))
    return await get(tx, id)


async def enable(tx: Transaction, id: str) -> Person:
    """Let a disabled person in again."""
    await _update(tx, id, disabled=None)
    return await get(tx, id)


async def get(tx: Transaction, id: str) -> Person:
    """Raises `UnknownPerson`."""
    row = (await tx.execute(sa.select(_people).where(_people.c.id == id))).first()
    if row is None:
        raise UnknownPerson(id)
    return person_of(row)


async def by_email(tx: Transaction, email: str) -> Person | None:
    """The person with that address, however its letters are written."""
    row = (await tx.execute(sa.select(_people).where(_people.c.email == folded(email)))).first()
    return None if row is None else person_of(row)


async def listing(tx: Transaction) -> list[Person]:
    """Everybody, by name; the disabled ones last."""
    order = (_people.c.disabled.is_not(None), sa.func.lower(_people.c.name), _people.c.id)
    return [person_of(row) for row in await tx.execute(sa.select(_people).order_by(*order))]


async def exists(tx: Transaction) -> bool:
    """Whether there is anybody at all."""
    return (await tx.execute(sa.select(_people.c.id).limit(1))).first() is not None


# Passwords


async def password_hash(tx: Transaction, id: str) -> str | None:
    """What the password is checked against, None where the person has none."""
    query = sa.select(_people.c.password_hash).where(_people.c.id == id)
    found: str | None = (await tx.execute(query)).scalar()
    return found


async def set_password(tx: Transaction, id: str, hashed: str) -> None:
    """A new password: every session and link of the person ends."""
    await _update(tx, id, password_hash=hashed, link_hash=None, link_expires=None)
    await tx.execute(sa.delete(_sessions).where(_sessions.c.person == id))


async def use_link(tx: Transaction, token: str, hashed: str, at: dt.datetime) -> Person | None:
    """Set the password that a link is for: once, also where two come with it at the same moment.

    None where the link is not good, or is not any more.
    """
    person = await by_link(tx, token, at)
    if person is None:
        return None
    unused = sa.and_(_people.c.id == person.id, _people.c.link_hash == hash_token(token))
    used = await tx.execute(sa.update(_people).where(unused).values(link_hash=None))
    if not used.rowcount:
        return None
    await set_password(tx, person.id, hashed)
    return await get(tx, person.id)


async def rehash(tx: Transaction, id: str, old: str, new: str) -> None:
    """The same password under newer parameters, unless it was changed meanwhile."""
    same = sa.and_(_people.c.id == id, _people.c.password_hash == old)
    await tx.execute(sa.update(_people).where(same).values(password_hash=new))


async def new_link(tx: Transaction, id: str, at: dt.datetime) -> str:
    """The token of a link with which the person sets a password, once, within `LINK_DAYS`.

    An earlier link becomes useless. Only a hash of the token is stored.
    """
    token = secrets.token_urlsafe(LINK_BYTES)
    expires = at + dt.timedelta(days=LINK_DAYS)
    await _update(tx, id, link_hash=hash_token(token), link_expires=expires)
    return token


async def by_link(tx: Transaction, token: str, at: dt.datetime) -> Person | None:
    """The person whose link it is; None where it is unknown, used, replaced or too old."""
    query = sa.select(_people).where(
        _people.c.link_hash == hash_token(token),
        _people.c.link_expires > at,
        _people.c.disabled.is_(None),
    )
    row = (await tx.execute(query)).first()
    return None if row is None else person_of(row)


# The provider's accounts


async def by_subject(tx: Transaction, issuer: str, subject: str) -> Person | None:
    """The person bound to a provider's account."""
    same = sa.and_(_people.c.issuer == issuer, _people.c.subject == subject)
    row = (await tx.execute(sa.select(_people).where(same))).first()
    return None if row is None else person_of(row)


async def bind(tx: Transaction, id: str, issuer: str, subject: str) -> bool:
    """Tie a person to a provider's account. False where they are tied to another one already."""
    free = sa.and_(_people.c.id == id, _people.c.subject.is_(None))
    statement = sa.update(_people).where(free).values(issuer=issuer, subject=subject)
    return bool((await tx.execute(statement)).rowcount)


def folded(email: str) -> str:
    """An address as it is stored and looked up: NFKC, lower-case, trimmed."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def person_of(row: sa.Row[Any]) -> Person:
    """A row of `people` as the struct."""
    return Person(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        scope=row.scope,
        language=row.language,
        created=row.created,
        disabled=row.disabled,
        has_password=row.password_hash is not None,
        has_provider=row.subject is not None,
        invited_until=row.link_expires,
    )


async def _check(tx: Transaction, person: Person) -> None:
    wrong: dict[str, Code] = {}
    if len(person.email) > EMAIL_CHARS_MAX or not _EMAIL.match(person.email):
        wrong["email"] = "email"
    elif (other := await by_email(tx, person.email)) is not None and other.id != person.id:
        wrong["email"] = "email_taken"
    if not person.name or len(person.name) > NAME_CHARS_MAX:
        wrong["name"] = "name"
    if person.role not in PERSON_ROLES:
        wrong["role"] = "role"
    if person.language not in get_args(Language):
        wrong["language"] = "language"
    if person.role == "admin" and person.scope != keys.EVERYWHERE:
        wrong["scope"] = "admin_scope"
    elif not await keys.scope_exists(tx, person.scope):
        wrong["scope"] = "scope"
    if wrong:
        raise Refused(wrong)


async def _require_another_admin(tx: Transaction, person: Person) -> None:
    if person.role != "admin" or person.disabled is not None:
        return
    # All of them are held until the change is done: of two who take each other's right away at
    # the same moment, one comes second.
    admins = sa.select(_people.c.id).where(_people.c.role == "admin", _people.c.disabled.is_(None))
    held = await tx.execute(admins.order_by(_people.c.id).with_for_update())
    if {*held.scalars()} <= {person.id}:
        raise Refused({"role": "last"})


async def _update(tx: Transaction, id: str, **values: Any) -> None:
    result = await tx.execute(sa.update(_people).where(_people.c.id == id).values(**values))
    if not result.rowcount:
        raise UnknownPerson(id)


def _stored(person: Person) -> dict[str, Any]:
    fields = ("email", "name", "role", "scope", "language")
    return {field: getattr(person, field) for field in fields}


def _plain(name: str) -> str:
    """On one line, without what cannot be seen."""
    kept = "".join(c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    return " ".join(unicodedata.normalize("NFC", kept).split())
