"""Markdown as running text, every character in its place: sentences and words with positions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# What is not running text: templates, code, addresses, and the signs of Markdown.
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_TARGET = re.compile(r"(?<=\])\([^()\s]*\)")
_ADDRESS = re.compile(r"<[^<>\s]+>|https?://[^\s)>]+|www\.[^\s)>]+|\b[\w.+-]+@[\w-]+\.[\w.]+")
_SIGNS = re.compile(r"[*_~\[\]|>]+")
# What begins a block of its own: a list item, a heading. Masked text has `_BEGINS` there.
_ITEM = re.compile(r"^[ \t]*(?:[-+*]|\d+[.)]|#{1,6})[ \t]+", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t].*\n", re.MULTILINE)
_BEGINS = "\x1e"
_BLOCK_END = re.compile(rf"\n[ \t]*(?:\n|(?=[ \t]*{_BEGINS}))|(?={_BEGINS})")

_WORD = re.compile(r"[^\W\d_](?:[^\W_]|[-'’](?=[^\W_]))*")
_STOP = re.compile(r"[.!?:]+(?=[\s\"»”)]|$)")
_ABBREVIATIONS = re.compile(
    r"adr|bl|ca|dvs|eks|el|etc|evt|fl|fr|gnr|bnr|inkl|jfr?|kap|kl|kr|kv|maks|min|mm|mv|nr|obs|"
    r"osv|pkt|pr|st|tel|tlf|vedr|vg|[^\W\d_]"
)


class Sentence(NamedTuple):
    start: int
    end: int
    words: int


def masked(markdown: str) -> str:
    """The text with a space for every character that is not read: positions stay as they are."""
    text = _HEADING.sub(lambda found: found[0][:-1] + "\0", markdown.replace("\0", " "))
    for pattern in (_TEMPLATE, _CODE, _TARGET, _ADDRESS):
        text = pattern.sub(_blank, text)
    text = _ITEM.sub(lambda found: _BEGINS + _blank(found)[1:], text)
    return _SIGNS.sub(_blank, text).replace("\0", _BEGINS)


def blocks(text: str) -> Iterator[tuple[int, int]]:
    """Paragraphs, list items and headings of masked text: start and end, without space around."""
    start = 0
    for end in [*(found.start() for found in _BLOCK_END.finditer(text)), len(text)]:
        part = text[start:end]
        bare = part.strip(f"{_BEGINS} \t\r\n")
        if bare:
            first = start + part.index(bare[0])
            yield first, first + len(bare)
        start = end


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of masked text that have words. A block ends one."""
    for start, end in blocks(text):
        first = start
        for last in [*_stops(text, start, end), end]:
            part = text[first:last]
            count = sum(1 for _ in words_in(part))
            if count:
                begins = first + len(part) - len(part.lstrip())
                yield Sentence(begins, first + len(part.rstrip()), count)
                first = last


def words_in(text: str) -> Iterator[tuple[int, int]]:
    """Words begin with a letter: numbers are none."""
    return (found.span() for found in _WORD.finditer(text))


def _stops(text: str, start: int, end: int) -> Iterator[int]:
    """Where a sentence ends. Not after an abbreviation or an ordinal, where the next word is
    small; and never after an abbreviation that always wants more."""
    for stop in _STOP.finditer(text, start, end):
        before = re.search(r"(\w+)$", text[start : stop.start()])
        after = re.match(r"[\s\"»”)]*(\S)", text[stop.end() : end])
        if stop[0] == "." and before is not None and after is not None:
            word = before[1].casefold()
            if _ABBREVIATIONS.fullmatch(word):
                continue
            if word.isdigit() and not after[1].isupper():
                continue
        yield stop.end()


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])
