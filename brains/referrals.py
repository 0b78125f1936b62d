"""What visitors made of being referred: the question, and whether it was the right body.

A visitor who presses a referral's button, stays with the partner, or says that
the referral helped has confirmed it; one who says that it did not has denied
it. A row has the redacted question and a digest instead of the conversation:
enough to count distinct visitors and to erase with the conversation, not to
find it. `confirmed` picks the questions that several confirmed, of kinds that
nobody denied: they become part of what is known of the body's remit.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import sqlalchemy as sa

from brains import codec, tables
from brains.asked import folded, from_bytes, to_bytes
from brains.database import ROWS_AT_ONCE, Transaction, upsert
from brains.vectors import Vector

# So many conversations must have confirmed a question, or ones like it.
CONFIRMED_BY = 3
# Cosine, not centred, from which two questions are taken to be of one kind.
LIKE_FROM = 0.92
KEPT_MAX = 30
READ_MAX = 1_000
PURGED_AT_ONCE = 1_000

_referrals = tables.referrals


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    """One question referred to `body`. `conversation` is `digest` of its id; `vector` has shape
    (d,), of the encoder `fingerprint`."""

    body: str
    text: str
    conversation: str
    helpful: bool
    at: dt.datetime
    fingerprint: str
    vector: Vector


def digest(secret: str, conversation: str) -> str:
    """The same for the same conversation, and no way back to it."""
    return hmac.new(secret.encode(), conversation.encode(), hashlib.sha256).hexdigest()


async def note(tx: Transaction, rows: Sequence[Referral]) -> None:
    """Stores them; what one conversation said of one question last is what counts."""
    last = {(row.body, row.conversation, _key(row.text)): row for row in rows}
    await upsert(tx, _referrals, [_values(row) for row in last.values()])


async def of_body(tx: Transaction, body: str, fingerprint: str) -> list[Referral]:
    """The newest, with vectors of this encoder."""
    query = (
        sa.select(_referrals)
        .where(_referrals.c.body == body, _referrals.c.fingerprint == fingerprint)
        .order_by(_referrals.c.at.desc())
        .limit(READ_MAX)
    )
    return [_row(row) for row in (await tx.execute(query)).mappings()]


async def bodies(tx: Transaction) -> list[str]:
    """Those that questions were referred to."""
    return list((await tx.execute(sa.select(_referrals.c.body).distinct())).scalars())


async def known(tx: Transaction, body: str, text: str) -> bool:
    """Whether anybody has been referred to the body with that question."""
    same = sa.and_(_referrals.c.body == body, _referrals.c.question == _key(text))
    return (await tx.execute(sa.select(_referrals.c.body).where(same).limit(1))).first() is not None


async def forget(tx: Transaction, body: str, text: str, at: dt.datetime) -> int:
    """A curator says that a question is not the body's: denied, whoever confirmed it."""
    result = await tx.execute(
        sa.update(_referrals)
        .where(_referrals.c.body == body, _referrals.c.question == _key(text))
        .values(helpful=False, at=at)
    )
    return result.rowcount


async def erase(tx: Transaction, conversations: Sequence[str]) -> None:
    """Removes what those conversations (digests) said."""
    for start in range(0, len(conversations), ROWS_AT_ONCE):
        part = list(conversations[start : start + ROWS_AT_ONCE])
        await tx.execute(sa.delete(_referrals).where(_referrals.c.conversation.in_(part)))


async def purge(tx: Transaction, older_than: dt.datetime) -> int:
    """Removes what is older, some hundreds a call; returns how many. Call until it is 0."""
    key = sa.tuple_(_referrals.c.body, _referrals.c.conversation, _referrals.c.question)
    old = (
        sa.select(_referrals.c.body, _referrals.c.conversation, _referrals.c.question)
        .where(_referrals.c.at < older_than)
        .limit(PURGED_AT_ONCE)
    )
    keys = [tuple(row) for row in (await tx.execute(old)).all()]
    if not keys:
        return 0
    result = await tx.execute(sa.delete(_referrals).where(key.in_(keys)))
    return result.rowcount


def confirmed(rows: Sequence[Referral]) -> list[str]:
    """Of one body's referrals, newest first, the questions that are known to be its."""
    yes = [row for row in rows if row.helpful]
    if not yes:
        return []
    vectors = np.stack([row.vector for row in yes])
    alike = vectors @ vectors.T >= LIKE_FROM
    no = [row.vector for row in rows if not row.helpful]
    denied = np.zeros(len(yes), dtype=bool)
    if no:
        denied = np.asarray((vectors @ np.stack(no).T).max(axis=1) >= LIKE_FROM)
    kept: dict[str, str] = {}
    for row, like, refused in zip(yes, alike, denied, strict=True):
        visitors = {yes[other].conversation for other in np.flatnonzero(like)}
        if len(visitors) >= CONFIRMED_BY and not refused:
            kept.setdefault(folded(row.text), row.text)
    return list(kept.values())[:KEPT_MAX]


def _key(text: str) -> str:
    return hashlib.sha256(folded(text).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _values(row: Referral) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in Referral.__struct_fields__}
    return values | {
        "text": codec.storable(row.text),
        "vector": to_bytes(row.vector),
        "question": _key(row.text),
    }


def _row(row: sa.RowMapping) -> Referral:
    values = {name: row[name] for name in Referral.__struct_fields__}
    return Referral(**values | {"vector": from_bytes(row["vector"])})
