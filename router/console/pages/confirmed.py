"""What visitors have confirmed to be a partner's questions: taken back out by an administrator."""

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
from router.security.guards import needs

AnyRequest = Request[Any, Any, Any]


class Which(msgspec.Struct):
    """One question of a body's."""

    body: str = ""
    question: str = ""


class ConfirmedActions(Controller):
    """Buttons of the federation's page."""

    path = "/confirmed"
    guards = [needs("manage keys", "everywhere")]

    @post("/remove")
    async def remove(
        self,
        request: AnyRequest,
        service: ServiceHere,
        data: Annotated[Which, Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect:
        """It is not the body's, whoever confirmed it."""
        body = service.knowledge.body(data.body)
        request.state.audit = {"body": body.id}
        if await service.confirming.remove(body.id, data.question):
            await service.knowledge.catch_up()
            frame.flash(request, "federation.confirmed.removed", name=body.name)
        return frame.redirect(f"{FEDERATION}#confirmed")


handlers = [ConfirmedActions]
