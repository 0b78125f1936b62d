"""Forms that were sent after their session had ended: kept for whoever wrote them, not for long.

A kept form is found by a random token, of which only a hash is stored, and by
the person whose session it was.
"""

from __future__ import annotations

import datetime as dt
import secrets

import msgspec
import sqlalchemy as sa

from brains import codec, tables
from brains.database import Transaction
from brains.tokens import hash_token

TOKEN_BYTES = 32
KEPT = dt.timedelta(hours=1)
KEPT_MAX = 10  # of one person, the newest

_kept = tables.kept_forms

Field = tuple[str, str]


class KeptForm(msgspec.Struct, frozen=True):
    """Where a form was sent, from which page ("" where that is not known), and its fields."""

    action: str
    page: str
    fields: list[Field]


async def keep(tx: Transaction, person: str, form: KeptForm, at: dt.datetime) -> str:
    """Keeps it; the token by which its writer finds it."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await purge(tx, at)
    await tx.execute(
        sa.insert(_kept).values(
            token_hash=hash_token(token),
            person=person,
            action=form.action,
            page=form.page,
            fields=codec.encode([(name, codec.storable(value)) for name, value in form.fields]),
            at=at,
        )
    )
    newest = sa.select(_kept.c.token_hash).where(_kept.c.person == person)
    newest = newest.order_by(_kept.c.at.desc(), _kept.c.token_hash).limit(KEPT_MAX)
    others = _kept.c.token_hash.not_in(newest.scalar_subquery())
    await tx.execute(sa.delete(_kept).where(_kept.c.person == person, others))
    return token


async def find(tx: Transaction, token: str, person: str, at: dt.datetime) -> KeptForm | None:
    """What was kept, for the same person and for so long as it is kept."""
    query = sa.select(_kept).where(
        _kept.c.token_hash == hash_token(token), _kept.c.person == person, _kept.c.at > at - KEPT
    )
    row = (await tx.execute(query)).first()
    if row is None:
        return None
    return KeptForm(row.action, row.page, codec.decode(row.fields, list[Field]))


async def purge(tx: Transaction, at: dt.datetime) -> int:
    """Removes those that nobody came back for; how many."""
    return (await tx.execute(sa.delete(_kept).where(_kept.c.at <= at - KEPT))).rowcount
