"""What does not go together in a brain, or no longer holds: for curators to look at.

same thing        two entries that answer the same for visitors who get both
local older       a local answer from before the shared one said something else
expired           the validity of an entry has run out
expires soon      it does within a month
no source         an answer without a source, or a link in it
bad source        a source or a link that leads nowhere, as it is written
facts lacking     several bodies lack a fact, and cannot give the answer

What was accepted is left out until one of its entries changes: its revision is in
the key. Nothing is fetched. What was found is kept, and shown until somebody looks
again, but for what has changed since.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from brains import conflicts as rows
from brains import templates
from brains.database import Database
from brains.errors import MissingFactError
from brains.knowledge import Knowledge, choose, key_of, scopes_of
from brains.model import Body, Entry
from router.curation.local_answers import LocalAnswers, Shadowing
from router.curation.twins import Twins

Kind = Literal[
    "same thing",
    "local older",
    "expired",
    "expires soon",
    "no source",
    "bad source",
    "facts lacking",
]
SOON = dt.timedelta(days=30)
LACKING_MIN = 2
AT_ONCE = 50
LINK_SCHEMES = ("http", "https", "mailto", "tel")
_LINK = re.compile(r"\[[^\[\]]*\]\(([^()]*)\)")

Progress = Callable[[float, str], None]


class Conflict(msgspec.Struct, frozen=True, omit_defaults=True):
    """`entries` are ids; `texts` show it: phrasings, addresses or keys of facts; `bodies` those
    concerned; `scope` a local answer's; `at` when validity ends."""

    key: str
    kind: Kind
    entries: list[str]
    texts: list[str] = []
    bodies: list[str] = []
    scope: str | None = None
    at: dt.datetime | None = None


class Looked(msgspec.Struct, frozen=True):
    """What was found when a brain was last looked through, `at`, and nobody has accepted. `changed`
    is how many more there were whose entry, text or facts are not as they were."""

    at: dt.datetime
    found: list[Conflict]
    changed: int


class Conflicts(msgspec.Struct, frozen=True):
    db: Database
    knowledge: Knowledge
    twins: Twins
    local_answers: LocalAnswers
    clock: Callable[[], dt.datetime]

    async def find(self, brain: str, progress: Progress | None = None) -> list[Conflict]:
        """All that nobody has accepted, the weightiest kinds first; kept for `last`.

        Raises `UnknownBrain`.
        """
        report = progress or _silent
        known = self.knowledge.entries[self.knowledge.brain(brain).id]
        found = await self._same(brain, known, lambda share: report(0.8 * share, "phrasings"))
        report(0.8, "answers")
        for shadowing in await self._older(brain):
            local, entry = shadowing.local, known[shadowing.local.entry]
            found.append(_conflict("local older", [entry], scope=local.scope))
        lacks = _Lacks(self.knowledge, self._bodies(brain))
        for count, entry in enumerate(list(known.values())):
            found += [*_validity(entry, self.clock()), *_sources(entry), *lacks.conflicts(entry)]
            if count % AT_ONCE == 0:
                report(0.8 + 0.2 * count / len(known), "answers")
                await asyncio.sleep(0)
        order = {kind: place for place, kind in enumerate(_KINDS)}
        found.sort(key=lambda one: (order[one.kind], one.entries, one.key))
        async with self.db.write() as tx:
            await rows.keep(tx, brain, self.clock(), msgspec.json.encode(found).decode())
            accepted = await rows.accepted(tx, brain)
        report(1.0, "done")
        return [one for one in found if one.key not in accepted]

    async def last(self, brain: str) -> Looked | None:
        """What was found the last time, without what has changed since. Raises `UnknownBrain`."""
        known = self.knowledge.entries[self.knowledge.brain(brain).id]
        async with self.db.read() as tx:
            kept = await rows.kept(tx, brain)
            accepted = await rows.accepted(tx, brain)
        if kept is None:
            return None
        found = [
            one
            for one in msgspec.json.decode(kept[1], type=list[Conflict])
            if one.key not in accepted
        ]
        older = {(one.local.entry, one.local.scope) for one in await self._older(brain)}
        lacks = _Lacks(self.knowledge, self._bodies(brain))
        holds = [
            one
            for one in found
            if _is_as_it_was(one, known)
            and (one.kind != "local older" or (one.entries[0], one.scope) in older)
            and (one.kind != "facts lacking" or [*lacks.conflicts(known[one.entries[0]])] == [one])
        ]
        return Looked(kept[0], holds, len(found) - len(holds))

    async def accept(self, brain: str, key: str, by: str) -> None:
        """It stays as it is: not shown again until one of its entries changes."""
        async with self.db.write() as tx:
            await rows.accept(tx, brain, key, by, self.clock())

    async def reopen(self, brain: str, key: str) -> bool:
        """Takes an acceptance back. Whether there was one."""
        async with self.db.write() as tx:
            return await rows.reopen(tx, brain, key)

    async def _older(self, brain: str) -> list[Shadowing]:
        return [one for one in await self.local_answers.list(brain) if one.older]

    def _bodies(self, brain: str) -> list[Body]:
        return [body for body in self.knowledge.bodies.values() if body.brain == brain]

    async def _same(
        self, brain: str, known: Mapping[str, Entry], report: Callable[[float], None]
    ) -> list[Conflict]:
        entries = {key_of(brain, id): entry for id, entry in known.items()}
        found: list[Conflict] = []
        for one in await self.twins.find(brain, sorted(entries), report):
            pair = [entries[key] for key in one.pair]
            if self._seen_in(brain, pair[0]) & self._seen_in(brain, pair[1]):
                found.append(_conflict("same thing", pair, one.texts))
        return found

    def _seen_in(self, brain: str, entry: Entry) -> frozenset[str]:
        """The bodies whose visitors get the entry."""
        return frozenset(
            body.id
            for body in self.knowledge.bodies.values()
            if body.brain == brain and scopes_of(body) & {*entry.audience}
        )


