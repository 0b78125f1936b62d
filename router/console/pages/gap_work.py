"""What is done to an unanswered question besides answering it; each can be undone."""

from __future__ import annotations

import datetime as dt
from typing import Any, get_args

from litestar import Controller, Request, post
from litestar.datastructures import FormMultiDict

from brains.errors import Invalid, NotFound, Problem
from brains.gaps.events import Unseen
from brains.model import DismissReason, Gap
from brains.store import now as utc_now
from router.api.parameters import BrainPath, GapPath
from router.api.service import ServiceHere
from router.console import frame, gap_views
from router.console.dates import OSLO, day
from router.console.flashes import Undo
from router.console.forms import all_of
from router.console.gap_views import OPEN, gap_url, seen_in, title_of
from router.console.pages.gaps import detail
from router.security.guards import key_in, needs
from router.service import Service

AnyRequest = Request[Any, Any, Any]

MORNING_HOUR = 7
REFUSED = (Invalid, Unseen)


class GapWork(Controller):
    """For curators. What is refused is shown on the gap's own page.

    `seen` in a form is the last event that its page showed: what somebody else did since is
    not overwritten unseen. It is shown, and pressing again does it.
    """

    path = "/brains/{brain:str}/gaps/{gap:str}"
    guards = [needs("close gaps", "brain")]

    @post("/assign")
    async def assign(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`person` is whose work it becomes; empty: nobody's."""
        form, before = await request.form(), await service.gap_desk.get(brain, gap)
        person, by = str(form.get("person", "")), key_in(request).name
        try:
            after = await service.gap_desk.assign(brain, gap, person or None, by, seen_in(form))
        except REFUSED as error:
            return await _refused(request, service, before, error, "person")
        undo = await _undo(service, after, "assign", person=before.assignee or "")
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
        by = key_in(request).name
        try:
            until = wanted_until(request, form)
            after = await service.gap_desk.snooze(brain, gap, until, by, seen_in(form))
        except REFUSED as error:
            return await _refused(request, service, before, error, "until")
        if until is None:
            frame.flash(request, "gaps.done.unsnoozed")
        else:
            undo = await _undo(service, after, "snooze", until="")
            shown = day(until, frame.language(request), utc_now())
            frame.flash(request, "gaps.done.snoozed", undo=undo, day=shown)
        return frame.redirect(gap_url(after))

    @post("/rename")
    async def rename(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`title`; empty: back to the visitors' own words."""
        form, before = await request.form(), await service.gap_desk.get(brain, gap)
        title, by = str(form.get("title", "")), key_in(request).name
        try:
            after = await service.gap_desk.rename(brain, gap, title, by, seen_in(form))
        except REFUSED as error:
            return await _refused(request, service, before, error, "title")
        undo = await _undo(service, after, "rename", title=before.title or "")
        frame.flash(request, "gaps.done.renamed", undo=undo)
        return frame.redirect(gap_url(after))

    @post("/merge")
    async def merge(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`gaps` become part of this one."""
        form, before = await request.form(), await service.gap_desk.get(brain, gap)
        others, by = all_of(form, "gaps"), key_in(request).name
        try:
            after = await service.gap_desk.merge(brain, gap, others, by, seen_in(form))
        except REFUSED as error:
            return await _refused(request, service, before, error, "gaps")
        undo = Undo(f"{gap_url(after)}/unmerge", {"gaps": others})
        frame.flash(request, "gaps.done.merged", undo=undo, count=len(others))
        return frame.redirect(gap_url(after))

    @post("/unmerge")
    async def unmerge(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`gaps` get their questions back."""
        others = all_of(await request.form(), "gaps")
        try:
            for other in others:
                await service.gap_desk.unmerge(brain, gap, other, key_in(request).name)
        except Invalid:
            frame.flash(request, "gaps.not_there_now", kind="warning")
        else:
            frame.flash(request, "gaps.done.unmerged", count=len(others))
        return frame.redirect(gap_url(await service.gap_desk.get(brain, gap)))

    @post("/split")
    async def split(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`questions` become a gap of their own."""
        form, before = await request.form(), await service.gap_desk.get(brain, gap)
        ids = [int(one) for one in all_of(form, "questions") if one.isdecimal()]
        by = key_in(request).name
        try:
            after = await service.gap_desk.split(brain, gap, ids, by, seen_in(form))
        except REFUSED as error:
            return await _refused(request, service, before, error, "questions")
        undo = None
        if before.status in OPEN:
            undo = Undo(f"{gap_url(before)}/merge", {"gaps": [after.id]})
        frame.flash(request, "gaps.done.split", undo=undo)
        return frame.redirect(gap_url(after))

    @post("/dismiss")
    async def dismiss(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`reason` is why nobody is to answer it."""
        form, before = await request.form(), await service.gap_desk.get(brain, gap)
        by = key_in(request).name
        try:
            reason = wanted_reason(request, form)
            after = await service.gap_desk.dismiss(brain, gap, reason, by, seen_in(form))
        except REFUSED as error:
            return await _refused(request, service, before, error, "reason")
        undo = await _undo(service, after, "reopen")
        frame.flash(request, "gaps.done.dismissed", undo=undo, title=title_of(after))
        return frame.redirect(gap_views.gaps_url(brain))

    @post("/forward")
    async def forward(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """`to` is `brain:x` or `body:y`."""
        form, before = await request.form(), await service.gap_desk.get(brain, gap)
        to, by = str(form.get("to", "")), key_in(request).name
        try:
            after = await service.gap_desk.forward(brain, gap, to, by, seen_in(form))
        except Unseen as error:
            return await _refused(request, service, before, error, "to")
        except (Invalid, NotFound):
            nowhere = Invalid(frame.say(request, "gaps.wrong.to"))
            return await _refused(request, service, before, nowhere, "to")
        undo = await _undo(service, after, "reopen")
        frame.flash(request, "gaps.done.forwarded", undo=undo, to=gap_views.place(request, to))
        return frame.redirect(gap_views.gaps_url(brain))

    @post("/reopen")
    async def reopen(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """Back among the open ones."""
        form, before = await request.form(), await service.gap_desk.get(brain, gap)
        by = key_in(request).name
        try:
            after = await service.gap_desk.reopen(brain, gap, by, seen_in(form))
        except REFUSED as error:
            return await _refused(request, service, before, error, "gap")
        undo = None
        if before.dismiss_reason is not None:
            undo = await _undo(service, after, "dismiss", reason=before.dismiss_reason)
        frame.flash(request, "gaps.done.reopened", undo=undo)
        return frame.redirect(gap_url(after))


async def _refused(
    request: AnyRequest, service: Service, gap: Gap, error: Invalid | Unseen, field: str
) -> Any:
    """The gap's page again, saying at the field what must be put right, or who did what to the
    gap meanwhile; where it is part of another by now, that one's page."""
    now = await service.gap_desk.get(gap.brain, gap.id)
    if now.merged_into is not None:
        frame.flash(request, "gaps.merged_meanwhile", kind="warning")
        return frame.redirect(gap_url(now))
    if isinstance(error, Unseen):
        known = await gap_views.names(service)
        problems = [Problem("", gap_views.meanwhile(request, error.event, known))]
        return await detail(request, service, now, status=409, errors=problems)
    problems = [Problem(field, problem.text) for problem in error.problems]
    return await detail(request, service, now, status=400, errors=problems, refused=field)


def wanted_until(request: AnyRequest, form: FormMultiDict) -> dt.datetime | None:
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


def wanted_reason(request: AnyRequest, form: FormMultiDict) -> DismissReason:
    """Why it is laid aside. Raises `Invalid` for no reason that we know."""
    known: tuple[DismissReason, ...] = get_args(DismissReason)
    chosen = next((one for one in known if one == form.get("reason")), None)
    if chosen is None:
        raise Invalid(frame.say(request, "gaps.wrong.reason"))
    return chosen


async def _undo(service: Service, gap: Gap, action: str, **fields: str) -> Undo:
    """Takes it back, unless somebody else does something first."""
    seen = await service.gap_desk.last_event(gap.id)
    return Undo(f"{gap_url(gap)}/{action}", {**fields, "seen": str(seen)})


handlers = [GapWork]
