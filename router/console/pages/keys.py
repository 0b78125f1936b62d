"""Keys of programs: partner bots, exports, whatever asks or changes without a person."""

from __future__ import annotations

from typing import Annotated, Any, get_args

import msgspec
from litestar import Controller, Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, PathParameter
from litestar.response import Redirect

from brains import keys
from brains.errors import Invalid, Problem
from brains.keys import Key
from brains.model import Role
from brains.store import now
from router.api.service import ServiceHere
from router.console import frame
from router.console.pages.people import places
from router.console.pages.profile import place
from router.security.guards import needs
from router.security.signed_in import access

AnyRequest = Request[Any, Any, Any]
Form = RequestEncodingType.URL_ENCODED
Id = Annotated[str, PathParameter(max_length=64)]
KEYS = "/console/keys"


class NewKey(msgspec.Struct):
    """The form for a key."""

    name: str = ""
    role: Role = "partner"
    scope: str = "*"
    adapter: str = ""


class KeysController(Controller):
    """Everything here is for administrators."""

    path = "/keys"
    guards = [needs("manage keys", "everywhere")]

    @get("/")
    async def listing(self, request: AnyRequest) -> Any:
        """All keys, newest first, without their secrets."""
        return await _page(request, NewKey())

    @post("/")
    async def create(
        self,
        request: AnyRequest,
        service: ServiceHere,
        data: Annotated[NewKey, Body(media_type=Form)],
    ) -> Any:
        """Make a key, and show its secret this once."""
        try:
            if data.adapter and data.adapter not in request.app.state.adapters:
                raise Invalid("Choose one that is there.", "field adapter")
            async with service.db.write() as tx:
                key, secret = await keys.create(
                    tx, data.name, data.role, data.scope, now(), data.adapter or None
                )
                request.state.audit = {"object": key.id, "detail": _given(key)}
        except Invalid as error:
            field = error.pointer.removeprefix("field ")
            problem = Problem(field, frame.say(request, f"people.wrong.{field}"))
            return await _page(request, data, [problem])
        return frame.page(
            request,
            "keys/secret.html",
            title=frame.say(request, "keys.made", name=key.name),
            area="keys",
            secret=secret,
        )

    @post("/{key_id:str}/revoke")
    async def revoke(self, request: AnyRequest, key_id: Id) -> Redirect:
        """Make a key useless for good."""
        if await access(request).revoke(key_id):
            frame.flash(request, "keys.revoked_now")
        return frame.redirect(KEYS)


def _given(key: Key) -> dict[str, str]:
    given = {"name": key.name, "role": key.role, "scope": key.scope}
    return given | ({"adapter": key.adapter} if key.adapter else {})


async def _page(
    request: AnyRequest, form: NewKey, errors: list[Problem] | None = None
) -> frame.ConsolePage:
    return frame.page(
        request,
        "keys/list.html",
        title=frame.say(request, "keys.title"),
        area="keys",
        errors=errors or [],
        keys=await access(request).listing(),
        form=form,
        roles=[(role, frame.say(request, f"common.roles.{role}")) for role in get_args(Role)],
        places=places(request),
        adapters=[("", frame.say(request, "keys.any_adapter"))]
        + [(name, name) for name in request.app.state.adapters],
        place=lambda scope: place(request, scope),
    )


handlers = [KeysController]
