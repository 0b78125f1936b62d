"""Is an answer easy to read? Marks in the Markdown source, so that a page can show them. Pure.

LIX (Björnsson 1968) is the words a sentence plus the share of words longer than
six letters, in per cent. Under 30 is very easy, to 40 easy, to 50 medium as a
newspaper, to 60 difficult as a law text, and above that very difficult.

Passives are told by their endings, and so only guessed; words that look like
them are left out. Facts, addresses and code are not counted as words.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from brains.model import Texts
from router.curation import passive
from router.curation.source import Sentence, blocks, masked, sentences, words_in

Level = Literal["very easy", "easy", "medium", "difficult", "very difficult"]

LONG_WORD_LETTERS = 7
LONG_SENTENCE_WORDS = 21
LONG_PARAGRAPH_WORDS = 80
_LEVELS: tuple[tuple[float, Level], ...] = (
    (30, "very easy"),
    (40, "easy"),
    (50, "medium"),
    (60, "difficult"),
)
NORWEGIAN = ("nb", "nn")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")
# Link texts that say nothing where they are read out alone.
_VAGUE = re.compile(
    r"(?:(?:klikk|trykk|se|sjå|les mer|les meir) )?her|les mer|les meir|mer|meir|lenke|lenkje|link|"
    r"denne (?:siden|lenken|sida|lenkja)|(?:click )?here|(?:read )?more|this (?:page|link)|see here"
)


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Characters `start` to `end` of the source. `instead` is the plain word, `words` a count."""

    start: int
    end: int
    text: str
    instead: str = ""
    words: int = 0


class Readability(msgspec.Struct, frozen=True):
    """`lix` and `level` are None for other languages than Norwegian, and for a text of no words."""

    language: str
    words: int
    sentences: int
    lix: float | None
    level: Level | None
    long_sentences: list[Mark]
    long_paragraphs: list[Mark]
    passives: list[Mark]
    officialese: list[Mark]
    vague_links: list[Mark]

    @property
    def marks(self) -> int:
        """How many things there are to mend."""
        return sum(
            len(found)
            for found in (
                self.long_sentences,
                self.long_paragraphs,
                self.passives,
                self.officialese,
                self.vague_links,
            )
        )


def check(markdown: str, language: str) -> Readability:
    """What there is to say of a text: all of Norwegian, of others the long sentences alone."""
    text = masked(markdown)
    found = list(sentences(text))
    count = sum(one.words for one in found)
    norwegian = language in NORWEGIAN
    lix = _lix(text, found) if norwegian and count else None
    return Readability(
        language=language,
        words=count,
        sentences=len(found),
        lix=lix,
        level=level(lix) if lix is not None else None,
        long_sentences=[
            Mark(one.start, one.end, markdown[one.start : one.end], words=one.words)
            for one in found
            if one.words >= LONG_SENTENCE_WORDS
        ],
        long_paragraphs=list(_long_paragraphs(markdown, text)) if norwegian else [],
        passives=[
            Mark(start, end, markdown[start:end]) for start, end in passive.find(text, language)
        ],
        officialese=list(_officialese(markdown, text, language)) if norwegian else [],
        vague_links=list(_vague_links(markdown)) if norwegian else [],
    )


def level(lix: float) -> Level:
    return next((name for most, name in _LEVELS if lix < most), "very difficult")


def lacks_nynorsk(answers: Texts) -> bool:
    """Whether there is Bokmål and no Nynorsk of its own."""
    own = answers.get("nn", "").strip()
    return "nb" in answers and (not own or own == answers["nb"].strip())


def _lix(text: str, found: list[Sentence]) -> float:
    words = list(words_in(text))
    long = sum(len(text[start:end]) >= LONG_WORD_LETTERS for start, end in words)
    return round(len(words) / max(len(found), 1) + 100 * long / len(words), 1)


def _long_paragraphs(markdown: str, text: str) -> Iterator[Mark]:
    for start, end in blocks(text):
        count = sum(1 for _ in words_in(text[start:end]))
        if count > LONG_PARAGRAPH_WORDS:
            yield Mark(start, end, markdown[start:end], words=count)


def _vague_links(markdown: str) -> Iterator[Mark]:
    for link in _LINK.finditer(markdown):
        if _VAGUE.fullmatch(" ".join(link[1].casefold().split()).strip(" .:!»«")):
            yield Mark(link.start(1), link.end(1), link[1])


def _officialese(markdown: str, text: str, language: str) -> Iterator[Mark]:
    pattern, instead = _plain_words(language)
    for found in pattern.finditer(text):
        start, end = found.span()
        said = " ".join(found[0].casefold().split())
        plain = instead.get(said) or next(
            words for key, words in instead.items() if key[-1] == "*" and said.startswith(key[:-1])
        )
        yield Mark(start, end, markdown[start:end], plain)


@functools.cache
def _plain_words(language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern for all of a language's words, the longest first, and what to write instead."""
    file = Path(__file__).with_name("officialese.toml")
    words: dict[str, str] = tomllib.loads(file.read_text("utf-8"))[language]
    ordered = dict(sorted(words.items(), key=lambda pair: -len(pair[0])))
    parts = (
        re.escape(key.rstrip("*")).replace(r"\ ", r"\s+") + (r"\w*" if key[-1] == "*" else "")
        for key in ordered
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE), ordered
