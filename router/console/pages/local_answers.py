"""Local answers: a body's or a group's own text beside the shared one it takes the place of."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.params import QueryParameter

from brains.errors import Invalid, Problem
from brains.knowledge import scopes_of, title_of
from brains.model import Entry, LocalAnswer, Texts
from router.api.parameters import AudiencePath, BrainPath, EntryPath
from router.api.service import ServiceHere
from router.console import forms, frame
from router.console.entry_links import audience_name, scopes_seen
from router.console.flashes import Undo
from router.console.local_answer_views import TEXT, address_of, local_answers_url, page, texts_of
from router.security.edge import slashed
from router.security.guards import needs
from router.security.own import may_speak, require_scope

AnyRequest = Request[Any, Any, Any]
READ = [needs("read", "any body")]
WRITE = [needs("keep body", "any body")]
Words = Annotated[str, QueryParameter(max_length=200, required=False)]
OFFERED_MAX = 1000


class LocalAnswerPages(Controller):
    """An editor keeps the own body's, a curator every body's and group's."""

    path = "/brains/{brain:str}/local-answers"

    @get("/", guards=READ)
    async def index(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, audience: Words = ""
    ) -> Any:
        """All of them, or one body's; those older than the shared answer first."""
        own = frame.own_body(request)
        seen = None if own is None else set(service.local_answers.scopes_seen_in(own))
        wanted = seen if not audience else ({audience} if seen is None else seen & {audience})
        found = await service.local_answers.list(brain, wanted)
        return frame.page(
            request,
            "local_answers/index.html",
            title=frame.say(request, "local_answers.title"),
            area="local_answers",
            found=found,
            audience=audience,
            scopes=[("", frame.say(request, "common.all")), *scopes_seen(request, brain)],
            url=local_answers_url(brain),
            address=lambda one: address_of(brain, one.local.entry, one.local.scope),
            keeps=lambda one: may_speak(request, brain, one.local.scope),
            may_write=bool(_writable(request, brain)),
            name_of=lambda one: audience_name(request, one),
        )

    @get("/new", guards=WRITE)
    async def new(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        entry: Words = "",
        audience: Words = "",
    ) -> Any:
        """Which answer, and for whom; with both known, on to the form."""
        scopes = _writable(request, brain)
        known = {one.id: one for one in _offered(request, brain)}
        if entry in known and audience in dict(scopes):
            return frame.redirect(address_of(brain, entry, audience))
        wrong = frame.say(request, "local_answers.wrong.entry")
        return frame.page(
            request,
            "local_answers/new.html",
            title=frame.say(request, "local_answers.new"),
            area="local_answers",
            errors=[Problem("entry", wrong)] if entry and entry not in known else [],
            url=local_answers_url(brain),
            scopes=scopes,
            entry=entry,
            audience=audience,
            offered=[(one.id, title_of(one)) for one in list(known.values())[:OFFERED_MAX]],
        )

    @get("/{audience:str}/{entry:str}", guards=READ)
    async def show(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        audience: AudiencePath,
        entry: EntryPath,
    ) -> Any:
        """Both texts side by side, to be written where one may."""
        return await page(request, brain, slashed(entry), audience)

    @post("/{audience:str}/{entry:str}", guards=WRITE)
    async def save(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        audience: AudiencePath,
        entry: EntryPath,
    ) -> Any:
        """Answer with these texts there; `preview` shows them first."""
        by, id = require_scope(request, brain, audience), slashed(entry)
        service.local_answers.shared(brain, id, frame.own_body(request))
        form = await request.form()
        texts = forms.texts(form, TEXT)
        revision = forms.text(form, "revision")
        if "preview" in form:
            return await page(request, brain, id, audience, texts)
        before = service.knowledge.local_answers.get((brain, id), {}).get(audience)
        if forms.stale(form, texts_of(before)) and texts != texts_of(before):
            return await page(request, brain, id, audience, texts, stale=True)
        try:
            if not texts:
                raise Invalid(frame.say(request, "local_answers.wrong.empty"), "field answers.nb")
            await service.local_answers.save(
                brain, id, audience, texts, by, int(revision) if revision.isdigit() else 0
            )
        except Invalid as error:
            return await page(request, brain, id, audience, texts, error)
        address = address_of(brain, id, audience)
        undo = _restoring(brain, before, texts) if before else Undo(f"{address}/remove")
        frame.flash(
            request, "local_answers.saved", undo=undo, name=audience_name(request, audience)
        )
        return frame.redirect(address)

    @post("/{audience:str}/{entry:str}/remove", guards=WRITE)
    async def remove(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        audience: AudiencePath,
        entry: EntryPath,
    ) -> Any:
        """Go back to the shared answer."""
        require_scope(request, brain, audience)
        removed = await service.local_answers.remove(brain, slashed(entry), audience)
        frame.flash(
            request,
            "local_answers.removed",
            undo=_restoring(brain, removed, {}),
            name=audience_name(request, audience),
        )
        return frame.redirect(local_answers_url(brain))


def _offered(request: AnyRequest, brain: str) -> list[Entry]:
    """The entries that may get a local answer, by title: those that somebody else gets too."""
    own = frame.own_body(request)
    known = frame.service(request).knowledge.entries[brain].values()
    scopes = None if own is None else scopes_of(frame.service(request).knowledge.body(own))
    seen = [one for one in known if scopes is None or not scopes.isdisjoint(one.audience)]
    return sorted(seen, key=title_of)


def _writable(request: AnyRequest, brain: str) -> list[tuple[str, str]]:
    return [
        (scope, name)
        for scope, name in scopes_seen(request, brain)
        if may_speak(request, brain, scope)
    ]


def _restoring(brain: str, local: LocalAnswer, instead_of: Texts) -> Undo:
    fields = {**forms.fields(TEXT, local.answers), "revision": str(local.revision)}
    fields[forms.SEEN] = forms.seen(instead_of)
    return Undo(address_of(brain, local.entry, local.scope), fields)


handlers = [LocalAnswerPages]
