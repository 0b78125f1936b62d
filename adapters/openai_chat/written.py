"""A reply as an assistant's message, whole or word by word."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import msgspec

from adapters import plain
from adapters.openai_chat import shapes
from router.messages import Reply

WORDS = re.compile(r"\S+\s*|\s+")


def shown(reply: Reply, model: str) -> str:
    """All of the reply as text. Where another body than the one asked speaks, its name is there."""
    text = plain.as_text(reply).strip()
    named = reply.body.id == model or reply.body.name in text
    return text if named else f"{reply.body.name}:\n\n{text}"


def citations(text: str, reply: Reply) -> list[shapes.Annotation]:
    """Where `text` shows the reply's sources."""
    found = []
    for source in reply.sources:
        link = plain.links([source])
        start = text.rfind(link)
        if start >= 0:
            cited = shapes.UrlCitation(start, start + len(link), source.title, source.url)
            found.append(shapes.Annotation(cited))
    return found


async def chunks(
    id: str, created: int, asked: shapes.ChatRequest, text: str, reply: Reply
) -> AsyncIterator[bytes]:
    """The text word by word, as server-sent events, then the end."""
    usage = None if asked.wants_usage else msgspec.UNSET

    def chunk(*choices: shapes.ChunkChoice) -> shapes.Chunk:
        return shapes.Chunk(id, created, asked.model, list(choices), usage)

    yield _event(chunk(shapes.ChunkChoice(shapes.Delta("assistant", ""))))
    for word in WORDS.findall(text):
        yield _event(chunk(shapes.ChunkChoice(shapes.Delta(content=word))))
    whole = shapes.Delta(annotations=citations(text, reply), samsvar=reply)
    yield _event(chunk(shapes.ChunkChoice(whole, "stop")))
    if asked.wants_usage:
        yield _event(msgspec.structs.replace(chunk(), usage=shapes.Usage()))
    yield b"data: [DONE]\n\n"


def _event(chunk: shapes.Chunk) -> bytes:
    return b"data: " + msgspec.json.encode(chunk) + b"\n\n"
