"""What goes over the wire: chat completions, their chunks, models and errors."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from router.messages import Reply

MESSAGES_MAX = 200
CONTENT_CHARS_MAX = 40_000


class TextPart(msgspec.Struct, tag_field="type", tag="text"):
    """A part of a message's content. Only text is read."""

    text: str


class ChatMessage(msgspec.Struct):
    """`content` is text, or a list of parts; fields that are not read may be there."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[str, Meta(max_length=CONTENT_CHARS_MAX)] | list[TextPart] | None = None

    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or [])


class ChatRequest(msgspec.Struct):
    """`model` is the body's slug. `choice` is ours: the id of an option of the last reply."""

    model: Annotated[str, Meta(max_length=120)]
    messages: Annotated[list[ChatMessage], Meta(min_length=1, max_length=MESSAGES_MAX)]
    stream: bool = False
    choice: Annotated[str, Meta(max_length=300)] | None = None


class Said(msgspec.Struct, omit_defaults=True):
    """An assistant's message, or a part of one. `samsvar` is the reply with all its parts."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    samsvar: Reply | None = None


class Choice(msgspec.Struct):
    message: Said
    finish_reason: Literal["stop"] = "stop"
    index: int = 0
    logprobs: None = None


class Completion(msgspec.Struct):
    id: str
    created: int
    model: str
    choices: list[Choice]
    object: Literal["chat.completion"] = "chat.completion"


class ChunkChoice(msgspec.Struct):
    delta: Said
    finish_reason: Literal["stop"] | None = None
    index: int = 0


class Chunk(msgspec.Struct):
    id: str
    created: int
    model: str
    choices: list[ChunkChoice]
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"


class Model(msgspec.Struct):
    id: str
    owned_by: str
    created: int = 0
    object: Literal["model"] = "model"


class Models(msgspec.Struct):
    data: list[Model]
    object: Literal["list"] = "list"


def error(status: int, text: str) -> dict[str, Any]:
    """An error as the clients read it."""
    kinds = {401: "authentication_error", 403: "permission_error", 404: "not_found_error"}
    kind = kinds.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": text, "type": kind, "param": None, "code": None}}
