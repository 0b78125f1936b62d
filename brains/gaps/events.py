"""A gap's history: one row for everything that was done to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from brains import codec, tables
from brains.database import Transaction
from brains.model import GapEvent

Detail = dict[str, str | int | list[str]]

EVENTS_SHOWN_MAX = 200
_events = tables.gap_events


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
    return [
        GapEvent(row.at, row.kind, row.by, codec.decode(row.detail, Detail))
        for row in await tx.execute(query.limit(limit))
    ]


def by_a_person(gap: sa.ColumnElement[str]) -> sa.Exists:
    """Whether a curator has done anything to a gap."""
    query = sa.select(_events.c.id).where(_events.c.gap == gap, _events.c.by.is_not(None))
    return sa.exists(query)
