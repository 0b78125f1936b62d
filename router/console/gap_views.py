"""What the pages of unanswered questions show: names, reasons and history in words."""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict

from brains import people
from brains.gaps.trends import trends
from brains.gaps.words import Wording
from brains.model import Gap, GapEvent
from brains.store import now as utc_now
from router.console import dates, frame
from router.console.search import fold
from router.security.access import Access
from router.service import Service

AnyRequest = Request[Any, Any, Any]

TREND_DAYS = 14
TITLE_CHARS_MAX = 120
TITLE_CHARS_MIN = 20
SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
OPEN = ("open", "snoozed")
SPLITTABLE = (*OPEN, "dismissed", "forwarded")
# What can be done to several in each list.
WORK = ("merge", "assign", "snooze", "forward", "dismiss")
CHOOSING = {
    "open": WORK,
    "snoozed": (*WORK, "reopen"),
    "dismissed": ("reopen",),
    "forwarded": ("reopen",),
}
MERGES_FOLLOWED_MAX = 20
URGENCY_KINDS = {"high": "danger", "medium": "warning", "low": "neutral"}


class Line(msgspec.Struct, frozen=True):
    """One gap of the list. `trend` is questions a day."""

    gap: Gap
    trend: list[int]


def gap_url(gap: Gap) -> str:
    """The gap's own page."""
    return f"{gaps_url(gap.brain)}/{gap.id}"


def gaps_url(brain: str) -> str:
    """The list."""
    return f"/console/brains/{brain}/gaps"


def title_of(gap: Gap) -> str:
    """A curator's wording, else the question that speaks for all; of a long story what it asks."""
    text = gap.title or gap.summary
    if len(text) <= TITLE_CHARS_MAX:
        return text
    asked = [one.strip() for one in SENTENCE.findall(text) if one.endswith("?")]
    fitting = [one for one in asked if TITLE_CHARS_MIN <= len(one) <= TITLE_CHARS_MAX]
    return fitting[-1] if fitting else textwrap.shorten(text, TITLE_CHARS_MAX, placeholder=" …")


async def lines(service: Service, gaps: Sequence[Gap], only_body: str | None) -> list[Line]:
    """Those gaps with their trends."""
    async with service.db.read() as tx:
        found = await trends(tx, [gap.id for gap in gaps], utc_now(), TREND_DAYS, only_body)
    return [Line(gap, found[gap.id]) for gap in gaps]


async def names(service: Service) -> dict[str, str]:
    """Everybody's name, by id."""
    async with service.db.read() as tx:
        return {person.id: person.name for person in await people.listing(tx)}


async def assignable(request: AnyRequest, brain: str) -> list[tuple[str, str]]:
    """Who may work on a brain's gaps: id and name."""
    access: Access = request.app.state.access
    async with frame.service(request).db.read() as tx:
        known = await people.listing(tx)
    able = [
        person
        for person in known
        if person.disabled is None and access.may(person, "close gaps", brain=brain)
    ]
    return sorted(((one.id, one.name) for one in able), key=lambda one: one[1].casefold())


def phrasings(gap: Gap, wordings: Sequence[Wording]) -> list[str]:
    """The gap's different wordings, the one that speaks for it first."""
    found: dict[str, str] = {}
    for text in (gap.summary, *(one.newest.text for one in wordings)):
        found.setdefault(fold(text), text)
    return list(found.values())


def why(request: AnyRequest, gap: Gap) -> str:
    """Why it is as urgent as it is, in words."""
    parts = [
        frame.say(request, "gaps.why.week", count=gap.last_week)
        if gap.last_week
        else frame.say(request, "gaps.why.not_lately")
    ]
    if len(gap.bodies) > 1:
        parts.append(frame.say(request, "gaps.why.bodies", count=len(gap.bodies)))
    if gap.unhelpful:
        parts.append(frame.say(request, "gaps.why.unhelpful", count=gap.unhelpful))
    return ", ".join(parts)


