"""How a conversation is known again: by what was said in it.

A client sends everything said so far. The digest of it, up to and with our last
message, names the conversation, so a choice among our options and a follow-up
question are understood. A client that shortens or rewrites the history starts anew.
Where it says whose question it is, that is part of the name.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

import msgspec

from adapters.openai_chat.shapes import ChatMessage
from router.adapters import Desk, Talk
from router.messages import Option

NAME = "openai"
SAID_BY_THE_TWO = ("user", "assistant")

History = Sequence[tuple[str, str]]


def history(messages: Sequence[ChatMessage]) -> list[tuple[str, str]]:
    """What the visitor and we said; instructions to a model are not for us."""
    return [(one.role, one.text().strip()) for one in messages if one.role in SAID_BY_THE_TWO]


async def conversation(
    desk: Desk, caller: str, body: str, visitor: str, said: History
) -> tuple[Talk, Sequence[Option]]:
    """The conversation in which `said` was said last, and what it offered; else a new one.

    Two visitors of one caller may have begun with the same words: where the other has gone on,
    this one goes on in a conversation of its own.
    """
    known = await desk.find(NAME, caller, _digest(visitor, said), body) if said else None
    turns = await known.turns() if known is not None else []
    last = turns[len(said) - 1].reply if said and len(turns) >= len(said) else None
    if known is None or len(turns) != len(said):
        known = await desk.start(NAME, caller, secrets.token_hex(16), body)
    return known, last.options if last is not None else ()


async def remember(
    desk: Desk, caller: str, body: str, visitor: str, said: History, talk: Talk
) -> None:
    """From now on `said` names the visitor's conversation."""
    await desk.bind(NAME, caller, _digest(visitor, said), body, talk)


def _digest(visitor: str, said: History) -> str:
    return hashlib.sha256(msgspec.json.encode([visitor, said])).hexdigest()
