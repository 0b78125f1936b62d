"""What waits for somebody else to read it: who handed it in, why, and what it changes."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get

from brains.knowledge import title_of
from router.api.parameters import BrainPath
from router.api.service import ServiceHere
from router.console import differences, frame
from router.console.entry_links import Names, entry_url, review_of
from router.security.guards import needs

AnyRequest = Request[Any, Any, Any]


class ReviewPages(Controller):
    """The queue of a brain."""

    path = "/brains/{brain:str}/review"

    @get("/", guards=[needs("draft", "any body")])
    async def queue(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """Everything in review, longest waiting first."""
        service.knowledge.brain(brain)
        review = review_of(request)
        waiting = [
            {
                "one": one,
                "title": title_of(one.entry),
                "url": entry_url(brain, one.entry.id),
                "found": differences.between(one.live, one.entry, Names(request)),
                "may_approve": not one.mine and review.may("publish", brain, one.entry),
                "may_draft": review.may("draft", brain, one.entry),
            }
            for one in await review.queue(brain)
        ]
        return frame.page(
            request,
            "review/index.html",
            title=frame.say(request, "review.title"),
            area="review",
            waiting=waiting,
        )


handlers = [ReviewPages]
