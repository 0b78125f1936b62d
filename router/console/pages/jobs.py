"""The page of work that takes a while: how far it is, and then its result."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get
from litestar.params import PathParameter

from brains.errors import Invalid
from router.api.service import ServiceHere
from router.console import frame, problems, wording
from router.jobs import Job

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
        return frame.page(
            request,
            "jobs/show.html",
            title=title,
            area="",
            job=found,
            what=what,
            why=_why(request, found),
        )

    @get("/state")
    async def state(self, request: AnyRequest, service: ServiceHere, job: JobPath) -> JobState:
        """The same for the page's script."""
        found = service.jobs.get(job, frame.holder(request).id)
        then = found.then if found.state == "done" else ""
        return JobState(found.state, found.share, _worded(request, "what", found.what), then)


def _why(request: AnyRequest, job: Job) -> list[str]:
    """Why it stopped, in the person's language: all that was wrong."""
    spoken = frame.language(request)
    if not isinstance(job.failure, Invalid):
        return [problems.worded(job.error, spoken)] if job.error else []
    told = [(one.pointer, problems.worded(one.text, spoken)) for one in job.failure.problems]
    return [f"{problems.worded(where, spoken)}: {text}" if where else text for where, text in told]


def _worded(request: AnyRequest, group: str, name: str) -> str:
    """A job's own word for something in the person's language, else as the job says it."""
    key = f"jobs.{group}.{name.replace(' ', '_')}"
    return frame.say(request, key) if wording.has(key, frame.language(request)) else name


handlers = [JobController]
