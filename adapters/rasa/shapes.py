"""What goes over the wire. Fields that are not read may be there."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

SENDER_CHARS_MAX = 500
MESSAGES_MAX = 100
TAG_CHARS_MAX = 35


class Asked(msgspec.Struct):
    """A visitor's message. `sender` is the front end's id of the conversation, `metadata` is of
    its own making."""

    sender: Annotated[str, Meta(min_length=1, max_length=SENDER_CHARS_MAX)] | int
    message: str
    metadata: Any = None

    def language(self) -> str | None:
        """A BCP 47 tag in `metadata.language`."""
        found = self._given("language")
        return found[:TAG_CHARS_MAX] if isinstance(found, str) else None

    def via(self) -> list[str]:
        """The bodies in `metadata.via`, which a Samsvar that asks sends along."""
        found = self._given("via")
        return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []

    def _given(self, name: str) -> Any:
        return self.metadata.get(name) if isinstance(self.metadata, dict) else None


class Button(msgspec.Struct, omit_defaults=True):
    """Its `payload` is sent back as the message. Those with a `url` only lead there."""

    title: str = ""
    payload: str | None = None
    url: str | None = None


class Payload(msgspec.Struct):
    """Where an attachment is: front ends differ in what they call it."""

    src: str | None = None
    url: str | None = None
    title: str | None = None


class Attachment(msgspec.Struct):
    type: str = ""
    payload: Payload = msgspec.field(default_factory=Payload)


class Message(msgspec.Struct, omit_defaults=True):
    """One message of a bot: what is not in it is left out."""

    recipient_id: str
    text: str | None = None
    buttons: list[Button] = []
    quick_replies: list[Button] = []
    image: str | None = None
    attachment: Attachment | str | None = None
    custom: Any = None
    metadata: Any = None


Messages = Annotated[list[Message], Meta(max_length=MESSAGES_MAX)]


class Health(msgspec.Struct):
    status: str = "ok"


def error(status: int, reason: str, text: str) -> dict[str, Any]:
    """An error as Rasa's server writes it."""
    return {"status": "failure", "code": status, "reason": reason, "message": text}
