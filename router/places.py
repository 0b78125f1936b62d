"""Which body a place means: by name, municipality number, town or postcode. Pure, no I/O.

`named` finds the bodies that a question names in passing ("barnehageplass i
Asker") and takes care not to see one where there is none: Time, Hole and Sel
are municipalities, and words. `meant` reads the reply to "which municipality
is it?", where any case, a slip of the finger and a sentence around it will do.
Both may find several bodies of one name: then the visitor is asked again.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from brains.model import Body

# What a reply may have around the place.
_AROUND = """
    jeg eg je æ e ej meg vi me vår mi min mitt bor bur bu buer bodd er det dette den en ei et i på
    til fra frå ved hos like og gjelder gjeld kommune kommunen kommuna herad heradet fylke ja jo
    nei takk vel men bare berre altså var vart svar må være vere skal flytta flyttet flytter nå no
    na mener meiner mente meinte kommunenummer nummer postnummer poststed poststad
    the live in am is it its at near my municipality of city town to from we our please moved
    sorry thanks yes
"""
# What says that the rest is a place.
_LIVES = "bor bur bu buer live kommune kommunen kommuna herad municipality"
_BEFORE = "i på in hos ved"
_MUNICIPALITY = "kommune kommunes kommunen herad herads municipality"
_WORD = re.compile(r"\w+")
_FOLDS = str.maketrans({"ø": "o", "æ": "ae", "đ": "d", "ŋ": "n", "ŧ": "t"})
NAME_WORDS_MAX = 4
# Of what a reply says beside the place; with more it is a question of its own.
OTHER_WORDS_MAX = 1
REPLY_WORDS_MAX = 12
# Shorter names are too easily a slip away from other words.
FUZZY_CHARS_MIN = 4
FUZZY_FROM = 0.8
NUMBER = re.compile(r"\d{3,4}")


class Meant(msgspec.Struct, frozen=True):
    """What a reply to "which municipality?" says.

    `bodies` is the one, or several of one name. `unknown` is a place that it seems to name and
    no body has; `sure` where it says so. With neither it is no reply to that.
    """

    bodies: tuple[Body, ...] = ()
    unknown: str = ""
    sure: bool = False


class _Word(NamedTuple):
    text: str
    folded: str
    # Where it stands in the text: from, to.
    start: int
    end: int


class _Hit(NamedTuple):
    start: int
    end: int
    body: Body


def named(text: str, bodies: Iterable[Body], *, strictly: bool = False) -> tuple[Body, ...]:
    """The bodies that a question names, each once; `strictly` only as "i Asker" or "Asker
    kommune"."""
    words = _words(text)
    lower = strictly or text == text.lower()
    hits = [hit for hit in _hits(words, bodies) if _is_name(words, hit, lower)]
    return _bodies(hits)


def meant(text: str, bodies: Sequence[Body]) -> Meant:
    """What a reply to "which municipality is it?" says."""
    words = _words(text)
    if not words or len(words) > REPLY_WORDS_MAX:
        return Meant()
    hits = (
        _hits(words, bodies)
        or _numbered(words, bodies)
        or _partly(words, bodies)
        or _nearly(words, bodies)
    )
    covered = {place for hit in hits for place in range(hit.start, hit.end)}
    others = [
        word
        for place, word in enumerate(words)
        if place not in covered
        and word.folded not in _FOLDED_AROUND
        and not NUMBER.fullmatch(word.text)
    ]
    if hits:
        return Meant(_bodies(hits)) if len(others) <= OTHER_WORDS_MAX else Meant()
    if "?" in text or not others or len(others) > NAME_WORDS_MAX:
        return Meant()
    sure = any(word.folded in _FOLDED_LIVES for word in words)
    if not sure and len(others) > OTHER_WORDS_MAX:
        return Meant()
    return Meant((), text[others[0].start : others[-1].end], sure)


def names(body: Body) -> list[str]:
    """What people call it."""
    return [body.name, body.short_name, body.id, *body.places]


