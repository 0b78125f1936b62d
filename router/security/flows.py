"""A sign-in that is under way at the provider: kept in the browser's cookie, signed by us."""

from __future__ import annotations

import base64
import binascii
import time
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import Cookie

from router.security import signed
from router.security.oidc import Flow
from router.security.signed_in import is_secure, named

AnyRequest = Request[Any, Any, Any]

NAME, KIND = "samsvar_flow", "flow"
SECONDS_MAX = 600


class Kept(msgspec.Struct, frozen=True):
    """`wanted` is where to go when signed in, `until` in seconds since 1970."""

    flow: Flow
    wanted: str
    until: int


def cookie(request: AnyRequest, flow: Flow, wanted: str) -> Cookie:
    """The cookie for a flow just begun."""
    kept = Kept(flow, wanted, int(time.time()) + SECONDS_MAX)
    value = base64.urlsafe_b64encode(msgspec.json.encode(kept)).decode().rstrip("=")
    return _cookie(request, signed.sign(_secret(request), KIND, value), SECONDS_MAX)


def kept(request: AnyRequest) -> Kept | None:
    """The flow that this browser began; None where it has none, or too long ago."""
    settings = request.app.state.settings
    value = signed.read(_secret(request), KIND, request.cookies.get(named(NAME, settings), ""))
    if value is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        found = msgspec.json.decode(raw, type=Kept)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        return None
    return found if found.until > time.time() else None


def forgotten(request: AnyRequest) -> Cookie:
    """The cookie that ends the flow: each is good once."""
    return _cookie(request, "", 0)


def _cookie(request: AnyRequest, value: str, seconds: int) -> Cookie:
    settings = request.app.state.settings
    return Cookie(
        key=named(NAME, settings),
        value=value,
        path="/",
        max_age=seconds,
        httponly=True,
        secure=is_secure(settings),
        # The provider sends the browser back from another site.
        samesite="lax",
    )


def _secret(request: AnyRequest) -> str:
    secret: str = request.app.state.service.form_secret
    return secret
