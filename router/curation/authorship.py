"""Who wrote what an entry says now, and what visitors got before, read from its revisions. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from brains.model import Entry
from brains.notes import Note
from router.results import Revision


def writers(saved: Sequence[Revision], said: Sequence[Note]) -> set[str]:
    """Who wrote the newest state, and who handed it in. Both are given newest first."""
    words = words_of(saved[0].entry)
    wrote = next(one.by for one in reversed(saved) if words_of(one.entry) == words)
    handed_in = next((note.by for note in said if note.kind == "submitted"), wrote)
    return {wrote, handed_in}


def words_of(entry: Entry) -> Entry:
    return msgspec.structs.replace(entry, status="draft", revision=0)


def same(one: Entry | None, other: Entry | None) -> bool:
    if one is None or other is None:
        return one is other
    return words_of(one) == words_of(other)


def live_among(saved: Sequence[Revision]) -> Entry | None:
    """What visitors got when the newest of `saved` was the newest."""
    for one in saved:
        if one.entry.status == "published":
            return one.entry
        if one.entry.status == "retired":
            return None
    return None
