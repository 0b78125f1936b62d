"""Signing in and what belongs to it: passwords set and changed, sessions begun and ended.

Each method is one thing a person does, written down in the audit log in the
same transaction. `SignInRefused.code` says why somebody may not come in; that
an account exists is never told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Literal, NamedTuple

from brains import audit, people, sessions
from brains.database import Database, Transaction
from brains.errors import Invalid
from brains.people import Person
from brains.store import now as utc_now
from router.errors import NotAuthenticated
from router.security import passwords
from router.security.attempts import Attempts
from router.security.oidc import Account
from router.security.passwords import Passwords, Weakness

Why = Literal["wrong", "wait", "link", "unknown", "provider"]
TEXTS: dict[Why, str] = {
    "wrong": "The e-mail address or the password is wrong.",
    "wait": "Too many attempts. Wait a while and try again.",
    "link": "This link is used or too old. Ask an administrator for a new one.",
    "unknown": "Nobody with this e-mail address has been added here. Ask an administrator.",
    "provider": "The sign-in service did not confirm who you are. Try again.",
}
STRANGER = "-"


class SignInRefused(NotAuthenticated):
    """`seconds` is how long to wait, where waiting helps."""

    def __init__(self, code: Why, seconds: int = 0) -> None:
        super().__init__(TEXTS[code])
        self.code = code
        self.seconds = seconds


class WeakPassword(Invalid):
    """The chosen password may not be used; `code` says why."""

    def __init__(self, code: Weakness) -> None:
        super().__init__(passwords.TEXTS[code], "field password")
        self.code = code


class Visit(NamedTuple):
    """Where somebody comes from: what counts as one address, the name of their browser, and the
    session it had until now, which a new one replaces."""

    address: str
    browser: str = ""
    token: str | None = None


class CameIn(NamedTuple):
    """A person, and the token of their new session."""

    person: Person
    token: str


def in_database(db: Database) -> SignIn:
    """The way in to one installation."""
    return SignIn(db, Attempts(db))


class SignIn:
    """The way in to the console."""

    def __init__(
        self,
        db: Database,
        attempts: Attempts,
        hashing: Passwords | None = None,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._db = db
        self._attempts = attempts
        self._hashing = hashing or Passwords()
        self._clock = clock

    async def with_password(self, email: str, password: str, visit: Visit) -> CameIn:
        """Begin a session. Raises `SignInRefused`: wrong, or wait."""
        email = people.folded(email)
        wait = await self._attempts.count(email, visit.address)
        if wait:
            raise SignInRefused("wait", wait)
        person, hashed = await self._known(email)
        if not await self._hashing.matches(hashed, password) or person is None:
            await self._failed(person, "wrong password")
            raise SignInRefused("wrong")
        await self._attempts.succeeded(email, visit.address)
        if hashed is not None and self._hashing.is_outdated(hashed):
            renewed = await self._hashing.hash(password)
            async with self._db.write() as tx:
                await people.rehash(tx, person.id, hashed, renewed)
        return await self._begin(person, visit, "password")

    async def with_provider(self, account: Account, visit: Visit) -> CameIn:
        """Begin a session for a provider's account.

        The first time it is tied to the person with that address. Raises
        `SignInRefused`: unknown.
        """
        async with self._db.write() as tx:
            person = await people.by_subject(tx, account.issuer, account.subject)
            if person is None and account.email is not None:
                person = await self._tied(tx, account, account.email)
        if person is None or person.disabled is not None:
            await self._failed(person, "unknown to us")
            raise SignInRefused("unknown")
        return await self._begin(person, visit, "provider")

    async def invited(self, link: str) -> Person:
        """Whose link to set a password it is. Raises `SignInRefused`: link."""
        async with self._db.read() as tx:
            person = await people.by_link(tx, link, self._clock())
        if person is None:
            raise SignInRefused("link")
        return person

    async def with_link(self, link: str, password: str, visit: Visit) -> CameIn:
        """Set the password that a link is for, and begin a session.

        Raises `SignInRefused` (link) and `WeakPassword`.
        """
        person = await self.invited(link)
        hashed = await self._chosen(person, password)
        async with self._db.write() as tx:
            used = await people.use_link(tx, link, hashed, self._clock())
            if used is None:
                raise SignInRefused("link")
            await self._note(tx, "people.password", used)
        return await self._begin(used, visit, "link")

    async def change_password(
        self, person: Person, current: str, chosen: str, visit: Visit
    ) -> CameIn:
        """A new password: all sessions end, and one begins.

        Raises `SignInRefused` (wrong, wait) where `current` is not the password, `WeakPassword`.
        """
        wait = await self._attempts.count(person.email, visit.address)
        if wait:
            raise SignInRefused("wait", wait)
        _, hashed = await self._known(person.email)
        if not await self._hashing.matches(hashed, current):
            raise SignInRefused("wrong")
        await self._attempts.succeeded(person.email, visit.address)
        hashed = await self._chosen(person, chosen)
        async with self._db.write() as tx:
            await people.set_password(tx, person.id, hashed)
            await self._note(tx, "people.password", person)
        return await self._begin(person, visit, "password")

    async def set_password(self, person: Person, chosen: str, by: str) -> None:
        """Set somebody's password from the command line. Raises `WeakPassword`."""
        hashed = await self._chosen(person, chosen)
        async with self._db.write() as tx:
            await people.set_password(tx, person.id, hashed)
            await audit.append(
                tx,
                audit.Line(at=self._clock(), by=by, action="people.password", object=person.id),
            )

    async def sign_out(self, person: Person, token: str) -> None:
        """End one session."""
        async with self._db.write() as tx:
            await sessions.end(tx, token)
            await self._note(tx, "sign_in.out", person)

    async def sign_out_everywhere(self, person: Person) -> int:
        """End every session of a person; how many."""
        async with self._db.write() as tx:
            ended = await sessions.end_all(tx, person.id)
            await self._note(tx, "sign_in.out_everywhere", person)
        return ended

    async def _tied(self, tx: Transaction, account: Account, email: str) -> Person | None:
        """The person with that address, now tied to the account; None where that is not free."""
        person = await people.by_email(tx, email)
        if person is None or person.disabled is not None:
            return person
        free = await people.bind(tx, person.id, account.issuer, account.subject)
        return person if free else None

    async def _known(self, email: str) -> tuple[Person | None, str | None]:
        """The person who may sign in with that address, and the hash to compare with."""
        async with self._db.read() as tx:
            person = await people.by_email(tx, email)
            if person is None or person.disabled is not None:
                return person, None
            return person, await people.password_hash(tx, person.id)

    async def _chosen(self, person: Person, password: str) -> str:
        weak = passwords.weakness(password, person)
        if weak is not None:
            raise WeakPassword(weak)
        return await self._hashing.hash(password)

    async def _begin(self, person: Person, visit: Visit, way: str) -> CameIn:
        now = self._clock()
        async with self._db.write() as tx:
            await sessions.purge(tx, now)
            if visit.token:
                await sessions.end(tx, visit.token)
            token = await sessions.start(tx, person.id, now, visit.browser)
            await self._note(tx, "sign_in.ok", person, way=way)
        return CameIn(person, token)

    async def _failed(self, person: Person | None, why: str) -> None:
        """An address that nobody here has is not kept: it may be anything that was typed."""
        async with self._db.write() as tx:
            await self._note(tx, "sign_in.failed", person, why=why)

    async def _note(
        self, tx: Transaction, action: str, person: Person | None, **detail: str
    ) -> None:
        await audit.append(
            tx,
            audit.Line(
                at=self._clock(),
                by=person.name if person else STRANGER,
                by_id=person.id if person else None,
                action=action,
                detail=dict(detail),
            ),
        )