_KINDS: tuple[Kind, ...] = (
    "expired",
    "same thing",
    "facts lacking",
    "local older",
    "expires soon",
    "bad source",
    "no source",
)


class _Lacks:
    """Which bodies cannot give an answer for want of a fact."""

    def __init__(self, knowledge: Knowledge, bodies: Sequence[Body]) -> None:
        self._knowledge = knowledge
        self._bodies = bodies
        self._facts: dict[tuple[str, str], dict[str, str]] = {}

    def conflicts(self, entry: Entry) -> Iterator[Conflict]:
        if not any("{" in text for text in entry.answers.values()):
            return
        lacking = {body.id: key for body in self._bodies if (key := self._lacks(entry, body))}
        if len(lacking) >= LACKING_MIN:
            yield _conflict("facts lacking", [entry], sorted({*lacking.values()}), sorted(lacking))

    def _lacks(self, entry: Entry, body: Body) -> str | None:
        if scopes_of(body).isdisjoint(entry.audience):
            return None
        texts = self._knowledge.texts_in(entry, body)
        language = choose(texts, [body.language])
        place = (body.id, language)
        if place not in self._facts:
            self._facts[place] = self._knowledge.facts_in(body.id, language)
        try:
            templates.render(texts[language], self._facts[place])
        except MissingFactError as error:
            return error.key
        return None


def _validity(entry: Entry, now: dt.datetime) -> Iterator[Conflict]:
    if entry.valid_until is not None and entry.valid_until <= now + SOON:
        kind: Kind = "expired" if entry.valid_until <= now else "expires soon"
        yield _conflict(kind, [entry], at=entry.valid_until)


def _sources(entry: Entry) -> Iterator[Conflict]:
    links = [link.strip() for text in entry.answers.values() for link in _LINK.findall(text)]
    urls = [source.url for source in entry.sources]
    bad = [url for url in urls if not _leads(url, ("http", "https"))]
    bad += [link for link in links if "{" not in link and not _leads(link, LINK_SCHEMES)]
    if bad:
        yield _conflict("bad source", [entry], list(dict.fromkeys(bad)))
    elif not urls and not links:
        yield _conflict("no source", [entry])


def _leads(url: str, schemes: Collection[str]) -> bool:
    """Whether an address is whole: a scheme that is allowed, and a place."""
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    place = address.netloc if address.scheme in ("http", "https") else address.path
    return address.scheme in schemes and bool(place) and " " not in url


def _conflict(
    kind: Kind,
    entries: Sequence[Entry],
    texts: Sequence[str] = (),
    bodies: Sequence[str] = (),
    scope: str | None = None,
    at: dt.datetime | None = None,
) -> Conflict:
    ids = [entry.id for entry in entries]
    key = _key(kind, entries, scope)
    return Conflict(key, kind, ids, list(texts), list(bodies), scope, at)


def _key(kind: Kind, entries: Sequence[Entry], scope: str | None) -> str:
    """It changes with its kind, its entries' revisions, and where it is."""
    parts = [kind, scope or "", *(f"{entry.id} {entry.revision}" for entry in entries)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]


def _is_as_it_was(one: Conflict, known: Mapping[str, Entry]) -> bool:
    """Whether all its entries are there, as they were when it was found."""
    entries = [known[id] for id in one.entries if id in known]
    return len(entries) == len(one.entries) and _key(one.kind, entries, one.scope) == one.key


def _silent(share: float, what: str) -> None:
    pass
