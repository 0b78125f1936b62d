"""What visitors get though nobody but its writer has read it, for another to read afterwards.

One by one what a person published or took away; together what came with one file.
"""

from __future__ import annotations

import datetime as dt
from itertools import groupby

import msgspec

from brains.errors import Conflict
from brains.knowledge import title_of
from brains.model import Entry
from brains.notes import NewNote, Note
from router.curation.authorship import live_among
from router.curation.review import Review
from router.errors import NotAllowed

UNREAD_MAX = 50
NAMED_MAX = 10


class Unread(msgspec.Struct, frozen=True):
    """An entry that visitors get, or, where it is `taken` away, got. `before` is what they got
    until then; `mine` the asker's own work."""

    entry: Entry
    by: str
    at: dt.datetime
    reason: str
    before: Entry | None
    mine: bool
    taken: bool


class Together(msgspec.Struct, frozen=True):
    """Entries that were published at once, `count` of them, the first of them by id and title.
    `file` is what they came in."""

    by: str
    at: dt.datetime
    file: str
    count: int
    named: list[tuple[str, str]]
    mine: bool


class Listing(msgspec.Struct, frozen=True):
    """The newest first in each."""

    single: list[Unread]
    together: list[Together]


async def listing(review: Review, brain: str) -> Listing:
    """What may be seen and nobody has read since."""
    names, found = await review.names(), Listing([], [])
    live = review.curation.knowledge.entries.get(brain, {})
    for (at, by, text), group in groupby(await review.curation.unread(brain), _deed):
        said = list(group)
        if len(said) == 1:
            if len(found.single) < UNREAD_MAX and (one := await _single(review, brain, said[0])):
                found.single.append(one)
            continue
        entries = [
            live.get(one.entry) or await review.curation.entry(brain, one.entry) for one in said
        ]
        seen = [entry for entry in entries if review.sees(entry)]
        if seen and len(found.together) < UNREAD_MAX:
            named = [(entry.id, title_of(entry)) for entry in seen[:NAMED_MAX]]
            found.together.append(Together(by, at, text, len(seen), named, by in names))
    return found


async def read(review: Review, brain: str, id: str, revision: int) -> Entry:
    """Say of what visitors get, or no longer get, which is at `revision`, that another than its
    writer has read it.

    Raises `Conflict` where that has been changed by now, and `NotAllowed`.
    """
    entry = await review.get(brain, id, revision)
    live = review.live(brain, id)
    now = live or await review.get(brain, id)
    if now.revision != revision:
        raise Conflict(f"Visitors do not get revision {revision} of “{id}” any more.")
    review.require_publish(brain, entry)
    said = await review.notes(brain, id)
    writers = {one.by for one in said if (one.kind, one.revision) == ("unreviewed", revision)}
    if not writers.isdisjoint(await review.names()):
        raise NotAllowed(f"“{id}” is your own work, so somebody else reads it.")
    await review.curation.add_note(brain, now, NewNote("approved"), review.holder.name)
    return now


async def read_together(review: Review, brain: str, at: dt.datetime, by: str) -> int:
    """The same of all that was published at once, then and by that name; how many they are."""
    live = review.curation.knowledge.entries.get(brain, {})
    said = [one for one in await review.curation.unread(brain) if (one.at, one.by) == (at, by)]
    found = [live.get(one.entry) or await review.get(brain, one.entry) for one in said]
    for entry in found:
        review.require_publish(brain, entry)
    if by in await review.names():
        raise NotAllowed("This is your own work, so somebody else reads it.")
    await review.curation.add_notes(brain, found, NewNote("approved"), review.holder.name)
    return len(found)


async def _single(review: Review, brain: str, note: Note) -> Unread | None:
    live = review.live(brain, note.entry)
    entry = live or await review.curation.entry(brain, note.entry)
    if not review.sees(entry):
        return None
    saved = await review.curation.revisions(brain, entry.id)
    before = live_among([one for one in saved if one.revision < entry.revision])
    seen = before if before is not None and review.sees(before) else None
    mine = note.by in await review.names()
    return Unread(entry, note.by, note.at, note.text, seen, mine, live is None)


def _deed(note: Note) -> tuple[dt.datetime, str, str]:
    return note.at, note.by, note.text
