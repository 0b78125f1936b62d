"""What is done to several unanswered questions at once, from the list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Controller, Request, post
from litestar.datastructures import FormMultiDict

from brains.errors import Invalid, NotFound
from brains.model import Gap
from brains.store import now as utc_now
from router.api.parameters import BrainPath
from router.api.service import ServiceHere
from router.console import frame, gap_views
from router.console.dates import day
from router.console.flashes import Undo
from router.console.forms import all_of, text
from router.console.gap_views import gap_url, gaps_url
from router.console.pages.gap_work import wanted_reason, wanted_until
from router.curation.several_gaps import SEVERAL_MAX
from router.security.guards import key_in, needs
from router.security.signed_in import own_path
from router.service import Service

AnyRequest = Request[Any, Any, Any]

MERGED_MIN = 2


class GapSelection(Controller):
    """For curators. `gaps` are those chosen, `back` the list as it was. `before` is each gap's
    own value, where something is taken back."""

    path = "/brains/{brain:str}/several-gaps"
    guards = [needs("close gaps", "brain")]

    @post("/assign")
    async def assign(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """`person` is whose work they become, empty: nobody's."""
        chosen = await _chosen(request, service, brain)
        person = text(chosen.form, "person")
        known = dict(await gap_views.assignable(request, brain))
        if person and person not in known:
            return chosen.said("gaps.wrong.person")
        wanted = chosen.each(person)
        persons = {id: one if one in known else None for id, one in wanted.items()}
        done = await service.several_gaps.assign(brain, persons, chosen.by)
        key = "gaps.several.assigned" if person else "gaps.several.unassigned"
        before = {gap.id: gap.assignee or "" for gap in chosen.gaps}
        return chosen.changed(key, done, "assign", before, who=known.get(person, ""))

    @post("/snooze")
    async def snooze(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """`until` is tomorrow, week or a date."""
        chosen = await _chosen(request, service, brain)
        try:
            until = wanted_until(request, chosen.form)
        except Invalid as error:
            return chosen.refused(error)
        wanted = chosen.each(until.isoformat() if until else "")
        times = {id: _moment(one) for id, one in wanted.items()}
        done = await service.several_gaps.snooze(brain, times, chosen.by)
        before = {gap.id: _written(gap.snoozed_until) for gap in chosen.gaps}
        if until is None:
            return chosen.changed("gaps.several.unsnoozed", done, "snooze", before)
        shown = day(until, frame.language(request), utc_now())
        return chosen.changed("gaps.several.snoozed", done, "snooze", before, day=shown)

    @post("/dismiss")
    async def dismiss(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """`reason` is why nobody is to answer them."""
        chosen = await _chosen(request, service, brain)
        try:
            reason = wanted_reason(request, chosen.form)
        except Invalid as error:
            return chosen.refused(error)
        done = await service.several_gaps.dismiss(brain, chosen.ids, reason, chosen.by)
        return chosen.closed("gaps.several.dismissed", done)

    @post("/forward")
    async def forward(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """`to` is `brain:x` or `body:y`."""
        chosen = await _chosen(request, service, brain)
        to = text(chosen.form, "to")
        try:
            done = await service.several_gaps.forward(brain, chosen.ids, to, chosen.by)
        except (Invalid, NotFound):
            return chosen.said("gaps.wrong.to")
        return chosen.closed("gaps.several.forwarded", done, to=gap_views.place(request, to))

    @post("/reopen")
    async def reopen(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """Back among the open ones."""
        chosen = await _chosen(request, service, brain)
        done = await service.several_gaps.reopen(brain, chosen.ids, chosen.by)
        return chosen.done("gaps.several.reopened", done)

    @post("/merge")
    async def merge(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """All become part of the one that was asked most."""
        chosen = await _chosen(request, service, brain)
        gaps = [gap for gap in chosen.gaps if gap.merged_into is None]
        if len(gaps) < MERGED_MIN:
            return chosen.said("gaps.several.two")
        target = max(gaps, key=lambda gap: gap.count)
        others = [gap.id for gap in gaps if gap.id != target.id]
        try:
            after = await service.gap_desk.merge(brain, target.id, others, chosen.by)
        except Invalid as error:
            return chosen.refused(error)
        undo = Undo(f"{gap_url(after)}/unmerge", {"gaps": others})
        frame.flash(request, "gaps.done.merged", undo=undo, count=len(others))
        return frame.redirect(gap_url(after))


class Chosen(msgspec.Struct, frozen=True):
    """The gaps ticked, as they were when the form came, and the way back to the list."""

    request: AnyRequest
    brain: str
    form: FormMultiDict
    gaps: list[Gap]

    @property
    def ids(self) -> list[str]:
        return [gap.id for gap in self.gaps]

    @property
    def by(self) -> str:
        return key_in(self.request).name

    @property
    def back(self) -> str:
        back = own_path(text(self.form, "back"))
        return back if back.startswith(gaps_url(self.brain)) else gaps_url(self.brain)

    def each(self, value: str) -> dict[str, str]:
        """The same for all, or each gap's own where something is taken back."""
        if "before" not in self.form:
            return dict.fromkeys(self.ids, value)
        own = self.form.getall("before")
        return dict(zip(self.ids, own, strict=False))

    def changed(
        self, key: str, done: Sequence[str], action: str, before: Mapping[str, str], **values: Any
    ) -> Any:
        """Undone by the same action, with what each gap had before."""
        if "before" in self.form:
            return self.done("common.undone.done", done)
        kept = {"before": [before[id] for id in done]}
        return self.done(key, done, self._undo(action, done, kept), **values)

    def closed(self, key: str, done: Sequence[str], **values: Any) -> Any:
        """Undone by opening them again."""
        return self.done(key, done, self._undo("reopen", done, {}), **values)

    def done(self, key: str, done: Sequence[str], undo: Undo | None = None, **values: Any) -> Any:
        """Back to the list, saying how many; where it was none, that nothing was chosen."""
        if not done:
            return self.said("gaps.several.none")
        frame.flash(self.request, key, undo=undo, count=len(done), **values)
        return frame.redirect(self.back)

    def refused(self, error: Invalid) -> Any:
        return self.said("gaps.wrong.said", text=str(error))

    def said(self, key: str, **values: Any) -> Any:
        """Back to the list, with what must be put right."""
        frame.flash(self.request, key, kind="warning", **values)
        return frame.redirect(self.back)

    def _undo(self, action: str, done: Sequence[str], fields: dict[str, list[str]]) -> Undo:
        url = f"/console/brains/{self.brain}/several-gaps/{action}"
        return Undo(url, {"gaps": list(done), "back": self.back, **fields})


async def _chosen(request: AnyRequest, service: Service, brain: str) -> Chosen:
    """Raises `UnknownGap`."""
    form = await request.form()
    ids = list(dict.fromkeys(all_of(form, "gaps")))[:SEVERAL_MAX]
    gaps = [await service.gap_desk.get(brain, id) for id in ids]
    return Chosen(request, brain, form, gaps)


def _written(at: dt.datetime | None) -> str:
    return at.isoformat() if at else ""


def _moment(text: str) -> dt.datetime | None:
    """A time as it was written into a form, None for none and for one that is past."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None and at > utc_now() else None


handlers = [GapSelection]
