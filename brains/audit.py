"""Who did what, when: a log that is only added to. The database refuses any change of a line.

A line names people of the installation, what they did and to what. It never
holds a visitor's words, a password, a token or a text that was saved.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import sqlalchemy as sa

from brains import codec, pages, tables
from brains.database import Transaction
from brains.pages import Page

ACTION_CHARS_MAX = 40
NAME_CHARS_MAX = 200
OBJECT_CHARS_MAX = 241

Detail = dict[str, str | int | bool | None]

_audit = tables.audit


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done. `by_id` is the person's or key's; None for the command line and strangers.

    `action` is `noun.verb`, as `entries.save`; `object` names what it was done to.
    """

    at: dt.datetime
    by: str
    action: str
    by_id: str | None = None
    brain: str | None = None
    body: str | None = None
    object: str = ""
    detail: Detail = {}
    id: int = 0


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines; None or "" where it does not matter.

    `who` is in the name or is the id, `action` is its beginning. `brains` and
    `bodies` are what the reader may see: a line of any of them.
    """

    who: str = ""
    action: str = ""
    brain: str | None = None
    body: str | None = None
    since: dt.datetime | None = None
    brains: tuple[str, ...] | None = None
    bodies: tuple[str, ...] | None = None


async def append(tx: Transaction, line: Line) -> None:
    """Write a line; what is too long is cut."""
    await tx.execute(
        sa.insert(_audit).values(
            at=line.at,
            by=codec.storable(line.by)[:NAME_CHARS_MAX],
            by_id=line.by_id,
            action=line.action[:ACTION_CHARS_MAX],
            brain=line.brain,
            body=line.body,
            object=codec.storable(line.object)[:OBJECT_CHARS_MAX],
            detail=codec.encode(line.detail),
        )
    )


async def listing(
    tx: Transaction, wanted: Filter = Filter(), cursor: str | None = None, limit: int = 50
) -> Page[Line]:
    """The lines, newest first."""
    query = sa.select(_audit).where(*_conditions(wanted)).order_by(_audit.c.id.desc())
    if cursor is not None:
        (before,) = pages.place(cursor, tuple[int])
        query = query.where(_audit.c.id < before)
    count = pages.size(limit)
    rows = (await tx.execute(query.limit(count + 1))).all()
    lines = [_line(row) for row in rows[:count]]
    return Page(lines, pages.cursor(lines[-1].id) if len(rows) > count else None)


async def recent(tx: Transaction, action: str, since: dt.datetime, limit: int) -> list[Line]:
    """The lines of one action since a time, newest first, at most so many."""
    query = sa.select(_audit).where(_audit.c.action == action, _audit.c.at >= since)
    rows = await tx.execute(query.order_by(_audit.c.id.desc()).limit(limit))
    return [_line(row) for row in rows]


async def names(tx: Transaction, by_id: str) -> set[str]:
    """Every name under which somebody, or a key, has done something."""
    query = sa.select(_audit.c.by).where(_audit.c.by_id == by_id).distinct()
    return set((await tx.execute(query)).scalars())


def _conditions(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.who:
        as_typed = _audit.c.by.contains(wanted.who, autoescape=True)
        any_case = sa.func.lower(_audit.c.by).contains(wanted.who.lower(), autoescape=True)
        found.append(sa.or_(as_typed, any_case, _audit.c.by_id == wanted.who))
    if wanted.action:
        found.append(_audit.c.action.startswith(wanted.action, autoescape=True))
    if wanted.brain is not None:
        found.append(_audit.c.brain == wanted.brain)
    if wanted.body is not None:
        found.append(_audit.c.body == wanted.body)
    if wanted.since is not None:
        found.append(_audit.c.at >= wanted.since)
    if wanted.brains is not None or wanted.bodies is not None:
        own_brain = _audit.c.brain.in_(wanted.brains or ())
        found.append(sa.or_(own_brain, _audit.c.body.in_(wanted.bodies or ())))
    return found


def _line(row: Any) -> Line:
    return Line(
        id=row.id,
        at=row.at,
        by=row.by,
        by_id=row.by_id,
        action=row.action,
        brain=row.brain,
        body=row.body,
        object=row.object,
        detail=codec.decode(row.detail, Detail),
    )
