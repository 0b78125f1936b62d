"""One node's view of the shared knowledge, in memory: what to find, and what to answer.

It holds every brain of the installation as plain dicts, and one matcher with
an item for each entry visitors may see now and for each remit. The change
feed keeps it up: `catch_up` reads the lines after the last one it applied,
loads what they name in the same snapshot, and applies it between two awaits,
so that nobody meets an entry half changed. `follow` does that for ever, and
refits the matcher in the background.

Vectors come stored with the entries. Where an entry has none from this node's
encoder (another model saved it), it waits and is embedded in the background;
`waiting` says how many still do.

Entries outside their validity window are kept out of the matcher. The times
at which a window opens or closes are in a heap, and `find` applies those that
have passed before it searches.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import heapq
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import msgspec
import numpy as np

from brains import changes, entries, store, templates, usage, vectors
from brains.database import Database, Transaction
from brains.documents import SHELVES, Documents, Key
from brains.errors import MissingFactError, SamsvarError, UnknownBody, UnknownBrain, UnknownEntry
from brains.model import (
    COUNTY_KIND,
    EVERYONE,
    GROUP_KIND,
    GROUP_PREFIX,
    MUNICIPALITY_KIND,
    Body,
    Brain,
    Broadcast,
    Connection,
    Entry,
    Fact,
    LocalAnswer,
    Remit,
    Source,
    Texts,
)
from brains.usage import Used
from brains.vectors import Progress, TextEncoder, Vector
from embeddings.matcher import Item, Matcher, Scored

log = logging.getLogger(__name__)
T = TypeVar("T", bound=msgspec.Struct)

APPLY_AT_ONCE = 50  # items put into the matcher before other work gets a turn
EMBED_AT_ONCE = 32  # entries embedded before they become findable
REFIT_QUIET_S = 2.0  # refit when nothing has changed for so long …
REFIT_WAIT_MAX_S = 30.0  # … or at the latest after this
USAGE_FLUSH_S = 10.0
RETRY_WAIT_MAX_S = 10.0
FALLBACK_LANGUAGE = "nb"
POPULAR_SHOWN = 6


class Part(NamedTuple):
    """Somebody's part in a matter that several share: a candidate's key, and the body (or the
    brain, where any of its bodies may answer) whose it is."""

    key: str
    owner: str


class Found(msgspec.Struct, frozen=True):
    """A candidate for a question.

    `owner` is the body whose matter it is; None means the asking body's own.
    `url` is a remit's page, where it has one. `somebodys` is the probability that the question
    is anybody's here, whichever candidate is right. `shared` is what other bodies have of the
    same matter. `many` says that the owner stands for many bodies.
    """

    kind: Literal["entry", "remit"]
    key: str
    brain: str | None
    id: str
    title: str
    owner: str | None
    probability: float
    url: str | None = None
    somebodys: float = 1.0
    shared: tuple[Part, ...] = ()
    many: bool = False


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


class Searches(Protocol):
    """What `Knowledge` needs of a matcher: `embeddings.matcher.Matcher`, or a test's stand-in."""

    @property
    def stale(self) -> bool: ...
    def __len__(self) -> int: ...
    def put(self, item: Item) -> None: ...
    def remove(self, key: str) -> None: ...
    def search(
        self, text: str, vector: Vector, scopes: Collection[str], limit: int = 10
    ) -> list[Scored]: ...
    def search_many(
        self, texts: Sequence[str], vectors: Vector, scopes: Collection[str], limit: int = 10
    ) -> list[list[Scored]]: ...
    def answer_threshold(self, wrong_rate: float) -> float: ...
    def fit(self) -> Any: ...
    def adopt(self, fit: Any) -> None: ...


class _Batch(NamedTuple):
    """What a snapshot says about the keys that changed: the rows by key, absent where removed."""

    keys: dict[str, set[Key]]
    documents: dict[str, dict[Key, Any]]
    entries: dict[tuple[str, str], Entry]
    vectors: _Vectors
    number: int


class _Vectors(NamedTuple):
    queries: dict[str, Vector]
    passages: dict[str, Vector]


