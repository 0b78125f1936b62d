"""Other installations that this one trusts: on, off, and the bodies that have come to them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from router.api.service import ServiceHere
from router.console import frame
from router.console.connection_views import FEDERATION
from router.console.flashes import Undo
from router.errors import PeerFailed
from router.security.guards import needs

AnyRequest = Request[Any, Any, Any]
PEERS = "/console/peers"


class Which(msgspec.Struct):
    """A peer by its id, which may be a web address."""

    peer: str = ""


Data = Annotated[Which, Body(media_type=RequestEncodingType.URL_ENCODED)]


class PeerActions(Controller):
    """Buttons of the federation's page."""

    path = "/peers"
    guards = [needs("manage keys", "everywhere")]

    @post("/off")
    async def off(self, request: AnyRequest, service: ServiceHere, data: Data) -> Redirect:
        """Believe it nothing and ask it nothing, from now on."""
        return await _switch(request, service, data.peer, False)

    @post("/on")
    async def on(self, request: AnyRequest, service: ServiceHere, data: Data) -> Redirect:
        """Trust it again."""
        return await _switch(request, service, data.peer, True)

    @post("/accept")
    async def accept(self, request: AnyRequest, service: ServiceHere, data: Data) -> Redirect:
        """Let it speak for the bodies that have come to it since it joined."""
        request.state.audit = {"object": data.peer}
        try:
            joined = await service.peering.accept(data.peer)
        except PeerFailed as error:
            frame.flash(request, "federation.peer.failed", kind="danger", reason=str(error))
            return _back()
        await service.knowledge.catch_up()
        frame.flash(request, "federation.peer.accepted", name=joined.peer.name)
        return _back()


async def _switch(request: AnyRequest, service: ServiceHere, id: str, enabled: bool) -> Redirect:
    request.state.audit = {"object": id}
    peer = await service.peering.set_enabled(id, enabled)
    await service.knowledge.catch_up()
    undo = Undo(f"{PEERS}/{'off' if enabled else 'on'}", {"peer": peer.id})
    key = "federation.peer.on_now" if enabled else "federation.peer.off_now"
    frame.flash(request, key, undo=undo, name=peer.name)
    return _back()


def _back() -> Redirect:
    return frame.redirect(f"{FEDERATION}#peers")


handlers = [PeerActions]
