"""A visitor's conversation: begun, held, shown again, downloaded and erased."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Annotated, Any

import anyio
import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.params import HeaderParameter, JSONBody, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage
from msgspec import Meta

from brains.errors import Invalid
from router.api import metrics
from router.api.parameters import PRINTABLE, WITH_TOKEN, ConversationPath, LanguageTag
from router.api.problems import problems
from router.api.service import ServiceHere
from router.events import Event
from router.messages import Conversation, Notice, Reply, Spoken, Started, Turn
from router.security.texts import clean
from router.security.visitors import admitted, require_origin_of, token_in

AnyRequest = Request[Any, Any, Any]

HEARTBEAT_SECONDS = 15.0
RECONNECT_MS = 2000

Happening = Event | Sequence[Notice]


class StartRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Which body's bot to talk to, and the language of the page."""

    body: Annotated[str, Meta(max_length=120, pattern=PRINTABLE)]
    language: LanguageTag | None = None


class MessageRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Either `text`, or the id of an option as `choice`."""

    text: str | None = None
    choice: Annotated[str, Meta(max_length=300, pattern=PRINTABLE)] | None = None


class LanguageRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The language the visitor has chosen."""

    language: LanguageTag


class FeedbackRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the bot's reply number `turn` helped."""

    turn: Annotated[int, Meta(ge=0, le=1_000_000)]
    helpful: bool
    comment: str | None = None


@post("/", status_code=201, responses=problems(400, 401, 403, 404, 413, 415, 429), security=[{}])
async def start_conversation(
    request: AnyRequest, data: JSONBody[StartRequest], service: ServiceHere
) -> Started:
    """Begin a conversation with a body's bot. Keep the token: it is shown this once."""
    require_origin_of(request, service.knowledge.body(data.body))
    origin = request.headers.get("origin")
    return await service.conversations.start(data.body, data.language, origin)


class ConversationController(Controller):
    """Everything in one conversation needs its token, as `Authorization: Bearer`."""

    path = "/{conversation:str}"
    security = WITH_TOKEN

    @get("/", responses=problems(400, 401, 403, 404, 429))
    async def show(
        self, request: AnyRequest, conversation: ConversationPath, service: ServiceHere
    ) -> Conversation:
        """All that was said, to show the conversation again."""
        token = await admitted(request, service, conversation)
        return await service.conversations.get(conversation, token)

    @post("/messages", status_code=200, responses=problems(400, 401, 403, 404, 413, 415, 429))
    async def say(
        self,
        request: AnyRequest,
        conversation: ConversationPath,
        data: JSONBody[MessageRequest],
        service: ServiceHere,
    ) -> Reply:
        """Say something, or choose one of the options offered."""
        token = await admitted(request, service, conversation)
        if (data.text is None) == (data.choice is None):
            raise Invalid("Send either a text or a choice.", "text")
        text = data.text
        if text is not None:
            text = clean(text, service.settings.message_chars_max)
        reply = await service.conversations.say(conversation, token, text, data.choice)
        metrics.count(reply)
        return reply

    @put("/language", responses=problems(400, 401, 403, 404, 413, 415, 429))
    async def speak(
        self,
        request: AnyRequest,
        conversation: ConversationPath,
        data: JSONBody[LanguageRequest],
        service: ServiceHere,
    ) -> Spoken:
        """Go on in another language. What was said stays as it was."""
        token = await admitted(request, service, conversation)
        return await service.conversations.speak(conversation, token, data.language)

    @post("/handover", status_code=200, responses=problems(400, 401, 403, 404, 429))
    async def hand_over(
        self, request: AnyRequest, conversation: ConversationPath, service: ServiceHere
    ) -> Reply:
        """Ask for a human."""
        token = await admitted(request, service, conversation)
        reply = await service.conversations.handover(conversation, token)
        metrics.count(reply)
        return reply

    @post("/feedback", status_code=204, responses=problems(400, 401, 403, 404, 413, 415, 429))
    async def feedback(
        self,
        request: AnyRequest,
        conversation: ConversationPath,
        data: JSONBody[FeedbackRequest],
        service: ServiceHere,
    ) -> None:
        """Say whether a reply helped."""
        token = await admitted(request, service, conversation)
        comment = data.comment
        if comment is not None and comment.strip():
            comment = clean(comment, service.settings.message_chars_max, "comment")
        await service.conversations.feedback(
            conversation, token, data.turn, data.helpful, comment or None
        )

    @delete("/", responses=problems(400, 401, 403, 404, 429))
    async def erase(
        self, request: AnyRequest, conversation: ConversationPath, service: ServiceHere
    ) -> None:
        """Erase the conversation for good."""
        token = await admitted(request, service, conversation)
        await service.conversations.erase(conversation, token)

    @get("/transcript", media_type="text/plain", responses=problems(400, 401, 403, 404, 429))
    async def transcript(
        self, request: AnyRequest, conversation: ConversationPath, service: ServiceHere
    ) -> Response[str]:
        """All that was said, as a text file."""
        token = await admitted(request, service, conversation)
        text = await service.conversations.transcript(conversation, token)
        disposition = 'attachment; filename="samsvar.txt"'
        return Response(
            text,
            media_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
        )

    @get("/events", media_type="text/event-stream", responses=problems(400, 401, 403, 404, 429))
    async def events(
        self,
        request: AnyRequest,
        conversation: ConversationPath,
        service: ServiceHere,
        token: Annotated[
            str | None,
            QueryParameter(
                required=False,
                max_length=200,
                description="The token, for browsers' EventSource, which sends no headers.",
            ),
        ] = None,
        last_event_id: Annotated[
            str | None,
            HeaderParameter(
                name="Last-Event-ID",
                required=False,
                description="The last turn seen; those after it are sent first.",
            ),
        ] = None,
    ) -> ServerSentEvent:
        """Server-sent events as they happen: `reply`, `agent`, `typing`, `state`, `broadcasts`."""
        token = token or token_in(request)
        body = await service.conversations.authorise(conversation, token)
        require_origin_of(request, service.knowledge.body(body))
        seen = int(last_event_id) if last_event_id and last_event_id.isdigit() else None
        return ServerSentEvent(_stream(service, conversation, token, seen))


