"""What changed between two states of an entry, down to the word.

Texts are compared with Python's `difflib` over words, so that what a person
reads is what was written, with words taken out and words put in marked.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Literal, Protocol

import msgspec

from brains.model import Entry

Kind = Literal["same", "del", "ins"]

FIRST_LANGUAGES = ("nb", "nn", "en")

_WORD = re.compile(r"\S+\s*|\s+")


class Named(Protocol):
    """What people call audiences and days."""

    def scope(self, scope: str) -> str: ...
    def day(self, at: dt.datetime | None) -> str: ...
    def last_day(self, at: dt.datetime | None) -> str: ...


class Part(msgspec.Struct, frozen=True):
    """A stretch of text that stayed, went or came."""

    kind: Kind
    text: str


class Difference(msgspec.Struct, frozen=True):
    """One field that differs. `language` is that of an answer. `lines`: a list, a part a line."""

    field: str
    parts: list[Part]
    language: str | None = None
    lines: bool = False


def words(before: str, after: str) -> list[Part]:
    """One text, with what went and what came marked."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    parts: list[Part] = []
    for how, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if how == "equal":
            parts.append(Part("same", "".join(old[old_from:old_to])))
            continue
        if old_to > old_from:
            parts.append(Part("del", "".join(old[old_from:old_to])))
        if new_to > new_from:
            parts.append(Part("ins", "".join(new[new_from:new_to])))
    return parts


def lines(before: Sequence[str], after: Sequence[str]) -> list[Part]:
    """Two lists as one: what went, then what came, then what stayed."""
    gone = [Part("del", line) for line in before if line not in after]
    come = [Part("ins", line) for line in after if line not in before]
    return [*gone, *come, *(Part("same", line) for line in after if line in before)]


def between(before: Entry | None, after: Entry, named: Named) -> list[Difference]:
    """Every field that differs; without a state before, all that is written, unmarked."""
    old = before or Entry(id=after.id, questions=[], answers={}, audience=[])
    found = list(_differences(old, after, named))
    return found if before else [_unmarked(one) for one in found]


def _differences(old: Entry, new: Entry, named: Named) -> Iterator[Difference]:
    if old.title != new.title:
        yield Difference("title", words(old.title, new.title))
    if old.questions != new.questions:
        yield Difference("questions", lines(old.questions, new.questions), lines=True)
    for language in in_order({*old.answers, *new.answers}):
        before, after = old.answers.get(language, ""), new.answers.get(language, "")
        if before != after:
            yield Difference("answer", words(before, after), language)
    for field, before, after in (
        ("topic", old.topic, new.topic),
        ("owner", _scope(old.owner, named), _scope(new.owner, named)),
        ("valid_from", named.day(old.valid_from), named.day(new.valid_from)),
        ("valid_until", named.last_day(old.valid_until), named.last_day(new.valid_until)),
    ):
        if before != after:
            yield Difference(field, _replaced(before, after))
    if old.audience != new.audience:
        scopes = [[named.scope(one) for one in entry.audience] for entry in (old, new)]
        yield Difference("audience", lines(*scopes), lines=True)
    if old.sources != new.sources:
        yield Difference("sources", lines(_sources(old), _sources(new)), lines=True)


def in_order(languages: Collection[str]) -> list[str]:
    """Languages as people expect them: Bokmål, Nynorsk, English, then the others by tag."""
    first = [tag for tag in FIRST_LANGUAGES if tag in languages]
    return first + sorted(set(languages) - set(first))


def _unmarked(one: Difference) -> Difference:
    parts = [Part("same", part.text) for part in one.parts]
    return Difference(one.field, parts, one.language, one.lines)


def _replaced(before: str, after: str) -> list[Part]:
    kinds: tuple[tuple[Kind, str], ...] = (("del", before), ("ins", after))
    return [Part(kind, text) for kind, text in kinds if text]


def _scope(scope: str | None, named: Named) -> str:
    return named.scope(scope) if scope else ""


def _sources(entry: Entry) -> list[str]:
    return [f"{source.title} {source.url}".strip() for source in entry.sources]
