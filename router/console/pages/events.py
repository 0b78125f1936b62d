"""The stream that keeps the menu's counters and the lists of every open page up to date."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.params import QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from brains.errors import UnknownBrain
from router.console import frame
from router.console.live import Live, Place
from router.security.signed_in import is_as_before

AnyRequest = Request[Any, Any, Any]

RETRY_MS = 2000


class Told(msgspec.Struct, frozen=True):
    """What a page's script hears: `brains.counters.Counts`, and how long to rest between renewals
    of the page's parts."""

    open: int
    review: int
    version: int
    rest_ms: int


@get("/events")
async def events(
    request: AnyRequest, brain: Annotated[str, QueryParameter(max_length=200)]
) -> ServerSentEvent:
    """`counts` events of one knowledge base. Raises `UnknownBrain` for one not to be read."""
    if brain not in {one.id for one in frame.brains(request)}:
        raise UnknownBrain(brain)
    live: Live = request.app.state.live
    return ServerSentEvent(_stream(request, live, frame.place(request, brain)))


async def _stream(
    request: AnyRequest, live: Live, place: Place
) -> AsyncIterator[ServerSentEventMessage]:
    """Until whoever listens is signed out, or may see something else than when it began."""
    async for counts in live.changes(place):
        if not await is_as_before(request):
            return
        told = Told(counts.open, counts.review, counts.version, round(1000 * live.rest_seconds))
        data = msgspec.json.encode(told).decode()
        yield ServerSentEventMessage(event="counts", data=data, retry=RETRY_MS)


handlers = [events]
