"""The counters of the menu, and word of a change, to every open page within a second.

All pages of one scope (a brain, or one body's view of it) share one query a
second, which is asked only while somebody listens.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from brains import counters
from brains.counters import Counts
from brains.database import Database
from brains.errors import SamsvarError
from brains.store import now as utc_now

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
RENEWALS_PER_SECOND = 4
# The same again in silence: a page that has gone is noticed, and a page notices a dead line.
HEARTBEAT_SECONDS = 20.0


class Place(NamedTuple):
    """Whose numbers: a brain's, or those of one body in it, whose visitors get what is for
    `scopes`."""

    brain: str
    body: str | None = None
    scopes: frozenset[str] = frozenset()


class _Known(NamedTuple):
    counts: Counts
    at: float


class Live:
    """Asks the database for the numbers of the places that are looked at."""

    def __init__(self, db: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._clock = clock
        self._known: dict[Place, _Known] = {}
        self._asking: dict[Place, asyncio.Lock] = {}
        self._ended = asyncio.Event()
        self._listening = 0

    async def counts(self, place: Place) -> Counts:
        """The numbers, at most a second old."""
        async with self._asking.setdefault(place, asyncio.Lock()):
            known = self._known.get(place)
            if known is not None and self._clock() - known.at < EVERY_SECONDS:
                return known.counts
            found = await self._count(place)
            self._known[place] = _Known(found, self._clock())
            return found

    @property
    def rest_seconds(self) -> float:
        """How long a page rests between renewals of its parts: all of them together ask for so many
        a second at most, however many are open."""
        return max(1.0, self._listening / RENEWALS_PER_SECOND)

    async def _count(self, place: Place) -> Counts:
        async with self._db.read() as tx:
            if place.body is None:
                return await counters.count(tx, place.brain, utc_now())
            return await counters.count_own(tx, place.brain, utc_now(), place.body, place.scopes)

    async def changes(self, place: Place) -> AsyncIterator[Counts]:
        """The numbers now, after each change and in longer silence, until `end`."""
        self._listening += 1
        try:
            async for found in self._changes(place):
                yield found
        finally:
            self._listening -= 1

    async def _changes(self, place: Place) -> AsyncIterator[Counts]:
        told: Counts | None = None
        said_at = self._clock()
        while not self._ended.is_set():
            try:
                found = await self.counts(place)
            except SamsvarError as error:
                log.warning("the console's counters could not be read: %s", error)
                found = told or Counts()
            if found != told or self._clock() - said_at >= HEARTBEAT_SECONDS:
                yield found
                told, said_at = found, self._clock()
            await self._pause()

    def end(self) -> None:
        """The service is about to stop: let every page's stream end, so that it need not wait."""
        self._ended.set()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._ended.wait(), EVERY_SECONDS)
        except TimeoutError:
            return
