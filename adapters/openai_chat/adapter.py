"""`POST /adapters/openai/v1/chat/completions`, `GET ../models` and `GET ../models/{model}`."""

from __future__ import annotations

import secrets
import time
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from litestar.response import Stream

from adapters import plain
from adapters.openai_chat import memory, shapes, written
from router.adapters import AnyRequest, DeskHere, refusals

PREFIX = "/adapters/openai/v1"
# The whole history comes along with every message.
REQUEST_BYTES_MAX = 2**20


def refuse(request: AnyRequest, error: Exception) -> Response[dict[str, Any]]:
    """Any refusal in the form that OpenAI's clients read."""
    refusal = request.app.state.desk.refusal(request, error)
    hint = " A model is a body's slug; GET models lists them." if refusal.status == 404 else ""
    body = shapes.error(refusal.status, refusal.text + hint)
    return Response(body, status_code=refusal.status, headers=_request_id())


class OpenAIChatAdapter:
    """The adapter `openai`."""

    name = memory.NAME

    def routes(self) -> list[HTTPRouteHandler]:
        return [completions, models, model]


@post(
    f"{PREFIX}/chat/completions",
    status_code=200,
    include_in_schema=False,
    request_max_body_size=REQUEST_BYTES_MAX,
    exception_handlers=refusals(refuse),
)
async def completions(
    request: AnyRequest, data: JSONBody[shapes.ChatRequest], desk: DeskHere
) -> Response[shapes.Completion] | Stream:
    """The reply of a body's bot to the last message of the history."""
    caller = desk.caller(request, data.model)
    _require_possible(data)
    said = memory.history(data.messages)
    *before, (role, text) = said or [("", "")]
    if role != "user":
        raise ClientException("The last message must be the user's: it is what is answered.")
    talk, offered = await memory.conversation(desk, caller, data.model, data.visitor, before)
    reply = await talk.say(text, data.choice or plain.chosen(text, offered))
    shown = written.shown(reply, data.model)
    said.append(("assistant", shown))
    await memory.remember(desk, caller, data.model, data.visitor, said, talk)
    id, now = f"chatcmpl-{secrets.token_hex(12)}", int(time.time())
    if data.stream:
        parts = written.chunks(id, now, data, shown, reply)
        kind = "text/event-stream; charset=utf-8"
        return Stream(parts, media_type=kind, headers=_request_id())
    message = shapes.Said(shown, written.citations(shown, reply), reply)
    done = shapes.Completion(id, now, data.model, [shapes.Choice(message)])
    return Response(done, headers=_request_id())


@get(f"{PREFIX}/models", include_in_schema=False, exception_handlers=refusals(refuse))
async def models(request: AnyRequest, desk: DeskHere) -> shapes.Models:
    """Every body that answers here, as a model."""
    desk.caller(request, None)
    return shapes.Models([shapes.Model(body.id, body.name) for body in desk.bodies()])


@get(
    f"{PREFIX}/models/{{name:str}}",
    include_in_schema=False,
    exception_handlers=refusals(refuse),
)
async def model(request: AnyRequest, name: FromPath[str], desk: DeskHere) -> shapes.Model:
    """One body that answers here."""
    desk.caller(request, name)
    for body in desk.bodies():
        if body.id == name:
            return shapes.Model(body.id, body.name)
    raise NotFoundException  # a body without a bot


def _require_possible(asked: shapes.ChatRequest) -> None:
    """Refuse what would be answered otherwise than the caller expects."""
    if asked.n not in (None, 1):
        raise ClientException("`n` must be 1: a body gives one answer.")
    if asked.response_format is not None and asked.response_format.type != "text":
        raise ClientException("`response_format` must be text: answers are written for people.")
    for number, message in enumerate(asked.messages):
        if message.role == "user" and (kind := message.unread()) is not None:
            raise ClientException(
                f"messages[{number}] has a part of type {kind[:40]}: only text is read."
            )


def _request_id() -> dict[str, str]:
    return {"x-request-id": f"req_{secrets.token_hex(16)}"}
