"""What goes over the wire where we are called. Fields that are not read may be there."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

ID_CHARS_MAX = 300
FILTERS_MAX = 50
RESPONSES_MAX = 100
VIA_MAX = 20
ENDED = "session ended"

CommandName = Literal[
    "START",
    "POST",
    "RESUME",
    "POLL",
    "POLLSTOP",
    "STOP",
    "DELETE",
    "DOWNLOAD",
    "FEEDBACK",
    "TYPING",
    "HUMANCHATPOST",
    "CONFIG",
]
PostType = Literal["text", "action_link", "external_link", "trigger_action", "feedback", "files"]
Thumb = Literal["positive", "remove-positive", "negative", "remove-negative"]
ChatStatus = Literal["virtual_agent", "in_human_chat_queue", "assigned_to_human"]

Id = Annotated[str, Meta(max_length=ID_CHARS_MAX)] | int
Tag = Annotated[str, Meta(max_length=100)]
Tags = Annotated[list[Tag], Meta(max_length=FILTERS_MAX)]


class Command(msgspec.Struct):
    """Every command. What `value` must be depends on it: see `Rating`, `Thumb`."""

    command: CommandName
    conversation_id: Annotated[str, Meta(max_length=ID_CHARS_MAX)] | None = None
    type: PostType | None = None
    id: Id | None = None
    value: Any = None
    language: Tag | None = None
    preferred_client_languages: Tags | None = None
    filter_values: Tags | None = None
    clean: bool | None = None
    skip_welcome_message: bool | None = None
    van_id: int | None = None
    custom_payload: Any = None

    def via(self) -> tuple[str, ...]:
        """The bodies that the message has passed, where a Samsvar sends it. A front end's own
        payload may be anything."""
        try:
            return msgspec.convert(self.custom_payload, Passed).via
        except msgspec.ValidationError:
            return ()


class Passed(msgspec.Struct):
    """Our own `custom_payload`: the bodies that a question has passed, oldest first."""

    via: Annotated[tuple[Annotated[str, Meta(max_length=120)], ...], Meta(max_length=VIA_MAX)] = ()


class Rating(msgspec.Struct):
    """The value of FEEDBACK, for a whole conversation."""

    rating: int = 0
    text: str | None = None


class State(msgspec.Struct, omit_defaults=True):
    """`is_blocked` is that a conversation has ended."""

    chat_status: ChatStatus
    poll: bool
    max_input_chars: int
    allow_delete_conversation: bool
    is_blocked: bool = False


class Conversation(msgspec.Struct):
    """`reference` is what a person may quote to have it found."""

    id: str
    reference: str
    state: State


class Link(msgspec.Struct, omit_defaults=True):
    """A button. `van_name` is the bot behind it, where that is another one than the panel's."""

    id: str
    text: str
    type: Literal["action_link", "external_link"]
    url: str | None = None
    link_target: str | None = None
    van_name: str | None = None


class Payload(msgspec.Struct, omit_defaults=True):
    html: str | None = None
    text: str | None = None
    links: list[Link] | None = None


class Element(msgspec.Struct):
    type: Literal["html", "text", "links"]
    payload: Payload


class Response(msgspec.Struct, omit_defaults=True):
    """`id` is a number that grows with each, as text. `van_id` is the bot that answers, where
    that is another one than the panel's."""

    id: str
    source: Literal["bot", "client"]
    language: str
    date_created: str
    elements: list[Element]
    van_id: int | None = None
    is_human_agent: bool = False


class Answer(msgspec.Struct, omit_defaults=True):
    """What a command is answered with, except DOWNLOAD and CONFIG."""

    conversation: Conversation
    posted_id: int | None = None
    response: Response | None = None
    responses: list[Response] | None = None


class Refused(msgspec.Struct):
    """An error: `session ended` where a conversation is not there (any more)."""

    error: str
