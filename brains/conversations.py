"""Conversations and their turns, as rows. Texts come redacted; a visitor's token is kept as a hash.

All functions work over a transaction of the caller's, so that a question, its
reply and the state after it are stored together.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from brains import asked, codec, tables
from brains.database import Transaction
from brains.errors import Invalid, UnknownConversation
from brains.tokens import hash_token, token_matches

Sender = Literal["visitor", "bot", "agent"]

TOKEN_BYTES = 32
ID_BYTES = 16
COMMENT_CHARS_MAX = 2_000
PURGED_AT_ONCE = 500

_conversations, _turns, _questions = tables.conversations, tables.turns, tables.gap_questions


class Conversation(msgspec.Struct, frozen=True):
    """`state` is JSON that belongs to the router."""

    id: str
    body: str
    language: str
    origin: str | None
    created: dt.datetime
    last_seen: dt.datetime
    turn_count: int
    state: bytes


class Turn(msgspec.Struct, frozen=True):
    """One thing said. `reply` is the JSON of the whole reply, where the bot or an agent said it."""

    turn: int
    sender: Sender
    text: str
    at: dt.datetime
    reply: bytes | None = None
    helpful: bool | None = None
    comment: str | None = None


async def start(
    tx: Transaction,
    body: str,
    language: str,
    at: dt.datetime,
    origin: str | None = None,
    state: bytes = b"{}",
) -> tuple[Conversation, str]:
    """A new conversation, and the token that only its visitor gets."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    conversation = Conversation(
        secrets.token_urlsafe(ID_BYTES), body, language, origin, at, at, 0, state
    )
    row = msgspec.structs.asdict(conversation) | {"state": state.decode()}
    await tx.execute(sa.insert(_conversations).values(token_hash=hash_token(token), **row))
    return conversation, token


async def get(tx: Transaction, id: str) -> Conversation:
    """Raises `UnknownConversation`."""
    return _conversation(await _row(tx, id))


async def authorised(tx: Transaction, id: str, token: str) -> Conversation:
    """The conversation, for whoever holds its token. A wrong token looks like a wrong id."""
    row = await _row(tx, id)
    if not token_matches(token, row.token_hash):
        raise UnknownConversation(id)
    return _conversation(row)


async def append(
    tx: Transaction,
    id: str,
    sender: Sender,
    text: str,
    at: dt.datetime,
    reply: bytes | None = None,
) -> int:
    """Adds a turn and returns its number, from 1. Raises `UnknownConversation`."""
    counted = (
        sa.update(_conversations)
        .where(_conversations.c.id == id)
        .values(turn_count=_conversations.c.turn_count + 1, last_seen=at)
        .returning(_conversations.c.turn_count)
    )
    turn: int | None = (await tx.execute(counted)).scalar()
    if turn is None:
        raise UnknownConversation(id)
    await tx.execute(
        sa.insert(_turns).values(
            conversation=id,
            turn=turn,
            sender=sender,
            text=codec.storable(text),
            at=at,
            reply=None if reply is None else reply.decode(),
        )
    )
    return turn


async def set_reply(tx: Transaction, id: str, turn: int, text: str, reply: bytes) -> None:
    """Replaces what a turn says, for a reply that is finished after its number was needed."""
    await tx.execute(
        sa.update(_turns)
        .where(_turns.c.conversation == id, _turns.c.turn == turn)
        .values(text=codec.storable(text), reply=reply.decode())
    )


async def turns(tx: Transaction, id: str, after: int = 0) -> list[Turn]:
    """The turns after that number, in order."""
    query = sa.select(_turns).where(_turns.c.conversation == id, _turns.c.turn > after)
    return [
        Turn(
            row.turn,
            row.sender,
            row.text,
            row.at,
            None if row.reply is None else row.reply.encode(),
            row.helpful,
            row.comment,
        )
        for row in await tx.execute(query.order_by(_turns.c.turn))
    ]


async def save_state(tx: Transaction, id: str, state: bytes, language: str | None = None) -> None:
    values: dict[str, Any] = {"state": state.decode()}
    if language is not None:
        values["language"] = language
    result = await tx.execute(
        sa.update(_conversations).where(_conversations.c.id == id).values(**values)
    )
    if not result.rowcount:
        raise UnknownConversation(id)


async def feedback(
    tx: Transaction, id: str, turn: int, helpful: bool | None, comment: str | None = None
) -> None:
    """Whether a turn helped, with the visitor's (redacted) words. The last one given counts."""
    if comment is not None and len(comment) > COMMENT_CHARS_MAX:
        raise Invalid(f"Write at most {COMMENT_CHARS_MAX} characters.", "field comment")
    result = await tx.execute(
        sa.update(_turns)
        .where(_turns.c.conversation == id, _turns.c.turn == turn, _turns.c.sender != "visitor")
        .values(helpful=helpful, comment=None if comment is None else codec.storable(comment))
    )
    if not result.rowcount:
        raise Invalid(f"The conversation has no reply with number {turn}.", "field turn")


async def erase(tx: Transaction, id: str) -> bool:
    """Removes a conversation, its turns, and every link to it. Whether there was one."""
    query = sa.select(_conversations.c.id).where(_conversations.c.id == id)
    return await _erase(tx, list((await tx.execute(query)).scalars())) > 0


async def purge(tx: Transaction, older_than: dt.datetime) -> int:
    """Erases the conversations nobody has spoken in since, some hundreds a call; returns how many.

    Call again, in a new transaction, until it returns 0.
    """
    old = (
        sa.select(_conversations.c.id)
        .where(_conversations.c.last_seen < older_than)
        .order_by(_conversations.c.last_seen)
        .limit(PURGED_AT_ONCE)
    )
    return await _erase(tx, list((await tx.execute(old)).scalars()))


async def _erase(tx: Transaction, ids: list[str]) -> int:
    if not ids:
        return 0
    await tx.execute(
        sa.update(_questions)
        .where(_questions.c.conversation.in_(ids))
        .values(conversation=None, turn=None)
    )
    await tx.execute(sa.delete(_turns).where(_turns.c.conversation.in_(ids)))
    await tx.execute(sa.delete(_conversations).where(_conversations.c.id.in_(ids)))
    await asked.erase(tx, ids)
    return len(ids)


async def _row(tx: Transaction, id: str) -> sa.Row[Any]:
    query = sa.select(_conversations).where(_conversations.c.id == id)
    row = (await tx.execute(query)).first()
    if row is None:
        raise UnknownConversation(id)
    return row


def _conversation(row: sa.Row[Any]) -> Conversation:
    return Conversation(
        row.id,
        row.body,
        row.language,
        row.origin,
        row.created,
        row.last_seen,
        row.turn_count,
        row.state.encode(),
    )
