"""A request's body: JSON and nothing else, in UTF-8, and not nested without end."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from brains.errors import Invalid
from router.errors import UnsupportedContent

ANY_CONTENT = "any_content"


class JsonRequest(Request[Any, Any, Any]):
    """A request whose unreadable JSON is the sender's fault, not ours."""

    async def json(self) -> Any:
        """The body as plain values. Raises `Invalid` saying what cannot be read."""
        try:
            return await super().json()
        except UnicodeDecodeError:
            raise Invalid("The text is not valid UTF-8. Send JSON in UTF-8.", "body") from None
        except RecursionError:
            raise Invalid("The JSON is nested too deeply. Send it flatter.", "body") from None


def json_only(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard for routes that read JSON: anything else is refused before it is read.

    `opt={"any_content": True}` lifts it.
    """
    if handler.opt.get(ANY_CONTENT) or "data" not in handler.parsed_fn_signature.parameters:
        return
    sent = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != "application/json" and not (
        sent.startswith("application/") and sent.endswith("+json")
    ):
        raise UnsupportedContent(
            f"The Content-Type is “{sent[:100]}”. Send JSON, as application/json."
        )
