"""Organisations: the list of them, and each one's own page."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import QueryParameter

from brains.errors import Invalid, Problem
from brains.knowledge import title_of
from brains.model import Body
from router import opening
from router.api.parameters import BodyPath
from router.api.service import ServiceHere
from router.console import body_forms, forms, frame
from router.console.body_forms import OwnPart, Settings
from router.console.entry_links import entries_seen
from router.console.flashes import Undo
from router.security.guards import needs
from router.settings import Settings as ServiceSettings

AnyRequest = Request[Any, Any, Any]
Words = Annotated[str, QueryParameter(max_length=200, required=False)]
STALE = 409
BODIES_SHOWN = 40
POPULAR_FIELDS = 6
ENTRIES_OFFERED = 1000


class BodyPages(Controller):
    """A curator sees the bodies of the brain, an editor the own one."""

    path = "/bodies"

    @get("/")
    async def index(
        self,
        request: AnyRequest,
        service: ServiceHere,
        text: Words = "",
        group: Words = "",
        page: Annotated[int, QueryParameter(ge=1, le=10_000, required=False)] = 1,
    ) -> Any:
        """Those that whoever is signed in may read, by name."""
        seen = [
            body
            for body in service.knowledge.bodies.values()
            if frame.may(request, "read", body=body.id)
        ]
        found = [
            body
            for body in sorted(seen, key=lambda body: body.name.casefold())
            if text.casefold().strip() in f"{body.name} {body.id}".casefold()
            and (not group or group in body.groups)
        ]
        start = (page - 1) * BODIES_SHOWN
        return frame.page(
            request,
            "bodies/index.html",
            title=frame.say(request, "bodies.title"),
            area="bodies",
            organisations=found[start : start + BODIES_SHOWN],
            many=len(seen) > BODIES_SHOWN,
            text=text,
            group=group,
            groups=[(one, one) for one in sorted({one for body in seen for one in body.groups})],
            more=f"?{urlencode({'text': text, 'group': group, 'page': page + 1})}"
            if len(found) > start + BODIES_SHOWN
            else "",
            may_add=frame.may(request, "manage bodies"),
            url=_url,
        )

    @get("/new", guards=[needs("manage bodies", "everywhere")])
    async def new(self, request: AnyRequest) -> Any:
        """An empty form."""
        return _new(request, Body(id="", name=""))

    @post("/", guards=[needs("manage bodies", "everywhere")])
    async def add(self, request: AnyRequest, service: ServiceHere) -> Any:
        """Add an organisation."""
        form = await request.form()
        id = forms.text(form, "id").lower()
        body = body_forms.with_part(Body(id=id, name=""), body_forms.settings(form))
        try:
            if id in service.knowledge.bodies:
                raise Invalid(frame.say(request, "bodies.wrong.taken"), "id")
            await service.curation.add_body(body, frame.holder(request).name)
        except Invalid as error:
            return _new(request, body, error)
        frame.flash(request, "bodies.added", name=body.name)
        return frame.redirect(_url(id))

    @get("/{slug:str}", guards=[needs("read", "body")])
    async def show(self, request: AnyRequest, service: ServiceHere, slug: BodyPath) -> Any:
        """Its page, to be changed where one may."""
        return _page(request, service.knowledge.body(slug))

    @post("/{slug:str}", guards=[needs("keep body", "body")])
    async def keep(self, request: AnyRequest, service: ServiceHere, slug: BodyPath) -> Any:
        """Save what its own people keep."""
        before = service.knowledge.body(slug)
        form = await request.form()
        part = body_forms.own_part(form, forms.languages([before]))
        changed = body_forms.with_part(before, part)
        if forms.stale(form, body_forms.part_of(before, OwnPart)):
            return _page(request, changed, stale=True)
        known = entries_seen(request, before.brain or "")
        try:
            if any(id not in known for id in part.popular if id not in before.popular):
                raise Invalid(frame.say(request, "bodies.wrong.popular"), "popular")
            await service.curation.add_body(changed, frame.holder(request).name)
        except Invalid as error:
            return _page(request, changed, error)
        return _saved(request, before, body_forms.part_of(before, OwnPart), "restore")

    @post("/{slug:str}/settings", guards=[needs("manage bodies", "everywhere")])
    async def set(self, request: AnyRequest, service: ServiceHere, slug: BodyPath) -> Any:
        """Save what an administrator sets."""
        before = service.knowledge.body(slug)
        form = await request.form()
        changed = body_forms.with_part(before, body_forms.settings(form))
        if forms.stale(form, body_forms.part_of(before, Settings)):
            return _page(request, changed, stale=True)
        try:
            await service.curation.add_body(changed, frame.holder(request).name)
        except Invalid as error:
            return _page(request, changed, error)
        part = body_forms.part_of(before, Settings)
        return _saved(request, before, part, "restore-settings")

    @post("/{slug:str}/restore", guards=[needs("keep body", "body")])
    async def restore(self, request: AnyRequest, service: ServiceHere, slug: BodyPath) -> Any:
        """Undo a change of what its own people keep."""
        return await _restore(request, slug, OwnPart)

    @post("/{slug:str}/restore-settings", guards=[needs("manage bodies", "everywhere")])
    async def restore_settings(
        self, request: AnyRequest, service: ServiceHere, slug: BodyPath
    ) -> Any:
        """Undo a change of what an administrator sets."""
        return await _restore(request, slug, Settings)


def _saved(request: AnyRequest, before: Body, part: OwnPart | Settings, restore: str) -> Any:
    document = msgspec.json.encode(part).decode()
    undo = Undo(f"{_url(before.id)}/{restore}", {"document": document})
    frame.flash(request, "bodies.saved", undo=undo, name=before.name)
    return frame.redirect(_url(before.id))


async def _restore(request: AnyRequest, slug: str, part: type[OwnPart] | type[Settings]) -> Any:
    service = frame.service(request)
    sent = str((await request.form()).get("document", ""))
    try:
        earlier: OwnPart | Settings = msgspec.json.decode(sent, type=part)
    except msgspec.MsgspecError:
        raise Invalid("There is nothing to go back to in this.", "document") from None
    body = body_forms.with_part(service.knowledge.body(slug), earlier)
    await service.curation.add_body(body, frame.holder(request).name)
    frame.flash(request, "bodies.restored", name=body.name)
    return frame.redirect(_url(slug))


def _page(
    request: AnyRequest, body: Body, error: Invalid | None = None, *, stale: bool = False
) -> Any:
    service = frame.service(request)
    kept = service.knowledge.body(body.id)
    known = entries_seen(request, body.brain or "")
    offered = sorted(known.values(), key=title_of)[:ENTRIES_OFFERED]
    return frame.page(
        request,
        "bodies/show.html",
        title=kept.name,
        area="bodies",
        status=STALE if stale else None,
        errors=_problems(request, error),
        organisation=body,
        stale=stale,
        seen_own=forms.seen(body_forms.part_of(kept, OwnPart)),
        seen_settings=forms.seen(body_forms.part_of(kept, Settings)),
        hours=_hours(request, body),
        tags=forms.languages([body], body.greeting),
        kinds=[(kind, frame.say(request, f"bodies.kind.{kind}")) for kind in body_forms.KINDS],
        empty_contacts=body_forms.EMPTY_CONTACTS,
        days=opening.DAYS,
        popular=[*body.popular, *[""] * max(1, POPULAR_FIELDS - len(body.popular))],
        title_of=lambda id: title_of(known[id]) if id in known else "",
        entries=[(entry.id, title_of(entry)) for entry in offered],
        may_keep=frame.may(request, "keep body", body=body.id),
        may_set=frame.may(request, "manage bodies"),
        open_until=opening.open_until(body, service.pipeline.clock()) if not error else None,
        embed=_embed(request, body),
        connected=body.id in service.knowledge.connections,
        url=_url(body.id),
        **_settings_context(request),
    )


def _new(request: AnyRequest, body: Body, error: Invalid | None = None) -> Any:
    return frame.page(
        request,
        "bodies/new.html",
        title=frame.say(request, "bodies.new"),
        area="bodies",
        errors=_problems(request, error),
        organisation=body,
        url="/console/bodies",
        **_settings_context(request),
    )


def _settings_context(request: AnyRequest) -> dict[str, Any]:
    brains = frame.service(request).knowledge.brains.values()
    none = frame.say(request, "bodies.no_brain")
    return {
        "brain_options": [("", none), *((brain.id, brain.name) for brain in brains)],
        "language_options": lambda tags: [
            (tag, frame.tongue(request, tag, capital=True)) for tag in tags
        ],
    }


def _problems(request: AnyRequest, error: Invalid | None) -> list[Problem]:
    def say(key: str, **values: object) -> str:
        return frame.say(request, key, **values)

    return forms.problems(error, lambda problem: body_forms.pointed(problem, say))


def _hours(request: AnyRequest, body: Body) -> str:
    """The opening hours in a line, days alike in a row joined: `Man.–fre. 08:00-15:30`."""
    runs: list[tuple[list[str], list[str]]] = []
    for day in opening.DAYS:
        spans = body.opening_hours.get(day, [])
        if runs and runs[-1][1] == spans:
            runs[-1][0].append(frame.say(request, f"bodies.short_days.{day}"))
        else:
            runs.append(([frame.say(request, f"bodies.short_days.{day}")], spans))
    return ", ".join(
        f"{'–'.join(dict.fromkeys((days[0], days[-1])))} {' '.join(spans)}"
        for days, spans in runs
        if spans
    )


def _embed(request: AnyRequest, body: Body) -> str:
    """The two lines for the body's own website."""
    settings: ServiceSettings = request.app.state.settings
    server = settings.public_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"
    return (
        f'<script type="module" src="{server}/widget/v1.js"></script>\n'
        f'<samsvar-chat body="{body.id}"></samsvar-chat>'
    )


def _url(slug: str) -> str:
    return f"/console/bodies/{quote(slug, safe='')}"


handlers = [BodyPages]
