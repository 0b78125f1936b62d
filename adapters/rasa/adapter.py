"""`POST /adapters/rasa/{body}/webhooks/rest/webhook`, and bots that run on Rasa."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.response import Stream

from adapters import plain
from adapters.rasa import calling, messages, shapes
from router.adapters import AnyRequest, Card, DeskHere, Line, Question, Told, refusals

NAME = "rasa"
PREFIX = "/adapters/rasa/{slug:str}/webhooks/rest"
# What front ends open a conversation with, or begin it anew.
OPENINGS = ("/session_start", "/restart", "/start", "/greet", "/get_started")


def refuse(request: AnyRequest, error: Exception) -> Response[dict[str, Any]]:
    """Any refusal in the form of Rasa's server."""
    refusal = request.app.state.desk.refusal(request, error)
    reason = HTTPStatus(refusal.status).phrase.replace(" ", "")
    content = shapes.error(refusal.status, reason, refusal.text)
    return Response(content, status_code=refusal.status)


class RasaAdapter:
    """The adapter `rasa`."""

    name = NAME
    settings: Mapping[str, str] = calling.SETTINGS

    def routes(self) -> list[HTTPRouteHandler]:
        return [webhook, health]

    async def ask(self, line: Line, question: Question) -> Told:
        """See `router.adapters.Calls`."""
        return await calling.ask(line, question)

    async def card(self, line: Line) -> Card | None:
        """A Rasa bot publishes nothing about itself."""
        return None


@post(
    f"{PREFIX}/webhook",
    status_code=200,
    include_in_schema=False,
    exception_handlers=refusals(refuse),
)
async def webhook(
    request: AnyRequest,
    slug: str,
    data: JSONBody[shapes.Asked],
    desk: DeskHere,
    stream: bool = False,
) -> Response[list[shapes.Message]] | Stream:
    """What the body's bot says to a message."""
    caller = desk.caller(request, slug)
    sender, language = str(data.sender), data.language()
    if data.message.strip() in OPENINGS:
        talk = await desk.start(NAME, caller, sender, slug, language)
        said = messages.of_greeting(await talk.first(), sender)
    else:
        talk = await desk.talk(NAME, caller, sender, slug, language)
        choice = messages.choice_of(data.message, await plain.offered(talk))
        said = messages.of_reply(await talk.say(data.message, choice, data.via()), sender)
    if stream:
        return Stream(_lines(said), media_type="text/event-stream")
    return Response(said)


@get(f"{PREFIX}/", include_in_schema=False, exception_handlers=refusals(refuse))
async def health(request: AnyRequest, slug: str, desk: DeskHere) -> shapes.Health:
    """That the body's bot is there."""
    desk.caller(request, slug)
    return shapes.Health()


def _lines(said: list[shapes.Message]) -> Iterator[bytes]:
    for message in said:
        yield msgspec.json.encode(message) + b"\n"
