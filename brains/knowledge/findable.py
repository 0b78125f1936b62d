"""What the matcher holds: what is open now, of what has its vectors.

Vectors come stored with the entries. Where an entry has none from this node's
encoder (another model saved it), it waits and is embedded in the background;
`waiting` says how many still do.

Entries outside their validity window are kept out of the matcher. The times
at which a window opens or closes are in a heap, and `pass_boundaries` applies
those that have passed; every search calls it first.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable, Collection, Sequence
from itertools import islice
from typing import Any, Protocol

from brains.knowledge.items import Vectors, item, texts_of
from brains.knowledge.visibility import is_valid
from brains.model import Entry, Remit
from brains.vectors import Vector
from embeddings.matcher import Item, Scored


class Searches(Protocol):
    """What `Knowledge` needs of a matcher: `embeddings.matcher.Matcher`, or a test's stand-in."""

    @property
    def stale(self) -> bool: ...
    def __len__(self) -> int: ...
    def put(self, item: Item) -> None: ...
    def remove(self, key: str) -> None: ...
    def search(
        self, text: str, vector: Vector, scopes: Collection[str], limit: int = 10
    ) -> list[Scored]: ...
    def search_many(
        self, texts: Sequence[str], vectors: Vector, scopes: Collection[str], limit: int = 10
    ) -> list[list[Scored]]: ...
    def answer_threshold(self, wrong_rate: float) -> float: ...
    def fit(self) -> Any: ...
    def adopt(self, fit: Any) -> None: ...


class Findable:
    """Keeps the matcher's items. `things` has what there is of each, by key, in it or not."""

    def __init__(self, matcher: Searches, clock: Callable[[], dt.datetime]) -> None:
        self.things: dict[str, Entry | Remit] = {}
        self._matcher = matcher
        self._clock = clock
        self._windowed: dict[str, Item] = {}
        self._boundaries: list[tuple[dt.datetime, str]] = []
        self._latest_now = clock()
        self._waiting: dict[str, None] = {}

    @property
    def waiting(self) -> int:
        """How many entries and remits cannot be found yet, for want of vectors."""
        return len(self._waiting)

    def texts_waiting(self) -> int:
        """How many texts have to be embedded until all can be found."""
        queries, passages = texts_of(self.things[key] for key in self._waiting)
        return len(queries) + len(passages)

    def some_waiting(self, at_most: int) -> dict[str, Entry | Remit]:
        """Those that have waited longest, by key."""
        return {key: self.things[key] for key in islice(self._waiting, at_most)}

    def place(self, key: str, thing: Entry | Remit | None, known: Vectors) -> None:
        """Makes a thing findable, now or when its time or its vectors come; None makes it not."""
        self._windowed.pop(key, None)
        self._waiting.pop(key, None)
        if thing is None:
            if self.things.pop(key, None) is not None:
                self._matcher.remove(key)
            return
        self.things[key] = thing
        made = item(key, thing, known)
        if made is None:
            self._waiting[key] = None
        elif isinstance(thing, Entry) and (thing.valid_from or thing.valid_until):
            self._windowed[key] = made
            for time in filter(None, (thing.valid_from, thing.valid_until)):
                heapq.heappush(self._boundaries, (time, key))
            self._open_or_shut(key, max(self._latest_now, self._clock()))
        else:
            self._matcher.put(made)

    def place_waited(self, things: dict[str, Entry | Remit], known: Vectors) -> None:
        """Places those that still wait, and are as they were when their vectors were made."""
        for key, thing in things.items():
            if self.things.get(key) is thing and key in self._waiting:
                self.place(key, thing, known)

    def pass_boundaries(self, now: dt.datetime) -> None:
        """Lets in the entries whose time has come by `now`, and puts out those whose is over."""
        self._latest_now = max(self._latest_now, now)
        while self._boundaries and self._boundaries[0][0] <= now:
            self._open_or_shut(heapq.heappop(self._boundaries)[1], now)

    def _open_or_shut(self, key: str, now: dt.datetime) -> None:
        thing, made = self.things.get(key), self._windowed.get(key)
        if made is None or not isinstance(thing, Entry):
            return
        if is_valid(thing, now):
            self._matcher.put(made)
        else:
            self._matcher.remove(key)
        if thing.valid_until is not None and thing.valid_until <= now:
            del self._windowed[key]
