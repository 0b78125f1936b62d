"""What people say to each other about an entry: handed in, sent back, approved, or just said.

Rows of `entry_notes`, only ever added to. A note is about one revision.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from brains import tables
from brains.database import ROWS_AT_ONCE, Transaction
from brains.errors import Invalid
from brains.model import Entry

# `unreviewed` is said of what was published by whoever wrote it, with nobody else having read it.
NoteKind = Literal["submitted", "returned", "approved", "unreviewed", "comment"]
NOTE_CHARS_MAX = 2_000
UNREAD_MAX = 20_000

_notes = tables.entry_notes


class Note(msgspec.Struct, frozen=True):
    """One thing said about a revision of an entry. `text` may be empty where the kind says it."""

    entry: str
    revision: int
    at: dt.datetime
    by: str
    kind: NoteKind
    text: str


class NewNote(msgspec.Struct, frozen=True):
    """A note about to be added."""

    kind: NoteKind
    text: str = ""


def check(note: NewNote) -> None:
    """Raises `Invalid` for a note that is too long, or says nothing where it must."""
    if len(note.text) > NOTE_CHARS_MAX:
        raise Invalid(f"Write at most {NOTE_CHARS_MAX} characters.", "field note")
    if note.kind in ("returned", "comment") and not note.text.strip():
        raise Invalid("Say what is to be changed.", "field note")


async def add(
    tx: Transaction, brain: str, entry: str, revision: int, note: NewNote, by: str, at: dt.datetime
) -> Note:
    """Adds a note to a revision that exists."""
    added = Note(entry, revision, at, by, note.kind, note.text.strip())
    await tx.execute(sa.insert(_notes).values(brain=brain, **msgspec.structs.asdict(added)))
    return added


async def add_to_all(
    tx: Transaction, brain: str, entries: Iterable[Entry], note: NewNote, by: str, at: dt.datetime
) -> None:
    """Says the same of many saved entries."""
    rows = [
        {"brain": brain, "entry": one.id, "revision": one.revision, "at": at, "by": by}
        | {"kind": note.kind, "text": note.text.strip()}
        for one in entries
    ]
    if rows:
        await tx.execute(sa.insert(_notes), rows)


async def of_entry(tx: Transaction, brain: str, entry: str) -> list[Note]:
    """Everything said about an entry, newest first."""
    rows = await tx.execute(
        sa.select(_notes)
        .where(_notes.c.brain == brain, _notes.c.entry == entry)
        .order_by(_notes.c.id.desc())
    )
    return [_note(row) for row in rows]


async def submissions(tx: Transaction, brain: str, ids: Sequence[str]) -> dict[str, Note]:
    """The last handing-in of each of these entries that has one."""
    found: dict[str, Note] = {}
    for start in range(0, len(ids), ROWS_AT_ONCE):
        rows = await tx.execute(
            sa.select(_notes)
            .where(
                _notes.c.brain == brain,
                _notes.c.entry.in_(ids[start : start + ROWS_AT_ONCE]),
                _notes.c.kind == "submitted",
            )
            .order_by(_notes.c.id)
        )
        found.update((row.entry, _note(row)) for row in rows)
    return found


async def unread(tx: Transaction, brain: str) -> list[Note]:
    """What visitors get, or what was taken from them, that nobody but whoever did it has read; the
    newest first."""
    read = _notes.alias()
    entries = tables.entries
    live = sa.and_(
        entries.c.brain == _notes.c.brain,
        entries.c.id == _notes.c.entry,
        sa.or_(
            entries.c.live_revision == _notes.c.revision,
            sa.and_(entries.c.status == "retired", entries.c.revision == _notes.c.revision),
        ),
    )
    approved = sa.exists().where(
        read.c.brain == _notes.c.brain,
        read.c.entry == _notes.c.entry,
        read.c.revision == _notes.c.revision,
        read.c.kind == "approved",
    )
    rows = await tx.execute(
        sa.select(_notes)
        .join(entries, live)
        .where(_notes.c.brain == brain, _notes.c.kind == "unreviewed", ~approved)
        .order_by(_notes.c.id.desc())
        .limit(UNREAD_MAX)
    )
    return [_note(row) for row in rows]


def _note(row: sa.Row[Any]) -> Note:
    values = row._mapping
    return Note(**{name: values[name] for name in Note.__struct_fields__})
