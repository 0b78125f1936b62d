"""What curation gives back: pages of a list, revisions, what an import or a closed gap changed."""

from __future__ import annotations

import datetime as dt

import msgspec

from brains.model import Entry, Gap


class EntryPage(msgspec.Struct, frozen=True):
    """Part of a brain's entries. `next` is the cursor of the following part, None at the end."""

    items: list[Entry]
    next: str | None = None


class GapPage(msgspec.Struct, frozen=True):
    """Part of a brain's gaps. `next` is the cursor of the following part, None at the end."""

    items: list[Gap]
    next: str | None = None


class Revision(msgspec.Struct, frozen=True):
    """An entry as it was saved once, by the key named `by`."""

    revision: int
    at: dt.datetime
    by: str
    entry: Entry


class ImportResult(msgspec.Struct, frozen=True):
    """How many entries a file held, and what they changed."""

    brain: str
    total: int
    created: int
    changed: int
    unchanged: int


class AnsweredGap(msgspec.Struct, frozen=True):
    """A closed gap: the entry that closes it, and how many of its questions are answered now."""

    gap: Gap
    entry: Entry
    asked_again: int
    answered_now: int
