"""Replies for protocols that carry text alone: buttons become numbered lines, sources links."""

from __future__ import annotations

from collections.abc import Sequence

from router.adapters import Talk
from router.messages import Option, Reply, Source


def as_text(reply: Reply) -> str:
    """The whole reply as Markdown: text, numbered options, sources."""
    parts = [reply.text]
    if reply.options:
        parts.append(numbered(reply.options))
    if reply.sources:
        parts.append(links(reply.sources))
    return "\n\n".join(parts)


def links(sources: Sequence[Source]) -> str:
    return "\n".join(f"- [{source.title}]({source.url})" for source in sources)


def numbered(options: Sequence[Option]) -> str:
    return "\n".join(f"{number}. {option.label}" for number, option in enumerate(options, start=1))


def chosen(text: str, options: Sequence[Option]) -> str | None:
    """The id of the option that a text names by its number or its label, None for any other."""
    said = text.strip().rstrip(".").casefold()
    for number, option in enumerate(options, start=1):
        if said in (str(number), option.label.strip().rstrip(".").casefold()):
            return option.id
    return None


async def offered(talk: Talk) -> list[Option]:
    """The options of the last reply in a conversation, or of its greeting."""
    turns = await talk.turns()
    last = next((turn.reply for turn in reversed(turns) if turn.reply is not None), None)
    return last.options if last is not None else (await talk.first()).popular