class Knowledge:
    """See the module's text. Make it with `await Knowledge.open(db, encoder)`.

    The dicts are for reading; only this class changes them.
    """

    def __init__(
        self,
        db: Database,
        encoder: TextEncoder,
        matcher: Searches,
        progress: Progress | None,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self.matcher = matcher
        self.brains: dict[str, Brain] = {}
        self.bodies: dict[str, Body] = {}
        self.entries: dict[str, dict[str, Entry]] = {}
        self.local_answers: dict[tuple[str, str], dict[str, LocalAnswer]] = {}
        self.facts: dict[str, dict[str, Fact]] = {}
        self.remits: dict[str, dict[str, Remit]] = {}
        self.broadcasts: dict[str, dict[str, Broadcast]] = {}
        self.broadcasts_changed = asyncio.Event()
        self.connections: dict[str, Connection] = {}
        self.number = 0
        self._db = db
        self._encoder = encoder
        self._progress = progress
        self._clock = clock
        self._items: dict[str, Entry | Remit] = {}
        self._windowed: dict[str, Item] = {}
        self._boundaries: list[tuple[dt.datetime, str]] = []
        self._latest_now = clock()
        self._waiting: dict[str, None] = {}
        self._shared: dict[str, tuple[str, ...]] = {}
        self._embedding: asyncio.Task[None] | None = None
        self._catching_up = asyncio.Lock()
        self._refitting = asyncio.Lock()
        self._refit: asyncio.Task[bool] | None = None
        self._woken = asyncio.Event()
        self._changed_at = 0.0
        self._fitted_at = 0.0
        self._used: dict[Used, int] = {}
        self._unsaved_usage: Counter[Used] = Counter()

    @classmethod
    async def open(
        cls,
        db: Database,
        encoder: TextEncoder,
        progress: Progress | None = None,
        matcher: Searches | None = None,
        clock: Callable[[], dt.datetime] = store.now,
    ) -> Knowledge:
        """Loads everything. `progress` hears of texts embedded in the background, if any are."""
        knowledge = cls(
            db,
            encoder,
            Matcher(encoder.dimensions) if matcher is None else matcher,
            progress,
            clock,
        )
        async with db.read() as tx:
            batch = await knowledge._read_all(tx)
            knowledge._used = await usage.all(tx)
        await knowledge._apply(batch)
        return knowledge

    # Reading

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

    @property
    def waiting(self) -> int:
        """How many entries and remits cannot be found yet, for want of vectors."""
        return len(self._waiting)

    def find(
        self, text: str, vector: Vector, body_slug: str | None, now: dt.datetime, limit: int = 10
    ) -> list[Found]:
        """Candidates for a question asked in a body (None: in none), most probable first."""
        body, scopes = self._asker(body_slug)
        self._pass_boundaries(now)
        return self._found(self.matcher.search(text, vector, scopes, limit), body, now)

    def find_many(
        self,
        texts: Sequence[str],
        vectors: Vector,
        body_slug: str | None,
        now: dt.datetime,
        limit: int = 10,
    ) -> list[list[Found]]:
        """`find` for many questions at once; `vectors` is (questions, dimensions)."""
        body, scopes = self._asker(body_slug)
        self._pass_boundaries(now)
        results = self.matcher.search_many(texts, vectors, scopes, limit)
        return [self._found(scored, body, now) for scored in results]

    def candidates(
        self,
        scored: Sequence[Scored],
        body_slug: str,
        now: dt.datetime,
        instead: Mapping[str, Entry],
    ) -> list[Found]:
        """What a variant of the matcher found, where `instead` has entries by key that are
        not as they are here."""
        return self._found(scored, self.body(body_slug), now, instead)

    def found(self, brain: str, entry_id: str, body_slug: str) -> Found:
        """The entry as a certain candidate, for a body's visitor who has chosen it.

        Raises `UnknownEntry`. Whether the body's visitors may have it is for `answer` to say.
        """
        entry = self.entry(brain, entry_id)
        scored = Scored(f"entry:{brain}/{entry_id}", 1.0, 0.0)
        return self._found_entry(entry, scored, self.body(body_slug))

    def found_remit(self, body: str, topic: str) -> Found:
        """The remit as a certain candidate. Raises `KeyError` where there is none."""
        return self._found_remit(
            self.remits[body][topic], Scored(f"remit:{body}/{topic}", 1.0, 0.0)
        )

    def members(self, place: str) -> list[Body]:
        """The bodies that answer from a brain, or that a body of kind `group` stands for."""
        if place in self.brains:
            return [body for body in self.bodies.values() if body.brain == place]
        return [body for body in self.bodies.values() if place in body.groups]

    def answer_threshold(self, wrong_rate: float) -> float:
        """The probability from which to answer, for that share of wrong answers."""
        return self.matcher.answer_threshold(wrong_rate)

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
        if not _visible(entry, scopes_of(body)) or not _valid(entry, now):
            raise UnknownEntry(entry_id)
        return self.worded(entry, self.texts_in(entry, body), body_slug, languages)

    def worded(
        self, entry: Entry, texts: Texts, body_slug: str, languages: Sequence[str]
    ) -> Answer | FactMissing:
        """How `texts` would answer `entry` in a body. Raises `Invalid` for a wrong template."""
        language = choose(texts, languages)
        template = texts[language]
        facts = self.facts_in(body_slug, language)
        try:
            markdown = templates.render(template, facts).strip()
        except MissingFactError as error:
            return FactMissing(error.key)
        if not markdown:
            return FactMissing(min(templates.check(template) - facts.keys()))
        return Answer(markdown, language, entry.id, entry.revision, entry.sources, title_of(entry))

    def visible(self, body_slug: str, now: dt.datetime) -> list[Entry]:
        """The entries of a body's brain that its visitors get now, in order of id."""
        body = self.body(body_slug)
        scopes = scopes_of(body)
        known = self.entries.get(body.brain or "", {})
        return [
            known[id]
            for id in sorted(known)
            if _visible(known[id], scopes) and _valid(known[id], now)
        ]

    def popular(self, body_slug: str, month: int, limit: int = POPULAR_SHOWN) -> list[Entry]:
        """What to offer first: the body's own choice, then what that month (1-12) asks most."""
        body = self.body(body_slug)
        available = {entry.id: entry for entry in self.visible(body_slug, self._clock())}
        chosen = [id for id in body.popular if id in available]
        counts: Counter[str] = Counter()
        for used, count in self._used.items():
            if used.brain == body.brain and used.month == month and used.entry in available:
                counts[used.entry] += count * (2 if used.body == body_slug else 1)
        asked = sorted(counts, key=lambda id: (-counts[id], id))
        return [available[id] for id in list(dict.fromkeys(chosen + asked))[:limit]]

    def count_answer(self, brain: str, entry_id: str, body_slug: str, at: dt.datetime) -> None:
        """Counts one answer given, for `popular`. Stored by `follow`, every few seconds."""
        used = Used(brain, entry_id, body_slug, at.month)
        self._used[used] = self._used.get(used, 0) + 1
        self._unsaved_usage[used] += 1

    # Keeping up

    async def catch_up(self) -> int:
        """Applies every change committed so far, and returns how many that was."""
        applied = 0
        async with self._catching_up:
            while True:
                async with self._db.read() as tx:
                    feed = await changes.after(tx, self.number)
                    if not feed:
                        return applied
                    batch = await self._read_changed(tx, feed)
                await self._apply(batch)
                applied += len(feed)

    def wake(self) -> None:
        """Tells `follow` to look at once: somebody else has changed something."""
        self._woken.set()

    async def follow(self, interval_seconds: float = 0.2) -> None:
        """Keeps up for ever: changes, refits, usage. Database trouble does not end it."""
        loop = asyncio.get_running_loop()
        failures, flushed_at = 0, loop.time()
        while True:
            try:
                await self.catch_up()
                if self._due_for_refit(loop.time()):
                    self._start_refit()
                if loop.time() - flushed_at >= USAGE_FLUSH_S:
                    flushed_at = loop.time()
                    self._start_embedding()  # again, where it failed
                    await self.flush_usage()
                failures = 0
            except SamsvarError as error:
                failures += 1
                log.warning("cannot follow the change feed: %s", error)
            except Exception:
                failures += 1
                log.exception("following the change feed failed")
            await self._sleep(min(interval_seconds * 2**failures, RETRY_WAIT_MAX_S))

    async def refit_if_stale(self) -> bool:
        """Refits the matcher in a thread where it has changed, without holding up any answer."""
        async with self._refitting:
            if not self.matcher.stale:
                return False
            fit = await asyncio.to_thread(self.matcher.fit)
            self.matcher.adopt(fit)
            self._fitted_at = asyncio.get_running_loop().time()
            return True

    async def embedded(self) -> None:
        """Returns when every entry has its vectors. Raises what went wrong while embedding."""
        while self._waiting:
            self._start_embedding()
            assert self._embedding is not None
            await asyncio.shield(self._embedding)

    async def flush_usage(self) -> None:
        """Stores what `count_answer` has counted."""
        counts, self._unsaved_usage = self._unsaved_usage, Counter()
        if not counts:
            return
        try:
            async with self._db.write() as tx:
                await usage.add(tx, counts)
        except BaseException:
            self._unsaved_usage.update(counts)
            raise

    async def close(self) -> None:
        """Stops what runs in the background and stores the counts."""
        running = [task for task in (self._embedding, self._refit) if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self.flush_usage()

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return
        self._woken.clear()

    def _start_refit(self) -> None:
        self._refit = asyncio.create_task(self.refit_if_stale())
        self._refit.add_done_callback(_log_failure)

    def _due_for_refit(self, time: float) -> bool:
        running = self._refit is not None and not self._refit.done()
        if not self.matcher.stale or running or self._refitting.locked():
            return False
        quiet = time - self._changed_at >= REFIT_QUIET_S
        return quiet or time - self._fitted_at >= REFIT_WAIT_MAX_S

    # Loading

    async def _read_all(self, tx: Transaction) -> _Batch:
        number = await changes.last(tx)
        shelves: tuple[Documents[Any], ...] = SHELVES
        documents: dict[str, dict[Key, Any]] = {
            shelf.kind: {shelf.key(item): item for item in await shelf.all(tx)} for shelf in shelves
        }
        live = {(entry.brain, entry.id): entry for entry in await entries.live(tx)}
        keys: dict[str, set[Key]] = {kind: set(items) for kind, items in documents.items()}
        known = await self._read_vectors(tx, live.values(), documents["remit"].values())
        return _Batch(keys | {"entry": set(live)}, documents, live, known, number)

    async def _read_changed(self, tx: Transaction, feed: Sequence[Any]) -> _Batch:
        keys: dict[str, set[Key]] = {}
        shelves: dict[str, Documents[Any]] = {shelf.kind: shelf for shelf in SHELVES}
        for line in feed:
            if line.kind == "entry":
                keys.setdefault("entry", set()).add((line.brain, line.key))
            elif line.kind in shelves:
                key = shelves[line.kind].key_of(line.brain, line.key)
                keys.setdefault(line.kind, set()).add(key)
        documents = {
            kind: await shelves[kind].get(tx, wanted)
            for kind, wanted in keys.items()
            if kind != "entry"
        }
        pairs = [(key[0], key[1]) for key in keys.get("entry", ())]
        live = {(entry.brain, entry.id): entry for entry in await entries.live(tx, pairs)}
        known = await self._read_vectors(tx, live.values(), documents.get("remit", {}).values())
        return _Batch(keys, documents, live, known, feed[-1].number)

    async def _read_vectors(
        self, tx: Transaction, live: Iterable[Entry], remits: Iterable[Remit]
    ) -> _Vectors:
        queries, passages = _texts_of([*live, *remits])
        fingerprint = self._encoder.fingerprint
        return _Vectors(
            await vectors.load(tx, fingerprint, "query", queries),
            await vectors.load(tx, fingerprint, "passage", passages),
        )

    # Applying. Everything but the pauses in `_apply` happens between two awaits.

    async def _apply(self, batch: _Batch) -> None:
        self._apply_documents(batch)
        touched = [("entry", key) for key in batch.keys.get("entry", ())]
        touched += [("remit", key) for key in batch.keys.get("remit", ())]
        for count, (kind, key) in enumerate(sorted(touched), start=1):
            if kind == "entry":
                self._apply_entry(key[0], key[1], batch)
            else:
                self._apply_remit(key[0], key[1], batch)
            if count % APPLY_AT_ONCE == 0:
                await asyncio.sleep(0)
        if touched:
            self._changed_at = asyncio.get_running_loop().time()
        self.number = batch.number
        self._start_embedding()

    def _apply_documents(self, batch: _Batch) -> None:
        for (id,), brain in _changed(batch, "brain", Brain):
            _put_or_drop(self.brains, id, brain)
            self.entries.setdefault(id, {})
            self._shared = _shared(self.brains.values())
        for (slug,), body in _changed(batch, "body", Body):
            _put_or_drop(self.bodies, slug, body)
        for (slug, key), fact in _changed(batch, "fact", Fact):
            _put_or_drop(self.facts.setdefault(slug, {}), key, fact)
        for (id, entry, scope), local in _changed(batch, "local_answer", LocalAnswer):
            _put_or_drop(self.local_answers.setdefault((id, entry), {}), scope, local)
        for (id, key), broadcast in _changed(batch, "broadcast", Broadcast):
            _put_or_drop(self.broadcasts.setdefault(id, {}), key, broadcast)
            self.broadcasts_changed.set()
        for (slug,), connection in _changed(batch, "connection", Connection):
            _put_or_drop(self.connections, slug, connection)

    def _apply_entry(self, brain: str, id: str, batch: _Batch) -> None:
        entry = batch.entries.get((brain, id))
        _put_or_drop(self.entries.setdefault(brain, {}), id, entry)
        self._place(f"entry:{brain}/{id}", entry, batch.vectors)

    def _apply_remit(self, body: str, topic: str, batch: _Batch) -> None:
        remit = batch.documents["remit"].get((body, topic))
        _put_or_drop(self.remits.setdefault(body, {}), topic, remit)
        self._place(f"remit:{body}/{topic}", remit, batch.vectors)

    def _place(self, key: str, thing: Entry | Remit | None, known: _Vectors) -> None:
        """Makes a thing findable, now or when its time or its vectors come; None makes it not."""
        self._windowed.pop(key, None)
        self._waiting.pop(key, None)
        if thing is None:
            if self._items.pop(key, None) is not None:
                self.matcher.remove(key)
            return
        self._items[key] = thing
        item = _item(key, thing, known)
        if item is None:
            self._waiting[key] = None
        elif isinstance(thing, Entry) and (thing.valid_from or thing.valid_until):
            self._windowed[key] = item
            for time in filter(None, (thing.valid_from, thing.valid_until)):
                heapq.heappush(self._boundaries, (time, key))
            self._open_or_shut(key, max(self._latest_now, self._clock()))
        else:
            self.matcher.put(item)

    def _pass_boundaries(self, now: dt.datetime) -> None:
        """Lets in the entries whose time has come by `now`, and puts out those whose is over."""
        self._latest_now = max(self._latest_now, now)
        while self._boundaries and self._boundaries[0][0] <= now:
            self._open_or_shut(heapq.heappop(self._boundaries)[1], now)

    def _open_or_shut(self, key: str, now: dt.datetime) -> None:
        thing, item = self._items.get(key), self._windowed.get(key)
        if item is None or not isinstance(thing, Entry):
            return
        if _valid(thing, now):
            self.matcher.put(item)
        else:
            self.matcher.remove(key)
        if thing.valid_until is not None and thing.valid_until <= now:
            del self._windowed[key]

    # Embedding what another model saved

    def _start_embedding(self) -> None:
        if self._waiting and (self._embedding is None or self._embedding.done()):
            self._embedding = asyncio.create_task(self._embed())
            self._embedding.add_done_callback(_log_failure)

    async def _embed(self) -> None:
        done, total = 0, self._texts_waiting()
        log.info("embedding %d texts with %s", total, self._encoder.fingerprint)
        while self._waiting:
            batch = {key: self._items[key] for key in list(self._waiting)[:EMBED_AT_ONCE]}
            queries, passages = _texts_of(batch.values())
            known = _Vectors(
                await vectors.ensure(self._db, self._encoder, queries, "query"),
                await vectors.ensure(self._db, self._encoder, passages, "passage"),
            )
            for key, thing in batch.items():
                if self._items.get(key) is thing and key in self._waiting:
                    self._place(key, thing, known)
            self._changed_at = asyncio.get_running_loop().time()
            done += len(queries) + len(passages)
            if self._progress is not None:
                self._progress(min(done, total), total)

    def _texts_waiting(self) -> int:
        queries, passages = _texts_of(self._items[key] for key in self._waiting)
        return len(queries) + len(passages)

    # Small decisions

    def _asker(self, body_slug: str | None) -> tuple[Body | None, frozenset[str]]:
        if body_slug is None:
            return None, frozenset((EVERYONE,))
        body = self.body(body_slug)
        return body, scopes_of(body)

    def _found(
        self,
        scored: Sequence[Scored],
        body: Body | None,
        now: dt.datetime,
        instead: Mapping[str, Entry] = MappingProxyType({}),
    ) -> list[Found]:
        found = []
        for candidate in self._covered(scored, body):
            thing = instead.get(candidate.key) or self._items.get(candidate.key)
            if isinstance(thing, Entry) and _valid(thing, now):
                found.append(self._found_entry(thing, candidate, body))
            elif isinstance(thing, Remit):
                found.append(self._found_remit(thing, candidate, body))
        return found

    def _covered(self, scored: Sequence[Scored], body: Body | None) -> Sequence[Scored]:
        """The candidates, where another county's remit has given way to what others have of the
        same matter."""
        away = {one.key for one in scored if not self._is_for(one.key, body)}
        if not away:
            return scored
        kept: dict[str, Scored] = {}
        for one in scored:
            key = one.key
            if key in away:
                key = next(
                    (other for other in self._shared.get(key, ()) if other in self._items), ""
                )
            together = one.probability + (kept[key].probability if key in kept else 0.0)
            kept[key] = one._replace(key=key, probability=together)
        return sorted(kept.values(), key=lambda one: -one.probability)

    def _is_for(self, key: str, body: Body | None) -> bool:
        thing = self._items.get(key)
        return not isinstance(thing, Remit) or self._covers(thing.body, body)

    def _covers(self, slug: str, body: Body | None) -> bool:
        """Whether a body's remit is for the visitors of another: a county's is for those of its
        own municipalities, which have its slug among their groups."""
        owner = self.bodies.get(slug)
        if owner is None or body is None or owner.kind != COUNTY_KIND:
            return True
        return body.kind != MUNICIPALITY_KIND or slug in body.groups

    def _found_remit(self, remit: Remit, candidate: Scored, body: Body | None = None) -> Found:
        owner = self.bodies.get(remit.body)
        return Found(
            kind="remit",
            key=candidate.key,
            brain=None,
            id=remit.topic,
            title=remit.title,
            owner=remit.body,
            probability=candidate.probability,
            url=remit.url,
            somebodys=candidate.somebodys,
            shared=self._parts(candidate.key, body),
            many=owner is not None and owner.kind == GROUP_KIND,
        )

    def _found_entry(self, entry: Entry, candidate: Scored, body: Body | None) -> Found:
        return Found(
            kind="entry",
            key=candidate.key,
            brain=entry.brain,
            id=entry.id,
            title=title_of(entry),
            owner=entry.owner or self._owner_of_brain(entry.brain, body),
            probability=candidate.probability,
            somebodys=candidate.somebodys,
            shared=self._parts(candidate.key, body),
        )

    def _parts(self, key: str, body: Body | None) -> tuple[Part, ...]:
        """What others have of the matter, of what there is."""
        parts = []
        for other in self._shared.get(key, ()):
            thing = self._items.get(other)
            if isinstance(thing, Remit) and self._covers(thing.body, body):
                parts.append(Part(other, thing.body))
            elif isinstance(thing, Entry):
                owner = thing.owner or self._owner_of_brain(thing.brain, None)
                parts.append(Part(other, owner or thing.brain))
        return tuple(parts)

    def _owner_of_brain(self, brain: str, body: Body | None) -> str | None:
        """None in the asking body's own brain; the one body that uses it, where only one does."""
        if body is not None and body.brain == brain:
            return None
        users = [other.id for other in self.bodies.values() if other.brain == brain]
        return users[0] if len(users) == 1 else None

    def texts_in(self, entry: Entry, body: Body) -> Texts:
        """The texts that answer `entry` in a body: its own, its groups' or the shared ones."""
        local = self.local_answers.get((entry.brain, entry.id), {})
        for scope in (body.id, *(GROUP_PREFIX + group for group in body.groups)):
            if scope in local:
                return local[scope].answers
        return entry.answers

    def facts_in(self, body_slug: str, language: str) -> dict[str, str]:
        """A body's facts by key, each as it reads in a language."""
        values = {key: fact.value for key, fact in self.facts.get(body_slug, {}).items()}
        return {
            key: value if isinstance(value, str) else value[choose(value, [language])]
            for key, value in values.items()
        }


def key_of(brain: str, entry: str) -> str:
    """What the matcher calls an entry."""
    return f"entry:{brain}/{entry}"


async def item_of(db: Database, encoder: TextEncoder, entry: Entry) -> Item:
    """The matcher's item of an entry that need not be saved: new texts are embedded."""
    queries, passages = _texts_of([entry])
    known = _Vectors(
        (await vectors.prepare(db, encoder, queries, "query")).known,
        (await vectors.prepare(db, encoder, passages, "passage")).known,
    )
    item = _item(key_of(entry.brain, entry.id), entry, known)
    assert item is not None
    return item


def title_of(entry: Entry) -> str:
    """The entry's title, or its first question where it has none."""
    return entry.title or entry.questions[0]


def choose(texts: Texts, languages: Sequence[str]) -> str:
    """The language to say it in: the first wanted one there is, then bokmål, then any."""
    for language in (*languages, FALLBACK_LANGUAGE):
        if language in texts:
            return language
    return next(iter(texts))


def scopes_of(body: Body) -> frozenset[str]:
    """The audiences that the body is in: everyone, itself, its groups."""
    return frozenset((EVERYONE, body.id, *(GROUP_PREFIX + group for group in body.groups)))


def _visible(entry: Entry, scopes: Collection[str]) -> bool:
    return any(scope in scopes for scope in entry.audience)


def _valid(entry: Entry, now: dt.datetime) -> bool:
    """Whether `now` is in the window: from `valid_from` until just before `valid_until`."""
    started = entry.valid_from is None or entry.valid_from <= now
    return started and (entry.valid_until is None or now < entry.valid_until)


def _texts_of(things: Iterable[Entry | Remit]) -> tuple[list[str], list[str]]:
    """The phrasings and the answer texts of all, each once."""
    queries: dict[str, None] = {}
    passages: dict[str, None] = {}
    for thing in things:
        queries.update(dict.fromkeys(thing.questions))
        if isinstance(thing, Entry):
            passages.update(dict.fromkeys(store.passages(thing.answers)))
    return list(queries), list(passages)


def _item(key: str, thing: Entry | Remit, known: _Vectors) -> Item | None:
    """The matcher's item, or None where a vector is missing."""
    queries, passages = _texts_of([thing])
    try:
        of_queries = [known.queries[text] for text in queries]
        of_passages = [known.passages[text] for text in passages]
    except KeyError:
        return None
    scopes = frozenset(thing.audience) if isinstance(thing, Entry) else frozenset((EVERYONE,))
    dimensions = len(of_queries[0])
    return Item(
        key=key,
        texts=queries,
        vectors=np.stack(of_queries),
        passages=np.stack(of_passages) if of_passages else np.empty((0, dimensions), np.float32),
        scopes=scopes,
    )


def _shared(brains: Iterable[Brain]) -> dict[str, tuple[str, ...]]:
    """What other bodies have of each matter that is declared as shared, by key."""
    return {
        key: tuple(other for other in matter if other != key)
        for brain in brains
        for matter in brain.shared
        for key in matter
    }


def _changed(batch: _Batch, kind: str, struct: type[T]) -> list[tuple[Key, T | None]]:
    documents = batch.documents.get(kind, {})
    return [(key, documents.get(key)) for key in sorted(batch.keys.get(kind, ()))]


def _put_or_drop(items: dict[str, T], key: str, item: T | None) -> None:
    if item is None:
        items.pop(key, None)
    else:
        items[key] = item


def _log_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("work in the background failed: %s", error, exc_info=error)
