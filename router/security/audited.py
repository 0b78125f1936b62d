"""The audit log writes itself: every change that succeeds is a line, and no line no change.

The line is written in the transaction of the change, the first one where there
are several. Where a request succeeds and changes nothing in the database, it is
written in one of its own, unless a page says that it was refused
(`state[REFUSED]`). A route that is not to be in the log says
`opt={UNAUDITED: True}`. Before it changes anything, a handler may add to its
line with `request.state.audit = {"detail": {..}, "object": ..}`; fields as in
`brains.audit.Line`.
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
from brains.database import Database, Transaction, along
from brains.errors import SamsvarError
from brains.store import now as utc_now
from router.security.access import Access, Holder
from router.security.edge import slashed

log = logging.getLogger(__name__)

UNAUDITED = "unaudited"
REFUSED = "refused"
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
    "gap_selection": "gaps",
    "local_impact": "local_answers",
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

        line = _Pending(http)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                await line.end(message["status"] < REFUSED_FROM)
            await send(message)

        with along(line):
            await next_app(scope, receive, sending)


class _Pending:
    """The line of a request, until it is written."""

    def __init__(self, scope: HTTPScope) -> None:
        self._scope = scope
        self._over = False

    async def write(self, tx: Transaction) -> bool:
        """With the request's change."""
        if self._over:
            return False
        await audit.append(tx, line_of(self._scope))
        self._over = True
        return True

    def undo(self) -> None:
        """The change came to nothing."""
        self._over = False

    async def end(self, succeeded: bool) -> None:
        """What is written from now on is not the request's."""
        db: Database = self._scope["litestar_app"].state.service.db
        try:
            refused = self._scope.get("state", {}).get(REFUSED)
            if succeeded and not self._over and not refused:
                async with db.write():
                    pass
        except SamsvarError as error:
            log.error("The audit log lacks %s: %s", self._scope["path_template"], error)
        self._over = True


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
