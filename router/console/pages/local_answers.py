"""Local answers: a body's or a group's own text beside the shared one it takes the place of."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import QueryParameter

from brains import checks, rendering
from brains.errors import Invalid, Problem, UnknownEntry, UnknownLocalAnswer
from brains.knowledge import Answer, FactMissing, scopes_of, title_of
from brains.model import GROUP_PREFIX, Body, Entry, LocalAnswer, Texts
from router.api.parameters import AudiencePath, BrainPath, EntryPath
from router.api.service import ServiceHere
from router.console import differences, forms, frame
from router.console.entry_links import audience_name, bodies_of, entry_url, scopes_seen
from router.console.flashes import Undo
from router.curation.local_answers import Shadowing
from router.security.edge import slashed
from router.security.guards import needs
from router.security.own import may_speak, require_scope

AnyRequest = Request[Any, Any, Any]
READ = [needs("read", "any body")]
WRITE = [needs("keep body", "any body")]
Words = Annotated[str, QueryParameter(max_length=200, required=False)]
TEXT = "text_"
OFFERED_MAX = 1000
STALE = 409


class Side(msgspec.Struct, frozen=True):
    """One language of a local answer beside the shared one; `changes` is what the shared one
    has gained and lost since the local one was written."""

    language: str
    shared: str
    written: str
    changes: list[differences.Part]


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
            url=_url(brain),
            address=lambda one: _address(brain, one.local.entry, one.local.scope),
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
            return frame.redirect(_address(brain, entry, audience))
        wrong = frame.say(request, "local_answers.wrong.entry")
        return frame.page(
            request,
            "local_answers/new.html",
            title=frame.say(request, "local_answers.new"),
            area="local_answers",
            errors=[Problem("entry", wrong)] if entry and entry not in known else [],
            url=_url(brain),
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
        return await _page(request, brain, slashed(entry), audience)

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
            return await _page(request, brain, id, audience, texts)
        before = service.knowledge.local_answers.get((brain, id), {}).get(audience)
        if forms.stale(form, _said(before)) and texts != _said(before):
            return await _page(request, brain, id, audience, texts, stale=True)
        try:
            if not texts:
                raise Invalid(frame.say(request, "local_answers.wrong.empty"), "field answers.nb")
            await service.local_answers.save(
                brain, id, audience, texts, by, int(revision) if revision.isdigit() else 0
            )
        except Invalid as error:
            return await _page(request, brain, id, audience, texts, error)
        address = _address(brain, id, audience)
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
        return frame.redirect(_url(brain))


async def _page(
    request: AnyRequest,
    brain: str,
    id: str,
    scope: str,
    written: Texts | None = None,
    error: Invalid | None = None,
    *,
    stale: bool = False,
) -> Any:
    """The page of one local answer; `written` is what a form says and is not saved."""
    service = frame.service(request)
    shared = _visible(request, brain, id, scope)
    kept = await _kept(request, brain, id, scope)
    texts = written if written is not None else dict(kept.local.answers) if kept else {}
    body = _preview_body(request, brain, scope)
    bodies = [body] if body else []
    return frame.page(
        request,
        "local_answers/show.html",
        title=title_of(shared),
        area="local_answers",
        status=STALE if stale else None,
        errors=forms.problems(error, _pointed),
        stale=stale,
        seen=forms.seen(_said(kept.local if kept else None)),
        shared=shared,
        kept=kept,
        scope=scope,
        sides=_sides(shared, kept, texts, forms.languages(bodies, shared.answers, texts)),
        previews=_previews(request, shared, body, texts) if body and not error else [],
        previewing=written is not None and error is None,
        organisation=body,
        may_write=may_speak(request, brain, scope),
        url=_url(brain),
        address=_address(brain, id, scope),
        entry_url=entry_url(brain, id),
        name=audience_name(request, scope),
        facts=sorted(service.knowledge.facts.get(body.id, {})) if body else [],
        chars_max=checks.ANSWER_CHARS_MAX,
    )


def _sides(shared: Entry, kept: Shadowing | None, texts: Texts, languages: list[str]) -> list[Side]:
    then = (kept.shared_then if kept else None) or shared.answers
    return [
        Side(
            tag,
            shared.answers.get(tag, ""),
            texts.get(tag, ""),
            differences.words(then.get(tag, ""), shared.answers.get(tag, ""))
            if then.get(tag, "") != shared.answers.get(tag, "")
            else [],
        )
        for tag in languages
    ]


def _previews(
    request: AnyRequest, shared: Entry, body: Body, texts: Texts
) -> list[tuple[str, Answer | FactMissing, str]]:
    """Each text as the body's visitors would read it."""
    local_answers, found = frame.service(request).local_answers, []
    for tag in texts:
        try:
            said = local_answers.preview(shared.brain, shared.id, body.id, {tag: texts[tag]}, tag)
        except Invalid:
            continue  # the save says what is wrong
        html = rendering.html(said.markdown) if isinstance(said, Answer) else ""
        found.append((tag, said, html))
    return found


def _said(local: LocalAnswer | None) -> Texts:
    return dict(local.answers) if local else {}


async def _kept(request: AnyRequest, brain: str, id: str, scope: str) -> Shadowing | None:
    try:
        return await frame.service(request).local_answers.get(brain, id, scope)
    except UnknownLocalAnswer:
        return None


def _visible(request: AnyRequest, brain: str, id: str, scope: str) -> Entry:
    """The shared entry, where whoever is signed in sees it and that scope; else `UnknownEntry`."""
    service, own = frame.service(request), frame.own_body(request)
    if own is not None and scope not in service.local_answers.scopes_seen_in(own):
        raise UnknownEntry(id)
    return service.local_answers.shared(brain, id, own)


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


def _preview_body(request: AnyRequest, brain: str, scope: str) -> Body | None:
    """The body to read it as: its own, or the first of the group."""
    bodies = bodies_of(request, brain)
    group = scope.removeprefix(GROUP_PREFIX)
    return next((body for body in bodies if body.id == scope or group in body.groups), None)


def _restoring(brain: str, local: LocalAnswer, instead_of: Texts) -> Undo:
    fields = {**forms.fields(TEXT, local.answers), "revision": str(local.revision)}
    fields[forms.SEEN] = forms.seen(instead_of)
    return Undo(_address(brain, local.entry, local.scope), fields)


def _pointed(problem: Problem) -> Problem:
    field = problem.pointer.rpartition("answers.")[2]
    return Problem(TEXT + field, problem.text)


def _url(brain: str) -> str:
    return f"/console/brains/{quote(brain, safe='')}/local-answers"


def _address(brain: str, entry: str, scope: str) -> str:
    return f"{_url(brain)}/{quote(scope, safe='')}/{quote(entry, safe='')}"


handlers = [LocalAnswerPages]
