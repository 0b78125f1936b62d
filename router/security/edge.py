"""What every request passes before any route: host, origin, headers, and one line of log.

Plain ASGI around the application. The log has the route's template and never
the path, the query or a text: those hold tokens and what people wrote.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from brains.model import Body
from router.security import origins
from router.settings import Settings

log = logging.getLogger("samsvar.access")

CORS_PATHS = ("/v1/", "/adapters/")
# Scripts that any website may load; what they may do is decided by what they call.
PUBLIC_PATHS = ("/widget/",)
CORS_METHODS = "GET, POST, PUT, DELETE"
# What the adapters' own clients send beside ours, named by their protocols.
ADAPTERS_HEADERS = "mcp-method, mcp-name, mcp-protocol-version, x-ms-bot-agent, x-requested-with"
CORS_REQUEST_HEADERS = f"authorization, content-type, last-event-id, {ADAPTERS_HEADERS}"
CORS_EXPOSED_HEADERS = "retry-after, content-disposition"
CORS_SECONDS = "600"

HTML_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
HSTS = "max-age=31536000"

ESCAPED_SLASH = re.compile(rb"%2f", re.IGNORECASE)
# What an escaped slash in a path becomes, so that it does not divide the path: see `slashed`.
SLASH_MARK = "\ue02f"


class Edge:
    """Wraps `app`. `bodies` gives the bodies of the moment, whose websites may call us."""

    def __init__(
        self, app: ASGIApp, settings: Settings, bodies: Callable[[], Iterable[Body]]
    ) -> None:
        self._app = app
        self._settings = settings
        self._bodies = bodies
        self._hosts = {host.lower() for host in settings.allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it here."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = Headers.from_scope(scope)
        origin = headers.get("origin")
        if "%2" in (raw := scope.get("raw_path", b"")).decode("latin-1"):
            scope["path"] = _path(raw)
        listed = self._listed(scope, origin)
        send = self._with_headers(scope, send, origin if listed else None, started)
        if self._hosts and _hostname(headers.get("host", "")) not in self._hosts:
            await _refuse(send, 400, "This service does not answer to that host name.")
        elif scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(send, listed)
        else:
            await self._app(scope, receive, send)

    def _listed(self, scope: HTTPScope, origin: str | None) -> bool:
        if origin is None or not scope["path"].startswith(CORS_PATHS):
            return False
        return origins.is_listed(origin, self._bodies())

    def _with_headers(
        self, scope: HTTPScope, send: Send, allowed: str | None, started: float
    ) -> Send:
        secure = self._settings.public_url.startswith("https:")

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableScopeHeaders(message)
                _protect(headers, secure)
                if scope["path"].startswith(CORS_PATHS):
                    headers.add("Vary", "Origin")
                if scope["path"].startswith(PUBLIC_PATHS):
                    headers["Access-Control-Allow-Origin"] = "*"
                if allowed is not None:
                    headers["Access-Control-Allow-Origin"] = allowed
                    headers["Access-Control-Expose-Headers"] = CORS_EXPOSED_HEADERS
                _write_log(scope, message["status"], started)
            await send(message)

        return sending


def slashed(name: str) -> str:
    """A path parameter with its escaped slashes: entry ids may have some, `alarm%2Fset`."""
    return name.replace(SLASH_MARK, "/")


def _path(raw: bytes) -> str:
    marked = ESCAPED_SLASH.sub(SLASH_MARK.encode(), raw.partition(b"?")[0])
    return unquote_to_bytes(marked).decode("utf-8", "replace")


def _hostname(host: str) -> str:
    return re.sub(r":\d+$", "", host).lower()


def _protect(headers: MutableScopeHeaders, secure: bool) -> None:
    is_html = headers.get("content-type", "").startswith("text/html")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("Content-Security-Policy", HTML_POLICY if is_html else DATA_POLICY)
    if secure:
        headers.setdefault("Strict-Transport-Security", HSTS)


def _write_log(scope: HTTPScope, status: int, started: float) -> None:
    template = scope.get("path_template") or "-"
    milliseconds = (time.perf_counter() - started) * 1000
    log.info("%s %s %d %.1f ms", scope["method"], template, status, milliseconds)


async def _preflight(send: Send, listed: bool) -> None:
    if not listed:
        await _refuse(send, 403, "No body has listed this page as its website.")
        return
    headers = {
        "access-control-allow-methods": CORS_METHODS,
        "access-control-allow-headers": CORS_REQUEST_HEADERS,
        "access-control-max-age": CORS_SECONDS,
    }
    await _respond(send, 204, b"", headers)


async def _refuse(send: Send, status: int, detail: str) -> None:
    titles = {400: "Bad Request", 403: "Forbidden"}
    body = {"type": "about:blank", "title": titles[status], "status": status, "detail": detail}
    headers = {"content-type": "application/problem+json"}
    await _respond(send, status, msgspec.json.encode(body), headers)


async def _respond(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    if body:
        headers["content-length"] = str(len(body))
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    start: Any = {"type": "http.response.start", "status": status, "headers": encoded}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})
