"""What a partner's bot says, as far as it is read. Other fields may be there, known or not."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Id = Annotated[str, Meta(min_length=1, max_length=300)] | int


class State(msgspec.Struct):
    chat_status: Literal["virtual_agent", "in_human_chat_queue", "assigned_to_human"] = (
        "virtual_agent"
    )
    max_input_chars: int | None = None


class Conversation(msgspec.Struct):
    id: Id | None = None
    state: State = msgspec.field(default_factory=State)


class Link(msgspec.Struct):
    text: str
    id: Id | None = None
    type: str | None = None
    url: str | None = None

    @property
    def leads_away(self) -> bool:
        """Whether it is an address, and not something to answer with."""
        return bool(self.url) and self.type != "action_link"


class Payload(msgspec.Struct):
    html: str | None = None
    text: str | None = None
    links: list[Link] | None = None
    url: str | None = None


class Element(msgspec.Struct):
    """`type` is html, text, links, image, video or json."""

    type: str
    payload: Payload


class Response(msgspec.Struct):
    elements: list[Element] | None = None
    language: str | None = None


class Answer(msgspec.Struct):
    conversation: Conversation
    response: Response | None = None


class Refused(msgspec.Struct):
    error: str = ""


class Header(msgspec.Struct):
    title: str | None = None


class ChatPanel(msgspec.Struct):
    header: Header | None = None


class Config(msgspec.Struct):
    """CONFIG's answer: `messages` has the panel's words by language tag."""

    chatPanel: ChatPanel | None = None
    messages: dict[str, dict[str, object]] | None = None
