"""What stands beside the form while an answer is written: how it reads, and how it will look."""

from __future__ import annotations

import itertools

import msgspec

from brains.knowledge import Knowledge
from brains.model import Body, Entry
from router.console import answers
from router.console.differences import in_order
from router.console.entry_forms import EntryForm
from router.curation import plain_language
from router.curation.plain_language import Readability

KINDS = ("long_sentences", "long_paragraphs", "passives", "officialese", "vague_links")
PHRASINGS_WANTED = 10


class Stretch(msgspec.Struct, frozen=True):
    """A part of a text, and what there is to say of it: names of lists in `Readability`."""

    text: str
    kinds: list[str]


class Draft(msgspec.Struct, frozen=True):
    """One language's text as written so far: how it looks, the fact a body lacks, how it reads."""

    language: str
    html: str
    lacks: str
    reads: Readability
    marked: list[Stretch]


class Key(msgspec.Struct, frozen=True):
    """A fact that may be used: its name, and the bodies that have not given it."""

    key: str
    label: str
    lacking: list[Body]


def drafts(knowledge: Knowledge, form: EntryForm, body: Body | None) -> list[Draft]:
    """Every text that is written, as the body's visitors would meet it."""
    written = form.written
    return [_draft(knowledge, tag, written[tag], body) for tag in in_order(written)]


def keys(knowledge: Knowledge, bodies: list[Body], language: str) -> list[Key]:
    """Every fact that some of the bodies have, those first that most have."""
    given = {body.id: knowledge.facts.get(body.id, {}) for body in bodies}
    labels: dict[str, str] = {}
    for facts in given.values():
        for key, fact in facts.items():
            labels.setdefault(key, fact.label.get(language) or fact.label.get("nb", ""))
    found = [
        Key(key, label, [body for body in bodies if key not in given[body.id]])
        for key, label in labels.items()
    ]
    return sorted(found, key=lambda one: (len(one.lacking), one.key))


def _draft(knowledge: Knowledge, language: str, text: str, body: Body | None) -> Draft:
    reads = plain_language.check(text, language)
    written = Entry(id="draft", questions=["?"], answers={language: text})
    html, lacks = answers.given(knowledge, written, language, body)
    return Draft(language, html, lacks, reads, _marked(text, reads))


def _marked(text: str, reads: Readability) -> list[Stretch]:
    """The text cut wherever a mark begins or ends; marks may lie inside each other."""
    marks = [(mark, kind) for kind in KINDS for mark in getattr(reads, kind)]
    edges = {0, len(text), *(edge for mark, _ in marks for edge in (mark.start, mark.end))}
    return [
        Stretch(
            text[start:end],
            [kind for mark, kind in marks if mark.start <= start and end <= mark.end],
        )
        for start, end in itertools.pairwise(sorted(edges))
    ]
