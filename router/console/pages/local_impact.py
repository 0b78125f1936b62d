"""Before a body's own text is given, or the shared one again: who reads it, and what is lost.

It is tried in a job. Only what was tried can be given, and only as long as
neither the local answer nor the shared one has been changed since.
"""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.params import QueryParameter

from brains.errors import Conflict, Invalid
from router.api.parameters import AudiencePath, BrainPath, EntryPath
from router.api.service import ServiceHere
from router.console import forms, frame, local_trials
from router.console.entry_links import audience_name
from router.console.gap_views import followed
from router.console.local_answer_views import TEXT, address_of, local_answers_url, page, texts_of
from router.console.local_trials import Tried, kept, look, tried_in
from router.console.pages.gap_answers import answer_and_ask
from router.security.audited import REFUSED, UNAUDITED
from router.security.edge import slashed
from router.security.guards import key_in, needs
from router.security.own import require_scope
from router.service import Service

AnyRequest = Request[Any, Any, Any]
WRITE = [needs("keep body", "any body")]


class LocalImpactPages(Controller):
    """Nobody publishes blind, not in one body either."""

    path = "/brains/{brain:str}/local-answers/{audience:str}/{entry:str}"
    guards = WRITE

    @post("/", opt={UNAUDITED: True})
    async def save(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        audience: AudiencePath,
        entry: EntryPath,
    ) -> Any:
        """Try the texts of the form, and go where the trying can be watched."""
        require_scope(request, brain, audience)
        id, form = _seen(request, service, brain, entry), await request.form()
        texts, before = forms.texts(form, TEXT), texts_of(kept(request, brain, id, audience))
        if forms.stale(form, before) and texts != before:
            return await page(request, brain, id, audience, texts, stale=True)
        try:
            local_trials.refuse_empty(request, texts)
            return await local_trials.try_out(request, brain, id, audience, texts)
        except Invalid as error:
            return await page(request, brain, id, audience, texts, error)

    @post("/still-right")
    async def still_right(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        audience: AudiencePath,
        entry: EntryPath,
    ) -> Any:
        """The shared answer has been changed since, and this one need not be: nobody reads
        anything else."""
        by, id = require_scope(request, brain, audience), _seen(request, service, brain, entry)
        local = (await service.local_answers.get(brain, id, audience)).local
        await service.local_answers.save(brain, id, audience, local.answers, by)
        frame.flash(request, "local_answers.still", name=audience_name(request, audience))
        return frame.redirect(address_of(brain, id, audience))

    @get("/publish")
    async def result(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        audience: AudiencePath,
        entry: EntryPath,
        job: Annotated[str, QueryParameter(max_length=100, required=False)] = "",
    ) -> Any:
        """What would change, and the button that does it."""
        require_scope(request, brain, audience)
        id = _seen(request, service, brain, entry)
        tried = tried_in(request, job, brain, id, audience)
        if tried is None:
            frame.flash(request, "local_answers.look.again", kind="warning")
            return frame.redirect(address_of(brain, id, audience))
        return look(request, brain, tried, job)

    @post("/publish")
    async def publish(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        audience: AudiencePath,
        entry: EntryPath,
    ) -> Any:
        """Give what was tried."""
        by, id = require_scope(request, brain, audience), _seen(request, service, brain, entry)
        form = await request.form()
        job, reason = forms.text(form, "job"), forms.text(form, "reason")
        tried = tried_in(request, job, brain, id, audience)
        if tried is None:
            return await _again(request, service, brain, id, audience, job)
        if tried.given:
            request.scope["state"][REFUSED] = True
            return frame.redirect(tried.given)
        if tried.impact.harmful and not reason:
            return look(request, brain, tried, job, local_trials.reason_needed(request))
        request.state.audit = {
            "action": _action(tried),
            **({"object": tried.gap} if tried.gap else {}),
            **({"detail": {"reason": reason}} if reason else {}),
        }
        if tried.gap:
            return await _answer_gap(request, service, brain, tried)
        return await _give(request, service, brain, tried, by)

    @post("/remove", opt={UNAUDITED: True})
    async def remove(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        audience: AudiencePath,
        entry: EntryPath,
    ) -> Any:
        """Try to go back to the shared answer."""
        require_scope(request, brain, audience)
        id = slashed(entry)
        await service.local_answers.get(brain, id, audience)
        return await local_trials.try_out(request, brain, id, audience, None)

    @post("/undo")
    async def undo(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        audience: AudiencePath,
        entry: EntryPath,
    ) -> Any:
        """Take back what was given last: what was answered before is again."""
        by, id = require_scope(request, brain, audience), _seen(request, service, brain, entry)
        form, now = await request.form(), kept(request, brain, id, audience)
        if forms.stale(form, texts_of(now)):
            raise Conflict("Somebody has changed this since. Look at theirs first.")
        texts, revision = forms.texts(form, TEXT), forms.text(form, "revision")
        if texts:
            against = int(revision) if revision.isdigit() else 0
            await service.local_answers.save(brain, id, audience, texts, by, against)
        else:
            await service.local_answers.remove(brain, id, audience)
        frame.flash(request, "common.undone.done")
        return frame.redirect(address_of(brain, id, audience))


async def _again(
    request: AnyRequest, service: Service, brain: str, id: str, scope: str, job: str
) -> Any:
    """Somebody has changed one of the texts, or it was tried too long ago."""
    tried = local_trials.found_in(request, job, brain, id, scope)
    if tried is not None and tried.texts is not None:
        return await page(request, brain, id, scope, tried.texts, stale=True)
    frame.flash(request, "local_answers.look.again", kind="warning")
    return frame.redirect(address_of(brain, id, scope))


async def _give(request: AnyRequest, service: Service, brain: str, tried: Tried, by: str) -> Any:
    id, scope = tried.entry, tried.scope
    before, address = kept(request, brain, id, scope), address_of(brain, id, scope)
    is_back = tried.texts is None
    tried.given = local_answers_url(brain) if is_back else address
    try:
        if tried.texts is None:
            await service.local_answers.remove(brain, id, scope)
        else:
            await service.local_answers.save(brain, id, scope, tried.texts, by, tried.revision)
    except BaseException:
        tried.given = ""
        raise
    undo = local_trials.undoing(brain, id, scope, before, texts_of(kept(request, brain, id, scope)))
    said = "local_answers.removed" if is_back else "local_answers.saved"
    frame.flash(request, said, undo=undo, name=audience_name(request, scope))
    return frame.redirect(tried.given)


async def _answer_gap(request: AnyRequest, service: Service, brain: str, tried: Tried) -> Any:
    """Give it as the answer to an unanswered question, which is asked again."""
    gap, by = await followed(service, brain, tried.gap), key_in(request).name
    await service.gap_desk.refuse_unseen(gap.id, tried.gap_seen, by)
    texts = tried.texts or {}
    tried.given = address_of(brain, tried.entry, tried.scope)
    shown = await answer_and_ask(
        request,
        service,
        gap,
        lambda: service.gap_desk.answer_local(brain, gap.id, tried.entry, tried.scope, texts, by),
        None,
    )
    tried.given = str(shown.url)
    return shown


def _action(tried: Tried) -> str:
    """What the log calls it."""
    if tried.gap:
        return "gaps.local"
    return "local_answers.remove" if tried.texts is None else "local_answers.save"


def _seen(request: AnyRequest, service: Service, brain: str, entry: EntryPath) -> str:
    """The shared entry's id, where whoever is signed in sees it; else `UnknownEntry`."""
    return service.local_answers.shared(brain, slashed(entry), frame.own_body(request)).id
