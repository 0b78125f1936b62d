"""One search over everything that somebody may see: answers, questions, facts, bodies, people.

    groups = await search(request, brain, "barnehage")

All words must be found, in any order; nothing is asked of the encoder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from litestar import Request
from markupsafe import Markup, escape

from brains import people
from brains.knowledge import choose, title_of
from brains.model import Body, Entry, Texts
from brains.rendering import plain
from router.console import frame
from router.console.entry_links import bodies_of, entries_url, entry_url, review_of
from router.curation.catalogue import Wanted
from router.service import Service

AnyRequest = Request[Any, Any, Any]

SHOWN_PER_GROUP = 8
EXCERPT_CHARS = 160
WORDS_MAX = 8


class Hit(msgspec.Struct, frozen=True):
    """One find: where it leads, its title and an excerpt with the words marked."""

    url: str
    title: Markup
    excerpt: Markup
    note: str = ""


class Group(msgspec.Struct, frozen=True):
    """The finds of one kind, best first. `more` leads to all of them, where there is a list."""

    kind: str
    hits: list[Hit]
    more: str = ""


def fold(text: str) -> str:
    """Text as it is compared: small letters, single spaces."""
    return " ".join(text.casefold().split())


async def search(request: AnyRequest, brain: str, query: str) -> list[Group]:
    """What the words are found in, by kind; kinds with nothing are left out."""
    words = fold(query).split()[:WORDS_MAX]
    if not words:
        return []
    service, only = frame.service(request), frame.own_body(request)
    bodies = bodies_of(request, brain)
    groups = [
        await _entries(request, service, brain, query, words),
        await _gaps(service, brain, query, words, only),
        _facts(service, brain, words, bodies, [frame.language(request)]),
        _bodies(words, bodies),
    ]
    if frame.may(request, "manage keys"):
        groups.append(await _people(service, words))
    return [group for group in groups if group.hits]


def find_entries(service: Service, brain: str, query: str) -> list[Entry]:
    """Published answers with all the words in a title or phrasing, the shortest titles first."""
    words = fold(query).split()[:WORDS_MAX]
    found = [
        entry
        for entry in service.knowledge.entries[brain].values()
        if _fits(" ".join([entry.title, *entry.questions]), words)
    ]
    return sorted(found, key=lambda entry: len(title_of(entry)))[:SHOWN_PER_GROUP]


async def _entries(
    request: AnyRequest, service: Service, brain: str, query: str, words: Sequence[str]
) -> Group:
    review = review_of(request)
    found = await service.catalogue.look(
        brain, Wanted(text=query), lambda one: review.sees(one.entry), frame.own_body(request)
    )
    hits = [
        Hit(
            entry_url(brain, line.summary.entry.id),
            mark(title_of(line.summary.entry), words),
            mark(excerpt(_texts_of(line.summary.entry), words), words),
            frame.say(request, f"search.status.{line.summary.entry.status}"),
        )
        for line in sorted(found.items, key=lambda line: _rank(line.summary.entry, words))[
            :SHOWN_PER_GROUP
        ]
    ]
    more = f"{entries_url(brain)}?{urlencode({'text': query})}" if found.total > len(hits) else ""
    return Group("entries", hits, more)


async def _gaps(
    service: Service, brain: str, query: str, words: Sequence[str], only: str | None
) -> Group:
    page = await service.gap_desk.list(
        brain, status=None, text=query, limit=SHOWN_PER_GROUP, only_body=only
    )
    base = f"/console/brains/{brain}/gaps"
    hits = [
        Hit(f"{base}/{gap.id}", mark(gap.title or gap.summary, words), mark(gap.summary, words))
        for gap in page.items
    ]
    more = f"{base}?{urlencode({'status': 'all', 'text': query})}" if page.next else ""
    return Group("gaps", hits, more)


def _facts(
    service: Service,
    brain: str,
    words: Sequence[str],
    bodies: Sequence[Body],
    tongues: Sequence[str],
) -> Group:
    hits: dict[str, Hit] = {}
    for body in bodies:
        for fact in service.knowledge.facts.get(body.id, {}).values():
            said = " ".join([fact.key, *fact.label.values(), *_all(fact.value)])
            if _fits(said, words) and fact.key not in hits:
                name = _said(fact.label, tongues) or fact.key
                url = f"/console/brains/{brain}/facts/{quote(fact.key, safe='')}"
                value = _said(fact.value, tongues)
                hits[fact.key] = Hit(url, mark(name, words), mark(value, words), body.name)
    return Group("facts", list(hits.values())[:SHOWN_PER_GROUP])


def _bodies(words: Sequence[str], bodies: Sequence[Body]) -> Group:
    found = [
        body
        for body in bodies
        if _fits(f"{body.name} {body.short_name} {body.id} {body.municipality_number or ''}", words)
    ]
    hits = [
        Hit(
            f"/console/bodies/{body.id}",
            mark(body.name, words),
            Markup(escape(body.website or "")),
        )
        for body in found[:SHOWN_PER_GROUP]
    ]
    return Group("bodies", hits)


async def _people(service: Service, words: Sequence[str]) -> Group:
    async with service.db.read() as tx:
        known = await people.listing(tx)
    hits = [
        Hit(f"/console/people/{one.id}", mark(one.name, words), mark(one.email, words))
        for one in known
        if _fits(f"{one.name} {one.email}", words)
    ]
    return Group("people", hits[:SHOWN_PER_GROUP])


def mark(text: str, words: Sequence[str]) -> Markup:
    """The text with the words marked."""
    pattern = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
    parts: list[Markup] = []
    end = 0
    for found in pattern.finditer(text):
        parts += [escape(text[end : found.start()]), Markup("<mark>{}</mark>").format(found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def excerpt(texts: Iterable[str], words: Sequence[str]) -> str:
    """The first of the texts that has one of the words, cut around it."""
    for text in texts:
        at = min(
            (place for word in words if (place := text.casefold().find(word)) >= 0), default=-1
        )
        if at >= 0:
            start = max(0, at - EXCERPT_CHARS // 3)
            cut = text[start : start + EXCERPT_CHARS].strip()
            return (
                ("… " if start else "") + cut + (" …" if len(text) > start + EXCERPT_CHARS else "")
            )
    return ""


def _rank(entry: Entry, words: Sequence[str]) -> int:
    """Where the words are found: in the title is best, then in a phrasing, then in the answer."""
    if _fits(entry.title, words):
        return 0
    return 1 if any(_fits(text, words) for text in entry.questions) else 2


def _texts_of(entry: Entry) -> list[str]:
    return [*entry.questions, *(" ".join(plain(text).split()) for text in entry.answers.values())]


def _fits(text: str, words: Sequence[str]) -> bool:
    folded = fold(text)
    return all(word in folded for word in words)


def _said(value: str | Texts, tongues: Sequence[str]) -> str:
    if isinstance(value, str):
        return value
    return value[choose(value, tongues)] if value else ""


def _all(value: str | Texts) -> list[str]:
    return [value] if isinstance(value, str) else list(value.values())
