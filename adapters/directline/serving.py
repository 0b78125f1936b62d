"""The routes under `/adapters/directline/{body}/v3/directline/`."""

from __future__ import annotations

import secrets
from typing import Any, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from adapters import plain
from adapters.directline import activities, admission, heard
from adapters.directline.echoes import Echoes
from adapters.directline.errors import Refused, refuse
from adapters.directline.shapes import Activity, ActivitySet, Posted, Start, Started
from router.adapters import AnyRequest, Desk, DeskHere, Talk, refusals
from router.messages import Speaker

PREFIX = "/adapters/directline/{body_id:str}/v3/directline"
CONVERSATION = f"{PREFIX}/conversations/{{conversation:str}}"
WATERMARK_DIGITS_MAX = 9
OPTIONS: dict[str, Any] = {
    "include_in_schema": False,
    "exception_handlers": refusals(refuse),
}

T = TypeVar("T")


def routes() -> list[HTTPRouteHandler]:
    """All of them. Echoes are kept for one application."""
    return [generate, refresh, start, reconnect, upload, *_of_activities(Echoes())]


@post(f"{PREFIX}/tokens/generate", status_code=200, **OPTIONS)
async def generate(request: AnyRequest, body_id: FromPath[str], desk: DeskHere) -> Started:
    """A token for a conversation that has not begun, to give to a page."""
    asked = await _read(request, Start, Start())
    return await admission.shown(desk, admission.fresh(request, desk, body_id, asked))


@post(f"{PREFIX}/tokens/refresh", status_code=200, **OPTIONS)
async def refresh(request: AnyRequest, body_id: FromPath[str], desk: DeskHere) -> Started:
    """A fresh token for one that is still good."""
    granted = await admission.token_in(request, desk, body_id)
    if granted is None:
        raise Refused(403, "Send the token that is to be refreshed.")
    return await admission.shown(desk, granted)


@post(f"{PREFIX}/conversations", **OPTIONS)
async def start(request: AnyRequest, body_id: FromPath[str], desk: DeskHere) -> Response[Started]:
    """A new conversation; the one that the token is for, where that has begun already."""
    asked = await _read(request, Start, Start())
    granted = await admission.begin(request, desk, body_id, asked)
    talk = await desk.talk(
        admission.NAME, granted.caller, granted.conversation, body_id, asked.locale
    )
    begun = await admission.shown(desk, granted)
    return Response(begun, status_code=201 if talk.started is not None else 200)


@get(CONVERSATION, **OPTIONS)
async def reconnect(
    request: AnyRequest, body_id: FromPath[str], conversation: FromPath[str], desk: DeskHere
) -> Started:
    """The conversation again, with a fresh token."""
    granted, _ = await admission.opened(request, desk, body_id, conversation)
    return await admission.shown(desk, granted)


@post(f"{CONVERSATION}/upload", status_code=200, **OPTIONS)
async def upload(
    request: AnyRequest, body_id: FromPath[str], conversation: FromPath[str], desk: DeskHere
) -> None:
    """Files are refused, from whoever sends them."""
    await admission.opened(request, desk, body_id, conversation)
    raise Refused(400, "Files are not taken here. Send a text.", "NotSupported")


def _of_activities(echoes: Echoes) -> list[HTTPRouteHandler]:
    @post(f"{CONVERSATION}/activities", status_code=200, **OPTIONS)
    async def say(
        request: AnyRequest, body_id: FromPath[str], conversation: FromPath[str], desk: DeskHere
    ) -> Posted:
        """Something that the client's user does. The reply is among the activities afterwards."""
        granted, talk = await admission.opened(request, desk, body_id, conversation)
        activity = await _read(request, Activity)
        said = heard.heard(activity, await plain.offered(talk))
        if said is None:
            return Posted(f"{conversation}|{secrets.token_hex(8)}")
        reply = await talk.say(said.text, said.choice, said.via)
        visitors = reply.turn - 1
        echoes.keep(conversation, visitors, heard.echo(activity, granted.user))
        return Posted(activities.id_of(conversation, visitors))

    @get(f"{CONVERSATION}/activities", **OPTIONS)
    async def since(
        request: AnyRequest,
        body_id: FromPath[str],
        conversation: FromPath[str],
        desk: DeskHere,
        watermark: FromQuery[str] = "",
    ) -> ActivitySet:
        """What happened since the watermark; everything without one."""
        _, talk = await admission.opened(request, desk, body_id, conversation)
        found = activities.activities(await _told(desk, body_id, conversation, talk), echoes)
        return ActivitySet(found[_place(watermark) :], str(len(found)))

    return [say, since]


async def _told(desk: Desk, body: str, conversation: str, talk: Talk) -> activities.Told:
    name = next((one.name for one in desk.bodies() if one.id == body), body)
    return activities.Told(
        conversation, Speaker(body, name), await talk.first(), await talk.turns()
    )


def _place(watermark: str) -> int:
    if not watermark:
        return 0
    if len(watermark) > WATERMARK_DIGITS_MAX or not (watermark.isascii() and watermark.isdigit()):
        raise Refused(400, "The watermark is not one of this conversation's. Leave it out.")
    return int(watermark)


async def _read(request: AnyRequest, kind: type[T], nothing: T | None = None) -> T:
    """The body as `kind`; `nothing` for an empty one. Raises `Refused`."""
    sent = await request.body()
    if not sent and nothing is not None:
        return nothing
    try:
        return msgspec.json.decode(sent, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Refused(400, f"The body does not fit: {error}.", "BadSyntax") from None
