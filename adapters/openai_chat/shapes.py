"""What goes over the wire: chat completions, their chunks, models and errors."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from router.messages import Reply

MESSAGES_MAX = 2_000
CONTENT_CHARS_MAX = 100_000

Name = Annotated[str, Meta(max_length=500)]
Text = Annotated[str, Meta(max_length=CONTENT_CHARS_MAX)]


class Part(msgspec.Struct):
    """A part of a message's content: `text`, or a kind that is not read."""

    type: str
    text: Text | None = None


class ChatMessage(msgspec.Struct):
    """`content` is text, or a list of parts; fields that are not read may be there."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[Part] | None = None

    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or [] if part.text is not None)

    def unread(self) -> str | None:
        """The kind of a part that is no text."""
        parts = self.content if isinstance(self.content, list) else []
        return next((part.type for part in parts if part.type != "text"), None)


class ResponseFormat(msgspec.Struct):
    type: str = "text"


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class ChatRequest(msgspec.Struct):
    """`model` is the body's slug. `choice` is ours: the id of an option of the last reply.

    What tunes a language model (temperature, tools, ..) is not read: there is none here.
    """

    model: Annotated[str, Meta(max_length=120)]
    messages: Annotated[list[ChatMessage], Meta(min_length=1, max_length=MESSAGES_MAX)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    response_format: ResponseFormat | None = None
    user: Name | None = None
    safety_identifier: Name | None = None
    choice: Annotated[str, Meta(max_length=300)] | None = None

    @property
    def visitor(self) -> str:
        """Whose question it is, where the caller tells its visitors apart."""
        return self.safety_identifier or self.user or ""

    @property
    def wants_usage(self) -> bool:
        return self.stream_options is not None and bool(self.stream_options.include_usage)


class Usage(msgspec.Struct, frozen=True):
    """Tokens that were used: none, for no language model writes the answers."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class UrlCitation(msgspec.Struct):
    """Where the content shows a source, in characters."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(msgspec.Struct):
    url_citation: UrlCitation
    type: Literal["url_citation"] = "url_citation"


class Said(msgspec.Struct):
    """The assistant's message. `samsvar` is ours: the reply with all its parts."""

    content: str
    annotations: list[Annotation]
    samsvar: Reply
    role: Literal["assistant"] = "assistant"
    refusal: None = None


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
    usage: Usage = Usage()
    object: Literal["chat.completion"] = "chat.completion"


class Delta(msgspec.Struct, omit_defaults=True):
    """A part of the assistant's message."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    annotations: list[Annotation] = []
    samsvar: Reply | None = None


class ChunkChoice(msgspec.Struct):
    delta: Delta
    finish_reason: Literal["stop"] | None = None
    index: int = 0
    logprobs: None = None


class Chunk(msgspec.Struct):
    """`usage` is in every chunk for those who want it, and filled in the last."""

    id: str
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: Usage | UnsetType | None = UNSET
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"


class Model(msgspec.Struct):
    id: str
    owned_by: str
    created: int = 0
    object: Literal["model"] = "model"


class Models(msgspec.Struct):
    data: list[Model]
    object: Literal["list"] = "list"


CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


def error(status: int, text: str) -> dict[str, Any]:
    """An error as the clients read it."""
    kind = "requests" if status == 429 else "invalid_request_error"
    kind = kind if status < 500 else "server_error"
    return {"error": {"message": text, "type": kind, "param": None, "code": CODES.get(status)}}
