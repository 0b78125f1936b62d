"""Gaps and their questions as they are shown: to a curator whole, to an editor in part.

An editor is shown what one body's own visitors asked, and counts of that alone:
never another body's name, count or words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from brains import codec, tables
from brains.database import Transaction
from brains.gaps import heat, rows
from brains.model import BodyCount, Gap, GapQuestion, Nearest, Spared

WEEK = dt.timedelta(days=7)
# The share of a gap's questions, weighted by probability, from which a body is suspected of it.
OWNER_FROM = 0.25
_bodies, _questions = rows.bodies.c, rows.questions.c


def question(row: sa.Row[Any]) -> GapQuestion:
    return GapQuestion(
        row.id,
        row.body,
        row.text,
        row.language,
        row.asked_at,
        row.reason,
        row.entry,
        row.revision,
        row.fixed,
        row.asked_again_at,
    )


async def whole(tx: Transaction, found: Sequence[sa.Row[Any]], now: dt.datetime) -> list[Gap]:
    """Those gaps as a curator sees them."""
    ids = [row.id for row in found]
    counts = await _body_counts(tx, ids)
    weeks = await _weeks(tx, ids, now)
    spared = await _spared(tx, ids)
    since = await _since_closed(tx, found)
    return [
        _gap(
            row,
            now,
            bodies=counts.get(row.id, []),
            count=row.size,
            last_week=weeks.get(row.id, (0, 0))[0],
            week_before=weeks.get(row.id, (0, 0))[1],
            spared=spared.get(row.id, Spared()),
            since_closed=since.get(row.id, 0),
            **_owner(row),
        )
        for row in found
    ]


async def own(
    tx: Transaction, found: Sequence[sa.Row[Any]], body: str, now: dt.datetime
) -> list[Gap]:
    """Those gaps as an editor of `body` sees them; those it never asked are left out."""
    asked = _questions.asked_at
    numbers = sa.select(
        _questions.gap,
        sa.func.count().label("count"),
        sa.func.max(_questions.id).label("newest"),
        sa.func.min(asked).label("first_seen"),
        sa.func.max(asked).label("last_seen"),
        sa.func.sum(sa.case((asked >= now - WEEK, 1), else_=0)).label("last_week"),
        sa.func.sum(sa.case((asked >= now - 2 * WEEK, 1), else_=0)).label("two_weeks"),
        sa.func.sum(sa.case((_questions.reason == "unhelpful", 1), else_=0)).label("unhelpful"),
    ).where(_questions.gap.in_([row.id for row in found]), _questions.body == body)
    seen = {row.gap: row for row in await tx.execute(numbers.group_by(_questions.gap))}
    texts_query = sa.select(_questions.gap, _questions.text).where(
        _questions.id.in_([row.newest for row in seen.values()])
    )
    texts = {row[0]: row[1] for row in await tx.execute(texts_query)}
    return [
        _own_gap(row, seen[row.id], texts[row.id], body, now) for row in found if row.id in seen
    ]


def _own_gap(row: sa.Row[Any], seen: Any, text: str, body: str, now: dt.datetime) -> Gap:
    load = heat.of_days({heat.day_of(seen.last_seen): seen.count})
    gap = _gap(
        row,
        now,
        bodies=[BodyCount(body, seen.count)],
        count=seen.count,
        last_week=seen.last_week,
        week_before=seen.two_weeks - seen.last_week,
        owner=None,
        owner_probability=0.0,
        spared=Spared(),
    )
    forwarded = gap.forwarded_to if gap.forwarded_to == f"body:{body}" else None
    return msgspec.structs.replace(
        gap,
        summary=text,
        title=None,
        first_seen=seen.first_seen,
        last_seen=seen.last_seen,
        unhelpful=seen.unhelpful,
        urgency=heat.urgency(heat.priority(load, 1, seen.count, seen.unhelpful), now),
        forwarded_to=forwarded,
    )


def _gap(row: sa.Row[Any], now: dt.datetime, **more: Any) -> Gap:
    snoozed = row.status == "open" and row.snoozed_until is not None and row.snoozed_until > now
    return Gap(
        id=row.id,
        brain=row.brain,
        summary=row.summary,
        status="snoozed" if snoozed else row.status,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        nearest=codec.decode(row.nearest, list[Nearest]),
        title=row.title,
        urgency=heat.urgency(row.priority, now),
        unhelpful=row.unhelpful,
        assignee=row.assignee,
        snoozed_until=row.snoozed_until if snoozed else None,
        dismiss_reason=row.dismiss_reason,
        forwarded_to=row.forwarded_to,
        merged_into=row.merged_into,
        answered_by=row.answered_by,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        **more,
    )


def _owner(row: sa.Row[Any]) -> dict[str, Any]:
    """The body whose matter it probably is, where one is likely enough."""
    shares = codec.decode(row.owner_shares, dict[str, float])
    likeliest = max(shares, key=lambda owner: shares[owner], default=None)
    share = shares[likeliest] / max(row.size, 1) if likeliest is not None else 0.0
    if share < OWNER_FROM:
        return {"owner": None, "owner_probability": 0.0}
    return {"owner": likeliest, "owner_probability": round(min(share, 1.0), 4)}


async def _body_counts(tx: Transaction, ids: Sequence[str]) -> dict[str, list[BodyCount]]:
    counts: dict[str, list[BodyCount]] = {}
    query = sa.select(rows.bodies).where(_bodies.gap.in_(ids))
    for gap, body, count in await tx.execute(query.order_by(_bodies["count"].desc(), _bodies.body)):
        counts.setdefault(gap, []).append(BodyCount(body, count))
    return counts


async def _weeks(
    tx: Transaction, ids: Sequence[str], now: dt.datetime
) -> dict[str, tuple[int, int]]:
    """Questions of the last seven days, and of the seven before."""
    column, last, before = rows.days.c, heat.day_of(now - WEEK), heat.day_of(now - 2 * WEEK)
    recent = sa.func.sum(sa.case((column.day > last, column["count"]), else_=0))
    query = sa.select(column.gap, recent, sa.func.sum(column["count"]) - recent).where(
        column.gap.in_(ids), column.day > before
    )
    return {
        gap: (int(recent), int(earlier))
        for gap, recent, earlier in await tx.execute(query.group_by(column.gap))
    }


async def _since_closed(tx: Transaction, found: Sequence[sa.Row[Any]]) -> dict[str, int]:
    """How many questions followed others into gaps that were dismissed or forwarded."""
    ids = [row.id for row in found if row.status in ("dismissed", "forwarded")]
    if not ids:
        return {}
    query = (
        sa.select(_questions.gap, sa.func.count())
        .join(rows.gaps, rows.gaps.c.id == _questions.gap)
        .where(_questions.gap.in_(ids), _questions.asked_at > rows.gaps.c.closed_at)
    )
    counts = (await tx.execute(query.group_by(_questions.gap))).all()
    return {row[0]: row[1] for row in counts}


async def _spared(tx: Transaction, ids: Sequence[str]) -> dict[str, Spared]:
    column = tables.gap_spared.c
    reported = sa.exists(
        sa.select(_bodies.gap).where(_bodies.gap == column.gap, _bodies.body == column.body)
    )
    query = sa.select(
        column.gap,
        sa.func.sum(column["count"]),
        sa.func.sum(sa.case((reported, 0), else_=1)),
    ).where(column.gap.in_(ids))
    return {
        gap: Spared(int(answers), int(bodies))
        for gap, answers, bodies in await tx.execute(query.group_by(column.gap))
    }
