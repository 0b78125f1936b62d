"""Entries and their revisions, as rows.

`entries` has one row an entry: its latest revision, and the live one that
visitors get. They differ while a draft of a published entry is being worked
on. `entry_revisions` keeps every saved state and is only ever added to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from brains import changes, codec, tables
from brains.database import ROWS_AT_ONCE, Transaction, upsert
from brains.errors import UnknownBrain, UnknownEntry
from brains.model import Entry, Status
from brains.pages import PAGE_ITEMS, Page, cursor, place, size

_entries, _revisions = tables.entries, tables.entry_revisions
_is_latest = _entries.c.revision == _revisions.c.revision
_is_live = _entries.c.live_revision == _revisions.c.revision


class Head(NamedTuple):
    """Where an entry stands: its latest and its live revision, and the digests of both."""

    revision: int = 0
    status: str = "draft"
    digest: str = ""
    live_revision: int | None = None
    live_digest: str | None = None
    imported_digest: str | None = None


class Draft(NamedTuple):
    """An entry about to be saved, with the digest of its content."""

    entry: Entry
    digest: str


class Revision(msgspec.Struct, frozen=True):
    """One saved state of an entry: who saved it, and when."""

    revision: int
    author: str
    at: dt.datetime
    entry: Entry


class Summary(msgspec.Struct, frozen=True):
    """One line of a list: the latest state, who saved it, and which revision visitors get."""

    entry: Entry
    live_revision: int | None
    updated_at: dt.datetime
    author: str


def content(entry: Entry) -> Entry:
    """The entry without what storage adds to it."""
    return msgspec.structs.replace(entry, brain="", revision=0)


async def heads(tx: Transaction, brain: str, ids: Sequence[str]) -> dict[str, Head]:
    found: dict[str, Head] = {}
    columns = [_entries.c[name] for name in Head._fields]
    for start in range(0, len(ids), ROWS_AT_ONCE):
        chunk = ids[start : start + ROWS_AT_ONCE]
        query = sa.select(_entries.c.id, *columns).where(
            _entries.c.brain == brain, _entries.c.id.in_(chunk)
        )
        found.update((row[0], Head(*row[1:])) for row in await tx.execute(query))
    return found


async def write(
    tx: Transaction,
    brain: str,
    drafts: Sequence[Draft],
    before: dict[str, Head],
    author: str,
    at: dt.datetime,
    imported: bool,
) -> list[Entry]:
    """Adds a revision of each, and a line of the change feed. `before` is of this transaction."""
    saved, rows, revisions = [], [], []
    for draft in drafts:
        head = before.get(draft.entry.id, Head())
        entry = msgspec.structs.replace(draft.entry, brain=brain, revision=head.revision + 1)
        rows.append(
            {"brain": brain, "id": entry.id, "topic": entry.topic, "updated_at": at}
            | _next_head(head, entry, draft.digest, imported)._asdict()
        )
        revisions.append(
            {
                "brain": brain,
                "entry": entry.id,
                "revision": entry.revision,
                "author": author,
                "at": at,
                "document": codec.encode(content(entry)),
            }
        )
        saved.append(entry)
    if saved:
        await upsert(tx, _entries, rows)
        await tx.execute(sa.insert(_revisions), revisions)
        await changes.append(tx, [changes.Changed("entry", brain, e.id) for e in saved], at)
    return saved


def _next_head(head: Head, entry: Entry, digest: str, imported: bool) -> Head:
    head = head._replace(revision=entry.revision, status=entry.status, digest=digest)
    if entry.status == "published":
        head = head._replace(live_revision=entry.revision, live_digest=digest)
    elif entry.status == "retired":
        head = head._replace(live_revision=None, live_digest=None)
    return head._replace(imported_digest=digest) if imported else head


async def live(tx: Transaction, keys: Iterable[tuple[str, str]] | None = None) -> list[Entry]:
    """The revisions visitors get: of all entries, or of those (brain, id) that have one."""
    query = _states().where(_is_live)
    if keys is None:
        rows = await tx.execute(query.order_by(_entries.c.brain, _entries.c.id))
        return [_entry(row.brain, row.revision, row.document) for row in rows]
    found: list[Entry] = []
    wanted = list(keys)
    pair = sa.tuple_(_entries.c.brain, _entries.c.id)
    for start in range(0, len(wanted), ROWS_AT_ONCE // 2):
        chunk = wanted[start : start + ROWS_AT_ONCE // 2]
        rows = await tx.execute(query.where(pair.in_(chunk)))
        found.extend(_entry(row.brain, row.revision, row.document) for row in rows)
    return found


async def get(tx: Transaction, brain: str, id: str, revision: int | None = None) -> Entry:
    """The latest state of an entry, or the one at `revision`. Raises `UnknownEntry`."""
    if revision is None:
        query = _states().where(_is_latest, _entries.c.brain == brain, _entries.c.id == id)
    else:
        query = _states().where(
            _entries.c.brain == brain, _entries.c.id == id, _revisions.c.revision == revision
        )
    row = (await tx.execute(query)).first()
    if row is None:
        raise UnknownEntry(id if revision is None else f"{id}, revision {revision}")
    return _entry(row.brain, row.revision, row.document)


async def listing(
    tx: Transaction,
    brain: str,
    *,
    status: Status | None = None,
    topic: str | None = None,
    text: str = "",
    after: str | None = None,
    limit: int = PAGE_ITEMS,
) -> Page[Summary]:
    """A page of entries in order of id: the latest state of each, where `text` is in it."""
    query = _states().where(_is_latest, _entries.c.brain == brain).order_by(_entries.c.id)
    if status is not None:
        query = query.where(_entries.c.status == status)
    if topic is not None:
        query = query.where(_entries.c.topic == topic)
    if text.strip():
        query = query.where(
            sa.func.lower(_revisions.c.document).contains(text.strip().lower(), autoescape=True)
        )
    if after is not None:
        query = query.where(_entries.c.id > place(after, tuple[str])[0])
    limit = size(limit)
    rows = (await tx.execute(query.limit(limit + 1))).all()
    items = [_summary(row) for row in rows[:limit]]
    return Page(items, cursor(items[-1].entry.id) if len(rows) > limit else None)


async def summaries(tx: Transaction, brain: str, ids: Sequence[str] | None = None) -> list[Summary]:
    """The latest state of all a brain's entries, or of these."""
    query = _states().where(_is_latest, _entries.c.brain == brain)
    if ids is None:
        return [_summary(row) for row in await tx.execute(query)]
    found: list[Summary] = []
    for start in range(0, len(ids), ROWS_AT_ONCE):
        chunk = query.where(_entries.c.id.in_(ids[start : start + ROWS_AT_ONCE]))
        found.extend(_summary(row) for row in await tx.execute(chunk))
    return found


