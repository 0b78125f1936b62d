"""Gaps and their questions as they are read: by a curator, or by one body's editor.

An editor (`only_body`) is shown what that body's own visitors asked, and counts
of that alone: never another body's name, count or words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa

from brains import codec, pages, tables
from brains.database import Transaction
from brains.errors import UnknownGap
from brains.gaps import heat, rows
from brains.model import BodyCount, Gap, GapQuestion, GapStatus, Nearest, Spared
from brains.pages import PAGE_ITEMS, Page

Order = Literal["priority", "newest", "count"]

WEEK = dt.timedelta(days=7)
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
DAYS_SHOWN_MAX = 400
# The share of a gap's questions, weighted by probability, from which a body is suspected of it.
OWNER_FROM = 0.25
_gaps, _bodies, _questions = rows.gaps.c, rows.bodies.c, rows.questions.c
_PLACES: dict[Order, Any] = {
    "priority": tuple[Literal["priority"], float, str],
    "newest": tuple[Literal["newest"], Annotated[dt.datetime, msgspec.Meta(tz=True)], str],
    "count": tuple[Literal["count"], float, str],
}
_BLOBS = ("vector_sum", "summary_vector")
_COLUMNS = [column for column in rows.gaps.c if column.name not in _BLOBS]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which gaps to list. `assignee` is a person's id, `body` one that has asked."""

    status: GapStatus | None = "open"
    body: str | None = None
    text: str = ""
    assignee: str | None = None
    order: Order = "priority"
    only_body: str | None = None


async def listing(
    tx: Transaction,
    brain: str,
    wanted: Wanted,
    now: dt.datetime,
    cursor: str | None = None,
    limit: int = PAGE_ITEMS,
) -> Page[Gap]:
    """A page of a brain's gaps, the highest in the order asked for first."""
    by = _height(wanted)
    query = _filtered(brain, wanted, now).add_columns(by.label("height"))
    if cursor is not None:
        _, height, id = pages.place(cursor, _PLACES[wanted.order])
        last = sa.literal(height, by.type)
        query = query.where(sa.or_(by < last, sa.and_(by == last, _gaps.id < id)))
    limit = pages.size(limit)
    found = (await tx.execute(query.order_by(by.desc(), _gaps.id.desc()).limit(limit + 1))).all()
    shown = found[:limit]
    next = None
    if len(found) > limit:
        next = pages.cursor(wanted.order, shown[-1].height, shown[-1].id)
    if wanted.only_body is not None:
        return Page(await own(tx, shown, wanted.only_body, now), next)
    return Page(await whole(tx, shown, now), next)


async def get(
    tx: Transaction, brain: str | None, id: str, now: dt.datetime, only_body: str | None = None
) -> Gap:
    """Raises `UnknownGap`: for an editor, also where the body never asked it."""
    row = await rows.row(tx, id, brain)
    if only_body is None:
        return (await whole(tx, [row], now))[0]
    if not (seen := await own(tx, [row], only_body, now)):
        raise UnknownGap(id)
    return seen[0]


async def questions(
    tx: Transaction,
    id: str,
    cursor: str | None = None,
    limit: int = PAGE_ITEMS,
    only_body: str | None = None,
) -> Page[GapQuestion]:
    """A page of a gap's questions, newest first."""
    query = sa.select(rows.questions).where(_questions.gap == id)
    if only_body is not None:
        query = query.where(_questions.body == only_body)
    if cursor is not None:
        query = query.where(_questions.id < pages.place(cursor, tuple[_Number])[0])
    limit = pages.size(limit)
    found = (await tx.execute(query.order_by(_questions.id.desc()).limit(limit + 1))).all()
    items = [question(row) for row in found[:limit]]
    return Page(items, pages.cursor(items[-1].id) if len(found) > limit else None)


async def days(
    tx: Transaction, id: str, now: dt.datetime, count: int, only_body: str | None = None
) -> list[int]:
    """How many questions came on each of the last days, the oldest first, today last."""
    count = max(1, min(count, DAYS_SHOWN_MAX))
    wanted = [heat.day_of(now - dt.timedelta(days=back)) for back in range(count - 1, -1, -1)]
    if only_body is None:
        column = rows.days.c
        query = sa.select(column.day, column["count"]).where(
            column.gap == id, column.day >= wanted[0]
        )
        asked = {row[0]: row[1] for row in await tx.execute(query)}
        return [asked.get(day, 0) for day in wanted]
    times = sa.select(_questions.asked_at).where(
        _questions.gap == id,
        _questions.body == only_body,
        _questions.asked_at >= now - dt.timedelta(days=count),
    )
    own_days = [heat.day_of(at) for at in (await tx.execute(times)).scalars()]
    return [own_days.count(day) for day in wanted]


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
    return [
        _gap(
            row,
            now,
            bodies=counts.get(row.id, []),
            count=row.size,
            last_week=weeks.get(row.id, (0, 0))[0],
            week_before=weeks.get(row.id, (0, 0))[1],
            spared=spared.get(row.id, Spared()),
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


def _height(wanted: Wanted) -> sa.ColumnElement[Any]:
    """What is sorted by; for an editor a number of the one body's own."""
    if wanted.only_body is None:
        by = {"priority": _gaps.priority, "newest": _gaps.last_seen, "count": _gaps.size}
        return by[wanted.order]
    if wanted.order == "newest":
        latest = sa.select(sa.func.max(_questions.asked_at)).where(
            _questions.gap == _gaps.id, _questions.body == wanted.only_body
        )
        return latest.correlate(rows.gaps).scalar_subquery()
    count = sa.select(_bodies["count"]).where(
        _bodies.gap == _gaps.id, _bodies.body == wanted.only_body
    )
    return count.correlate(rows.gaps).scalar_subquery()


def _filtered(brain: str, wanted: Wanted, now: dt.datetime) -> sa.Select[Any]:
    query = sa.select(*_COLUMNS).where(_gaps.brain == brain)
    awake = sa.or_(_gaps.snoozed_until.is_(None), _gaps.snoozed_until <= now)
    if wanted.status == "open":
        query = query.where(_gaps.status == "open", awake)
    elif wanted.status == "snoozed":
        query = query.where(_gaps.status == "open", _gaps.snoozed_until > now)
    elif wanted.status is not None:
        query = query.where(_gaps.status == wanted.status)
    else:
        query = query.where(_gaps.status != "merged")
    if wanted.assignee is not None:
        query = query.where(_gaps.assignee == wanted.assignee)
    if body := wanted.only_body or wanted.body:
        asked = sa.select(_bodies.gap).where(_bodies.gap == _gaps.id, _bodies.body == body)
        query = query.where(sa.exists(asked))
    if wanted.text.strip():
        query = query.where(_with_text(wanted))
    return query


def _with_text(wanted: Wanted) -> sa.ColumnElement[bool]:
    """Where the text is in the title, or in a question (of the one body, for an editor)."""
    text = wanted.text.strip().lower()
    asked = sa.select(_questions.id).where(
        _questions.gap == _gaps.id,
        sa.func.lower(_questions.text).contains(text, autoescape=True),
    )
    if wanted.only_body is not None:
        return sa.exists(asked.where(_questions.body == wanted.only_body))
    titled = sa.func.lower(sa.func.coalesce(_gaps.title, "")).contains(text, autoescape=True)
    return sa.or_(titled, sa.exists(asked))


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
