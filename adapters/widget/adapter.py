"""Serves the widget's files under `/widget/`, to any site that embeds it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response, route
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

STATIC = Path(__file__).parent / "static"
ENTRY = "v1.js"
ENTRY_AGE_SECONDS_MAX = 300
PART_AGE_SECONDS_MAX = 365 * 24 * 3600
# Comments are for whoever reads the sources: visitors need not fetch them.
COMMENT = re.compile(r"^[ \t]*/\*\*.*?\*/\n", re.DOTALL | re.MULTILINE)

HEADERS_FOR_OTHER_SITES = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


class WidgetFile(msgspec.Struct, frozen=True):
    """One file as it is sent. `version` changes when anything in the widget does."""

    content: bytes
    version: str


def load(folder: Path = STATIC) -> dict[str, WidgetFile]:
    """The widget's files by name, imports addressed by version (`./view.js?v=3f2a..`).

    The version is one for the whole widget: a page never mixes two releases of it.
    """
    files = sorted(folder.glob("*.js"))
    sources = {path.name: COMMENT.sub("", path.read_text("utf-8")) for path in files}
    version = hashlib.sha256("".join(sources.values()).encode()).hexdigest()[:12]
    return {name: _file(source, sources, version) for name, source in sources.items()}


def _file(source: str, names: dict[str, str], version: str) -> WidgetFile:
    for name in names:
        source = source.replace(f'from "./{name}";', f'from "./{name}?v={version}";')
    return WidgetFile(source.encode(), version)


class WidgetAdapter:
    """The adapter `widget`: websites reach us through it."""

    name = "widget"

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = load(folder)

    def routes(self) -> list[HTTPRouteHandler]:
        """`GET` and `HEAD /widget/{file}`. 404 for what is not a file of the widget."""

        @route(
            "/widget/{file_name:str}",
            http_method=[HttpMethod.GET, HttpMethod.HEAD],
            include_in_schema=False,
            sync_to_thread=False,
        )
        def widget_file(file_name: str, request: Request[Any, Any, Any]) -> Response[bytes]:
            file = self._files.get(file_name)
            if file is None:
                raise NotFoundException(f"The widget has no file {file_name}.")
            return _respond(file_name, file, request)

        return [widget_file]


def _respond(name: str, file: WidgetFile, request: Request[Any, Any, Any]) -> Response[bytes]:
    etag = f'W/"{file.version}"'
    headers = {
        **HEADERS_FOR_OTHER_SITES,
        "ETag": etag,
        "Cache-Control": _caching(name, request.query_params.get("v") == file.version),
    }
    if etag in request.headers.get("If-None-Match", ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type="text/javascript")


def _caching(name: str, addressed_by_version: bool) -> str:
    if name != ENTRY and addressed_by_version:
        return CacheControlHeader(
            public=True, max_age=PART_AGE_SECONDS_MAX, immutable=True
        ).to_header(include_header_name=False)
    return CacheControlHeader(
        public=True, max_age=ENTRY_AGE_SECONDS_MAX, stale_while_revalidate=24 * 3600
    ).to_header(include_header_name=False)
