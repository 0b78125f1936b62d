"""How a partner's "I don't know" is known."""

from __future__ import annotations

import re
from collections.abc import Collection

from brains.model import Connection
from router.adapters import Told
from router.messages import Referred


def says_unknown(told: Told, connection: Connection, passed: Collection[str] = ()) -> bool:
    """By its protocol, where that says what a reply is; else by the connection's patterns.

    Who only points back to a body that the question has `passed` does not know either.
    """
    if told.reply is not None and isinstance(told.reply.outcome, Referred):
        referred = told.reply.outcome
        return referred.answered_by is None and referred.body in passed
    if told.kind is not None:
        return told.kind == "unanswered"
    text = _even(told.text)
    return any(re.search(_expression(pattern), text) for pattern in connection.unknown)


def _expression(pattern: str) -> str:
    """`*` is anything; everything else is itself, in any case and with any spaces."""
    return ".*".join(re.escape(part) for part in _even(pattern).split("*"))


def _even(text: str) -> str:
    return " ".join(text.casefold().split())
