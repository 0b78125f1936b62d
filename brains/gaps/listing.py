"""Gaps and their questions, found and listed; how they are shown is in `views`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa

from brains import pages
from brains.database import Transaction
from brains.errors import UnknownGap
from brains.gaps import heat, rows, views
from brains.model import Gap, GapQuestion, GapStatus
from brains.pages import PAGE_ITEMS, Page

Order = Literal["priority", "newest", "count"]

_Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
DAYS_SHOWN_MAX = 400
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
        return Page(await views.own(tx, shown, wanted.only_body, now), next)
    return Page(await views.whole(tx, shown, now), next)


async def get(
    tx: Transaction, brain: str | None, id: str, now: dt.datetime, only_body: str | None = None
) -> Gap:
    """Raises `UnknownGap`: for an editor, also where the body never asked it."""
    row = await rows.row(tx, id, brain)
    if only_body is None:
        return (await views.whole(tx, [row], now))[0]
    if not (seen := await views.own(tx, [row], only_body, now)):
        raise UnknownGap(id)
    return seen[0]


async def named(tx: Transaction, ids: Sequence[str], now: dt.datetime) -> dict[str, Gap]:
    """Those gaps by id, as a curator sees them."""
    found = (await tx.execute(sa.select(rows.gaps).where(_gaps.id.in_(ids)))).all()
    return {gap.id: gap for gap in await views.whole(tx, found, now)}


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
    items = [views.question(row) for row in found[:limit]]
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
