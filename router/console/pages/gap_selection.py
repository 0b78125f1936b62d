"""What is done to several unanswered questions at once, from the list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from litestar import Controller, Request, post
from litestar.datastructures import FormMultiDict

from brains.errors import Invalid
from brains.model import Gap
from brains.store import now as utc_now
from router.api.parameters import BrainPath
from router.api.service import ServiceHere
from router.console import frame, gap_views
from router.console.dates import day
from router.console.flashes import Undo
from router.console.gap_views import gap_url, gaps_url
from router.console.pages.gap_work import all_of, wanted_reason, wanted_until
from router.curation.several_gaps import SEVERAL_MAX
from router.security.guards import key_in, needs
from router.security.signed_in import own_path
from router.service import Service

AnyRequest = Request[Any, Any, Any]

MERGED_MIN = 2


class GapSelection(Controller):
    """For curators. `gaps` are those chosen, `back` the list as it was."""

    path = "/brains/{brain:str}/several-gaps"
    guards = [needs("close gaps", "brain")]

    @post("/assign")
    async def assign(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """`person` is whose work they become, empty: nobody's; or of each gap's own in `before`."""
        form, by = await request.form(), key_in(request).name
        chosen = await _chosen(service, brain, form)
        person = str(form.get("person", ""))
        known = dict(await gap_views.assignable(request, brain))
        if person and person not in known:
            return _said(request, brain, form, "gaps.wrong.person")
        wanted = _each(form, [gap.id for gap in chosen]) or {gap.id: person for gap in chosen}
        done = await service.several_gaps.assign(
            brain, {id: one if one in known else None for id, one in wanted.items()}, by
        )
        before = {gap.id: gap.assignee or "" for gap in chosen if gap.id in done}
        undo: Undo | None = _undo(brain, "assign", before, form)
        key = "gaps.several.assigned" if person else "gaps.several.unassigned"
        if "before" in form:
            key, undo = "common.undone.done", None
        return _done(request, brain, form, key, done, undo, who=known.get(person, ""))

    @post("/snooze")
    async def snooze(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """`until` is tomorrow, week or a date; or each gap's own in `before`."""
        form, by = await request.form(), key_in(request).name
        chosen = await _chosen(service, brain, form)
        try:
            until = wanted_until(request, form)
        except Invalid as error:
            return _said(request, brain, form, "gaps.wrong.said", text=str(error))
        own = _each(form, [gap.id for gap in chosen])
        wanted = {id: _moment(text) for id, text in own.items()}
        done = await service.several_gaps.snooze(
            brain, wanted or {gap.id: until for gap in chosen}, by
        )
        if until is None:
            key = "common.undone.done" if own else "gaps.several.unsnoozed"
            return _done(request, brain, form, key, done, None)
        before = {
            gap.id: gap.snoozed_until.isoformat() if gap.snoozed_until else ""
            for gap in chosen
            if gap.id in done
        }
        undo = _undo(brain, "snooze", before, form)
        shown = day(until, frame.language(request), utc_now())
        return _done(request, brain, form, "gaps.several.snoozed", done, undo, day=shown)

    @post("/dismiss")
    async def dismiss(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """`reason` is why nobody is to answer them."""
        form, by = await request.form(), key_in(request).name
        chosen = await _chosen(service, brain, form)
        try:
            reason = wanted_reason(request, form)
        except Invalid as error:
            return _said(request, brain, form, "gaps.wrong.said", text=str(error))
        done = await service.several_gaps.dismiss(brain, [gap.id for gap in chosen], reason, by)
        undo = _undo(brain, "reopen", dict.fromkeys(done, ""), form)
        return _done(request, brain, form, "gaps.several.dismissed", done, undo)

    @post("/reopen")
    async def reopen(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """Back among the open ones."""
        form, by = await request.form(), key_in(request).name
        chosen = await _chosen(service, brain, form)
        done = await service.several_gaps.reopen(brain, [gap.id for gap in chosen], by)
        return _done(request, brain, form, "gaps.several.reopened", done, None)

    @post("/merge")
    async def merge(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """All become part of the one that was asked most."""
        form, by = await request.form(), key_in(request).name
        chosen = [gap for gap in await _chosen(service, brain, form) if gap.merged_into is None]
        if len(chosen) < MERGED_MIN:
            return _said(request, brain, form, "gaps.several.two")
        target = max(chosen, key=lambda gap: gap.count)
        others = [gap.id for gap in chosen if gap.id != target.id]
        try:
            after = await service.gap_desk.merge(brain, target.id, others, by)
        except Invalid as error:
            return _said(request, brain, form, "gaps.wrong.said", text=str(error))
        undo = Undo(f"{gap_url(after)}/unmerge", {"gaps": others})
        frame.flash(request, "gaps.done.merged", undo=undo, count=len(others))
        return frame.redirect(gap_url(after))


async def _chosen(service: Service, brain: str, form: FormMultiDict) -> list[Gap]:
    """Those ticked, as they are now. Raises `UnknownGap`."""
    ids = list(dict.fromkeys(all_of(form, "gaps")))[:SEVERAL_MAX]
    return [await service.gap_desk.get(brain, id) for id in ids]


def _each(form: FormMultiDict, ids: Sequence[str]) -> dict[str, str]:
    """Each gap's own value, where something is taken back."""
    return dict(zip(ids, all_of(form, "before"), strict=False))


def _moment(text: str) -> dt.datetime | None:
    """A time as it was written into a form, None for none and for one that is past."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None and at > utc_now() else None


def _undo(brain: str, action: str, before: dict[str, str], form: FormMultiDict) -> Undo:
    fields: dict[str, str | list[str]] = {"gaps": list(before), "back": _back(brain, form)}
    if action != "reopen":
        fields["before"] = list(before.values())
    return Undo(f"/console/brains/{brain}/several-gaps/{action}", fields)


def _done(
    request: AnyRequest,
    brain: str,
    form: FormMultiDict,
    key: str,
    done: Sequence[str],
    undo: Undo | None,
    **values: Any,
) -> Any:
    """Back to the list, saying how many; where it was none, that nothing was chosen."""
    if not done:
        return _said(request, brain, form, "gaps.several.none")
    frame.flash(request, key, undo=undo, count=len(done), **values)
    return frame.redirect(_back(brain, form))


def _said(request: AnyRequest, brain: str, form: FormMultiDict, key: str, **values: Any) -> Any:
    frame.flash(request, key, kind="warning", **values)
    return frame.redirect(_back(brain, form))


def _back(brain: str, form: FormMultiDict) -> str:
    back = own_path(str(form.get("back", "")))
    return back if back.startswith(gaps_url(brain)) else gaps_url(brain)


handlers = [GapSelection]
