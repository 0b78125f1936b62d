"""A question taken to a partner's bot: START where there is no conversation yet, then POST.

A conversation that has expired is begun anew, once. Where the bot hands over to a human,
the human chat is left again with POLLSTOP: nobody there should wait for a visitor who is here.
A question that is longer than the bot reads is not cut: it counts as not answered. The bodies
that it has passed go along in `custom_payload`, which such a bot hands to what it calls itself.
"""

from __future__ import annotations

import contextlib
import html
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
import msgspec

from adapters.boost import elements, partner, shapes
from router.adapters import Card, Line, PartnerFailed, Question, Told
from router.messages import Option, Source

CHAT = "/api/chat/v2"
PANEL = "/api/chat_panel/v2"
SETTINGS = {
    "filter_values": "What is sent with every message, with commas between; “nn:nynorsk” is sent "
    "with messages in that language only."
}

T = TypeVar("T")


class SessionEnded(Exception):
    """The partner does not have the conversation any more."""


class Kept(msgspec.Struct):
    """The adapter's state between follow-ups: the partner's conversation, its longest message."""

    id: str
    chars_max: int | None = None


async def ask(line: Line, question: Question) -> Told:
    """Raises `httpx.HTTPError` and `PartnerFailed`."""
    if question.state:
        with contextlib.suppress(SessionEnded):
            return await _say(line, question, _kept(question.state))
    try:
        return await _say(line, question, await _start(line, question))
    except SessionEnded:
        raise PartnerFailed("The partner ended a conversation that had just begun.") from None


async def card(line: Line) -> Card | None:
    """Name and languages of the partner's chat panel, None where it shows no name."""
    config = await _send(line, PANEL, {"command": "CONFIG"}, partner.Config)
    words = config.messages or {}
    header = config.chatPanel.header if config.chatPanel is not None else None
    titles = [header.title if header is not None else None]
    titles += [str(one["header.text"]) for one in words.values() if one.get("header.text")]
    name = next((title for title in titles if title), None)
    if name is None:
        return None
    return Card(name=name, languages=tuple(elements.untag(tag) for tag in words))


async def _start(line: Line, question: Question) -> Kept:
    language = elements.tag(question.language)
    begun = await _command(line, question, {"command": "START", "language": language})
    if begun.conversation.id is None:
        raise PartnerFailed("The partner began a conversation without an id.")
    return Kept(str(begun.conversation.id), begun.conversation.state.max_input_chars)


async def _say(line: Line, question: Question, kept: Kept) -> Told:
    state = msgspec.json.encode(kept).decode()
    passed = {"via": question.via}
    said = {"command": "POST", "conversation_id": kept.id, "custom_payload": passed}
    if question.choice is not None:
        said |= {"type": "action_link", "id": question.choice}
    elif kept.chars_max is not None and len(question.text) > kept.chars_max:
        return Told(kind="unanswered", state=state)
    else:
        said |= {"type": "text", "value": question.text}
    answer = await _command(line, question, said)
    if answer.conversation.state.chat_status != "virtual_agent":
        await _leave_human_chat(line, kept)
        return _told(answer.response or partner.Response(), state, handover=True)
    if answer.response is None:
        raise PartnerFailed("The partner's answer has no response.")
    return _told(answer.response, state)


async def _leave_human_chat(line: Line, kept: Kept) -> None:
    with contextlib.suppress(httpx.HTTPError, PartnerFailed, SessionEnded):
        stop = {"command": "POLLSTOP", "conversation_id": kept.id}
        await _send(line, CHAT, stop, partner.Answer)


def _told(response: partner.Response, state: str, handover: bool = False) -> Told:
    said = response.elements or []
    shown = [_shown(element) for element in said]
    links = [link for element in said for link in element.payload.links or []]
    options = [Option(str(link.id), link.text) for link in links if link.id and not link.leads_away]
    sources = [Source(link.text, link.url or "") for link in links if link.leads_away]
    if not (any(shown) or options or sources or handover):
        raise PartnerFailed("The partner's response has nothing that can be shown.")
    return Told(
        html="".join(shown),
        kind="handover" if handover else None,
        language=elements.untag(response.language) if response.language else None,
        options=tuple(options),
        sources=tuple(sources),
        state=state,
    )


def _shown(element: partner.Element) -> str:
    payload = element.payload
    if element.type == "video" and payload.url:
        url = html.escape(payload.url)
        return f'<p><a href="{url}">{url}</a></p>'
    if payload.html is not None:
        return payload.html
    return f"<p>{html.escape(payload.text)}</p>" if payload.text else ""


async def _command(line: Line, question: Question, command: dict[str, Any]) -> partner.Answer:
    filters = _filters(line.settings.get("filter_values", ""), question.language)
    if filters:
        command = command | {"filter_values": filters}
    return await _send(line, CHAT, command, partner.Answer)


async def _send(line: Line, path: str, command: dict[str, Any], kind: type[T]) -> T:
    headers = {"Authorization": f"Bearer {line.secret}"} if line.secret else {}
    address = line.address.removesuffix(CHAT) + path
    response = await line.http.post(address, json=command, headers=headers)
    if response.status_code >= HTTPStatus.BAD_REQUEST and _has_ended(response.content):
        raise SessionEnded
    response.raise_for_status()
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PartnerFailed(f"The partner's answer is not one of the chat API's: {error}") from None


def _has_ended(content: bytes) -> bool:
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode(content, type=partner.Refused).error == shapes.ENDED
    return False


def _filters(setting: str, language: str) -> list[str]:
    """The values of the setting that go with a message in a language."""
    found = []
    for one in filter(None, (part.strip() for part in setting.split(","))):
        tag, colon, value = one.partition(":")
        if not (colon and tag in elements.TO_BOOST):
            found.append(one)
        elif tag == language:
            found.append(value)
    return found


def _kept(state: str) -> Kept:
    try:
        return msgspec.json.decode(state, type=Kept)
    except msgspec.DecodeError:
        raise PartnerFailed("The state of this conversation is not the adapter's.") from None
