"""Notices to visitors: what shows now, what is planned and what is over."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import QueryParameter

from brains import rendering
from brains.errors import Invalid, UnknownBroadcast
from brains.knowledge import choose, title_of
from brains.model import EVERYONE, Broadcast
from router.api.parameters import BrainPath, BroadcastPath
from router.api.service import ServiceHere
from router.console import forms, frame
from router.console.broadcast_form import (
    TEXT,
    BroadcastForm,
    broadcast_of,
    broadcasts_url,
    filled,
    form_page,
    refuse_past,
    sent,
)
from router.console.entry_links import audience_name, entries_seen
from router.console.flashes import Undo
from router.curation.broadcasts import NOTICES_MAX, new_id
from router.security.guards import needs
from router.security.own import broadcast_for, may_speak, require_broadcast

AnyRequest = Request[Any, Any, Any]
READ = [needs("read", "any body")]
WRITE = [needs("keep body", "any body")]
OVER_SHOWN = 20
AUDIENCE_CHARS_MAX = 200


class BroadcastPages(Controller):
    """A curator speaks to everyone, an editor to the visitors of the own body."""

    path = "/brains/{brain:str}/broadcasts"

    @get("/", guards=READ)
    async def index(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """All of them, by where they are in their time."""
        own, kept = frame.own_body(request), service.broadcasts.list(brain)
        seen = [broadcast_for(service, own, one) for one in kept]
        found = [one for one in seen if one is not None]
        by_state = {
            state: [one for one in found if service.broadcasts.state(one) == state]
            for state in ("showing", "planned", "over")
        }
        by_state["planned"].reverse()
        by_state["over"] = by_state["over"][:OVER_SHOWN]
        return frame.page(
            request,
            "broadcasts/index.html",
            title=frame.say(request, "broadcasts.title"),
            area="broadcasts",
            by_state=by_state,
            url=broadcasts_url(brain),
            html=lambda one: rendering.html(one.texts[_language(request, one)]),
            spoken=lambda one: _language(request, one),
            name_of=lambda scope: audience_name(request, scope),
            entry_title=lambda id: _entry_title(request, brain, id),
            crowded={
                id: [body for body in without if frame.may(request, "read", body=body.id)]
                for id, without in service.broadcasts.crowded_out(brain).items()
            },
            at_once=NOTICES_MAX,
            keeps=lambda one: all(
                may_speak(request, brain, scope)
                for scope in service.broadcasts.get(brain, one.id).audience
            ),
            may_write=frame.may(request, "keep body", brain=brain, body=frame.own_body(request)),
        )

    @get("/new", guards=WRITE)
    async def new(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        like: Annotated[str, QueryParameter(max_length=120, required=False)] = "",
    ) -> Any:
        """An empty form, or one like an earlier notice, to be shown from now on."""
        own = frame.own_body(request)
        if not like:
            return form_page(request, brain, BroadcastForm(audience=[own or EVERYONE]))
        earlier = filled(_seen(request, service, brain, like))
        return form_page(request, brain, msgspec.structs.replace(earlier, starts="", ends=""))

    @post("/", guards=WRITE)
    async def publish(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """Show it, from now or from when it says."""
        return await _save(request, service, brain, None)

    @get("/{broadcast:str}", guards=WRITE)
    async def edit(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, broadcast: BroadcastPath
    ) -> Any:
        """The form, filled."""
        one = _seen(request, service, brain, broadcast)
        require_broadcast(request, brain, one.audience)
        return form_page(request, brain, filled(one), one)

    @post("/{broadcast:str}", guards=WRITE)
    async def change(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, broadcast: BroadcastPath
    ) -> Any:
        """Save what the form says."""
        one = _seen(request, service, brain, broadcast)
        require_broadcast(request, brain, one.audience)
        return await _save(request, service, brain, one)

    @post("/{broadcast:str}/withdraw", guards=WRITE)
    async def withdraw(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, broadcast: BroadcastPath
    ) -> Any:
        """End it now; it is kept among those that are over."""
        one = _seen(request, service, brain, broadcast)
        by = require_broadcast(request, brain, one.audience)
        await service.broadcasts.withdraw(brain, broadcast, by)
        frame.flash(request, "broadcasts.withdrawn", undo=_restoring(brain, one))
        return frame.redirect(broadcasts_url(brain))

    @post("/{broadcast:str}/delete", guards=WRITE)
    async def delete(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, broadcast: BroadcastPath
    ) -> Any:
        """Remove it altogether."""
        one = _seen(request, service, brain, broadcast)
        require_broadcast(request, brain, one.audience)
        await service.broadcasts.delete(brain, broadcast)
        frame.flash(request, "broadcasts.deleted", undo=_restoring(brain, one))
        return frame.redirect(broadcasts_url(brain))

    @post("/{broadcast:str}/restore", guards=WRITE)
    async def restore(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, broadcast: BroadcastPath
    ) -> Any:
        """Undo: make it what it was, with its times."""
        written = sent(request, await request.form())
        require_broadcast(request, brain, *_audiences_now(service, brain, broadcast))
        by = require_broadcast(request, brain, written.audience)
        await service.broadcasts.save(brain, broadcast_of(request, written, broadcast), by)
        frame.flash(request, "broadcasts.restored")
        return frame.redirect(broadcasts_url(brain))


async def _save(
    request: AnyRequest, service: ServiceHere, brain: str, before: Broadcast | None
) -> Any:
    form = await request.form()
    written = sent(request, form)
    by = require_broadcast(request, brain, written.audience)
    if before is not None and forms.stale(form, before):
        return form_page(request, brain, written, before, stale=True)
    try:
        new = broadcast_of(request, written, before.id if before else new_id())
        refuse_past(request, new)
        if before is not None and not written.starts:
            new = msgspec.structs.replace(new, starts_at=before.starts_at)
        if "preview" in form:
            return form_page(request, brain, written, before, preview=new)
        request.state.audit = {"object": new.id, "detail": _audited(new)}
        saved = await service.broadcasts.save(brain, new, by)
    except Invalid as error:
        return form_page(request, brain, written, before, error)
    state = service.broadcasts.state(saved)
    address = f"{broadcasts_url(brain)}/{saved.id}/delete"
    undo = Undo(address) if before is None else _restoring(brain, before)
    frame.flash(request, f"broadcasts.saved_{state}", undo=undo)
    return frame.redirect(broadcasts_url(brain))


def _restoring(brain: str, one: Broadcast) -> Undo:
    fields = {
        **forms.fields(TEXT, one.texts),
        "level": one.level,
        "audience": one.audience,
        "entry": one.entry or "",
        "starts": one.starts_at.isoformat(),
        "ends": one.ends_at.isoformat() if one.ends_at else "",
    }
    return Undo(f"{broadcasts_url(brain)}/{one.id}/restore", fields)


def _audited(one: Broadcast) -> dict[str, str]:
    """What the log tells of it: to whom and until when, not what it says."""
    until = {"until": one.ends_at.isoformat(timespec="minutes")} if one.ends_at else {}
    return {"audience": ", ".join(one.audience)[:AUDIENCE_CHARS_MAX], **until}


def _seen(request: AnyRequest, service: ServiceHere, brain: str, id: str) -> Broadcast:
    """The broadcast, where whoever is signed in sees it; else as if there were none."""
    one = service.broadcasts.get(brain, id)
    if broadcast_for(service, frame.own_body(request), one) is None:
        raise UnknownBroadcast(id)
    return one


def _audiences_now(service: ServiceHere, brain: str, id: str) -> list[list[str]]:
    try:
        return [service.broadcasts.get(brain, id).audience]
    except UnknownBroadcast:
        return []


def _language(request: AnyRequest, one: Broadcast) -> str:
    return choose(one.texts, [frame.language(request)])


def _entry_title(request: AnyRequest, brain: str, id: str) -> str:
    entry = entries_seen(request, brain).get(id)
    return title_of(entry) if entry else id


handlers = [BroadcastPages]
