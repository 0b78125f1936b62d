"""Serves the widget as `/widget/v1.js`, to any site that embeds it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response, route
from litestar.datastructures import CacheControlHeader
from litestar.handlers import HTTPRouteHandler

STATIC = Path(__file__).parent / "static"
ENTRY = "v1.js"
AGE_SECONDS_MAX = 300
STALE_SECONDS_MAX = 24 * 3600
# Comments are for whoever reads the sources: visitors need not fetch them.
COMMENT = re.compile(r"^[ \t]*/\*\*.*?\*/\n", re.DOTALL | re.MULTILINE)
IMPORT = re.compile(r'^import [^;]*? from "\./([\w.]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async |function|class|const))", re.MULTILINE)
DECLARED = re.compile(r"^(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": CacheControlHeader(
        public=True, max_age=AGE_SECONDS_MAX, stale_while_revalidate=STALE_SECONDS_MAX
    ).to_header(include_header_name=False),
}


class WidgetFile(msgspec.Struct, frozen=True):
    """The widget as it is sent. `version` changes when anything in it does."""

    content: bytes
    version: str


def load(folder: Path = STATIC) -> WidgetFile:
    """All modules of the widget in one, so that a site waits for one request.

    Each comes once, after those that it imports, without its `import` and `export`. Raises
    `ValueError` where two modules declare the same name: in one module that would be an error.
    """
    sources: dict[str, str] = {}
    _gather(folder, ENTRY, sources)
    whole = "".join(sources.values())
    names = DECLARED.findall(whole)
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"declared in two modules of the widget: {', '.join(sorted(twice))}")
    content = whole.encode()
    return WidgetFile(content, hashlib.sha256(content).hexdigest()[:12])


def _gather(folder: Path, name: str, sources: dict[str, str]) -> None:
    source = COMMENT.sub("", (folder / name).read_text("utf-8"))
    for imported in IMPORT.findall(source):
        if imported not in sources:
            _gather(folder, imported, sources)
    sources[name] = EXPORT.sub("", IMPORT.sub("", source))


class WidgetAdapter:
    """The adapter `widget`: websites reach us through it."""

    name = "widget"

    def __init__(self, folder: Path = STATIC) -> None:
        self._file = load(folder)

    def routes(self) -> list[HTTPRouteHandler]:
        """`GET` and `HEAD /widget/v1.js`."""

        @route(
            f"/widget/{ENTRY}",
            http_method=[HttpMethod.GET, HttpMethod.HEAD],
            include_in_schema=False,
            sync_to_thread=False,
        )
        def widget_file(request: Request[Any, Any, Any]) -> Response[bytes]:
            etag = f'W/"{self._file.version}"'
            headers = {**HEADERS, "ETag": etag}
            if etag in request.headers.get("If-None-Match", ""):
                return Response(b"", status_code=304, headers=headers)
            return Response(self._file.content, headers=headers, media_type="text/javascript")

        return [widget_file]
