"""What does not go together in a brain, or no longer holds, and what to do about each."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, QueryParameter

from brains.errors import UnknownEntry
from brains.knowledge import title_of
from router.api.parameters import BrainPath
from router.api.service import ServiceHere
from router.console import frame
from router.console.entry_links import Names, audience_name, entry_url, review_of
from router.console.flashes import Undo
from router.curation.conflicts import Conflict
from router.jobs import Job, Progress, UnknownJob
from router.security.audited import UNAUDITED
from router.security.guards import key_in, needs
from router.service import Service

AnyRequest = Request[Any, Any, Any]
JOB = "conflicts"
SHOWN_OF_KIND = 100


class Looked(msgspec.Struct, frozen=True):
    """What was found in a brain, as of line `number` of its change feed."""

    brain: str
    number: int
    found: list[Conflict]


class Chosen(msgspec.Struct):
    """One conflict of those found by `job`."""

    key: str
    job: str = ""


class Merge(msgspec.Struct):
    """The answer to keep, and the one whose phrasings it gets."""

    keep: str
    other: str


ChosenForm = Annotated[Chosen, Body(media_type=RequestEncodingType.URL_ENCODED)]


class ConflictPages(Controller):
    """For curators of the whole brain."""

    path = "/brains/{brain:str}/conflicts"

    @get("/", guards=[needs("publish", "brain")])
    async def index(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        job: Annotated[str, QueryParameter(max_length=100, required=False)] = "",
    ) -> Any:
        """What was found, by kind, with what has been accepted since left out."""
        service.knowledge.brain(brain)
        looked = _looked(service, request, brain, job)
        found = [] if looked is None else await service.conflicts.open(brain, looked.found)
        kinds = [
            (kind, len(items), items[:SHOWN_OF_KIND])
            for kind, group in groupby(found, lambda one: one.kind)
            if (items := list(group))
        ]
        known = service.knowledge.entries[brain]
        return frame.page(
            request,
            "conflicts/index.html",
            title=frame.say(request, "conflicts.title"),
            area="conflicts",
            looked=looked,
            changed=looked is not None and looked.number != service.knowledge.number,
            kinds=kinds,
            job=job,
            url=lambda id: entry_url(brain, id),
            title_of=lambda id: title_of(known[id]) if id in known else id,
            name_of=lambda scope: audience_name(request, scope),
            last_day=Names(request).last_day,
        )

    @post("/find", guards=[needs("publish", "brain")], opt={UNAUDITED: True})
    async def find(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """Look through the brain."""
        service.knowledge.brain(brain)

        async def work(progress: Progress) -> Looked:
            number = service.knowledge.number
            return Looked(brain, number, await service.conflicts.find(brain, progress))

        then = f"/console/brains/{brain}/conflicts?job={{id}}"
        job = service.jobs.start(JOB, key_in(request).id, work, then)
        return frame.redirect(f"/console/jobs/{job.id}")

    @post("/accept", guards=[needs("publish", "brain")])
    async def accept(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, data: ChosenForm
    ) -> Any:
        """It is no conflict, until one of its answers changes."""
        await service.conflicts.accept(brain, data.key[:64], key_in(request).name)
        url = f"/console/brains/{brain}/conflicts"
        undo = Undo(f"{url}/reopen", {"key": data.key, "job": data.job})
        frame.flash(request, "conflicts.accepted", undo=undo)
        return frame.redirect(f"{url}?job={data.job}")

    @post("/reopen", guards=[needs("publish", "brain")])
    async def reopen(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, data: ChosenForm
    ) -> Any:
        """It is one after all."""
        await service.conflicts.reopen(brain, data.key[:64])
        frame.flash(request, "common.undone.done")
        return frame.redirect(f"/console/brains/{brain}/conflicts?job={data.job}")

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


def _looked(service: Service, request: AnyRequest, brain: str, id: str) -> Looked | None:
    try:
        job: Job = service.jobs.get(id, key_in(request).id)
    except UnknownJob:
        return None
    found = job.result
    return found if isinstance(found, Looked) and found.brain == brain else None


handlers = [ConflictPages]
