"""What is done to an unanswered question besides answering it; each can be undone."""

from __future__ import annotations

import datetime as dt
from typing import Any, get_args

from litestar import Controller, Request, post
from litestar.datastructures import FormMultiDict

from brains.errors import Invalid, NotFound, Problem
from brains.model import DismissReason, Gap
from brains.store import now as utc_now
from router.api.parameters import BrainPath, GapPath
from router.api.service import ServiceHere
from router.console import frame, gap_views
from router.console.dates import OSLO, day
from router.console.flashes import Undo
from router.console.gap_views import gap_url, title_of
from router.console.pages.gaps import detail
from router.security.guards import key_in, needs
from router.service import Service

AnyRequest = Request[Any, Any, Any]

MORNING_HOUR = 7


class GapWork(Controller):
    """For curators. What is refused is shown on the gap's own page."""

    path = "/brains/{brain:str}/gaps/{gap:str}"
    guards = [needs("close gaps", "brain")]

    @post("/assign")
    async def assign(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`person` is whose work it becomes; empty: nobody's."""
        form, before = await request.form(), await service.gap_desk.get(brain, gap)
        person = str(form.get("person", ""))
        after = await service.gap_desk.assign(brain, gap, person or None, key_in(request).name)
        undo = _undo(after, "assign", person=before.assignee or "")
        if person:
            known = await gap_views.names(service)
            frame.flash(request, "gaps.done.assigned", undo=undo, who=known.get(person, ""))
        else:
            frame.flash(request, "gaps.done.unassigned", undo=undo)
        return frame.redirect(gap_url(after))

    @post("/snooze")
    async def snooze(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`until` is tomorrow, week, a date, or empty: back in sight."""
        form, before = await request.form(), await service.gap_desk.get(brain, gap)
        try:
            until = _until(request, form)
            after = await service.gap_desk.snooze(brain, gap, until, key_in(request).name)
        except Invalid as error:
            return await _refused(request, service, before, error, "until")
        if until is None:
            frame.flash(request, "gaps.done.unsnoozed")
        else:
            frame.flash(
                request,
                "gaps.done.snoozed",
                undo=_undo(after, "snooze", until=""),
                day=day(until, frame.language(request), utc_now()),
            )
        return frame.redirect(gap_url(after))

    @post("/rename")
    async def rename(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`title`; empty: back to the visitors' own words."""
        form, before = await request.form(), await service.gap_desk.get(brain, gap)
        try:
            after = await service.gap_desk.rename(
                brain, gap, str(form.get("title", "")), key_in(request).name
            )
        except Invalid as error:
            return await _refused(request, service, before, error, "title")
        undo = _undo(after, "rename", title=before.title or "")
        frame.flash(request, "gaps.done.renamed", undo=undo)
        return frame.redirect(gap_url(after))

    @post("/merge")
    async def merge(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`gaps` become part of this one."""
        others = _all(await request.form(), "gaps")
        before = await service.gap_desk.get(brain, gap)
        try:
            after = await service.gap_desk.merge(brain, gap, others, key_in(request).name)
        except Invalid as error:
            return await _refused(request, service, before, error, "gaps")
        undo = Undo(f"{gap_url(after)}/unmerge", {"gaps": others})
        frame.flash(request, "gaps.done.merged", undo=undo, count=len(others))
        return frame.redirect(gap_url(after))

    @post("/unmerge")
    async def unmerge(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`gaps` get their questions back."""
        for other in _all(await request.form(), "gaps"):
            await service.gap_desk.unmerge(brain, gap, other, key_in(request).name)
        frame.flash(request, "common.undone.done")
        return frame.redirect(gap_url(await service.gap_desk.get(brain, gap)))

    @post("/split")
    async def split(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`questions` become a gap of their own."""
        ids = [int(one) for one in _all(await request.form(), "questions") if one.isdecimal()]
        before = await service.gap_desk.get(brain, gap)
        try:
            after = await service.gap_desk.split(brain, gap, ids, key_in(request).name)
        except Invalid as error:
            return await _refused(request, service, before, error, "questions")
        undo = Undo(f"{gap_url(before)}/merge", {"gaps": [after.id]})
        frame.flash(request, "gaps.done.split", undo=undo)
        return frame.redirect(gap_url(after))

    @post("/dismiss")
    async def dismiss(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`reason` is why nobody is to answer it."""
        reason = (await request.form()).get("reason")
        before = await service.gap_desk.get(brain, gap)
        known: tuple[DismissReason, ...] = get_args(DismissReason)
        chosen = next((one for one in known if one == reason), None)
        if chosen is None:
            error = Invalid(frame.say(request, "gaps.wrong.reason"))
            return await _refused(request, service, before, error, "reason")
        after = await service.gap_desk.dismiss(brain, gap, chosen, key_in(request).name)
        frame.flash(
            request, "gaps.done.dismissed", undo=_undo(after, "reopen"), title=title_of(after)
        )
        return frame.redirect(gap_views.gaps_url(brain))

    @post("/forward")
    async def forward(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`to` is `brain:x` or `body:y`."""
        to = str((await request.form()).get("to", ""))
        before = await service.gap_desk.get(brain, gap)
        try:
            after = await service.gap_desk.forward(brain, gap, to, key_in(request).name)
        except (Invalid, NotFound):
            error = Invalid(frame.say(request, "gaps.wrong.to"))
            return await _refused(request, service, before, error, "to")
        undo = _undo(after, "reopen")
        frame.flash(request, "gaps.done.forwarded", undo=undo, to=gap_views.place(request, to))
        return frame.redirect(gap_views.gaps_url(brain))

    @post("/reopen")
    async def reopen(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """Back among the open ones."""
        before = await service.gap_desk.get(brain, gap)
        after = await service.gap_desk.reopen(brain, gap, key_in(request).name)
        undo = None
        if before.dismiss_reason is not None:
            undo = _undo(after, "dismiss", reason=before.dismiss_reason)
        frame.flash(request, "gaps.done.reopened", undo=undo)
        return frame.redirect(gap_url(after))


async def _refused(
    request: AnyRequest, service: Service, gap: Gap, error: Invalid, field: str
) -> Any:
    """The gap's page again, saying at the field what must be put right."""
    problems = [Problem(field, problem.text) for problem in error.problems]
    return await detail(request, service, gap, status=400, errors=problems, refused=field)


def _until(request: AnyRequest, form: FormMultiDict) -> dt.datetime | None:
    """The morning of the chosen day, in Norway. Raises `Invalid` for a date that is none."""
    chosen = str(form.get("until", ""))
    if chosen == "date":
        chosen = str(form.get("date", ""))
        if not chosen:
            raise Invalid(frame.say(request, "gaps.wrong.date"))
    if not chosen:
        return None
    today = utc_now().astimezone(OSLO).date()
    ahead = {"tomorrow": 1, "week": 7}
    try:
        date = (
            today + dt.timedelta(days=ahead[chosen])
            if chosen in ahead
            else dt.date.fromisoformat(chosen)
        )
        morning = dt.datetime.combine(date, dt.time(MORNING_HOUR), OSLO).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Invalid(frame.say(request, "gaps.wrong.date")) from None
    if morning <= utc_now():
        raise Invalid(frame.say(request, "gaps.wrong.past"))
    return morning


def _undo(gap: Gap, action: str, **fields: str | list[str]) -> Undo:
    return Undo(f"{gap_url(gap)}/{action}", fields)


def _all(form: FormMultiDict, name: str) -> list[str]:
    return [value for value in form.getall(name, []) if isinstance(value, str)]


handlers = [GapWork]
