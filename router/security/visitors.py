"""A visitor's request: the token it must carry and the page it may come from."""

from __future__ import annotations

from typing import Any

from litestar import Request

from brains.model import Body
from router.errors import NotAllowed, NotAuthenticated
from router.security import origins
from router.security.guards import bearer
from router.service import Service

AnyRequest = Request[Any, Any, Any]

TOKEN_CHARS_MAX = 200


def foreign_origin(request: AnyRequest) -> str | None:
    """The origin of another site's page, None for our own pages and for programs."""
    origin = request.headers.get("origin")
    if origin is None or request.scope.get("user") is not None:
        return None
    host = request.headers.get("host", "")
    public_url: str = request.app.state.settings.public_url
    if origins.is_own(origin, request.url.scheme, host, public_url):
        return None
    return origin


def require_origin_of(request: AnyRequest, body: Body) -> None:
    """Raise `NotAllowed` unless the page is our own, or one that `body` lists."""
    origin = foreign_origin(request)
    if origin is not None:
        origins.require_listed(origin, body)


def require_any_origin(request: AnyRequest, service: Service) -> None:
    """Raise `NotAllowed` unless the page is our own, or one that any body lists."""
    origin = foreign_origin(request)
    if origin is not None and not origins.is_listed(origin, service.knowledge.bodies.values()):
        raise NotAllowed(f"The page {origin[:200]} is no body's website.")


async def admitted(request: AnyRequest, service: Service, conversation: str) -> str:
    """The visitor's token, where the page that sends it is one of the body's.

    The token itself is checked by whatever is done with it. Raises
    `NotAuthenticated` without one, `NotAllowed` for a foreign page.
    """
    token = token_in(request)
    if foreign_origin(request) is not None:
        body = await service.conversations.authorise(conversation, token)
        require_origin_of(request, service.knowledge.body(body))
    return token


def token_in(request: AnyRequest) -> str:
    """The token of a conversation, from `Authorization: Bearer`."""
    token = bearer(request)
    if token is None or len(token) > TOKEN_CHARS_MAX:
        raise NotAuthenticated(
            "This needs the conversation's token. Send it as “Authorization: Bearer <token>”."
        )
    return token
