"""What does not go together in a brain, or no longer holds, and what to do about each."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from brains.errors import UnknownEntry
from brains.knowledge import title_of
from router.api.parameters import BrainPath
from router.api.service import ServiceHere
from router.console import frame
from router.console.entry_links import Names, audience_name, entry_url, review_of
from router.console.flashes import Undo
from router.jobs import Progress
from router.security.audited import UNAUDITED
from router.security.guards import key_in, needs

AnyRequest = Request[Any, Any, Any]
JOB = "conflicts"
SHOWN_OF_KIND = 100


class Chosen(msgspec.Struct):
    """One conflict."""

    key: str


class Merge(msgspec.Struct):
    """The answer to keep, and the one whose phrasings it gets."""

    keep: str
    other: str


ChosenForm = Annotated[Chosen, Body(media_type=RequestEncodingType.URL_ENCODED)]


class ConflictPages(Controller):
    """For curators of the whole brain."""

    path = "/brains/{brain:str}/conflicts"

    @get("/", guards=[needs("publish", "brain")])
    async def index(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """What was found the last time, by kind, without what was accepted or has changed since."""
        looked = await service.conflicts.last(brain)
        kinds = [
            (kind, len(items), items[:SHOWN_OF_KIND])
            for kind, group in groupby(looked.found if looked else [], lambda one: one.kind)
            if (items := list(group))
        ]
        known = service.knowledge.entries[brain]
        return frame.page(
            request,
            "conflicts/index.html",
            title=frame.say(request, "conflicts.title"),
            area="conflicts",
            looked=looked,
            kinds=kinds,
            url=lambda id: entry_url(brain, id),
            title_of=lambda id: title_of(known[id]) if id in known else id,
            name_of=lambda scope: audience_name(request, scope),
            last_day=Names(request).last_day,
        )

    @post("/find", guards=[needs("publish", "brain")], opt={UNAUDITED: True})
    async def find(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """Look through the brain."""
        service.knowledge.brain(brain)

        async def work(progress: Progress) -> None:
            await service.conflicts.find(brain, progress)

        then = f"/console/brains/{brain}/conflicts"
        job = service.jobs.start(JOB, key_in(request).id, work, then)
        return frame.redirect(f"/console/jobs/{job.id}")

    @post("/accept", guards=[needs("publish", "brain")])
    async def accept(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, data: ChosenForm
    ) -> Any:
        """It is no conflict, until one of its answers changes."""
        await service.conflicts.accept(brain, data.key[:64], key_in(request).name)
        url = f"/console/brains/{brain}/conflicts"
        undo = Undo(f"{url}/reopen", {"key": data.key})
        frame.flash(request, "conflicts.accepted", undo=undo)
        return frame.redirect(url)

    @post("/reopen", guards=[needs("publish", "brain")])
    async def reopen(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, data: ChosenForm
    ) -> Any:
        """It is one after all."""
        await service.conflicts.reopen(brain, data.key[:64])
        frame.flash(request, "common.undone.done")
        return frame.redirect(f"/console/brains/{brain}/conflicts")

    @post("/merge", guards=[needs("publish", "brain")])
    async def merge(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        data: Annotated[Merge, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Any:
        """Draft the one answer with the other's phrasings too."""
        review = review_of(request)
        kept, other = await review.get(brain, data.keep), await review.get(brain, data.other)
        if kept.id == other.id:
            raise UnknownEntry(other.id)
        questions = list(dict.fromkeys([*kept.questions, *other.questions]))
        longer = msgspec.structs.replace(kept, questions=questions, status="draft")
        request.state.audit = {"object": kept.id, "detail": {"merged": other.id}}
        saved = await review.save(brain, longer, kept.revision)
        url = entry_url(brain, kept.id)
        frame.flash(
            request,
            "conflicts.merged",
            undo=Undo(f"{url}/undo", {"revision": str(saved.revision)}),
            title=title_of(other),
        )
        return frame.redirect(url)


handlers = [ConflictPages]
