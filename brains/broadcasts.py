"""Broadcasts: notices that visitors see first, for a time.

The rows are `documents.BROADCASTS`; every node holds them all in
`Knowledge.broadcasts`. What is showing where is decided here, purely, so that
whoever shows them can also wait for the moment at which that changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Literal

from brains import checks, codec, entries, store
from brains.database import Database
from brains.documents import BODIES, BROADCASTS
from brains.errors import Invalid, Problem
from brains.knowledge import scopes_of
from brains.model import EVERYONE, Body, Broadcast

KEPT_MAX = 500
State = Literal["planned", "showing", "over"]


def state(broadcast: Broadcast, now: dt.datetime) -> State:
    """Where `now` is: before it starts, while it shows, or from the moment it ends."""
    if now < broadcast.starts_at:
        return "planned"
    return "showing" if broadcast.ends_at is None or now < broadcast.ends_at else "over"


def showing(broadcasts: Iterable[Broadcast], body: Body, now: dt.datetime) -> list[Broadcast]:
    """Those that the body's visitors see now: warnings first, and of those the newest."""
    scopes = scopes_of(body)
    seen = [
        one
        for one in broadcasts
        if state(one, now) == "showing" and not scopes.isdisjoint(one.audience)
    ]
    return sorted(
        seen, key=lambda one: (one.level != "warning", -one.starts_at.timestamp(), one.id)
    )


def next_boundary(broadcasts: Iterable[Broadcast], now: dt.datetime) -> dt.datetime | None:
    """When the next of them starts or ends, None where none ever will."""
    times = (time for one in broadcasts for time in (one.starts_at, one.ends_at))
    return min((time for time in times if time is not None and time > now), default=None)


def version(broadcast: Broadcast) -> str:
    """The same as long as it says the same, whenever it shows and to whom."""
    said = {"texts": broadcast.texts, "level": broadcast.level, "entry": broadcast.entry}
    return codec.digest_of(said)[:12]


async def save(db: Database, broadcast: Broadcast) -> Broadcast:
    """Raises `Invalid` with everything that is wrong, `UnknownBrain`."""
    async with db.write() as tx:
        await entries.require_brain(tx, broadcast.brain)
        bodies = [body for body in await BODIES.all(tx) if body.brain == broadcast.brain]
        groups = {group for body in bodies for group in body.groups}
        checks.refuse(_problems(broadcast, {body.id for body in bodies}, groups))
        if broadcast.entry is not None:
            heads = await entries.heads(tx, broadcast.brain, [broadcast.entry])
            if broadcast.entry not in heads:
                raise Invalid(f"There is no entry called “{broadcast.entry}”.", "field entry")
        kept = await BROADCASTS.where(tx, brain=broadcast.brain)
        if len(kept) >= KEPT_MAX and all(one.id != broadcast.id for one in kept):
            raise Invalid(f"There are {KEPT_MAX} broadcasts already. Delete old ones first.")
        await BROADCASTS.put(tx, [broadcast], store.now())
    return broadcast


async def remove(db: Database, brain: str, id: str) -> bool:
    """Whether there was one to remove."""
    async with db.write() as tx:
        return await BROADCASTS.remove(tx, (brain, id), store.now())


def _problems(
    broadcast: Broadcast, bodies: Collection[str], groups: Collection[str]
) -> Iterable[Problem]:
    yield from checks.check_broadcast(broadcast)
    for i, scope in enumerate(broadcast.audience):
        if scope != EVERYONE:
            yield from checks.check_scope(scope, bodies, groups, f"field audience[{i}]")
