"""The web application, put together: routes, who may use them, how often, and what errors say."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from typing import Any

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Reference, SecurityScheme, Tag
from litestar.stores.memory import MemoryStore
from litestar.types import ControllerRouterHandler, Receive, Scope, Send

from brains.errors import Invalid
from router.adapters import Adapter
from router.api import metrics
from router.api.ask import ask, route
from router.api.bodies import BodyController
from router.api.broadcasts import BroadcastController, notices
from router.api.confirmed import ConfirmedController
from router.api.connections import ConnectionController
from router.api.content import JsonRequest, json_only
from router.api.conversations import ConversationController, start_conversation
from router.api.docs import docs
from router.api.entries import EntryController
from router.api.facts import FactController
from router.api.gap_work import GapWorkController
from router.api.gaps import GapController
from router.api.health import healthz, readyz
from router.api.local_answers import LocalAnswerController
from router.api.previews import PreviewController
from router.api.problems import HANDLERS
from router.api.transfer import ExportController, ImportController
from router.console import errors
from router.console.routes import attach, templates
from router.desk import AdapterDesk
from router.security import limits
from router.security.access import Access
from router.security.audited import UNAUDITED, AuditMiddleware
from router.security.edge import Edge
from router.security.guards import ADAPTER, VISITOR_TOKEN, KeyMiddleware, known_key
from router.security.oidc import Provider
from router.security.sign_in import in_database
from router.service import Service
from router.settings import Settings, variable

DESCRIPTION = (
    "One shared brain of questions and answers for many organisations' bots. Errors are RFC 9457 "
    "problem details that say what to change."
)
TAGS = {
    "conversations": "A visitor's conversation.",
    "questions": "One question without a conversation.",
    "bodies": "The organisations and their facts.",
    "curation": "The shared brain: entries and gaps.",
    "federation": "Connections to other bodies' bots.",
    "operation": "For whoever runs the service.",
}


class App(Litestar):
    """Litestar behind the edge that every request passes first."""

    edge: Edge | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI entry point."""
        if self.edge is None:
            await super().__call__(scope, receive, send)
        else:
            await self.edge(scope, receive, send)

    async def within(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is behind the edge."""
        await super().__call__(scope, receive, send)


def create_app(
    service: Service,
    settings: Settings,
    adapters: Sequence[Adapter] = (),
    pages: Sequence[ControllerRouterHandler] = (),
) -> Litestar:
    """The application over an opened `service`.

    `adapters` are the foreign protocols; `pages` are the route handlers of the console and the
    demo. Raises `Invalid` for a limit of an adapter that is not there.
    """
    access = Access(service.db, settings.admin_key, service.knowledge.bodies)
    desk = AdapterDesk(service, access)
    app = App(
        route_handlers=[
            _api(settings),
            _foreign(adapters, settings, desk),
            *_operation(),
            docs,
            *pages,
        ],
        dependencies={
            "service": Provide(lambda: service, sync_to_thread=False),
            "desk": Provide(lambda: desk, sync_to_thread=False),
        },
        exception_handlers=errors.handlers(HANDLERS),
        lifespan=[limits.swept_store],
        logging_config=None,
        middleware=[metrics.CONFIG.middleware],
        openapi_config=_openapi(),
        plugins=[service.events.plugin],
        request_class=JsonRequest,
        request_max_body_size=settings.body_bytes_max,
        stores={limits.STORE: MemoryStore()},
        template_config=templates(),
    )
    app.state.access = access
    app.state.adapters = [adapter.name for adapter in adapters]
    app.state.desk = desk
    app.state.settings = settings
    attach(app, service)
    app.state.provider = Provider.of(settings)
    app.state.sign_in = in_database(service.db)
    app.edge = Edge(app.within, settings, service.knowledge.bodies.values)
    return app


def _api(settings: Settings) -> Router:
    asks = limits.by_address("asks", settings.asks_per_minute)
    messages = limits.by_conversation(settings.messages_per_minute)
    return Router(
        "/v1",
        route_handlers=[
            _limited("/conversations", [start_conversation], asks, "conversations"),
            _visitor("/conversations", [ConversationController], messages),
            _limited("/", [ask, route], asks, "questions"),
            Router(
                "/",
                route_handlers=[BodyController, FactController, ConfirmedController, notices],
                tags=["bodies"],
            ),
            _curation(settings),
            ConnectionController,
        ],
        guards=[known_key, json_only],
        middleware=[
            KeyMiddleware(),
            limits.by_address("requests", settings.requests_per_minute),
            limits.by_key(settings.key_requests_per_minute),
            AuditMiddleware(),
        ],
    )


def _foreign(adapters: Sequence[Adapter], settings: Settings, desk: AdapterDesk) -> Router:
    """The protocols of others. A wrong key is refused by `Desk.caller`, in the protocol's form."""
    limited = settings.adapter_requests_per_minute
    if unknown := sorted(set(limited).difference(adapter.name for adapter in adapters)):
        raise Invalid(
            f"There is no adapter {', '.join(unknown)} to limit. There are: "
            f"{', '.join(adapter.name for adapter in adapters)}.",
            variable("adapter_requests_per_minute"),
        )
    return Router(
        "/",
        route_handlers=[
            _adapter(adapter, limited.get(adapter.name), desk.of(adapter.name))
            for adapter in adapters
        ],
        middleware=[
            KeyMiddleware(),
            limits.by_address("requests", settings.requests_per_minute),
            limits.by_key(settings.key_requests_per_minute),
        ],
    )


def _adapter(adapter: Adapter, per_minute: int | None, desk: AdapterDesk) -> Router:
    """One protocol, with its own desk and limit."""
    return Router(
        "/",
        route_handlers=list(adapter.routes()),
        dependencies={"desk": Provide(lambda: desk, sync_to_thread=False)},
        middleware=[limits.by_caller(adapter.name, per_minute)] if per_minute else [],
        opt={ADAPTER: adapter.name},
    )


def _curation(settings: Settings) -> Router:
    imports = Router(
        "/",
        route_handlers=[ImportController],
        request_max_body_size=settings.import_bytes_max,
    )
    handlers: list[ControllerRouterHandler] = [
        EntryController,
        PreviewController,
        GapController,
        GapWorkController,
        BroadcastController,
        LocalAnswerController,
        ExportController,
        imports,
    ]
    return Router("/", route_handlers=handlers, tags=["curation"])


def _limited(
    path: str, handlers: Sequence[ControllerRouterHandler], limit: Any, tag: str | None = None
) -> Router:
    tags = [tag] if tag else None
    opt = {UNAUDITED: True}
    return Router(path, route_handlers=list(handlers), middleware=[limit], opt=opt, tags=tags)


def _visitor(path: str, handlers: Sequence[ControllerRouterHandler], limit: Any) -> Router:
    return Router(
        path,
        route_handlers=list(handlers),
        middleware=[limit],
        opt={VISITOR_TOKEN: True, UNAUDITED: True},
        tags=["conversations"],
    )


def _operation() -> list[ControllerRouterHandler]:
    return [
        Router("/", route_handlers=[healthz, readyz], tags=["operation"]),
        metrics.MetricsController,
    ]


def _openapi() -> OpenAPIConfig:
    schemes: dict[str, SecurityScheme | Reference] = {
        "key": _bearer("A key of a curator, a partner, an operator."),
        "conversation": _bearer("The conversation's token."),
    }
    return OpenAPIConfig(
        title="Samsvar",
        version=_version(),
        description=DESCRIPTION,
        components=Components(security_schemes=schemes),
        render_plugins=[JsonRenderPlugin()],
        tags=[Tag(name, description) for name, description in TAGS.items()],
        use_handler_docstrings=True,
    )


def _bearer(description: str) -> SecurityScheme:
    return SecurityScheme(type="http", scheme="bearer", description=description)


def _version() -> str:
    try:
        return importlib.metadata.version("samsvar")
    except importlib.metadata.PackageNotFoundError:
        return "0"