def folded(text: str) -> str:
    """Equal for what people write for the same: without case, accents and doubled a's."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDS))
    return "".join(one for one in plain if not unicodedata.combining(one)).replace("aa", "a")


_FOLDED_AROUND = frozenset(map(folded, _AROUND.split()))
_FOLDED_LIVES = frozenset(map(folded, _LIVES.split()))
_FOLDED_BEFORE = frozenset(map(folded, _BEFORE.split()))
_FOLDED_MUNICIPALITY = frozenset(map(folded, _MUNICIPALITY.split()))


def _words(text: str) -> list[_Word]:
    return [
        _Word(found[0], folded(found[0]), found.start(), found.end())
        for found in _WORD.finditer(text)
    ]


def _hits(words: Sequence[_Word], bodies: Iterable[Body]) -> list[_Hit]:
    """Where the words are a name; of names within each other only the longest."""
    known: dict[tuple[str, ...], list[Body]] = {}
    for body in bodies:
        for name in {_bare(name) for name in names(body)} - {()}:
            known.setdefault(name, []).append(body)
    found = [
        _Hit(start, end, body)
        for start in range(len(words))
        for end in range(start + 1, min(start + NAME_WORDS_MAX, len(words)) + 1)
        for body in known.get(tuple(word.folded for word in words[start:end]), ())
    ]
    found += [
        _Hit(start, start + 1, body)
        for start, word in enumerate(words)
        if word.folded.endswith("s")
        for body in known.get((word.folded[:-1],), ())
        if (word.folded,) not in known
    ]
    return [one for one in found if not any(_within(one, other) for other in found)]


def _within(one: _Hit, other: _Hit) -> bool:
    longer = other.end - other.start > one.end - one.start
    return longer and other.start <= one.start and one.end <= other.end


def _bare(name: str) -> tuple[str, ...]:
    """The words of a name, without "kommune" and what is in brackets."""
    words = [word.folded for word in _words(name.split("(")[0])]
    return tuple(word for word in words if word not in _FOLDED_MUNICIPALITY)


def _is_name(words: Sequence[_Word], hit: _Hit, lower: bool) -> bool:
    """Whether a question's words mean a place: "i asker", "Asker kommune", "... Asker ..."."""
    before = words[hit.start - 1].folded if hit.start else ""
    after = words[hit.end].folded if hit.end < len(words) else ""
    if words[hit.start].text.isdigit():
        return False
    if after in _FOLDED_MUNICIPALITY or before in _FOLDED_BEFORE:
        return True
    return not lower and hit.start > 0 and words[hit.start].text[0].isupper()


def _numbered(words: Sequence[_Word], bodies: Sequence[Body]) -> list[_Hit]:
    return [
        _Hit(place, place + 1, body)
        for place, word in enumerate(words)
        if NUMBER.fullmatch(word.text)
        for body in bodies
        if body.municipality_number == word.text.zfill(4)
    ]


def _partly(words: Sequence[_Word], bodies: Sequence[Body]) -> list[_Hit]:
    """The names of several words that a word is one of: Aurdal, of Nord- and Sør-Aurdal."""
    parts = [(set(_bare(name)), body) for body in bodies for name in (body.name, *body.places)]
    return [
        _Hit(place, place + 1, body)
        for place, word in enumerate(words)
        if len(word.folded) >= FUZZY_CHARS_MIN and word.folded not in _FOLDED_AROUND
        for part, body in parts
        if word.folded in part
    ]


def _nearly(words: Sequence[_Word], bodies: Sequence[Body]) -> list[_Hit]:
    """The names that a word is a slip away from, if any: only the nearest."""
    best, found = FUZZY_FROM, list[_Hit]()
    known = {(" ".join(_bare(name)), body.id): body for body in bodies for name in names(body)}
    for start in range(len(words)):
        for end in range(start + 1, min(start + NAME_WORDS_MAX, len(words)) + 1):
            said = " ".join(word.folded for word in words[start:end])
            if len(said) < FUZZY_CHARS_MIN or said in _FOLDED_AROUND or said.isdigit():
                continue
            for (name, _), body in known.items():
                near = difflib.SequenceMatcher(None, said, name).ratio() if name else 0.0
                if near > best:
                    best, found = near, []
                if near == best:
                    found.append(_Hit(start, end, body))
    return found


def _bodies(hits: Iterable[_Hit]) -> tuple[Body, ...]:
    return tuple({hit.body.id: hit.body for hit in hits}.values())
