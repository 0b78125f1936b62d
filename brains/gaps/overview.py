"""A brain's gaps in numbers, for charts: opened and closed, time to fix, visitors spared."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from brains import tables
from brains.database import Transaction
from brains.gaps import rows
from brains.model import BodyCount

WEEKS_SHOWN = 12
FIXES_LOOKED_AT_MAX = 1_000
_gaps, _bodies, _questions = rows.gaps.c, rows.bodies.c, rows.questions.c
_spared = tables.gap_spared.c


class WeekCount(msgspec.Struct, frozen=True):
    """`week` is the date of its Monday, as `2026-03-02`."""

    week: str
    count: int


class WeekTime(msgspec.Struct, frozen=True):
    """The median hours from first asked to answered, of what was answered that week."""

    week: str
    hours: float | None


class GapOverview(msgspec.Struct, frozen=True, kw_only=True):
    """The last twelve weeks, this one last.

    `median_hours_to_fix` is from first asked to answered, None where nothing has been answered.
    `spared_answers` is how many conversations got an answer thanks to a fix that they had not
    reported, `spared_bodies` how many bodies got one that none of their visitors had reported, and
    `spared_by_body` where the answers were given, most first (for a curator).
    """

    open: int
    snoozed: int
    unassigned: int
    opened_by_week: list[WeekCount]
    closed_by_week: list[WeekCount]
    median_hours_to_fix: float | None
    hours_by_week: list[WeekTime] = []
    spared_answers: int
    spared_bodies: int
    spared_by_body: list[BodyCount] = []


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
    spared = await _worth(tx, brain, only_body)
    return GapOverview(
        open=total - (asleep or 0),
        snoozed=asleep or 0,
        unassigned=unassigned or 0,
        opened_by_week=_by_week((await tx.execute(opened)).scalars(), now),
        closed_by_week=_by_week((row.closed_at for row in fixed), now),
        median_hours_to_fix=round(statistics.median(hours), 2) if hours else None,
        hours_by_week=_hours_by_week(fixed, now),
        spared_answers=sum(row.answers for row in spared),
        spared_bodies=sum(row.unreported > 0 for row in spared),
        spared_by_body=[BodyCount(row.body, int(row.answers)) for row in spared]
        if only_body is None
        else [],
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


async def _worth(tx: Transaction, brain: str, only_body: str | None) -> Sequence[Any]:
    """For each body, how many answers it got thanks to fixes, and how many of those fixes none
    of its visitors had reported; most answers first."""
    reported = sa.exists(
        sa.select(_bodies.gap).where(_bodies.gap == _spared.gap, _bodies.body == _spared.body)
    )
    answers = sa.func.sum(_spared["count"])
    query = (
        sa.select(
            _spared.body,
            answers.label("answers"),
            sa.func.sum(sa.case((reported, 0), else_=1)).label("unreported"),
        )
        .join(rows.gaps, _gaps.id == _spared.gap)
        .where(_gaps.brain == brain)
        .group_by(_spared.body)
    )
    if only_body is not None:
        query = query.where(_spared.body == only_body)
    return (await tx.execute(query.order_by(answers.desc(), _spared.body))).all()


def _hours_by_week(fixed: Sequence[Any], now: dt.datetime) -> list[WeekTime]:
    hours: dict[dt.datetime, list[float]] = {}
    for row in fixed:
        taken = (row.closed_at - row.first).total_seconds() / 3600
        hours.setdefault(_monday(row.closed_at), []).append(taken)
    return [
        WeekTime(
            week.date().isoformat(),
            round(statistics.median(hours[week]), 2) if week in hours else None,
        )
        for week in _weeks(now)
    ]


def _by_week(times: Iterable[dt.datetime], now: dt.datetime) -> list[WeekCount]:
    counts = Counter(_monday(at) for at in times)
    return [WeekCount(week.date().isoformat(), counts[week]) for week in _weeks(now)]


def _weeks(now: dt.datetime) -> list[dt.datetime]:
    """The Mondays of the weeks shown, the oldest first."""
    return [_monday(now) - dt.timedelta(weeks=back) for back in range(WEEKS_SHOWN - 1, -1, -1)]


def _monday(at: dt.datetime) -> dt.datetime:
    day = at.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - dt.timedelta(days=day.weekday())
