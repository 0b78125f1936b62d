"""What curation gives back: pages of a list, revisions, what an import or a closed gap changed."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from brains.imports import Duplicate
from brains.model import Entry, Gap, GapQuestion


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


class ImportedRow(msgspec.Struct, frozen=True):
    """One entry of a file that is only tried: where it stands, and what it would change.

    `duplicates` are entries that ask the same, `same_as` an earlier one of the file.
    """

    place: str
    id: str
    kind: Literal["new", "changed", "unchanged"]
    fields: list[str]
    duplicates: list[Duplicate]
    same_as: str | None


class ImportResult(msgspec.Struct, frozen=True):
    """How many entries a file held, and what they changed or, where it was tried, would change.

    `notes` says what was left out or guessed; `rows` is filled where it was only tried.
    """

    brain: str
    total: int
    created: int
    changed: int
    unchanged: int
    notes: list[str] = []
    rows: list[ImportedRow] = []


class AnsweredGap(msgspec.Struct, frozen=True, kw_only=True):
    """How a gap's recorded questions went when they were asked again.

    The gap is closed where all are answered now; `still` is the newest that are
    not. A question that became a phrasing is sure to be found, so how it went for
    the `others` says more about the answer. `entry` is what was published for it, `how` says
    whether it is new, has new phrasings, or is answered otherwise in some bodies.
    """

    gap: Gap
    entry: Entry | None = None
    how: str = ""
    asked_again: int
    answered_now: int
    others_asked: int = 0
    others_answered: int = 0
    still: list[GapQuestion] = []


class SimilarGap(msgspec.Struct, frozen=True):
    """An open gap that may ask the same: the cosine of what both ask on average."""

    gap: Gap
    cosine: float
