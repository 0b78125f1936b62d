"""Local answers: a body's or a group's own text beside the shared one it takes the place of."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, get
from litestar.params import QueryParameter

from brains.errors import Problem
from brains.knowledge import scopes_of, title_of
from brains.model import Entry
from router.api.parameters import AudiencePath, BrainPath, EntryPath
from router.api.service import ServiceHere
from router.console import frame
from router.console.entry_links import audience_name, scopes_seen
from router.console.local_answer_views import address_of, local_answers_url, page
from router.console.pages.local_impact import LocalImpactPages
from router.security.edge import slashed
from router.security.guards import needs
from router.security.own import may_speak

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


handlers = [LocalAnswerPages, LocalImpactPages]
