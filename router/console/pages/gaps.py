"""Unanswered questions: the list, and one of them with everything there is to know about it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

import msgspec
from litestar import Controller, Request, get
from litestar.params import QueryParameter

from brains.gaps.listing import Order
from brains.model import DismissReason, Gap, GapStatus
from router.api.parameters import BrainPath, Cursor, GapPath
from router.api.service import ServiceHere
from router.console import frame, gap_views
from router.console.entry_links import bodies_of, entry_url
from router.console.gap_views import gap_url, gaps_url
from router.security.guards import needs
from router.service import Service

AnyRequest = Request[Any, Any, Any]

TABS: tuple[str, ...] = ("open", "snoozed", "answered", "dismissed", "forwarded", "all")
ORDERS: tuple[Order, ...] = get_args(Order)
SHOWN = 50
QUESTIONS_SHOWN = 100
DAYS_SHOWN = 28
SIMILAR_SHOWN = 5
# Questions about different things are near 0.
SIMILAR_FROM = 0.1

Text = Annotated[str, QueryParameter(required=False, max_length=200)]


class Filters(msgspec.Struct, frozen=True):
    """What the list shows. `mine` is what is assigned to whoever looks."""

    status: str = "open"
    body: str = ""
    mine: bool = False
    text: str = ""
    order: str = "priority"

    def url(self, brain: str, **changes: Any) -> str:
        """The list with these filters, some changed."""
        wanted = msgspec.structs.asdict(msgspec.structs.replace(self, **changes))
        usual = msgspec.structs.asdict(Filters())
        given = {name: value for name, value in wanted.items() if value != usual[name]}
        return gaps_url(brain) + (f"?{urlencode(given)}" if given else "")


class GapPages(Controller):
    """Editors see what their own visitors asked, and nothing of anybody else's."""

    path = "/brains/{brain:str}/gaps"
    guards = [needs("read", "any body")]

    @get("/")
    async def listing(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        status: Text = "open",
        asked_in: Annotated[str, QueryParameter(query="body", required=False)] = "",
        mine: bool = False,
        text: Text = "",
        order: Text = "priority",
        cursor: Cursor = None,
    ) -> Any:
        """The list, the most urgent first."""
        filters = Filters(
            status if status in TABS else "open",
            asked_in,
            mine,
            text.strip(),
            order if order in ORDERS else "priority",
        )
        page = await _wanted(request, service, brain, filters, cursor)
        only = frame.own_body(request)
        able = frame.may(request, "close gaps", brain=brain)
        return frame.page(
            request,
            "gaps/list.html",
            title=frame.say(request, "gaps.title"),
            area="gaps",
            filters=filters,
            tabs=TABS,
            orders=ORDERS,
            lines=await gap_views.lines(service, page.items, only),
            more=f"{filters.url(brain)}{'&' if '?' in filters.url(brain) else '?'}"
            f"{urlencode({'cursor': page.next})}"
            if page.next
            else "",
            askers=[] if only else bodies_of(request, brain),
            names=await gap_views.names(service) if only is None else {},
            choosing=gap_views.CHOOSING.get(filters.status, ()) if able and page.items else (),
            assignable=await gap_views.assignable(request, brain) if able else [],
            places=gap_views.places(request, brain) if able else [],
            reasons=get_args(DismissReason),
            views=gap_views,
            request=request,
        )

    @get("/{gap:str}")
    async def show(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        gap: GapPath,
        cursor: Cursor = None,
    ) -> Any:
        """One of them. While a curator has it open, tidying leaves it alone."""
        only = frame.own_body(request)
        found = await service.gap_desk.get(brain, gap, only)
        if found.merged_into is not None and only is None:
            return frame.redirect(f"{gaps_url(brain)}/{found.merged_into}")
        if frame.may(request, "close gaps", brain=brain) and frame.FRAGMENT not in request.headers:
            await service.gap_desk.touch(brain, gap)
        return await detail(request, service, found, cursor)


async def detail(
    request: AnyRequest,
    service: Service,
    gap: Gap,
    cursor: str | None = None,
    status: int = 200,
    **more: Any,
) -> frame.ConsolePage:
    """The page of one gap; `more` is for what was refused."""
    only, desk = frame.own_body(request), service.gap_desk
    able = frame.may(request, "close gaps", brain=gap.brain)
    questions, days = await asyncio.gather(
        desk.wordings(gap.brain, gap.id, cursor, QUESTIONS_SHOWN, only),
        desk.days(gap.brain, gap.id, DAYS_SHOWN, only),
    )
    known = await gap_views.names(service) if only is None else {}
    events = [] if only else await desk.events(gap.brain, gap.id)
    is_open = gap.status in gap_views.OPEN
    similar = await desk.similar(gap.brain, gap.id, SIMILAR_SHOWN) if able and is_open else []
    similar = [one for one in similar if one.cosine >= SIMILAR_FROM]
    return frame.page(
        request,
        "gaps/show.html",
        title=gap_views.title_of(gap),
        area="gaps",
        status=status,
        gap=gap,
        url=gap_url(gap),
        list_url=gaps_url(gap.brain),
        able=able,
        is_open=is_open,
        splits=able and gap.status in gap_views.SPLITTABLE and gap.count > 1,
        seen=events[0].id if events else 0,
        last=gap_views.last_done(request, events, known),
        why=gap_views.why(request, gap),
        asked=questions.items,
        next=f"{gap_url(gap)}?{urlencode({'cursor': questions.next})}" if questions.next else "",
        days=list(days),
        names=known,
        history=gap_views.history(request, events, known),
        similar=similar,
        assignable=await gap_views.assignable(request, gap.brain) if able else [],
        reasons=get_args(DismissReason),
        places=gap_views.places(request, gap.brain) if able else [],
        views=gap_views,
        entry_url=entry_url,
        request=request,
        **more,
    )


async def _wanted(
    request: AnyRequest, service: Service, brain: str, filters: Filters, cursor: str | None
) -> Any:
    only = frame.own_body(request)
    status: GapStatus | None = (
        None if filters.status == "all" else msgspec.convert(filters.status, GapStatus)
    )
    return await service.gap_desk.list(
        brain,
        status=status,
        body=filters.body or None if only is None else None,
        text=filters.text,
        assignee=frame.holder(request).id if filters.mine else None,
        order=msgspec.convert(filters.order, Order),
        cursor=cursor,
        limit=SHOWN,
        only_body=only,
    )


handlers = [GapPages]
