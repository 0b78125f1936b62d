"""What was published though nobody but its writer had read it, for another to read afterwards."""

from __future__ import annotations

import datetime as dt

import msgspec

from brains.errors import Conflict
from brains.model import Entry
from brains.notes import NewNote
from router.curation.authorship import live_among
from router.curation.review import Review
from router.errors import NotAllowed

UNREAD_MAX = 50


class Unread(msgspec.Struct, frozen=True):
    """An entry that visitors get. `before` is what they got; `mine` the asker's own work."""

    entry: Entry
    by: str
    at: dt.datetime
    reason: str
    before: Entry | None
    mine: bool


async def listing(review: Review, brain: str) -> list[Unread]:
    """Those that may be seen and nobody has read since, the newest first."""
    names, found = await review.names(), []
    for entry, note in await review.curation.unread(brain, UNREAD_MAX):
        if review.sees(entry):
            saved = await review.curation.revisions(brain, entry.id)
            before = live_among([one for one in saved if one.revision < entry.revision])
            seen = before if before is not None and review.sees(before) else None
            found.append(Unread(entry, note.by, note.at, note.text, seen, note.by in names))
    return found


async def read(review: Review, brain: str, id: str, revision: int) -> Entry:
    """Say of what visitors get, which is at `revision`, that another than its writer has read it.

    Raises `Conflict` where they get something else by now, and `NotAllowed`.
    """
    entry = await review.get(brain, id, revision)
    live = review.live(brain, id)
    if live is None or live.revision != revision:
        raise Conflict(f"Visitors do not get revision {revision} of “{id}” any more.")
    review.require_publish(brain, entry)
    said = await review.notes(brain, id)
    writers = {one.by for one in said if (one.kind, one.revision) == ("unreviewed", revision)}
    if not writers.isdisjoint(await review.names()):
        raise NotAllowed(f"“{id}” is your own work, so somebody else reads it.")
    await review.curation.add_note(brain, live, NewNote("approved"), review.holder.name)
    return live
