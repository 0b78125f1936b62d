"""The audit log writes itself: every change that succeeds is a line, before it is acknowledged.

A route that changes nothing says `opt={UNAUDITED: True}`. A handler may add to
its line with `request.state.audit = {"detail": {..}, "object": ..}`; fields as
in `brains.audit.Line`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from brains import audit
from brains.audit import Line
from brains.database import Database
from brains.errors import SamsvarError
from brains.store import now as utc_now
from router.security.access import Access, Holder
from router.security.edge import slashed

log = logging.getLogger(__name__)

UNAUDITED = "unaudited"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSED_FROM = 400
# What is one thing to a reader of the log, though it is several modules.
NOUNS = {
    "body_facts": "facts",
    "entry_editor": "entries",
    "entry_history": "entries",
    "entry_impact": "entries",
    "fact_files": "facts",
    "gap_answers": "gaps",
    "gap_work": "gaps",
    "peers": "federation",
    "transfer": "imports",
}


class AuditMiddleware(ASGIMiddleware):
    """Needs `scope["user"]`."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = UNAUDITED

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Write the line as the response begins, where the request changed something."""
        http = cast(HTTPScope, scope)
        if http["method"] in SAFE or http.get("user") is None:
            await next_app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < REFUSED_FROM:
                await self._write(http)
            await send(message)

        await next_app(scope, receive, sending)

    async def _write(self, scope: HTTPScope) -> None:
        """The change is made and cannot be taken back: a failure here is for the log."""
        line = line_of(scope)
        db: Database = scope["litestar_app"].state.service.db
        try:
            async with db.write() as tx:
                await audit.append(tx, line)
        except SamsvarError as error:
            log.error("The audit log lacks %s by %s: %s", line.action, line.by_id, error)


def line_of(scope: HTTPScope) -> Line:
    """What a request did, in the words of its route and path."""
    access: Access = scope["litestar_app"].state.access
    holder: Holder = scope["user"]
    places = {name: slashed(str(value)) for name, value in scope["path_params"].items()}
    brain, slug = places.pop("brain", None), places.pop("slug", None)
    body = slug or access.own_body(holder)
    added: Mapping[str, Any] = scope.get("state", {}).get("audit") or {}
    fields: dict[str, Any] = {
        "brain": brain or (access.brain_of(body) if body else None),
        "body": body,
        "object": "/".join(places.values()),
        "action": action(cast(HTTPRouteHandler, scope["route_handler"])),
        **added,
    }
    return Line(at=utc_now(), by=holder.name, by_id=holder.id, **fields)


def action(handler: HTTPRouteHandler) -> str:
    """`entries.save`: what the module is about and the function's name, as in `texts/audit`."""
    module = handler.fn.__module__.rpartition(".")[2]
    return f"{NOUNS.get(module, module)}.{handler.fn.__name__}"
