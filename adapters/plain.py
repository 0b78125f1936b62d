"""Replies for protocols that carry text alone: buttons become numbered lines, sources links."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from router.adapters import Talk
from router.messages import Option, Reply, Source

AROUND = " \t\r\n.,:;!?()[]*\"'«»“”"


def as_text(reply: Reply) -> str:
    """The whole reply as Markdown: text, numbered options, sources."""
    parts = [reply.text]
    if reply.options:
        parts.append(numbered(reply.options))
    if reply.sources:
        parts.append(links(reply.sources))
    return "\n\n".join(parts)


def links(sources: Sequence[Source]) -> str:
    """A list of Markdown links."""
    return "\n".join(f"- [{_title(source)}]({_url(source)})" for source in sources)


def numbered(options: Sequence[Option]) -> str:
    """A line an option, numbered from 1."""
    return "\n".join(f"{number}. {option.label}" for number, option in enumerate(options, start=1))


def chosen(text: str, options: Sequence[Option]) -> str | None:
    """The id of the option that a text names by its number or its label, None for any other."""
    said = _bare(text)
    for number, option in enumerate(options, start=1):
        if said and said in (str(number), _bare(option.label)):
            return option.id
    return None


def _bare(text: str) -> str:
    """`2.`, `(2)` and `"2"` are 2; `Bytte skole` is `bytte skole!`."""
    return unicodedata.normalize("NFKC", text).strip(AROUND).casefold()


def _title(source: Source) -> str:
    return source.title.replace("[", "\\[").replace("]", "\\]")


def _url(source: Source) -> str:
    return source.url.replace("(", "%28").replace(")", "%29")


async def offered(talk: Talk) -> list[Option]:
    """The options of the last reply in a conversation, or of its greeting."""
    turns = await talk.turns()
    last = next((turn.reply for turn in reversed(turns) if turn.reply is not None), None)
    return last.options if last is not None else (await talk.first()).popular
