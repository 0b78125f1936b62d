"""The SDK's server around a toolbox. One a request: nothing is kept between two requests.

Hosts and origins are checked by the service itself and by `Desk.caller`, so the
SDK's own check of them, which knows localhost alone, stays off.
"""

from __future__ import annotations

from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    TextContent,
    Tool,
    ToolAnnotations,
)

from adapters.mcp.tools import Toolbox, ToolFailed, ToolSpec

INSTRUCTIONS = (
    "Answers from Norwegian public bodies (municipalities, NAV and others), each from its own "
    "bot. Use `ask` for a question to a body, `route` to find out which body a question belongs "
    "to, and `bodies` for their ids. Pass the reply on with the name of the body that gave it "
    "and its sources. A reply with the outcome `crisis` must be passed on complete."
)
BODY_BYTES_MAX = 64 * 1024


def answering(toolbox: Toolbox) -> ASGIApp:
    """What answers one request."""
    server = _server(toolbox)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        manager = StreamableHTTPSessionManager(
            server, stateless=True, json_response=True, max_request_body_size=BODY_BYTES_MAX
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)  # type: ignore[arg-type]

    return app


def _server(toolbox: Toolbox) -> Server[Any]:
    async def list_tools(context: Any, params: Any) -> ListToolsResult:
        return ListToolsResult(tools=[_tool(one) for one in toolbox.tools.values()])

    async def call_tool(context: Any, params: CallToolRequestParams) -> CallToolResult:
        if params.name not in toolbox.tools:
            known = ", ".join(toolbox.tools)
            raise MCPError(INVALID_PARAMS, f"There is no such tool. There are: {known}.")
        try:
            said, shown = await toolbox.call(params.name, params.arguments or {})
        except ToolFailed as error:
            return CallToolResult(content=[TextContent(text=str(error))], is_error=True)
        return CallToolResult(content=[TextContent(text=said)], structured_content=shown)

    return Server(
        "samsvar",
        title="Samsvar",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        get_tool_input_schema=lambda name: (
            tool.takes if (tool := toolbox.tools.get(name)) else None
        ),
    )


def _tool(one: ToolSpec) -> Tool:
    return Tool(
        name=one.name,
        title=one.title,
        description=one.description,
        input_schema=one.takes,
        output_schema=one.gives,
        annotations=ToolAnnotations(read_only_hint=one.reads_only, destructive_hint=False),
    )