async def revisions(tx: Transaction, brain: str, id: str) -> list[Revision]:
    """Every saved state, newest first. Raises `UnknownEntry`."""
    rows = (
        await tx.execute(
            sa.select(_revisions)
            .where(_revisions.c.brain == brain, _revisions.c.entry == id)
            .order_by(_revisions.c.revision.desc())
        )
    ).all()
    if not rows:
        raise UnknownEntry(id)
    return [
        Revision(row.revision, row.author, row.at, _entry(brain, row.revision, row.document))
        for row in rows
    ]


async def require_brain(tx: Transaction, brain: str) -> None:
    """Raises `UnknownBrain`."""
    query = sa.select(tables.brains.c.id).where(tables.brains.c.id == brain)
    if (await tx.execute(query)).first() is None:
        raise UnknownBrain(brain)


def _states() -> sa.Select[tuple[str, int, str, str, int | None, dt.datetime]]:
    """Every saved state beside its entry's row."""
    return sa.select(
        _revisions.c.brain,
        _revisions.c.revision,
        _revisions.c.document,
        _revisions.c.author,
        _entries.c.live_revision,
        _entries.c.updated_at,
    ).join(
        _entries,
        sa.and_(_entries.c.brain == _revisions.c.brain, _entries.c.id == _revisions.c.entry),
    )


def _summary(row: sa.Row[Any]) -> Summary:
    entry = _entry(row.brain, row.revision, row.document)
    return Summary(entry, row.live_revision, row.updated_at, row.author)


def _entry(brain: str, revision: int, document: str) -> Entry:
    entry = codec.decode(document, Entry)
    return msgspec.structs.replace(entry, brain=brain, revision=revision)
