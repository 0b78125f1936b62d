"""Before an answer is published, taken away or brought back: what that changes, shown first.

The change is tried in a job. Only what was tried can be done, and only as long
as nobody has saved the answer since.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, QueryParameter

from brains.errors import Invalid, Problem
from brains.knowledge import title_of
from brains.model import Entry
from router.api.parameters import BrainPath, EntryPath
from router.api.service import ServiceHere
from router.console import frame, impact_views
from router.console.entry_links import entries_url, entry_url, review_of
from router.console.flashes import Undo
from router.curation.previewed import Impact
from router.curation.review import Review
from router.jobs import Job, Progress, UnknownJob
from router.security.audited import UNAUDITED
from router.security.edge import slashed
from router.security.guards import key_in, needs
from router.service import Service

AnyRequest = Request[Any, Any, Any]


class Deed(msgspec.Struct):
    """What is to be done with the answer, seen at `revision`; `old` is what to bring back."""

    deed: Literal["publish", "retire", "restore"]
    revision: int
    old: int = 0


class Decided(Deed):
    """A deed that was tried in `job`. `reason` is required where it does harm."""

    job: str = ""
    reason: str = ""


class Tried(msgspec.Struct, frozen=True):
    """What a job found out about one deed to one answer."""

    brain: str
    id: str
    deed: Deed
    impact: Impact


class ImpactPages(Controller):
    """Nobody publishes blind."""

    path = "/brains/{brain:str}/entries/{entry:str}"

    @post("/preview", guards=[needs("publish", "any body")], opt={UNAUDITED: True})
    async def preview(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        entry: EntryPath,
        data: Annotated[Deed, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Any:
        """Try it, and go where the trying can be watched."""
        return await try_out(request, service, brain, slashed(entry), data)

    @get("/publish", guards=[needs("publish", "any body")])
    async def result(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        entry: EntryPath,
        job: Annotated[str, QueryParameter(max_length=100, required=False)] = "",
    ) -> Any:
        """What would change, and the button that does it."""
        review = review_of(request)
        newest = await review.get(brain, slashed(entry))
        tried = _tried(service, request, job, newest)
        if tried is None:
            return _again(request, newest)
        unread = await _unread(review, brain, newest, tried.deed)
        return _page(request, newest, tried, job, unread)

    @post("/publish", guards=[needs("publish", "any body")])
    async def publish(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        entry: EntryPath,
        data: Annotated[Decided, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Any:
        """Do what was tried. What was not tried is tried first."""
        review = review_of(request)
        newest = await review.get(brain, slashed(entry))
        tried = _tried(service, request, data.job, newest)
        if tried is None:
            request.state.audit = {"action": "entries.preview"}
            deed = Deed(data.deed, newest.revision, data.old)
            return await try_out(request, service, brain, newest.id, deed)
        reason, unread = data.reason.strip(), await _unread(review, brain, newest, tried.deed)
        if (tried.impact.harmful or unread) and not reason:
            asked = Problem("reason", frame.say(request, "entries.impact.reason_needed"))
            return _page(request, newest, tried, data.job, unread, [asked])
        request.state.audit = {
            "action": f"entries.{tried.deed.deed}",
            "detail": {"revision": tried.deed.revision}
            | ({"unreviewed": True} if unread else {})
            | ({"reason": reason} if reason else {}),
        }
        try:
            saved = await _do(review, brain, newest, tried.deed, reason)
        except Invalid as error:
            problems = list(error.problems)
            return _page(request, newest, tried, data.job, unread, problems, reason)
        url = entry_url(brain, newest.id)
        undo = Undo(f"{url}/undo", {"revision": str(saved.revision)})
        frame.flash(request, f"entries.done.{tried.deed.deed}", undo=undo, title=title_of(newest))
        return frame.redirect(url)


async def _do(review: Review, brain: str, newest: Entry, deed: Deed, reason: str) -> Entry:
    match deed.deed:
        case "publish":
            return await review.publish(brain, newest.id, deed.revision, reason)
        case "retire":
            return await review.retire(brain, newest.id, deed.revision, reason)
        case "restore":
            return await review.restore(
                brain, newest.id, deed.old, deed.revision, reason, publish=True
            )


async def try_out(request: AnyRequest, service: Service, brain: str, id: str, deed: Deed) -> Any:
    """Begin to try a deed, and go where that can be watched."""
    review = review_of(request)
    newest = await review.get(brain, id)
    review.require_publish(brain, newest)
    proposed = await _proposed(review, brain, newest, deed)

    async def work(progress: Progress) -> Tried:
        impact = await service.impact.preview(brain, proposed, progress, review.own_body)
        return Tried(brain, id, deed, impact)

    then = f"{entry_url(brain, id)}/publish?job={{id}}"
    job = service.jobs.start("impact", key_in(request).id, work, then)
    return frame.redirect(f"/console/jobs/{job.id}")


async def _proposed(review: Review, brain: str, newest: Entry, deed: Deed) -> Entry | str:
    """What visitors would get: an entry, or the id of the one that they no longer would."""
    if deed.deed == "retire":
        return newest.id
    shown = newest
    if deed.deed == "restore":
        shown = await review.get(brain, newest.id, deed.old)
    return msgspec.structs.replace(shown, status="published")


async def _unread(review: Review, brain: str, newest: Entry, deed: Deed) -> bool:
    """Whether the deed gives visitors what nobody but its writer has read.

    What waits for review is another matter: its writer may not publish it at all.
    """
    proposed = await _proposed(review, brain, newest, deed)
    if isinstance(proposed, str) or newest.status == "in_review":
        return False
    return await review.unread(brain, proposed)


def _tried(service: Service, request: AnyRequest, id: str, newest: Entry) -> Tried | None:
    """What the job found out about the answer as it is now; None where there is no such."""
    try:
        job: Job = service.jobs.get(id, key_in(request).id)
    except UnknownJob:
        return None
    found = job.result
    if not isinstance(found, Tried) or (found.brain, found.id) != (newest.brain, newest.id):
        return None
    return found if found.deed.revision == newest.revision else None


def _again(request: AnyRequest, newest: Entry) -> Any:
    return frame.page(
        request,
        "entries/impact_again.html",
        title=frame.say(request, "entries.impact.title.publish", title=title_of(newest)),
        area="entries",
        entry=newest,
        name=title_of(newest),
        url=entry_url(newest.brain, newest.id),
        list_url=entries_url(newest.brain),
    )


def _page(
    request: AnyRequest,
    newest: Entry,
    tried: Tried,
    job: str,
    unread: bool,
    errors: list[Problem] | None = None,
    reason: str = "",
) -> Any:
    return frame.page(
        request,
        "entries/impact.html",
        title=frame.say(request, f"entries.impact.title.{tried.deed.deed}", title=title_of(newest)),
        area="entries",
        errors=errors or [],
        entry=newest,
        deed=tried.deed,
        unread=unread,
        job=job,
        reason=reason,
        name=title_of(newest),
        **impact_views.shown(request, newest.brain, tried.impact),
        url=entry_url(newest.brain, newest.id),
        list_url=entries_url(newest.brain),
    )


handlers = [ImpactPages]
