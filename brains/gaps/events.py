"""A gap's history: one row for everything that was done to it.

Who changes a gap may say which event they saw last: what somebody else did after that
is then not overwritten unseen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from brains import codec, tables
from brains.database import Transaction
from brains.errors import Conflict
from brains.model import GapEvent

Detail = dict[str, str | int | list[str]]

EVENTS_SHOWN_MAX = 200
_events = tables.gap_events


class Unseen(Conflict):
    """Somebody else did something to the gap that whoever changes it now has not seen."""

    def __init__(self, event: GapEvent) -> None:
        super().__init__(f"{event.by} changed this gap meanwhile: {event.kind}. Read it again.")
        self.event = event


def row(
    gap: str, brain: str, at: dt.datetime, by: str | None, kind: str, detail: Detail
) -> dict[str, Any]:
    """A line of history as it is stored. `by` is None for the system."""
    return {
        "gap": gap,
        "brain": brain,
        "at": at,
        "by": by,
        "kind": kind,
        "detail": codec.encode(detail),
    }


async def add(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await tx.execute(sa.insert(_events), list(rows))


async def listing(tx: Transaction, gap: str, limit: int = EVENTS_SHOWN_MAX) -> list[GapEvent]:
    """The latest events of a gap, newest first."""
    query = sa.select(_events).where(_events.c.gap == gap).order_by(_events.c.id.desc())
    return [_event(row) for row in await tx.execute(query.limit(limit))]


async def last_event(tx: Transaction, gap: str) -> int:
    """The id of the gap's newest event, 0 where there is none."""
    query = sa.select(sa.func.max(_events.c.id)).where(_events.c.gap == gap)
    return (await tx.execute(query)).scalar() or 0


async def refuse_unseen(tx: Transaction, gap: str, seen: int | None, by: str | None) -> None:
    """Raises `Unseen` where another person did something after the event `seen`."""
    if seen is None:
        return
    query = sa.select(_events).where(
        _events.c.gap == gap, _events.c.id > seen, _events.c.by.is_not(None), _events.c.by != by
    )
    found = (await tx.execute(query.order_by(_events.c.id.desc()).limit(1))).first()
    if found is not None:
        raise Unseen(_event(found))


def _event(row: sa.Row[Any]) -> GapEvent:
    return GapEvent(row.at, row.kind, row.by, codec.decode(row.detail, Detail), row.id)


def by_a_person(gap: sa.ColumnElement[str]) -> sa.Exists:
    """Whether a curator has done anything to a gap."""
    query = sa.select(_events.c.id).where(_events.c.gap == gap, _events.c.by.is_not(None))
    return sa.exists(query)
