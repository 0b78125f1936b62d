"""A brain's gaps in numbers, for charts: opened and closed, time to fix, visitors spared."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from brains import tables
from brains.database import Transaction
from brains.gaps import rows

WEEKS_SHOWN = 12
FIXES_LOOKED_AT_MAX = 1_000
_gaps, _bodies, _questions = rows.gaps.c, rows.bodies.c, rows.questions.c
_spared = tables.gap_spared.c


class WeekCount(msgspec.Struct, frozen=True):
    """`week` is the date of its Monday, as `2026-03-02`."""

    week: str
    count: int


class GapOverview(msgspec.Struct, frozen=True, kw_only=True):
    """The last twelve weeks, this one last.

    `median_hours_to_fix` is from first asked to answered, None where nothing has been answered.
    `spared_answers` were given thanks to fixes, to people who never reported them, and
    `spared_bodies` is in how many bodies.
    """

    open: int
    snoozed: int
    unassigned: int
    opened_by_week: list[WeekCount]
    closed_by_week: list[WeekCount]
    median_hours_to_fix: float | None
    spared_answers: int
    spared_bodies: int


async def overview(
    tx: Transaction, brain: str, now: dt.datetime, only_body: str | None = None
) -> GapOverview:
    """With `only_body`, of what that body's own visitors asked."""
    snoozed = sa.and_(_gaps.snoozed_until.is_not(None), _gaps.snoozed_until > now)
    states = sa.select(
        sa.func.count(),
        sa.func.sum(sa.case((snoozed, 1), else_=0)),
        sa.func.sum(sa.case((sa.and_(~snoozed, _gaps.assignee.is_(None)), 1), else_=0)),
    )
    of_brain = _of(brain, only_body)
    total, asleep, unassigned = (
        await tx.execute(states.where(*of_brain, _gaps.status == "open"))
    ).one()
    since = _monday(now) - dt.timedelta(weeks=WEEKS_SHOWN - 1)
    first = _first_seen(only_body)
    opened = sa.select(first).where(*of_brain, _gaps.status != "merged", first >= since)
    answered = sa.select(_gaps.closed_at, first.label("first")).where(
        *of_brain, _gaps.status == "answered"
    )
    fixed = (
        await tx.execute(answered.order_by(_gaps.closed_at.desc()).limit(FIXES_LOOKED_AT_MAX))
    ).all()
    hours = [(row.closed_at - row.first).total_seconds() / 3600 for row in fixed]
    answers, bodies = await _worth(tx, brain, only_body)
    return GapOverview(
        open=total - (asleep or 0),
        snoozed=asleep or 0,
        unassigned=unassigned or 0,
        opened_by_week=_by_week((await tx.execute(opened)).scalars(), now),
        closed_by_week=_by_week((row.closed_at for row in fixed), now),
        median_hours_to_fix=round(statistics.median(hours), 2) if hours else None,
        spared_answers=answers,
        spared_bodies=bodies,
    )


def _of(brain: str, only_body: str | None) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = [_gaps.brain == brain]
    if only_body is not None:
        asked = sa.select(_bodies.gap).where(_bodies.gap == _gaps.id, _bodies.body == only_body)
        wanted.append(sa.exists(asked))
    return wanted


def _first_seen(only_body: str | None) -> Any:
    """When a gap was first asked: by anybody, or in the one body."""
    if only_body is None:
        return _gaps.first_seen
    asked = sa.select(sa.func.min(_questions.asked_at))
    return (
        asked.where(_questions.gap == _gaps.id, _questions.body == only_body)
        .correlate(rows.gaps)
        .scalar_subquery()
    )


async def _worth(tx: Transaction, brain: str, only_body: str | None) -> tuple[int, int]:
    query = (
        sa.select(sa.func.sum(_spared["count"]), sa.func.count(sa.distinct(_spared.body)))
        .join(rows.gaps, _gaps.id == _spared.gap)
        .where(_gaps.brain == brain)
    )
    if only_body is not None:
        query = query.where(_spared.body == only_body)
    answers, bodies = (await tx.execute(query)).one()
    return int(answers or 0), bodies


def _by_week(times: Iterable[dt.datetime], now: dt.datetime) -> list[WeekCount]:
    counts = Counter(_monday(at) for at in times)
    weeks = [_monday(now) - dt.timedelta(weeks=back) for back in range(WEEKS_SHOWN - 1, -1, -1)]
    return [WeekCount(week.date().isoformat(), counts[week]) for week in weeks]


def _monday(at: dt.datetime) -> dt.datetime:
    day = at.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - dt.timedelta(days=day.weekday())
