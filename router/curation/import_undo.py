"""Taking a finished import back, from what it noted of every entry it touched."""

from __future__ import annotations

import datetime as dt

import msgspec

from brains import codec, entries
from brains.database import Transaction
from brains.entries import Draft
from brains.imports import Import
from brains.model import Entry


async def take_back(tx: Transaction, done: Import, by: str, at: dt.datetime) -> int:
    """Retires what an import created and restores what it changed, in two passes: first what
    visitors get, then the drafts that lay on top of it.

    Returns how many entries somebody has changed since: those are left as they are.
    """
    brain, report = done.brain, done.report
    touched = [*report.created, *report.changed]
    heads = await entries.heads(tx, brain, [one.id for one in touched])
    untouched = [one for one in touched if heads[one.id].revision == one.written]
    first: list[Entry] = []
    then: list[Entry] = []
    for one in untouched:
        if one.live_revision is not None:
            first.append(await entries.get(tx, brain, one.id, one.live_revision))
        else:
            written = await entries.get(tx, brain, one.id)
            first.append(msgspec.structs.replace(written, status="retired"))
        if one.revision and one.revision != one.live_revision:
            then.append(await entries.get(tx, brain, one.id, one.revision))
    for batch in (first, then):
        drafts = [Draft(entry, codec.digest(entries.content(entry))) for entry in batch]
        before = await entries.heads(tx, brain, [entry.id for entry in batch])
        await entries.write(tx, brain, drafts, before, by, at, False)
    return len(touched) - len(untouched)