async def _stream(
    service: ServiceHere, conversation: str, token: str, seen: int | None
) -> AsyncIterator[ServerSentEventMessage]:
    """First what was missed, then what happens; a comment now and then keeps the line open."""
    async with (
        service.events.listen(conversation) as events,
        aclosing(await service.conversations.notices(conversation, token)) as notices,
    ):
        now = await service.conversations.get(conversation, token)
        yield ServerSentEventMessage(
            event="state", data=_json({"state": now.state}), retry=RECONNECT_MS
        )
        for turn in now.turns:
            if seen is not None and turn.turn > seen and turn.sender != "visitor":
                yield _missed(turn)
        async for event in _with_heartbeat(events, notices):
            yield ServerSentEventMessage(data=None, comment="") if event is None else _told(event)


def _missed(turn: Turn) -> ServerSentEventMessage:
    if turn.reply is not None:
        return ServerSentEventMessage(event="reply", id=turn.turn, data=_json(turn.reply))
    return ServerSentEventMessage(event="agent", id=turn.turn, data=_json(turn))


def _told(event: Happening) -> ServerSentEventMessage:
    if not isinstance(event, Event):
        return ServerSentEventMessage(event="broadcasts", data=_json({"broadcasts": event}))
    return ServerSentEventMessage(event=event.event, id=event.turn, data=bytes(event.data).decode())


async def _with_heartbeat(
    *streams: AsyncIterator[Happening],
) -> AsyncIterator[Happening | None]:
    """What all the streams tell, and None whenever there was nothing for `HEARTBEAT_SECONDS`."""
    waiting = {asyncio.ensure_future(anext(stream, None)): stream for stream in streams}
    try:
        while True:
            done, _ = await asyncio.wait(
                waiting, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                yield None
            for task in done:
                if (happened := task.result()) is None:
                    return
                stream = waiting.pop(task)
                yield happened
                waiting[asyncio.ensure_future(anext(stream, None))] = stream
    finally:
        for task in waiting:
            task.cancel()
        # The streams must be at rest before they can be closed, whatever cancels us.
        with anyio.CancelScope(shield=True):
            await asyncio.gather(*waiting, return_exceptions=True)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
