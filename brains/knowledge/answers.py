"""How a text reads in one body: in which language, with whose facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from brains import templates
from brains.errors import MissingFactError
from brains.knowledge.visibility import local_scopes
from brains.model import Body, Entry, LocalAnswer, Source, Texts

FALLBACK_LANGUAGE = "nb"


class Answer(msgspec.Struct, frozen=True):
    """An answer as one body gives it: Markdown with the facts filled in."""

    markdown: str
    language: str
    entry: str
    revision: int
    sources: list[Source]
    title: str


class FactMissing(msgspec.Struct, frozen=True):
    """No answer there: the body has not given the fact `key`."""

    key: str


def texts_for(entry: Entry, body: Body, local: Mapping[str, LocalAnswer]) -> Texts:
    """The texts that answer `entry` in a body: its own, its groups' or the shared ones. `local`
    has the entry's local answers by scope."""
    for scope in local_scopes(body):
        if scope in local:
            return local[scope].answers
    return entry.answers


def worded(
    entry: Entry, template: str, language: str, facts: Mapping[str, str]
) -> Answer | FactMissing:
    """`template` as the answer of an entry, with facts. Raises `Invalid` for a wrong template."""
    try:
        markdown = templates.render(template, facts).strip()
    except MissingFactError as error:
        return FactMissing(error.key)
    if not markdown:
        return FactMissing(min(templates.check(template) - facts.keys()))
    return Answer(markdown, language, entry.id, entry.revision, entry.sources, title_of(entry))


def title_of(entry: Entry) -> str:
    """The entry's title, or its first question where it has none."""
    return entry.title or entry.questions[0]


def choose(texts: Texts, languages: Sequence[str]) -> str:
    """The language to say it in: the first wanted one there is, then bokmål, then any."""
    for language in (*languages, FALLBACK_LANGUAGE):
        if language in texts:
            return language
    return next(iter(texts))
