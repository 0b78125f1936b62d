"""What somebody of one body may do with what a brain shares: its own part, and no more.

Everyone's and a group's notices and answers need the right to publish in the
brain; one body's need the right to keep that body.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request

from brains.knowledge import scopes_of
from brains.model import EVERYONE, GROUP_PREFIX, Broadcast
from router.errors import NotAllowed
from router.security.access import Access
from router.security.guards import key_in
from router.service import Service

AnyRequest = Request[Any, Any, Any]


def require_scope(request: AnyRequest, brain: str, scope: str) -> str:
    """The name of whoever asks, who may speak to that audience. Raises `NotAllowed`."""
    access: Access = request.app.state.access
    holder = key_in(request)
    if scope == EVERYONE or scope.startswith(GROUP_PREFIX):
        access.require(holder, "publish", brain=brain)
    else:
        access.require(holder, "keep body", brain=brain, body=scope)
    return holder.name


def may_speak(request: AnyRequest, brain: str, scope: str) -> bool:
    """Whether `require_scope` would let it pass."""
    try:
        require_scope(request, brain, scope)
    except NotAllowed:
        return False
    return True


def require_broadcast(request: AnyRequest, brain: str, *audiences: Sequence[str]) -> str:
    """The name of whoever asks, who may speak to every one of the audiences."""
    for scope in {scope for audience in audiences for scope in audience}:
        require_scope(request, brain, scope)
    return key_in(request).name


def broadcast_for(service: Service, body: str | None, one: Broadcast) -> Broadcast | None:
    """The broadcast as one body's people see it: without other bodies' names, or not at all."""
    if body is None:
        return one
    scopes = scopes_of(service.knowledge.body(body))
    audience = [scope for scope in one.audience if scope in scopes]
    return msgspec.structs.replace(one, audience=audience) if audience else None
