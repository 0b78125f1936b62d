"""Other bodies' bots: how the connections to them do, and each one's own page. Administrators'."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import QueryParameter
from litestar.response import Redirect

from brains import cards, peers
from brains.errors import Invalid
from brains.model import Connection
from router.api.parameters import BodyPath
from router.api.service import ServiceHere
from router.console import connection_forms, forms, frame
from router.console.connection_views import (
    FEDERATION,
    confirmed,
    form_page,
    free,
    learned,
    said,
    seconds,
    share,
    url,
)
from router.console.flashes import Undo
from router.federation.exchange import Exchanged
from router.federation.health import TRIAL_TEXT
from router.security.guards import needs

AnyRequest = Request[Any, Any, Any]
LEARNED_SHOWN = 20
AdapterQuery = Annotated[str, QueryParameter(required=False, max_length=100)]


class ConnectionPages(Controller):
    """A connection is named by the body whose bot it leads to."""

    path = "/federation"
    guards = [needs("manage keys", "everywhere")]

    @get("/")
    async def index(self, request: AnyRequest, service: ServiceHere) -> Any:
        """How every connection does, and which installations are peers."""
        async with service.db.read() as tx:
            known = await peers.listing(tx)
        return frame.page(
            request,
            "federation/index.html",
            title=frame.say(request, "federation.title"),
            area="federation",
            rows=await service.health.all(),
            peers=known,
            confirmed=confirmed(service.knowledge),
            seconds=lambda milliseconds: seconds(request, milliseconds),
            share=share,
            url=url,
        )

    @get("/new")
    async def new(
        self, request: AnyRequest, service: ServiceHere, adapter: AdapterQuery = ""
    ) -> Any:
        """Which protocol does its bot speak? Then the form."""
        if adapter not in service.connections.adapters:
            return frame.page(
                request,
                "federation/choose.html",
                title=frame.say(request, "federation.new"),
                area="federation",
                adapters=sorted(service.connections.adapters),
            )
        return form_page(request, connection_forms.blank(adapter))

    @post("/new")
    async def add(self, request: AnyRequest, service: ServiceHere) -> Any:
        """Connect a body's bot."""
        form = await request.form()
        adapter, body = forms.text(form, "adapter"), forms.text(form, "body")
        own = service.connections.adapters.get(adapter)
        empty = Connection(
            body=body, adapter=adapter, address="", enabled=bool(forms.text(form, "enabled"))
        )
        wanted = connection_forms.connection(form, empty, own.settings if own else ())
        request.state.audit = {"body": body, "detail": {"adapter": adapter}}
        try:
            if body not in dict(free(service.knowledge)):
                raise Invalid(frame.say(request, "federation.wrong.body"), "body")
            await service.connections.save(wanted, connection_forms.secret(form))
        except Invalid as error:
            return form_page(request, wanted, error)
        frame.flash(request, "federation.added", name=service.knowledge.body(body).name)
        return frame.redirect(url(body))

    @get("/{slug:str}")
    async def show(self, request: AnyRequest, service: ServiceHere, slug: BodyPath) -> Any:
        """How it does, what went wrong lately, and how it is set."""
        return await _show(request, service, slug)

    @get("/{slug:str}/edit")
    async def edit(
        self, request: AnyRequest, service: ServiceHere, slug: BodyPath, adapter: AdapterQuery = ""
    ) -> Any:
        """The form; with another protocol where one is named."""
        known = service.connections.get(slug)
        if adapter in service.connections.adapters and adapter != known.adapter:
            known = msgspec.structs.replace(known, adapter=adapter, settings={})
        return form_page(request, known)

    @post("/{slug:str}/edit")
    async def save(self, request: AnyRequest, service: ServiceHere, slug: BodyPath) -> Any:
        """Change a connection. It counts from the next question on."""
        form = await request.form()
        before, adapter = service.connections.get(slug), forms.text(form, "adapter")
        own = service.connections.adapters.get(adapter)
        base = msgspec.structs.replace(before, adapter=adapter)
        wanted = connection_forms.connection(form, base, own.settings if own else ())
        secret = connection_forms.secret(form)
        request.state.audit = {"detail": {"adapter": adapter, "secret": secret is not None}}
        try:
            await service.connections.save(wanted, secret)
        except Invalid as error:
            return form_page(request, wanted, error)
        undo = Undo(f"{url(slug)}/edit", connection_forms.fields(before))
        name = service.knowledge.body(slug).name
        if secret is None:
            frame.flash(request, "federation.saved", undo=undo, name=name)
        else:
            frame.flash(request, "federation.saved_secret", name=name)
        return frame.redirect(url(slug))

    @post("/{slug:str}/disable")
    async def disable(self, request: AnyRequest, service: ServiceHere, slug: BodyPath) -> Redirect:
        """Ask it nothing more, from now on."""
        await service.connections.set_enabled(slug, False)
        undo, name = Undo(f"{url(slug)}/enable"), service.knowledge.body(slug).name
        frame.flash(request, "federation.disabled", undo=undo, name=name)
        return frame.redirect(url(slug))

    @post("/{slug:str}/enable")
    async def enable(self, request: AnyRequest, service: ServiceHere, slug: BodyPath) -> Redirect:
        """Ask it again."""
        await service.connections.set_enabled(slug, True)
        undo, name = Undo(f"{url(slug)}/disable"), service.knowledge.body(slug).name
        frame.flash(request, "federation.enabled", undo=undo, name=name)
        return frame.redirect(url(slug))

    @post("/{slug:str}/remove")
    async def remove(self, request: AnyRequest, service: ServiceHere, slug: BodyPath) -> Redirect:
        """Remove the connection with its secret; the body stays."""
        await service.connections.remove(slug)
        frame.flash(request, "federation.removed", name=service.knowledge.body(slug).name)
        return frame.redirect(FEDERATION)

    @post("/{slug:str}/try")
    async def try_it(self, request: AnyRequest, service: ServiceHere, slug: BodyPath) -> Any:
        """Ask it something now, and show what comes."""
        question = forms.text(await request.form(), "text")
        try:
            done = await service.health.try_it(slug, question)
        except Invalid as error:
            return await _show(request, service, slug, question, error=error)
        return await _show(request, service, slug, question, done)

    @post("/{slug:str}/read")
    async def read(self, request: AnyRequest, service: ServiceHere, slug: BodyPath) -> Redirect:
        """Have what the partner publishes about itself read again, within seconds."""
        service.connections.get(slug)
        async with service.db.write() as tx:
            await cards.ask_again(tx, slug)
        frame.flash(request, "federation.reading", kind="info")
        return frame.redirect(f"{url(slug)}#learned")


async def _show(
    request: AnyRequest,
    service: ServiceHere,
    slug: str,
    question: str = TRIAL_TEXT,
    done: Exchanged | None = None,
    error: Invalid | None = None,
) -> Any:
    health = await service.health.of(slug)
    async with service.db.read() as tx:
        card = (await cards.listing(tx)).get(slug)
    return frame.page(
        request,
        "federation/show.html",
        title=health.name,
        area="federation",
        errors=forms.problems(error),
        health=health,
        connection=health.connection,
        adapter_settings=_settings(service, health.connection),
        card=card,
        learned=learned(service.knowledge, slug),
        shown=LEARNED_SHOWN,
        question=question,
        done=done,
        said=said,
        seconds=lambda milliseconds: seconds(request, milliseconds),
        share=share,
        url=url(slug),
        body_url=f"/console/bodies/{quote(slug, safe='')}",
    )


def _settings(service: ServiceHere, connection: Connection) -> list[str]:
    """The adapter's own settings, in its order, and any that it does not know any more."""
    own = service.connections.adapters.get(connection.adapter)
    return list(dict.fromkeys([*(own.settings if own else ()), *connection.settings]))


handlers = [ConnectionPages]
