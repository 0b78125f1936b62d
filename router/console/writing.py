"""What stands beside the form while an answer is written: how it reads, and how it will look."""

from __future__ import annotations

import msgspec

from brains.knowledge import Knowledge
from brains.model import Body, Entry
from router.console import answers
from router.console.entry_forms import EntryForm
from router.curation import plain_language
from router.curation.plain_language import Readability

CHECKED = ("nb", "nn")
PHRASINGS_WANTED = 10


class Draft(msgspec.Struct, frozen=True):
    """One language's text as written so far: how it looks, the fact a body lacks, how it reads."""

    language: str
    html: str
    lacks: str
    reads: Readability | None


class Key(msgspec.Struct, frozen=True):
    """A fact that may be used: its name, and the bodies that have not given it."""

    key: str
    label: str
    lacking: list[Body]


def drafts(knowledge: Knowledge, form: EntryForm, body: Body | None) -> list[Draft]:
    """Every text that is written, as the body's visitors would meet it."""
    return [_draft(knowledge, tag, text, body) for tag, text in form.written.items()]


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
    reads = plain_language.check(text, language) if language in CHECKED else None
    written = Entry(id="draft", questions=["?"], answers={language: text})
    html, lacks = answers.given(knowledge, written, language, body)
    return Draft(language, html, lacks, reads)
