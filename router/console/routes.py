"""Every route of the console: its pages, what they pass on the way, and its files."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from types import ModuleType
from typing import Any

from litestar import Litestar, Router, get
from litestar.datastructures import CacheControlHeader
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from router.console import frame
from router.console.live import Live
from router.console.middleware import FrameMiddleware, count
from router.console.pages import (
    ask_as,
    audit,
    bodies,
    body_facts,
    broadcasts,
    confirmed,
    conflicts,
    connections,
    entries,
    entry_editor,
    entry_history,
    entry_impact,
    events,
    fact_files,
    facts,
    front,
    gap_answers,
    gap_selection,
    gap_work,
    gaps,
    imports,
    jobs,
    kept,
    keys,
    local_answers,
    overview,
    peers,
    people,
    profile,
    review,
    search,
    sign_in,
)
from router.security import kept_forms, signed_in
from router.security.audited import AuditMiddleware
from router.service import Service
from router.settings import Settings

STATIC = Path(__file__).parent / "static"
STATIC_AGE_SECONDS = 365 * 86400

# One module of `pages` a line; each has `handlers`.
AREAS: tuple[ModuleType, ...] = (
    front,
    overview,
    gaps,
    gap_selection,
    gap_work,
    gap_answers,
    entries,
    entry_history,
    entry_editor,
    entry_impact,
    review,
    ask_as,
    conflicts,
    facts,
    fact_files,
    body_facts,
    local_answers,
    broadcasts,
    bodies,
    search,
    jobs,
    events,
    sign_in,
    kept,
    profile,
    people,
    keys,
    connections,
    confirmed,
    peers,
    audit,
)


def console_routes(service: Service, settings: Settings) -> list[ControllerRouterHandler]:
    """`/console` and all below it, and `/`, which leads there."""
    handlers: list[Any] = [handler for area in AREAS for handler in area.handlers]
    handlers.append(
        Router(
            "/",
            route_handlers=imports.handlers,
            request_max_body_size=settings.import_bytes_max,
        )
    )
    secret = service.form_secret
    console = Router(
        "/console",
        route_handlers=handlers,
        middleware=[
            FrameMiddleware(),
            *signed_in.middleware(settings, secret, kept_forms.keeping(settings, secret)),
            AuditMiddleware(),
        ],
        before_request=count,
        include_in_schema=False,
    )
    static = create_static_files_router(
        path=static_path(),
        directories=[STATIC],
        name="console-static",
        cache_control=CacheControlHeader(public=True, max_age=STATIC_AGE_SECONDS, immutable=True),
        include_in_schema=False,
    )
    return [_front(settings), console, static]


def _front(settings: Settings) -> HTTPRouteHandler:
    """`/`, for whoever opens the service's address: the way to the demo's websites, where it
    runs with them, else to the console."""
    leads_to = "/demo" if settings.demo else "/console"

    @get("/", include_in_schema=False, sync_to_thread=False)
    def start_here() -> Redirect:
        return Redirect(leads_to, headers={"Cache-Control": "no-store"})

    return start_here


def attach(app: Litestar, service: Service) -> None:
    """Give the application what the console's pages read of it."""
    app.state.service = service
    app.state.live = Live(service.db)
    app.state.console_static = static_path()


@functools.cache
def static_path() -> str:
    """Where the files are served; it changes with what is in them, so they are kept for ever."""
    digest = hashlib.sha256()
    for file in sorted(STATIC.rglob("*")):
        if file.is_file():
            digest.update(file.name.encode() + file.read_bytes())
    return f"/console/static/{digest.hexdigest()[:12]}"


templates = frame.templates
