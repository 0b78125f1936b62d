"""What a client called itself and its activity, until it has seen the echo of it.

Web Chat shows a message as sent once it comes back with the `clientActivityID`
that it was given. It is kept in memory alone, and for the latest messages: a
moment later nobody asks for it.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

KEPT_MAX = 10_000


class Echo(msgspec.Struct, frozen=True):
    """The user's id and name, and the client's own id of the activity."""

    user: str | None = None
    name: str | None = None
    client_id: str | None = None


NOTHING = Echo()


class Echoes:
    """The latest echoes, by conversation and turn."""

    def __init__(self, kept_max: int = KEPT_MAX) -> None:
        self._kept: OrderedDict[tuple[str, int], Echo] = OrderedDict()
        self._kept_max = kept_max

    def keep(self, conversation: str, turn: int, echo: Echo) -> None:
        self._kept[conversation, turn] = echo
        while len(self._kept) > self._kept_max:
            self._kept.popitem(last=False)

    def get(self, conversation: str, turn: int) -> Echo:
        return self._kept.get((conversation, turn), NOTHING)
