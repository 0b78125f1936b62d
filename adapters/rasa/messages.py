"""A reply as Rasa's messages, and a button's payload as the choice it stands for."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec

from adapters import plain
from adapters.rasa.shapes import Button, Message
from router.messages import Option, Reply, Spoken

INTENT = "/choice"


class _Choice(msgspec.Struct):
    id: str


_choice = msgspec.json.Decoder(_Choice)


def of_reply(reply: Reply, recipient: str) -> list[Message]:
    """One message: the words with their sources, the options as buttons, all of it as `custom`."""
    text = "\n\n".join(part for part in (reply.text, plain.links(reply.sources)) if part)
    buttons = _buttons(reply.options)
    return [Message(recipient, text, buttons, custom={"samsvar": reply})]


def of_greeting(first: Spoken, recipient: str) -> list[Message]:
    """Broadcasts, each with the button that leads to its answer; then the greeting."""
    notices = [
        Message(recipient, notice.text, _buttons([notice.option] if notice.option else []))
        for notice in first.broadcasts
    ]
    return [*notices, Message(recipient, first.greeting, _buttons(first.popular))]


def choice_of(message: str, offered: Sequence[Option]) -> str | None:
    """The id in a button's payload, or of the button that a text names; None for any other."""
    if not message.startswith(INTENT):
        return plain.chosen(message, offered)
    try:
        return _choice.decode(message.removeprefix(INTENT).strip()).id
    except msgspec.DecodeError:
        return None


def _buttons(options: Sequence[Option]) -> list[Button]:
    return [Button(one.label, INTENT + json.dumps({"id": one.id})) for one in options]
