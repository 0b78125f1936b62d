"""Rights as Litestar guards: a route names the right it needs, and where.

`KeyMiddleware` finds out whose key a request to the API carries, before the
limits count it; `known_key` then refuses a wrong key, on every route and never
as if there were none. Who is signed in to the console, `signed_in` finds out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast

from litestar.connection import ASGIConnection, Request
from litestar.enums import ScopeType
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from router.errors import NotAllowed, NotAuthenticated
from router.security.access import Access, Holder
from router.security.rights import Right

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], None]

# Routes whose bearer token is a visitor's, not a key.
VISITOR_TOKEN = "visitor_token"
# The name of the adapter that a route belongs to.
ADAPTER = "adapter"
SECRET_CHARS_MAX = 500


class KeyMiddleware(ASGIMiddleware):
    """Puts the request's `Key` or None into `scope["user"]`, a refusal into `scope["auth"]`."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = VISITOR_TOKEN

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Look the key up; an error waits for `known_key`, so that the limits count it."""
        access: Access = scope["litestar_app"].state.access
        scope["user"] = scope["auth"] = None
        try:
            secret = bearer(Request(scope))
            if secret is not None:
                scope["user"] = await access.key_of(secret, adapter_of(scope))
        except (NotAuthenticated, NotAllowed) as error:
            scope["auth"] = error
        await next_app(scope, receive, send)


def adapter_of(scope: Scope) -> str | None:
    """The adapter whose route a request has come to, None for our own API."""
    adapter: str | None = scope["route_handler"].opt.get(ADAPTER)
    return adapter


def bearer(connection: Connection) -> str | None:
    """The secret of `Authorization: Bearer`, None without the header. Raises `NotAuthenticated`."""
    header = connection.headers.get("authorization")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret or len(secret) > SECRET_CHARS_MAX:
        raise NotAuthenticated("The Authorization header must be “Bearer <key>”.")
    return secret


def known_key(connection: Connection, handler: BaseRouteHandler) -> None:
    """Refuse a key that is wrong here, also where none is needed."""
    error = connection.scope.get("auth")
    if isinstance(error, NotAuthenticated | NotAllowed):
        raise error


def key_in(connection: Connection) -> Holder:
    """Whose request it is: a key's, or a person's. Raises `NotAuthenticated` for nobody's."""
    holder = connection.scope.get("user")
    if holder is None:
        raise NotAuthenticated("This needs a key. Send it as “Authorization: Bearer <key>”.")
    return cast(Holder, holder)


def needs(right: Right, where: Literal["brain", "body", "everywhere", "any body"]) -> Guard:
    """A guard: the holder must have `right` in the brain or body that the path names.

    With `any body` a holder of one body passes too where the body uses the
    brain; the handler then checks that what is touched is that body's own.
    """

    def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        access: Access = connection.app.state.access
        holder = key_in(connection)
        brain = connection.path_params.get("brain") if where in ("brain", "any body") else None
        body = connection.path_params.get("slug") if where == "body" else None
        if where == "any body":
            body = access.own_body(holder)
        access.require(holder, right, brain=brain, body=body)

    return guard
