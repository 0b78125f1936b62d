"""Who is signed in: a session is a random token that its browser holds, and we only a hash of.

A session ends by itself after `IDLE_HOURS` without a request, and `DAYS_MAX`
after its sign-in however busy it is.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from brains import codec, tables
from brains.database import Transaction
from brains.people import Person, person_of
from brains.tokens import hash_token

TOKEN_BYTES = 32
IDLE_HOURS = 8
DAYS_MAX = 7
# So long a session that is over still tells whose it was: what was written in it is not lost.
REMEMBERED = dt.timedelta(days=7)
# A session in use is written down as seen once in so long, not at every request.
SEEN_EVERY_S = 60
BROWSER_CHARS_MAX = 80

_sessions, _people = tables.sessions, tables.people


class Session(msgspec.Struct, frozen=True):
    """`key` is the hash that names the session; nobody can sign in with it."""

    key: str
    person: str
    created: dt.datetime
    last_seen: dt.datetime
    browser: str = ""


class SignedIn(NamedTuple):
    person: Person
    session: Session


async def start(tx: Transaction, person: str, at: dt.datetime, browser: str = "") -> str:
    """A new session's token, which goes into the browser's cookie and nowhere else."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await tx.execute(
        sa.insert(_sessions).values(
            token_hash=hash_token(token),
            person=person,
            created=at,
            last_seen=at,
            browser=codec.storable(browser)[:BROWSER_CHARS_MAX],
        )
    )
    return token


async def find(tx: Transaction, token: str, at: dt.datetime) -> SignedIn | None:
    """Who holds that token; None where the session is over or the person disabled."""
    query = (
        sa.select(
            _people,
            _sessions.c.token_hash,
            _sessions.c.created.label("started"),
            _sessions.c.last_seen,
            _sessions.c.browser,
        )
        .join(_people, _people.c.id == _sessions.c.person)
        .where(
            _sessions.c.token_hash == hash_token(token), _people.c.disabled.is_(None), _alive(at)
        )
    )
    row = (await tx.execute(query)).first()
    if row is None:
        return None
    session = Session(row.token_hash, row.id, row.started, row.last_seen, row.browser)
    return SignedIn(person_of(row), session)


async def whose(tx: Transaction, token: str, at: dt.datetime) -> str | None:
    """The person whose session that token was, also where it ended by itself not long ago.

    None for one that was signed out, and where the person is disabled.
    """
    query = (
        sa.select(_people.c.id)
        .join(_sessions, _sessions.c.person == _people.c.id)
        .where(
            _sessions.c.token_hash == hash_token(token),
            _people.c.disabled.is_(None),
            _alive(at - REMEMBERED),
        )
    )
    return (await tx.execute(query)).scalar()


def is_due(session: Session, at: dt.datetime) -> bool:
    """Whether `seen` should be called for a request at `at`."""
    return at - session.last_seen >= dt.timedelta(seconds=SEEN_EVERY_S)


async def seen(tx: Transaction, session: Session, at: dt.datetime) -> None:
    """The session was used: its idle time begins anew."""
    same = _sessions.c.token_hash == session.key
    await tx.execute(sa.update(_sessions).where(same).values(last_seen=at))


async def listing(tx: Transaction, person: str, at: dt.datetime) -> list[Session]:
    """A person's sessions that are not over, the latest used first."""
    query = sa.select(_sessions).where(_sessions.c.person == person, _alive(at))
    rows = await tx.execute(query.order_by(_sessions.c.last_seen.desc()))
    return [
        Session(row.token_hash, row.person, row.created, row.last_seen, row.browser) for row in rows
    ]


async def end(tx: Transaction, token: str) -> None:
    """Sign out one browser."""
    await tx.execute(sa.delete(_sessions).where(_sessions.c.token_hash == hash_token(token)))


async def end_all(tx: Transaction, person: str) -> int:
    """Sign a person out everywhere; how many sessions that were."""
    ended = await tx.execute(sa.delete(_sessions).where(_sessions.c.person == person))
    return ended.rowcount


async def purge(tx: Transaction, at: dt.datetime) -> int:
    """Remove the sessions that have been over for long; how many."""
    over = sa.not_(_alive(at - REMEMBERED))
    return (await tx.execute(sa.delete(_sessions).where(over))).rowcount


def _alive(at: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        _sessions.c.last_seen > at - dt.timedelta(hours=IDLE_HOURS),
        _sessions.c.created > at - dt.timedelta(days=DAYS_MAX),
    )