def meanwhile(request: AnyRequest, event: GapEvent, known: dict[str, str]) -> str:
    """Who did what to a gap while somebody else had it open."""
    what, when = (
        _told(request, event, known),
        dates.ago(event.at, utc_now(), frame.language(request)),
    )
    return frame.say(request, "gaps.meanwhile", who=event.by or "", what=what, when=when)


def seen_in(form: FormMultiDict) -> int | None:
    """The last event that a form's page showed; None where it does not say."""
    seen = form.get("seen", "")
    return int(seen) if isinstance(seen, str) and seen.isdecimal() else None


async def followed(service: Service, brain: str, id: str) -> Gap:
    """The gap, or the one that it is part of by now. Raises `UnknownGap`."""
    gap = await service.gap_desk.get(brain, id)
    for _ in range(MERGES_FOLLOWED_MAX):
        if gap.merged_into is None:
            break
        gap = await service.gap_desk.get(brain, gap.merged_into)
    return gap


def history(
    request: AnyRequest, events: Sequence[GapEvent], known: dict[str, str]
) -> list[tuple[dt.datetime, str, str | None]]:
    """When, what and who, newest first."""
    return [(event.at, _told(request, event, known), event.by) for event in events]


def last_done(
    request: AnyRequest, events: Sequence[GapEvent], known: dict[str, str]
) -> tuple[str, str, dt.datetime] | None:
    """What a person did last, who and when; None where nobody has done anything."""
    newest = next((event for event in events if event.by is not None), None)
    return (_told(request, newest, known), newest.by or "", newest.at) if newest else None


def _told(request: AnyRequest, event: GapEvent, known: dict[str, str]) -> str:
    detail = event.detail
    kind = event.kind
    if kind in ("assigned", "snoozed", "renamed") and not any(detail.values()):
        kind = f"un{kind}"
    if kind == "reopened" and event.by is None:
        kind = "came_back"
    key = f"gaps.event.{kind}" if kind in EVENTS else "gaps.event.other"
    gaps = detail.get("gaps")
    return frame.say(
        request,
        key,
        who=known.get(str(detail.get("to", "")), ""),
        until=_until(request, str(detail.get("until", ""))),
        title=detail.get("title", ""),
        number=len(gaps) if isinstance(gaps, list) else 1,
        reason=frame.say(request, f"gaps.dismiss.{str(detail['reason']).replace(' ', '_')}")
        if kind == "dismissed"
        else "",
        to=place(request, str(detail.get("to") or f"brain:{detail.get('brain', '')}")),
        asked=detail.get("asked", 0),
        answered=detail.get("answered", 0),
        entry=detail.get("entry", ""),
    )


def place(request: AnyRequest, to: str) -> str:
    """The name of `brain:x` or `body:y`."""
    kind, _, id = to.partition(":")
    knowledge = frame.service(request).knowledge
    known = knowledge.brains.get(id) if kind == "brain" else knowledge.bodies.get(id)
    return known.name if known else id


def places(request: AnyRequest, brain: str) -> list[tuple[str, str]]:
    """Where a brain's gaps may be forwarded to: other knowledge bases, and organisations."""
    knowledge = frame.service(request).knowledge
    others = [one for one in knowledge.brains.values() if one.id != brain]
    bodies = sorted(knowledge.bodies.values(), key=lambda one: one.name.casefold())
    return [
        *((f"brain:{one.id}", frame.say(request, "gaps.brain", name=one.name)) for one in others),
        *((f"body:{one.id}", one.name) for one in bodies),
    ]


def _until(request: AnyRequest, text: str) -> str:
    if not text:
        return ""
    return dates.day(dt.datetime.fromisoformat(text), frame.language(request), utc_now())


EVENTS = frozenset(
    {
        "opened",
        "reopened",
        "came_back",
        "merged",
        "unmerged",
        "split",
        "assigned",
        "unassigned",
        "snoozed",
        "unsnoozed",
        "renamed",
        "unrenamed",
        "forwarded",
        "dismissed",
        "asked_again",
        "answered",
        "tidied",
    }
)
