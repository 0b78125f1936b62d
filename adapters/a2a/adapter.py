"""The routes, and what both bindings do: a message is said in a conversation, and replied to."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from a2a.types import Message, SendMessageRequest
from a2a.utils import errors
from litestar import HttpMethod, Response, get, post, route
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from adapters.a2a import cards, messages, rest, rpc
from router.adapters import AnyRequest, Card, Desk, DeskHere, Line, Question, Told, refusals

NAME = "a2a"
PREFIX = f"/adapters/{NAME}"
BODY = f"{PREFIX}/{{slug:str}}"
CARD = ".well-known/agent-card.json"
VERSION = "A2A-Version"  # a header, or in the query
BY_HTTP = (401, 403, 413, 429)  # refused by the status too: whose key, how large, how often


def refuse_call(request: AnyRequest, error: Exception) -> Response[dict[str, Any]]:
    """Any refusal as a JSON-RPC error."""
    told, status = _error(request, error)
    content = rpc.error_of(request.state.get("call_id"), told)
    return Response(content, status_code=status or 200)


def refuse_rest(request: AnyRequest, error: Exception) -> Response[dict[str, Any]]:
    """Any refusal as an error of the HTTP+JSON binding."""
    told, status = _error(request, error)
    usual, content = rest.error_of(told)
    return Response(content, status_code=status or usual)


class A2AAdapter:
    """The adapter `a2a`."""

    name = NAME
    settings: Mapping[str, str] = {
        "version": "1.0 or 0.3, where the address is to be called as it is: no agent card is read",
        "tenant": "The tenant to ask, where the agent card names several",
    }

    def routes(self) -> list[HTTPRouteHandler]:
        return [card_of_all, card_of_body, call_to_all, call_to_body, send, stream, refused]

    async def ask(self, line: Line, question: Question) -> Told:
        """See `router.adapters.Calls`."""
        from adapters.a2a import calling  # the SDK's client takes a third of a second

        return await calling.ask(line, question)

    async def card(self, line: Line) -> Card | None:
        """See `router.adapters.Calls`."""
        from adapters.a2a import calling

        return await calling.card(line)


@get(f"{PREFIX}/{CARD}", include_in_schema=False)
async def card_of_all(request: AnyRequest, desk: DeskHere) -> cards.AgentCard:
    """Every body's bot, each as a tenant."""
    bodies = [(body, desk.topics(body.id)) for body in desk.bodies()]
    return cards.of_all(f"{desk.address(request)}{PREFIX}", bodies)


@get(f"{BODY}/{CARD}", include_in_schema=False)
async def card_of_body(request: AnyRequest, slug: str, desk: DeskHere) -> cards.AgentCard:
    """One body's bot."""
    for body in desk.bodies():
        if body.id == slug:
            address = f"{desk.address(request)}{PREFIX}/{slug}"
            return cards.of_body(address, body, desk.topics(slug))
    raise NotFoundException("No body of that name answers here.")


@post(PREFIX, status_code=200, include_in_schema=False, exception_handlers=refusals(refuse_call))
async def call_to_all(request: AnyRequest, desk: DeskHere) -> Response[dict[str, Any]] | Stream:
    """JSON-RPC, with the body as the tenant."""
    return await _called(request, desk, None)


@post(BODY, status_code=200, include_in_schema=False, exception_handlers=refusals(refuse_call))
async def call_to_body(
    request: AnyRequest, slug: str, desk: DeskHere
) -> Response[dict[str, Any]] | Stream:
    """JSON-RPC to one body's bot."""
    return await _called(request, desk, slug)


@post(
    f"{BODY}/message:send",
    status_code=200,
    include_in_schema=False,
    exception_handlers=refusals(refuse_rest),
)
async def send(request: AnyRequest, slug: str, desk: DeskHere) -> Response[dict[str, Any]]:
    """HTTP+JSON to one body's bot."""
    sent = rest.request_of(await request.body(), _version(request))
    result = rest.result_of(await _said(request, desk, slug, sent))
    return Response(result, media_type=rest.MEDIA_TYPE)


@post(
    f"{BODY}/message:stream",
    status_code=200,
    include_in_schema=False,
    exception_handlers=refusals(refuse_rest),
)
async def stream(request: AnyRequest, slug: str, desk: DeskHere) -> Stream:
    """The same, as a stream of one event."""
    sent = rest.request_of(await request.body(), _version(request))
    return _streamed(rest.result_of(await _said(request, desk, slug, sent)))


@route(
    [f"{BODY}/tasks", f"{BODY}/tasks/{{rest_of_it:path}}", f"{BODY}/extendedAgentCard"],
    http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.DELETE],
    status_code=200,
    include_in_schema=False,
    exception_handlers=refusals(refuse_rest),
)
async def refused(request: AnyRequest, slug: str) -> None:
    """What the binding has besides, and we have not."""
    raise rest.refusal_of(request.url.path)


async def _called(
    request: AnyRequest, desk: Desk, slug: str | None
) -> Response[dict[str, Any]] | Stream:
    call = rpc.read(await request.body())
    request.state["call_id"] = call.id
    method = rpc.method_of(call, _version(request))
    sent = rpc.request_of(call, method)
    result = rpc.result_of(call, method, await _said(request, desk, slug, sent))
    return _streamed(result) if method.streamed else Response(result)


async def _said(
    request: AnyRequest, desk: Desk, slug: str | None, sent: SendMessageRequest
) -> Message:
    """The message is said to the body's bot, in the conversation that its contextId names."""
    body = slug or sent.tenant
    if not body:
        raise errors.InvalidParamsError("Name the body that is asked as the tenant.")
    if sent.tenant not in ("", body):
        raise errors.InvalidParamsError("The tenant is another body than the address names.")
    caller = desk.caller(request, body)
    asked = messages.asked(sent)
    context = asked.context or str(uuid.uuid4())
    talk = await desk.talk(NAME, caller, context, body, asked.about.language)
    turns = [] if talk.started else await talk.turns()
    last = turns[-1].reply if turns else None
    choice = messages.chosen(asked, last.options if last else ())
    reply = await talk.say(asked.text, choice, asked.about.via)
    return messages.written(reply, context, sent)


def _version(request: AnyRequest) -> str:
    """The version that the caller says it speaks, "" where it does not say."""
    return request.headers.get(VERSION) or request.query_params.get(VERSION) or ""


def _streamed(result: dict[str, Any]) -> Stream:
    async def event() -> AsyncIterator[bytes]:
        yield b"data: " + msgspec.json.encode(result) + b"\n\n"

    return Stream(event(), media_type="text/event-stream")


def _error(request: AnyRequest, error: Exception) -> tuple[errors.A2AError, int | None]:
    """The protocol's error, and the HTTP status where that refuses too."""
    if isinstance(error, errors.A2AError):
        return error, None
    refusal = request.app.state.desk.refusal(request, error)
    if refusal.status in BY_HTTP:
        return errors.InvalidRequestError(refusal.text), refusal.status
    kind = errors.InternalError if refusal.status >= 500 else errors.InvalidParamsError
    return kind(refusal.text), None
