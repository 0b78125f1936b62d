"""One stateless question, and whose question it is."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta

from router.api import metrics
from router.api.parameters import PRINTABLE, WITH_OR_WITHOUT_KEY, LanguageTag
from router.api.problems import problems
from router.api.service import ServiceHere
from router.messages import Message, Reply, RouteResult
from router.security.texts import clean
from router.security.visitors import require_any_origin, require_origin_of

AnyRequest = Request[Any, Any, Any]
REFUSALS = problems(400, 401, 403, 404, 413, 415, 429)
Name = Annotated[str, Meta(max_length=120, pattern=PRINTABLE)]


class AskRequest(msgspec.Struct, forbid_unknown_fields=True):
    """One question to a body's bot. `via` lists the bodies it has passed, oldest first."""

    body: Name
    text: str
    language: LanguageTag | None = None
    via: Annotated[tuple[Name, ...], Meta(max_length=10)] = ()


class RouteRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A question, the body it was put to, and the visitor's municipality (slug or number)."""

    text: str
    sender: Name | None = msgspec.field(default=None, name="from")
    municipality: Name | None = None


@post(
    "/ask",
    status_code=200,
    security=WITH_OR_WITHOUT_KEY,
    responses=REFUSALS,
)
async def ask(request: AnyRequest, data: JSONBody[AskRequest], service: ServiceHere) -> Reply:
    """Ask a body's bot one question. Nothing is kept but the gap, where nobody can answer."""
    require_origin_of(request, service.knowledge.body(data.body))
    text = clean(data.text, service.settings.message_chars_max)
    reply = await service.ask(
        Message(body=data.body, text=text, language=data.language, via=data.via)
    )
    metrics.count(reply)
    return reply


@post(
    "/route",
    status_code=200,
    security=WITH_OR_WITHOUT_KEY,
    responses=REFUSALS,
)
async def route(
    request: AnyRequest, data: JSONBody[RouteRequest], service: ServiceHere
) -> RouteResult:
    """Find out which body a question belongs to."""
    require_any_origin(request, service)
    text = clean(data.text, service.settings.message_chars_max)
    return await service.route(text, data.sender, data.municipality)
