"""What waits for somebody else to read it: who handed it in, why, and what it changes.

Below it what was published before anybody else had read it, to be read afterwards.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from brains.errors import Conflict
from brains.knowledge import title_of
from brains.model import Entry, LocalAnswer
from router.api.parameters import BrainPath
from router.api.service import ServiceHere
from router.console import differences, frame
from router.console.entry_links import Names, audience_name, entry_url, review_of
from router.console.import_views import imports_url
from router.console.local_answer_views import address_of
from router.console.local_trials import seen_of
from router.curation import unreviewed
from router.curation.review import Review
from router.errors import NotAllowed
from router.security.guards import needs
from router.security.own import may_speak, require_scope

AnyRequest = Request[Any, Any, Any]


class Read(msgspec.Struct):
    """One answer that was published unread, at the revision that has been read now."""

    entry: str
    revision: int


class ReadTogether(msgspec.Struct):
    """What was published at once, then and by that name."""

    at: dt.datetime
    by: str


class ReadOwn(msgspec.Struct):
    """A local answer, and what it said when it was read."""

    entry: str
    scope: str
    seen: str


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
        unread, names = await unreviewed.listing(review, brain), await review.names()
        return frame.page(
            request,
            "review/index.html",
            title=frame.say(request, "review.title"),
            area="review",
            waiting=waiting,
            unread=[
                {
                    "one": one,
                    "title": title_of(one.entry),
                    "url": entry_url(brain, one.entry.id),
                    "found": _changed(request, one),
                    "may_read": not one.mine and review.may("publish", brain, one.entry),
                }
                for one in unread.single
                if one.mine or review.may("publish", brain, one.entry)
            ],
            together=[
                {
                    "one": one,
                    "entries": [(title, entry_url(brain, id)) for id, title in one.named],
                    "may_read": not one.mine,
                }
                for one in unread.together
                if frame.may(request, "publish", brain=brain)
            ],
            imports_url=imports_url(brain),
            own_texts=[
                {
                    "one": one.local,
                    "title": one.title,
                    "name": audience_name(request, one.local.scope),
                    "url": address_of(brain, one.local.entry, one.local.scope),
                    "seen": seen_of(one.local),
                    "found": differences.between(
                        review.live(brain, one.local.entry), _own(review, one.local), Names(request)
                    ),
                    "mine": one.local.by in names,
                }
                for one in await service.local_answers.unread(brain)
                if may_speak(request, brain, one.local.scope)
            ],
        )

    @post("/read", guards=[needs("publish", "brain")])
    async def read(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        data: Annotated[Read, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Any:
        """Somebody else has read what was published, and it is right."""
        service.knowledge.brain(brain)
        entry = await unreviewed.read(review_of(request), brain, data.entry, data.revision)
        request.state.audit = {"object": entry.id, "detail": {"revision": entry.revision}}
        frame.flash(request, "review.read", title=title_of(entry))
        return frame.redirect(f"/console/brains/{brain}/review")

    @post("/read-together", guards=[needs("publish", "brain")])
    async def read_together(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        data: Annotated[ReadTogether, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Any:
        """Somebody else has looked through what came with one file."""
        service.knowledge.brain(brain)
        review = review_of(request)
        request.state.audit = {"object": "", "detail": {"by": data.by}}
        count = await unreviewed.read_together(review, brain, data.at, data.by)
        frame.flash(request, "review.read_together", count=count)
        return frame.redirect(f"/console/brains/{brain}/review")

    @post("/read-own", guards=[needs("keep body", "any body")])
    async def read_own(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        data: Annotated[ReadOwn, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Any:
        """Somebody else has read a body's own text that nobody had seen before it was given."""
        require_scope(request, brain, data.scope)
        found = (await service.local_answers.get(brain, data.entry, data.scope)).local
        if data.seen != seen_of(found):
            raise Conflict("Somebody has changed this since. Look at theirs first.")
        if found.by in await review_of(request).names():
            raise NotAllowed("This is your own work, so somebody else reads it.")
        request.state.audit = {"object": f"{data.scope}/{data.entry}"}
        await service.local_answers.read(found)
        frame.flash(
            request, "review.read", title=title_of(service.knowledge.entry(brain, data.entry))
        )
        return frame.redirect(f"/console/brains/{brain}/review")


def _own(review: Review, local: LocalAnswer) -> Entry:
    """The entry as it is where that text is given."""
    shared = review.curation.knowledge.entry(local.brain, local.entry)
    return msgspec.structs.replace(shared, answers=local.answers)


def _changed(request: AnyRequest, one: unreviewed.Unread) -> list[differences.Difference]:
    """What visitors read otherwise; all of it where it was taken away."""
    if one.taken:
        return differences.between(None, one.before or one.entry, Names(request))
    return differences.between(one.before, one.entry, Names(request))


handlers = [ReviewPages]
