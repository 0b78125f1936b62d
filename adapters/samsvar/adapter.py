"""`/adapters/samsvar/`: served to peers, and how they are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec
from litestar import get, post
from litestar.exceptions import ClientException
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from adapters import ours
from adapters.samsvar.shapes import Answer, Ask, KeySet, Problem
from router.adapters import (
    FROM_INSTALLATIONS,
    AnyRequest,
    Card,
    DeskHere,
    Line,
    PartnerFailed,
    Question,
    Told,
    Topic,
)
from router.manifest import Manifest, PresentedTopic, Sealed

NAME = "samsvar"
PREFIX = f"/adapters/{NAME}"
INTRODUCTION_BYTES_MAX = 4 * 1024 * 1024
PAGES_MAX = 40
DETAIL_CHARS_MAX = 300
JSON = "application/json"

T = TypeVar("T")
Text = Annotated[str | None, QueryParameter(max_length=600)]


class SamsvarAdapter:
    """The adapter `samsvar`."""

    name = NAME
    settings: Mapping[str, str] = {
        "peer": "The id of the installation it leads to, as samsvar federation list shows it.",
        "brain": "Whose topics are read: the id of a brain there. All of them when unset.",
    }

    def routes(self) -> list[HTTPRouteHandler]:
        return [answer_peer, manifest, keys, join]

    async def ask(self, line: Line, question: Question) -> Told:
        """Takes the question there."""
        sent = Ask(
            body=question.body,
            sender=question.sender,
            conversation=question.conversation,
            text=question.text,
            choice=question.choice,
            language=question.language,
            via=question.via,
            transcript=question.transcript,
        )
        answer = await _call(line, "POST", f"{PREFIX}/ask", dict[str, Any], sent)
        told = ours.read(answer.get("reply"))
        if told is None:
            raise PartnerFailed("What it sent is not a reply.")
        return told

    async def card(self, line: Line) -> Card:
        """What the peer's bodies answer, read a page at a time."""
        topics: list[PresentedTopic] = []
        wanted = {"brain": line.settings["brain"]} if line.settings.get("brain") else {}
        page = await _page(line, wanted)
        first = page
        for _ in range(PAGES_MAX):
            topics += page.topics
            if page.next is None:
                break
            page = await _page(line, wanted | {"cursor": page.next})
        return Card(
            name=first.name,
            topics=tuple(
                Topic(one.id, one.title, tuple(one.questions), one.body) for one in topics
            ),
        )


@post(f"{PREFIX}/ask", status_code=200, include_in_schema=False, opt={FROM_INSTALLATIONS: True})
async def answer_peer(request: AnyRequest, desk: DeskHere) -> Answer:
    """The reply of a body that answers here to the visitor of a peer's body."""
    peer = await desk.peer(request)
    asked = _read(await request.body(), Ask)
    via = asked.via or (asked.sender,)
    desk.require_sender(peer, asked.sender, via)
    talk = await desk.talk(NAME, peer.caller, asked.conversation, asked.body, asked.language)
    reply = await talk.say(asked.text, asked.choice, via)
    await desk.record(peer, asked.sender, asked.body, reply)
    return Answer(reply)


@get(f"{PREFIX}/manifest", include_in_schema=False, opt={FROM_INSTALLATIONS: True})
async def manifest(
    request: AnyRequest, desk: DeskHere, brain: Text = None, cursor: Text = None
) -> Manifest:
    """What this installation answers, for peers."""
    await desk.peer(request)
    return desk.manifest(brain, cursor)


@get(f"{PREFIX}/keys", include_in_schema=False)
async def keys(desk: DeskHere) -> KeySet:
    """The keys that this installation signs with: public."""
    return KeySet(desk.keys())


@post(
    f"{PREFIX}/join",
    status_code=200,
    include_in_schema=False,
    request_max_body_size=INTRODUCTION_BYTES_MAX,
)
async def join(request: AnyRequest, desk: DeskHere) -> Sealed:
    """Another installation becomes a peer, with an invitation of ours."""
    return await desk.welcome(request, _read(await request.body(), Sealed))


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ClientException(f"The body cannot be read: {error}.") from None


async def _page(line: Line, query: Mapping[str, str]) -> Manifest:
    path = f"{PREFIX}/manifest"
    return await _call(line, "GET", f"{path}?{urlencode(query)}" if query else path, Manifest)


async def _call(line: Line, method: str, path: str, kind: type[T], sent: Any = None) -> T:
    """Raises `PartnerFailed` with what the peer said, where it refused."""
    body = b"" if sent is None else msgspec.json.encode(sent)
    headers = {"Authorization": f"Samsvar {line.signed(method, path, body)}"}
    if body:
        headers["Content-Type"] = JSON
    response = await line.http.request(
        method, line.address + path, content=body or None, headers=headers
    )
    if response.is_client_error:
        raise PartnerFailed(f"It refused: {_detail(response)}")
    response.raise_for_status()
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise PartnerFailed(f"What it sent cannot be read: {error}") from error


def _detail(response: httpx.Response) -> str:
    try:
        told = msgspec.json.decode(response.content, type=Problem).detail
    except (msgspec.MsgspecError, UnicodeDecodeError):
        told = ""
    return told[:DETAIL_CHARS_MAX] or f"HTTP {response.status_code}"
