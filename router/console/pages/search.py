"""Search everywhere, from the field on every page."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get
from litestar.params import QueryParameter

from router.console import frame
from router.console.search import search

AnyRequest = Request[Any, Any, Any]

Query = Annotated[str, QueryParameter(required=False, max_length=200)]


@get("/search")
async def find(request: AnyRequest, q: Query = "") -> Any:
    """What was found, by kind."""
    brain = frame.current_brain(request)
    groups = await search(request, brain.id, q) if brain else []
    title = frame.say(request, "search.title_for", query=q) if q.strip() else ""
    return frame.page(
        request,
        "search/results.html",
        title=title or frame.say(request, "search.title"),
        area="search",
        query=q,
        groups=groups,
    )


handlers = [find]
