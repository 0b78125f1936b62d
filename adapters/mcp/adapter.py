"""`POST /adapters/mcp` and `POST /adapters/mcp/{body}`."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.types import ASGIApp

from adapters.mcp.tools import Toolbox
from router.adapters import AnyRequest, DeskHere, refusals

PATHS = ["/adapters/mcp", "/adapters/mcp/{body_id:str}"]
INVALID_REQUEST = -32600


def refuse(request: AnyRequest, error: Exception) -> Response[dict[str, Any]]:
    """A refusal before any tool was called, as a JSON-RPC error."""
    refusal = request.app.state.desk.refusal(request, error)
    shown = {"code": INVALID_REQUEST, "message": refusal.text}
    return Response({"jsonrpc": "2.0", "id": None, "error": shown}, status_code=refusal.status)


class McpAdapter:
    """The adapter `mcp`."""

    name = "mcp"

    def routes(self) -> list[HTTPRouteHandler]:
        """One route; what a request asks for is in its JSON."""
        # The SDK takes half a second to import: only who serves waits for it.
        from adapters.mcp.server import answering

        @post(PATHS, status_code=200, include_in_schema=False, exception_handlers=refusals(refuse))
        async def messages(
            request: AnyRequest, desk: DeskHere, body_id: FromPath[str | None] = None
        ) -> ASGIApp:
            if body_id is not None:
                desk.caller(request, body_id)
            return answering(Toolbox(desk, request, body_id))

        return [messages]
