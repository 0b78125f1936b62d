"""The page of work that takes a while: how far it is, and then its result."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get
from litestar.params import PathParameter

from router.api.service import ServiceHere
from router.console import frame, wording

AnyRequest = Request[Any, Any, Any]
JobPath = Annotated[str, PathParameter(max_length=100)]


class JobState(msgspec.Struct, frozen=True):
    """What the page's script asks for. `then` is where to go when the work is done."""

    state: str
    share: float
    what: str
    then: str


class JobController(Controller):
    """Jobs are seen by whoever started them."""

    path = "/jobs/{job:str}"

    @get("/")
    async def show(self, request: AnyRequest, service: ServiceHere, job: JobPath) -> Any:
        """How far it is; its result's page once it is done."""
        found = service.jobs.get(job, frame.holder(request).id)
        if found.state == "done" and found.then:
            return frame.redirect(found.then)
        title = _worded(request, "kind", found.kind)
        what = _worded(request, "what", found.what)
        return frame.page(request, "jobs/show.html", title=title, area="", job=found, what=what)

    @get("/state")
    async def state(self, request: AnyRequest, service: ServiceHere, job: JobPath) -> JobState:
        """The same for the page's script."""
        found = service.jobs.get(job, frame.holder(request).id)
        then = found.then if found.state == "done" else ""
        return JobState(found.state, found.share, _worded(request, "what", found.what), then)


def _worded(request: AnyRequest, group: str, name: str) -> str:
    """A job's own word for something in the person's language, else as the job says it."""
    key = f"jobs.{group}.{name.replace(' ', '_')}"
    return frame.say(request, key) if wording.has(key, frame.language(request)) else name


handlers = [JobController]
