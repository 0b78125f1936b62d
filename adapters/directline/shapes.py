"""What goes over the wire: activities, cards, and what starts a conversation."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

HERO_CARD = "application/vnd.microsoft.card.hero"
JSON_CONTENT = "application/json"
USER_ID_CHARS_MAX = 100
LOCALE_CHARS_MAX = 35
NAME_CHARS_MAX = 300
# What is ours in an activity's channel data: `About` a message, or the whole reply.
OURS = "samsvar"


class Account(msgspec.Struct, omit_defaults=True):
    """Who speaks. `role` is `user` or `bot`."""

    id: str = ""
    name: str | None = None
    role: str | None = None


class Conversation(msgspec.Struct):
    id: str


class CardAction(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    """A button. `type` says what pressing it does; `value` is what is sent, called or opened."""

    type: str = "imBack"
    title: str | None = None
    value: Any = None
    text: str | None = None
    display_text: str | None = None


class SuggestedActions(msgspec.Struct):
    actions: list[CardAction] = []
    to: list[str] = []


class Card(msgspec.Struct, omit_defaults=True):
    """A hero or thumbnail card, as far as it is read and written here."""

    title: str | None = None
    subtitle: str | None = None
    text: str | None = None
    buttons: list[CardAction] = []


class Attachment(msgspec.Struct, rename="camel", omit_defaults=True):
    content_type: str = ""
    content: Any = None
    content_url: str | None = None
    name: str | None = None


class Activity(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    """Anything that happens in a conversation. What is not read may be there."""

    type: str
    id: str | None = None
    timestamp: str | None = None
    channel_id: str | None = None
    sender: Account | None = msgspec.field(default=None, name="from")
    conversation: Conversation | None = None
    reply_to_id: str | None = None
    locale: str | None = None
    text_format: str | None = None
    text: str | None = None
    input_hint: str | None = None
    suggested_actions: SuggestedActions | None = None
    attachments: list[Attachment] | None = None
    name: str | None = None
    value: Any = None
    channel_data: Any = None


class ActivitySet(msgspec.Struct):
    """What happened since a watermark."""

    activities: list[Activity]
    watermark: str | None = None


class User(msgspec.Struct):
    id: Annotated[str, Meta(max_length=USER_ID_CHARS_MAX)] | None = None


class Start(msgspec.Struct):
    """What a client may say as it asks for a token or a conversation."""

    user: User | None = None
    locale: Annotated[str, Meta(max_length=LOCALE_CHARS_MAX)] | None = None


class About(msgspec.Struct, frozen=True, rename="camel"):
    """What a caller may say of its message, under `samsvar` in the channel data: who asks, and
    the bodies that it has passed, oldest first."""

    sender: Annotated[str, Meta(max_length=NAME_CHARS_MAX)] = ""
    sender_name: Annotated[str, Meta(max_length=NAME_CHARS_MAX)] = ""
    via: Annotated[tuple[Annotated[str, Meta(max_length=120)], ...], Meta(max_length=20)] = ()


class Started(msgspec.Struct, rename="camel"):
    """A conversation and the token that opens it, for so many seconds."""

    conversation_id: str
    token: str
    expires_in: int = msgspec.field(name="expires_in")


class Posted(msgspec.Struct):
    """The id that an activity got."""

    id: str
