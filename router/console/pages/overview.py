"""What needs doing now, and what came of what was done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, get

from brains import facts
from brains.gaps.overview import GapOverview
from brains.knowledge import title_of
from router.api.parameters import BrainPath
from router.api.service import ServiceHere
from router.console import frame, gap_views
from router.console.entry_links import entry_url, review_of
from router.curation.catalogue import Wanted
from router.security.guards import needs
from router.service import Service

AnyRequest = Request[Any, Any, Any]

GAPS_SHOWN = 6
EXPIRING_SHOWN = 5
FACTS_SHOWN = 5
WEEKS_SHOWN = 12
DAYS_FROM_HOURS = 48.0


class Missing(msgspec.Struct, frozen=True):
    """A fact that visitors were not told, in how many bodies and how often."""

    key: str
    bodies: int
    count: int


class Week(msgspec.Struct, frozen=True):
    """One week of the charts: its name is the Monday's day and month. `hours` is the median from
    first asked to answered, None where nothing was answered."""

    name: str
    opened: int
    closed: int
    hours: float | None


@get("/brains/{brain:str}", guards=[needs("read", "any body")])
async def overview(request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
    """For an editor of one body, of that body alone."""
    service.knowledge.brain(brain)
    only = frame.own_body(request)
    numbers = await service.gap_desk.overview(brain, only)
    urgent = await service.gap_desk.list(brain, limit=GAPS_SHOWN, only_body=only)
    mine = frame.may(request, "close gaps", brain=brain)
    review = review_of(request)
    expiring = await service.catalogue.look(
        brain,
        Wanted(show="published", expiring=True, order="expires"),
        lambda one: review.sees(one.entry),
        only,
    )
    missing = await _missing(service, brain, only)
    weeks = _weeks(request, numbers)
    unit, length = _unit(weeks)
    return frame.page(
        request,
        "overview/show.html",
        title=frame.say(request, "overview.title"),
        area="overview",
        numbers=numbers,
        lines=await gap_views.lines(service, urgent.items, only),
        names=await gap_views.names(service) if mine else {},
        expiring=[
            (entry_url(brain, line.summary.entry.id), title_of(line.summary.entry), until)
            for line in expiring.items[:EXPIRING_SHOWN]
            if (until := line.summary.entry.valid_until) is not None
        ],
        expiring_count=expiring.total,
        missing=missing[:FACTS_SHOWN],
        missing_count=len(missing),
        weeks=weeks,
        chart=[
            (frame.say(request, "overview.opened"), [week.opened for week in weeks]),
            (frame.say(request, "overview.closed"), [week.closed for week in weeks]),
        ],
        times=[None if week.hours is None else round(week.hours / length, 1) for week in weeks],
        unit=frame.say(request, f"overview.{unit}"),
        views=gap_views,
        request=request,
    )


def _unit(weeks: Sequence[Week]) -> tuple[str, float]:
    """What times are drawn in, and how many hours that is."""
    longest = max((week.hours for week in weeks if week.hours is not None), default=0.0)
    return ("days", 24.0) if longest >= DAYS_FROM_HOURS else ("hours", 1.0)


async def _missing(service: Service, brain: str, only: str | None) -> list[Missing]:
    """The facts that visitors asked for in vain, the most asked for first."""
    async with service.db.read() as tx:
        asked = await facts.asked_for(tx, brain)
    known = service.knowledge.facts
    lacked: dict[str, list[int]] = {}
    for (body, key), count in asked.items():
        if only in (None, body) and key not in known.get(body, {}):
            lacked.setdefault(key, []).append(count)
    found = [Missing(key, len(counts), sum(counts)) for key, counts in lacked.items()]
    return sorted(found, key=lambda one: (-one.count, one.key))


def _weeks(request: AnyRequest, numbers: GapOverview) -> list[Week]:
    opened_by_week, closed_by_week = numbers.opened_by_week, numbers.closed_by_week
    rows = list(zip(opened_by_week, closed_by_week, numbers.hours_by_week, strict=True))
    weeks = []
    for opened, closed, times in rows[-WEEKS_SHOWN:]:
        monday = dt.date.fromisoformat(opened.week)
        name = frame.say(request, "overview.week", day=monday.day, month=monday.month)
        weeks.append(Week(name, opened.count, closed.count, times.hours))
    return weeks


handlers = [overview]
