"""Imports as rows: what was uploaded, what it would change, and what it did.

An import is `staged` until somebody confirms it, then `done`, and `undone`
where that was taken back. What is staged is kept whole, so that a restart
loses nothing; what is done keeps only what undoing needs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

import msgspec
import sqlalchemy as sa

from brains import codec, tables
from brains.database import Transaction
from brains.errors import NotFound, Problem
from brains.model import Entry

Status = Literal["staged", "done", "undone"]
Kind = Literal["new", "changed", "unchanged"]
Choice = Literal["import", "merge", "skip"]

_imports = tables.imports


class UnknownImport(NotFound):
    noun = "import"


class Duplicate(msgspec.Struct, frozen=True):
    """An entry that asks the same: it has one of the phrasings (`equal`), is asked and answers
    alike, or answers the phrasings today: of the `tried` ones, `answered`.

    `sure` says that it is so likely the same that nothing is lost by a merge.
    """

    entry: str
    title: str
    equal: bool
    answered: int
    tried: int
    sure: bool = False


class Staged(msgspec.Struct, kw_only=True):
    """One entry of the upload. `revision` is the existing entry's, 0 where it is new.

    `fields` are those that change. `same_as` is the id of an earlier entry of the
    upload that asks the same. `into` is the entry whose phrasings a merge adds to.
    """

    place: str
    entry: Entry
    kind: Kind
    revision: int = 0
    fields: list[str] = []
    duplicates: list[Duplicate] = []
    same_as: str | None = None
    choice: Choice = "import"
    into: str | None = None


class Before(msgspec.Struct, frozen=True):
    """An entry that an import changed: the revisions it had, and the one the import wrote."""

    id: str
    revision: int
    live_revision: int | None
    written: int


class Report(msgspec.Struct, kw_only=True):
    """`body` is the one body whose editor imports, None for the whole brain."""

    body: str | None = None
    notes: list[Problem] = []
    total: int = 0
    created: list[Before] = []
    changed: list[Before] = []
    skipped: int = 0
    merged: int = 0
    unchanged: int = 0
    published: bool = False
    finished_at: dt.datetime | None = None
    finished_by: str = ""
    kept: int = 0


class Import(msgspec.Struct, kw_only=True):
    """One upload. `rows` is empty once it is done, and in a list."""

    id: str
    brain: str
    by: str
    at: dt.datetime
    file_name: str
    format: str
    status: Status = "staged"
    report: Report = msgspec.field(default_factory=Report)
    rows: list[Staged] = []


async def add(tx: Transaction, new: Import) -> None:
    await tx.execute(sa.insert(_imports).values(**_row(new)))


async def update(tx: Transaction, changed: Import) -> None:
    """Writes status, rows and report."""
    row = _row(changed)
    values = {name: row[name] for name in ("status", "entries", "report")}
    await tx.execute(sa.update(_imports).where(_imports.c.id == changed.id).values(**values))


async def get(tx: Transaction, brain: str, id: str) -> Import:
    """The import with its rows. Raises `UnknownImport`."""
    query = sa.select(_imports).where(_imports.c.id == id, _imports.c.brain == brain)
    row = (await tx.execute(query)).first()
    if row is None:
        raise UnknownImport(id)
    return msgspec.structs.replace(
        _import(row), rows=msgspec.json.decode(row.entries, type=list[Staged])
    )


async def listing(tx: Transaction, brain: str, limit: int) -> list[Import]:
    """The newest first, without their rows."""
    columns = [column for column in _imports.c if column.name != "entries"]
    query = sa.select(*columns).where(_imports.c.brain == brain)
    query = query.order_by(_imports.c.at.desc(), _imports.c.id).limit(limit)
    return [_import(row) for row in await tx.execute(query)]


async def remove(tx: Transaction, ids: Sequence[str]) -> None:
    await tx.execute(sa.delete(_imports).where(_imports.c.id.in_(ids)))


async def expire(tx: Transaction, before: dt.datetime) -> int:
    """Forgets what was staged before a time and never confirmed; returns how many."""
    late = sa.delete(_imports).where(_imports.c.status == "staged", _imports.c.at < before)
    return int((await tx.execute(late)).rowcount)


def _row(one: Import) -> dict[str, object]:
    return {
        "id": one.id,
        "brain": one.brain,
        "by": one.by,
        "at": one.at,
        "file_name": one.file_name,
        "format": one.format,
        "status": one.status,
        "entries": codec.encode(one.rows),
        "report": codec.encode(one.report),
    }


def _import(row: sa.Row[tuple[object, ...]]) -> Import:
    return Import(
        id=row.id,
        brain=row.brain,
        by=row.by,
        at=row.at,
        file_name=row.file_name,
        format=row.format,
        status=row.status,
        report=codec.decode(row.report, Report),
    )
