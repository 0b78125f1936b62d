"""How a partner's "I don't know" is known."""

from __future__ import annotations

import re

from brains.model import Connection
from router.adapters import Told


def says_unknown(told: Told, connection: Connection) -> bool:
    """By its protocol, where that says what a reply is; else by the connection's patterns."""
    if told.kind is not None:
        return told.kind == "unanswered"
    text = _even(told.text)
    return any(re.search(_expression(pattern), text) for pattern in connection.unknown)


def _expression(pattern: str) -> str:
    """`*` is anything; everything else is itself, in any case and with any spaces."""
    return ".*".join(re.escape(part) for part in _even(pattern).split("*"))


def _even(text: str) -> str:
    return " ".join(text.casefold().split())
