"""Markdown as running text, every character in its place: sentences and words with positions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# What is not running text: templates, code, addresses, and the signs of Markdown.
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_TARGET = re.compile(r"(?<=\])\([^()\s]*\)")
_ADDRESS = re.compile(
    r"<[^<>\s]+>|https?://[^\s)>]+|www\.[^\s)>]+|(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.]+"
)
_SIGNS = re.compile(r"[*_~\[\]|>]+")
# What begins a block of its own: a list item, a heading. Masked text has `_BEGINS` there.
_ITEM = re.compile(r"^[ \t]*(?:[-+*]|\d+[.)]|#{1,6})[ \t]+", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t].*\n", re.MULTILINE)
_BEGINS = "\x1e"
_BLOCK_END = re.compile(rf"\n[ \t]*(?:\n|(?=[ \t]*{_BEGINS}))|(?={_BEGINS})")

_WORD = re.compile(r"[^\W\d_](?:[^\W_]|[-'’](?=[^\W_]))*")
_STOP = re.compile(r"(?P<sign>[.!?:]+)[\"»”)]*(?=\s|$)")
_NEXT = re.compile(r"\s*[\"«“(]*(\S)")
ABBREVIATION_CHARS = 12
_ABBREVIATIONS = re.compile(
    r"adr|bl|ca|dvs|eks|el|ev|evt|ekskl|fr|gnr|bnr|iht|ift|inkl|jfr?|kap|kl|kv|maks|mht|nr|"
    r"obs|pga|pkt|pr|st|tel|tlf|vedr|vg|[^\W\d_]"
)
# These end a sentence where a capital follows: "35 kr. Du betaler", "bøker, filmer m.m. Velkommen".
_ENDING = re.compile(
    r"(?:\b(?:etc|kr|mill|mrd|min|mnd|mm|mv|osb|osv|stk|sek)|"
    r"\b[mo]\.(?:[alm]|fl|v)|\be\.?l|\bd\.[dsåy])$",
    re.IGNORECASE,
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
        before = text[max(start, stop.start() - ABBREVIATION_CHARS) : stop.start()]
        after = _NEXT.match(text, stop.end(), end)
        if stop["sign"] == "." and after is not None and _goes_on(before, after[1]):
            continue
        yield stop.end()


def _goes_on(before: str, after: str) -> bool:
    """Whether a full stop between these ends no sentence; `after` is the next letter."""
    word = re.search(r"(\w+)$", before)
    if word is None:
        return False
    if word[1].isdigit() or _ENDING.search(before):
        return not after.isupper()
    return _ABBREVIATIONS.fullmatch(word[1].casefold()) is not None


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])
