"""A2A's message into what our bots are told, and their reply into A2A's message.

The types are 1.0's; 0.3 is converted to and from them.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from a2a.types import Message, Part, Role, SendMessageRequest
from a2a.utils.errors import ContentTypeNotSupportedError, InvalidParamsError, TaskNotFoundError
from google.protobuf.json_format import MessageToDict, ParseDict
from msgspec import Meta

from adapters import plain
from router.messages import Option, Reply

TEXT = "text/plain"
DATA = "application/json"
METADATA = "samsvar"  # in a message's metadata: `About` it, or the whole reply
ID_CHARS_MAX = 500


class About(msgspec.Struct, frozen=True, rename="camel"):
    """What a caller may say of its message, under `samsvar` in the metadata: the visitor's
    language, and the bodies it has passed, oldest first."""

    language: Annotated[str, Meta(max_length=35)] | None = None
    sender: Annotated[str, Meta(max_length=120)] = ""
    sender_name: Annotated[str, Meta(max_length=300)] = ""
    via: Annotated[tuple[Annotated[str, Meta(max_length=120)], ...], Meta(max_length=20)] = ()


class Asked(msgspec.Struct, frozen=True):
    """What a caller's message asks. `context` is "" where it begins a conversation."""

    text: str
    choice: str | None
    context: str
    about: About


def asked(request: SendMessageRequest) -> Asked:
    """Raises A2A's errors for what our bots do not take."""
    message = request.message
    if message.task_id:
        raise TaskNotFoundError("There are no tasks here: leave out taskId, keep contextId.")
    if len(message.context_id) > ID_CHARS_MAX:
        raise InvalidParamsError(f"The contextId may have at most {ID_CHARS_MAX} characters.")
    wanted = request.configuration.accepted_output_modes
    if wanted and not {TEXT, "text/*", "*/*"} & set(wanted):
        raise ContentTypeNotSupportedError(f"Replies are {TEXT}: accept it.")
    data = [_read(part) for part in message.parts]
    return Asked(
        "\n".join(part.text for part in message.parts if part.HasField("text")),
        next((one["choice"] for one in data if isinstance(one.get("choice"), str)), None),
        message.context_id,
        _about(message),
    )


def metadata(message: Message) -> Any:
    """What is under `samsvar` in the metadata, None where nothing is."""
    return _whole(MessageToDict(message.metadata).get(METADATA))


def _whole(value: Any) -> Any:
    """The same, with whole numbers as integers: all that A2A carries are floats."""
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _about(message: Message) -> About:
    said = metadata(message)
    try:
        return About() if said is None else msgspec.convert(said, About)
    except msgspec.ValidationError as error:
        raise InvalidParamsError(f"“{METADATA}” in the metadata: {error}") from None


def _read(part: Part) -> dict[str, Any]:
    """The object of a data part; an empty one for text."""
    if part.HasField("text"):
        return {}
    if not part.HasField("data"):
        raise ContentTypeNotSupportedError(f"Send text, or data with a choice: {TEXT} or {DATA}.")
    data = MessageToDict(part.data)
    return data if isinstance(data, dict) else {}


def chosen(asked: Asked, offered: Sequence[Option]) -> str | None:
    """The id of the option that was chosen: in data, else by its number or label."""
    return asked.choice or plain.chosen(asked.text, offered)


def written(reply: Reply, context: str, request: SendMessageRequest) -> Message:
    """The reply as one message. Data is left out where the caller accepts text alone."""
    wanted = set(request.configuration.accepted_output_modes)
    parts = [Part(text=plain.as_text(reply), media_type=TEXT)]
    if reply.options and (not wanted or wanted & {DATA, "*/*"}):
        options = Part(media_type=DATA)
        ParseDict({"options": msgspec.to_builtins(reply.options)}, options.data)
        parts.append(options)
    message = Message(
        message_id=str(uuid.uuid4()), context_id=context, role=Role.ROLE_AGENT, parts=parts
    )
    ParseDict({METADATA: msgspec.to_builtins(reply)}, message.metadata)
    return message
