"""What can go wrong in the shared knowledge, and what to do about it.

    SamsvarError
    ├── NotFound               something named does not exist
    │   ├── UnknownBody
    │   ├── UnknownBrain
    │   ├── UnknownEntry
    │   ├── UnknownGap
    │   ├── UnknownBroadcast
    │   ├── UnknownLocalAnswer
    │   └── UnknownConversation
    ├── Invalid                the input is wrong; `pointer` says where, the text what to change
    ├── Conflict               somebody else changed the same thing first
    ├── MissingFactError       an answer needs a fact that its body has not given
    └── StorageError           the database did not take it; nothing was half saved

Every text is a whole sentence that a curator or an operator can act on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class SamsvarError(Exception):
    """Anything Samsvar refuses on purpose. `str(error)` is fit for a person to read."""


class NotFound(SamsvarError):
    """Something named does not exist. `key` is the name that was asked for."""

    noun = "thing"

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no {self.noun} called “{key}”.")
        self.key = key


class UnknownBody(NotFound):
    noun = "body"


class UnknownBrain(NotFound):
    noun = "brain"


class UnknownEntry(NotFound):
    noun = "entry"


class UnknownGap(NotFound):
    noun = "gap"


class UnknownBroadcast(NotFound):
    noun = "broadcast"


class UnknownLocalAnswer(NotFound):
    noun = "local answer"


class UnknownConnection(NotFound):
    noun = "connection"


class UnknownConversation(NotFound):
    noun = "conversation"


class Problem(NamedTuple):
    """One thing to change: `pointer` says where, e.g. `line 3, field answers.nb`."""

    pointer: str
    text: str


class Invalid(SamsvarError):
    """The input is wrong. `problems` is everything found; `pointer` is where the first one is."""

    def __init__(self, text: str, pointer: str = "", problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems) or (Problem(pointer, text),)
        self.pointer = self.problems[0].pointer
        super().__init__(_sentence(self.problems))

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> Invalid:
        """One error for everything found wrong; `problems` is not empty."""
        return cls(problems[0].text, problems[0].pointer, problems)

    def at(self, place: str) -> Invalid:
        """The same error, seen from further out: `place` is put before every pointer."""
        joined = [
            Problem(", ".join(filter(None, (place, p.pointer))), p.text) for p in self.problems
        ]
        return Invalid.of(joined)


PROBLEMS_SHOWN_MAX = 10


def _sentence(problems: Sequence[Problem]) -> str:
    shown = [f"{p.pointer}: {p.text}" if p.pointer else p.text for p in problems]
    more = len(shown) - PROBLEMS_SHOWN_MAX
    tail = [f"… and {more} more."] if more > 0 else []
    return "\n".join(shown[:PROBLEMS_SHOWN_MAX] + tail)


class Conflict(SamsvarError):
    """Somebody else changed the same thing first. Read it again and repeat the change."""


class MissingFactError(SamsvarError):
    """An answer needs the fact `key` and the body has not given it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The fact “{key}” is missing.")
        self.key = key


class StorageError(SamsvarError):
    """The database did not take it: full, read-only, locked, damaged or out of reach.

    The transaction was rolled back as a whole.
    """
