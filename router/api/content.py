"""Refuse a body that is not JSON before it is read: 415, naming what is."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from router.errors import UnsupportedContent

ANY_CONTENT = "any_content"


def json_only(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard for routes that read a JSON body; `opt={"any_content": True}` lifts it."""
    if handler.opt.get(ANY_CONTENT) or "data" not in handler.parsed_fn_signature.parameters:
        return
    sent = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != "application/json" and not (sent.startswith("application/") and sent.endswith("+json")):
        raise UnsupportedContent(
            f"The Content-Type is “{sent[:100]}”. Send JSON, as application/json."
        )
