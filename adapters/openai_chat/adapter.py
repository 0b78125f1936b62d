"""`POST /adapters/openai/v1/chat/completions` and `GET /adapters/openai/v1/models`."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.exceptions import ClientException
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.response import Stream

from adapters import plain
from adapters.openai_chat import memory, shapes
from router.adapters import AnyRequest, DeskHere, refusals
from router.messages import Reply

PREFIX = "/adapters/openai/v1"
WORDS = re.compile(r"\S+\s*|\s+")


def refuse(request: AnyRequest, error: Exception) -> Response[dict[str, Any]]:
    """Any refusal in the form that OpenAI's clients read."""
    refusal = request.app.state.desk.refusal(request, error)
    return Response(shapes.error(refusal.status, refusal.text), status_code=refusal.status)


class OpenAIChatAdapter:
    """The adapter `openai`."""

    name = memory.NAME

    def routes(self) -> list[HTTPRouteHandler]:
        return [completions, models]


@post(
    f"{PREFIX}/chat/completions",
    status_code=200,
    include_in_schema=False,
    exception_handlers=refusals(refuse),
)
async def completions(
    request: AnyRequest, data: JSONBody[shapes.ChatRequest], desk: DeskHere
) -> Response[shapes.Completion] | Stream:
    """The reply of a body's bot to the last message of the history."""
    caller = desk.caller(request, data.model)
    said = memory.history(data.messages)
    *before, (role, text) = said or [("", "")]
    if role != "user":
        raise ClientException("The last message must be the user's: it is what is answered.")
    talk, offered = await memory.conversation(desk, caller, data.model, before)
    reply = await talk.say(text, data.choice or plain.chosen(text, offered))
    shown = plain.as_text(reply).strip()
    await memory.remember(desk, caller, data.model, [*said, ("assistant", shown)], talk)
    id, now = f"chatcmpl-{secrets.token_hex(12)}", int(time.time())
    if data.stream:
        chunks = _chunks(id, now, data.model, shown, reply)
        return Stream(chunks, media_type="text/event-stream; charset=utf-8")
    message = shapes.Said("assistant", shown, reply)
    return Response(shapes.Completion(id, now, data.model, [shapes.Choice(message)]))


@get(f"{PREFIX}/models", include_in_schema=False, exception_handlers=refusals(refuse))
async def models(request: AnyRequest, desk: DeskHere) -> shapes.Models:
    """Every body that answers here, as a model."""
    return shapes.Models([shapes.Model(body.id, body.name) for body in desk.bodies()])


async def _chunks(id: str, now: int, model: str, text: str, reply: Reply) -> AsyncIterator[bytes]:
    """The text word by word, then the end."""

    def chunk(said: shapes.Said, end: bool = False) -> bytes:
        one = shapes.ChunkChoice(said, "stop" if end else None)
        return b"data: " + msgspec.json.encode(shapes.Chunk(id, now, model, [one])) + b"\n\n"

    yield chunk(shapes.Said("assistant", ""))
    for word in WORDS.findall(text):
        yield chunk(shapes.Said(content=word))
    yield chunk(shapes.Said(samsvar=reply), end=True)
    yield b"data: [DONE]\n\n"
