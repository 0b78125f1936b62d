"""Broadcasts: said once, shown first in every widget within a second, and gone as quickly.

Saving puts a line in the change feed; every node reads it within a fifth of a
second. `follow` waits for such a line, or for the next time at which a
broadcast starts or ends, and wakes whoever watches: each node tells the pages
that are connected to it, so nothing between nodes has to work for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import secrets
from collections.abc import AsyncGenerator, Callable, Sequence

import msgspec

from brains import broadcasts, rendering
from brains.database import Database
from brains.errors import Invalid, UnknownBroadcast, UnknownEntry
from brains.knowledge import Knowledge, choose, scopes_of, title_of
from brains.model import Body, Broadcast
from router import choices
from router.messages import Notice, Option

NOTICES_MAX = 5
ID_BYTES = 8
# Clocks are set and machines sleep: never wait longer than this for a time to come.
WAIT_MAX_S = 60.0


def new_id() -> str:
    """Of a broadcast that is not there yet."""
    return secrets.token_hex(ID_BYTES)


class Broadcasts:
    """Errors are those of `brains.errors`. `by` names who made a change."""

    def __init__(
        self, db: Database, knowledge: Knowledge, clock: Callable[[], dt.datetime]
    ) -> None:
        self._db = db
        self._knowledge = knowledge
        self._clock = clock
        self._told = asyncio.Event()

    def list(self, brain: str) -> Sequence[Broadcast]:
        """All of a brain's, those that start last first."""
        kept = self._knowledge.broadcasts.get(self._knowledge.brain(brain).id, {}).values()
        return sorted(kept, key=lambda one: (one.starts_at, one.id), reverse=True)

    def get(self, brain: str, id: str) -> Broadcast:
        try:
            return self._knowledge.broadcasts[self._knowledge.brain(brain).id][id]
        except KeyError:
            raise UnknownBroadcast(id) from None

    def state(self, broadcast: Broadcast) -> broadcasts.State:
        return broadcasts.state(broadcast, self._clock())

    async def save(self, brain: str, broadcast: Broadcast, by: str) -> Broadcast:
        """Publish it, or plan it, or change it. An empty id makes a new one."""
        saved = msgspec.structs.replace(broadcast, id=broadcast.id or new_id(), brain=brain, by=by)
        self._require_reach(saved)
        saved = await broadcasts.save(self._db, saved)
        await self._knowledge.catch_up()
        return saved

    def _require_reach(self, one: Broadcast) -> None:
        """A body cannot offer an entry that is not for its own visitors: to it there is none."""
        known = self._knowledge.bodies
        entry = self._knowledge.entries.get(one.brain, {}).get(one.entry or "")
        bodies = [known[scope] for scope in one.audience if scope in known]
        if entry is not None and any(scopes_of(body).isdisjoint(entry.audience) for body in bodies):
            raise Invalid(f"There is no entry called “{one.entry}”.", "field entry")

    async def withdraw(self, brain: str, id: str, by: str) -> Broadcast:
        """Ends one that is showing, now; it is kept. One still planned is deleted."""
        one, now = self.get(brain, id), self._clock()
        state = self.state(one)
        if state == "planned":
            return await self.delete(brain, id)
        if state == "over":
            return one
        return await self.save(brain, msgspec.structs.replace(one, ends_at=now), by)

    async def delete(self, brain: str, id: str) -> Broadcast:
        """Removes it, and returns what it was."""
        one = self.get(brain, id)
        await broadcasts.remove(self._db, brain, id)
        await self._knowledge.catch_up()
        return one

    def notices(self, body_slug: str, language: str) -> Sequence[Notice]:
        """What the body's visitors are to see first now, in a language as answers are."""
        body = self._knowledge.body(body_slug)
        kept = self._knowledge.broadcasts.get(body.brain or "", {}).values()
        showing = broadcasts.showing(kept, body, self._clock())
        return [self._notice(one, body, language) for one in showing[:NOTICES_MAX]]

    def crowded_out(self, brain: str) -> dict[str, tuple[Body, ...]]:
        """Those that show now and have no room among the first, by id, and in which bodies."""
        kept, now = self._knowledge.broadcasts.get(brain, {}).values(), self._clock()
        found: dict[str, tuple[Body, ...]] = {}
        for body in self._knowledge.bodies.values():
            if body.brain == brain:
                for one in broadcasts.showing(kept, body, now)[NOTICES_MAX:]:
                    found[one.id] = (*found.get(one.id, ()), body)
        return found

    async def watch(self, body_slug: str, language: str) -> AsyncGenerator[Sequence[Notice], None]:
        """The notices now, and again each time they have changed."""
        before: Sequence[Notice] | None = None
        while True:
            told, notices = self._told, self.notices(body_slug, language)
            if notices != before:
                before = notices
                yield notices
            await told.wait()

    async def follow(self) -> None:
        """Wakes the watchers for ever: at every change, and at every start and end."""
        changed = self._knowledge.broadcasts_changed
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), self._seconds_to_boundary())
            changed.clear()
            self._told.set()
            self._told = asyncio.Event()

    def _seconds_to_boundary(self) -> float:
        kept = (one for of in self._knowledge.broadcasts.values() for one in of.values())
        now = self._clock()
        boundary = broadcasts.next_boundary(kept, now)
        return WAIT_MAX_S if boundary is None else min((boundary - now).total_seconds(), WAIT_MAX_S)

    def _notice(self, one: Broadcast, body: Body, language: str) -> Notice:
        said = choose(one.texts, [language])
        text = one.texts[said]
        return Notice(
            one.id,
            broadcasts.version(one),
            one.level,
            rendering.plain(text),
            rendering.html(text),
            said,
            self._option(one, body, language),
        )

    def _option(self, one: Broadcast, body: Body, language: str) -> Option | None:
        """The button that asks for the entry, where this body's visitors get an answer to it."""
        if one.entry is None:
            return None
        try:
            self._knowledge.answer(one.brain, one.entry, body.id, [language], self._clock())
            entry = self._knowledge.entry(one.brain, one.entry)
        except UnknownEntry:
            return None
        return Option(choices.of_entry(one.brain, one.entry), title_of(entry))
