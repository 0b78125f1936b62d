"""What is published now, as plain dicts: bodies, entries, answers, facts, remits, notices."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TypeVar

from brains.documents import Key
from brains.errors import UnknownBody, UnknownBrain, UnknownEntry
from brains.knowledge.answers import Answer, FactMissing, choose, texts_for, worded
from brains.knowledge.snapshots import Snapshot
from brains.knowledge.visibility import is_for, is_valid, scopes_of
from brains.model import (
    Body,
    Brain,
    Broadcast,
    Connection,
    Entry,
    Fact,
    LocalAnswer,
    Remit,
    Texts,
)

T = TypeVar("T")


class Published:
    """The dicts are for reading; `take_documents` and `take` change them."""

    def __init__(self) -> None:
        self.brains: dict[str, Brain] = {}
        self.bodies: dict[str, Body] = {}
        self.entries: dict[str, dict[str, Entry]] = {}
        self.local_answers: dict[tuple[str, str], dict[str, LocalAnswer]] = {}
        self.facts: dict[str, dict[str, Fact]] = {}
        self.remits: dict[str, dict[str, Remit]] = {}
        self.broadcasts: dict[str, dict[str, Broadcast]] = {}
        self.broadcasts_changed = asyncio.Event()
        self.connections: dict[str, Connection] = {}
        self.shared: dict[str, tuple[str, ...]] = {}
        """What other bodies have of each matter that is declared as shared, by key."""

    def body(self, slug: str) -> Body:
        try:
            return self.bodies[slug]
        except KeyError:
            raise UnknownBody(slug) from None

    def brain(self, id: str) -> Brain:
        try:
            return self.brains[id]
        except KeyError:
            raise UnknownBrain(id) from None

    def entry(self, brain: str, id: str) -> Entry:
        """The entry as visitors get it. Raises `UnknownEntry` also for one not published."""
        try:
            return self.entries[brain][id]
        except KeyError:
            raise UnknownEntry(id) from None

    def members(self, place: str) -> list[Body]:
        """The bodies that answer from a brain, or that a body of kind `group` stands for."""
        if place in self.brains:
            return [body for body in self.bodies.values() if body.brain == place]
        return [body for body in self.bodies.values() if place in body.groups]

    def visible(self, body_slug: str, now: dt.datetime) -> list[Entry]:
        """The entries of a body's brain that its visitors get now, in order of id."""
        body = self.body(body_slug)
        scopes = scopes_of(body)
        known = self.entries.get(body.brain or "", {})
        return [
            known[id]
            for id in sorted(known)
            if is_for(known[id], scopes) and is_valid(known[id], now)
        ]

    def answer(
        self,
        brain: str,
        entry_id: str,
        body_slug: str,
        languages: Sequence[str],
        now: dt.datetime,
    ) -> Answer | FactMissing:
        """What a body answers: its own text before its groups', theirs before the shared one.

        Of that text's languages the first wanted one, then bokmål, then any.
        Raises `UnknownEntry` where the body's visitors do not get the entry now.
        """
        entry = self.entry(brain, entry_id)
        body = self.body(body_slug)
        if not is_for(entry, scopes_of(body)) or not is_valid(entry, now):
            raise UnknownEntry(entry_id)
        return self.worded(entry, self.texts_in(entry, body), body_slug, languages)

    def worded(
        self, entry: Entry, texts: Texts, body_slug: str, languages: Sequence[str]
    ) -> Answer | FactMissing:
        """How `texts` would answer `entry` in a body. Raises `Invalid` for a wrong template."""
        language = choose(texts, languages)
        return worded(entry, texts[language], language, self.facts_in(body_slug, language))

    def texts_in(self, entry: Entry, body: Body) -> Texts:
        """The texts that answer `entry` in a body: its own, its groups' or the shared ones."""
        return texts_for(entry, body, self.local_answers.get((entry.brain, entry.id), {}))

    def facts_in(self, body_slug: str, language: str) -> dict[str, str]:
        """A body's facts by key, each as it reads in a language."""
        values = {key: fact.value for key, fact in self.facts.get(body_slug, {}).items()}
        return {
            key: value if isinstance(value, str) else value[choose(value, [language])]
            for key, value in values.items()
        }

    def take_documents(self, read: Snapshot) -> None:
        """Applies what changed but entries and remits, which `take` applies one at a time."""
        for (id,), brain in read.changed("brain", Brain):
            _put_or_drop(self.brains, id, brain)
            self.entries.setdefault(id, {})
            self.shared = _shared(self.brains.values())
        for (slug,), body in read.changed("body", Body):
            _put_or_drop(self.bodies, slug, body)
        for (slug, key), fact in read.changed("fact", Fact):
            _put_or_drop(self.facts.setdefault(slug, {}), key, fact)
        for (id, entry, scope), local in read.changed("local_answer", LocalAnswer):
            _put_or_drop(self.local_answers.setdefault((id, entry), {}), scope, local)
        for (id, key), broadcast in read.changed("broadcast", Broadcast):
            _put_or_drop(self.broadcasts.setdefault(id, {}), key, broadcast)
            self.broadcasts_changed.set()
        for (slug,), connection in read.changed("connection", Connection):
            _put_or_drop(self.connections, slug, connection)

    def take(self, kind: str, key: Key, read: Snapshot) -> Entry | Remit | None:
        """Applies an entry or a remit as it was read: what it is now, or None where it is gone."""
        first, second = key
        if kind == "entry":
            entry = read.entries.get((first, second))
            _put_or_drop(self.entries.setdefault(first, {}), second, entry)
            return entry
        remit: Remit | None = read.documents["remit"].get(key)
        _put_or_drop(self.remits.setdefault(first, {}), second, remit)
        return remit


def _shared(brains: Iterable[Brain]) -> dict[str, tuple[str, ...]]:
    return {
        key: tuple(other for other in matter if other != key)
        for brain in brains
        for matter in brain.shared
        for key in matter
    }


def _put_or_drop(items: dict[str, T], key: str, item: T | None) -> None:
    if item is None:
        items.pop(key, None)
    else:
        items[key] = item
