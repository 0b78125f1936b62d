"""The question behind an answer that did not help, found in its conversation. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from brains.conversations import Turn
from router.messages import Answered, Clarify, Referred, Reply
from router.notices import OF_NOTICE

_reply = msgspec.json.Decoder(Reply)


class UnhelpfulAnswer(msgspec.Struct, frozen=True):
    """`question` got revision `revision` of `entry` from the body `speaker`, in turn `turn`; both
    None where a notice answered."""

    turn: int
    question: str
    asked_at: dt.datetime
    speaker: str
    entry: str | None
    revision: int | None


def unhelpful_answer(said: Sequence[Turn], turn: int) -> UnhelpfulAnswer | None:
    """What was asked and answered in that turn; None where the reply gave no answer."""
    by_number = {one.turn: one for one in said}
    reply = reply_of(by_number.get(turn))
    if reply is not None and isinstance(reply.outcome, Referred):
        reply = reply.outcome.reply
    if reply is None or not isinstance(reply.outcome, Answered):
        return None
    asked = asked_before(by_number, turn - 1)
    if asked is None:
        return None
    given = reply.outcome
    entry = (None, None) if given.entry.startswith(OF_NOTICE) else (given.entry, given.revision)
    return UnhelpfulAnswer(turn, asked.text, asked.at, reply.body.id, *entry)


def asked_before(by_number: dict[int, Turn], turn: int) -> Turn | None:
    """What the visitor said before the reply; before a button, what the bot asked back about."""
    asked = by_number.get(turn)
    before = reply_of(by_number.get(turn - 1))
    if asked is not None and before is not None and isinstance(before.outcome, Clarify):
        pressed = asked.text in {option.label for option in before.options}
        return asked_before(by_number, turn - 2) if pressed else asked
    return asked if asked is not None and asked.sender == "visitor" else None


def reply_of(said: Turn | None) -> Reply | None:
    return _reply.decode(said.reply) if said is not None and said.reply is not None else None
