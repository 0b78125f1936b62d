"""A node's view: what is published, how it is found, and how both keep up with the feed."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import logging
from collections.abc import Callable, Mapping, Sequence

from brains import changes, store, usage
from brains.database import Database
from brains.errors import SamsvarError
from brains.knowledge import snapshots
from brains.knowledge.candidates import Candidates, Found
from brains.knowledge.embedding import Embedding
from brains.knowledge.findable import Findable, Searches
from brains.knowledge.items import key_of, matcher_key
from brains.knowledge.popularity import Popularity
from brains.knowledge.published import Published
from brains.knowledge.refitting import Refitting
from brains.knowledge.snapshots import Snapshot
from brains.knowledge.visibility import scopes_of
from brains.model import EVERYONE, Body, Entry
from brains.vectors import Progress, TextEncoder, Vector
from embeddings.matcher import Matcher, Scored

log = logging.getLogger(__name__)

APPLY_AT_ONCE = 50  # items put into the matcher before other work gets a turn
# So many items at once stay for long: the garbage collector is not to walk them again and again,
# which held everything up for a quarter of a second at 5,000 entries.
SETTLED_FROM = 500
USAGE_FLUSH_S = 10.0
RETRY_WAIT_MAX_S = 10.0
POPULAR_SHOWN = 6


class Knowledge(Published):
    """See the package's text. Make it with `await Knowledge.open(db, encoder)`."""

    def __init__(
        self,
        db: Database,
        encoder: TextEncoder,
        matcher: Searches,
        progress: Progress | None,
        clock: Callable[[], dt.datetime],
        popularity: Popularity,
    ) -> None:
        super().__init__()
        self.matcher = matcher
        self.number = 0
        self._db = db
        self._encoder = encoder
        self._clock = clock
        self._popularity = popularity
        self._findable = Findable(matcher, clock)
        self._candidates = Candidates(self, self._findable.things)
        self._refitting = Refitting(matcher)
        self._embedding = Embedding(db, encoder, self._findable, self._refitting.changed, progress)
        self._catching_up = asyncio.Lock()
        self._woken = asyncio.Event()

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
        async with db.read() as tx:
            read = await snapshots.everything(tx, encoder.fingerprint)
            popularity = Popularity(await usage.all(tx))
        matcher = Matcher(encoder.dimensions) if matcher is None else matcher
        knowledge = cls(db, encoder, matcher, progress, clock, popularity)
        await knowledge._apply(read)
        return knowledge

    # Finding

    @property
    def waiting(self) -> int:
        """How many entries and remits cannot be found yet, for want of vectors."""
        return self._findable.waiting

    def find(
        self, text: str, vector: Vector, body_slug: str | None, now: dt.datetime, limit: int = 10
    ) -> list[Found]:
        """Candidates for a question asked in a body (None: in none), most probable first."""
        body, scopes = self._asker(body_slug)
        self._findable.pass_boundaries(now)
        return self._candidates.of(self.matcher.search(text, vector, scopes, limit), body, now)

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
        self._findable.pass_boundaries(now)
        results = self.matcher.search_many(texts, vectors, scopes, limit)
        return [self._candidates.of(scored, body, now) for scored in results]

    def candidates(
        self,
        scored: Sequence[Scored],
        body_slug: str,
        now: dt.datetime,
        instead: Mapping[str, Entry],
    ) -> list[Found]:
        """What a variant of the matcher found, where `instead` has entries by key that are
        not as they are here."""
        return self._candidates.of(scored, self.body(body_slug), now, instead)

    def found(self, brain: str, entry_id: str, body_slug: str) -> Found:
        """The entry as a certain candidate, for a body's visitor who has chosen it.

        Raises `UnknownEntry`. Whether the body's visitors may have it is for `answer` to say.
        """
        certain = Scored(key_of(brain, entry_id), 1.0, 0.0)
        return self._candidates.entry(self.entry(brain, entry_id), certain, self.body(body_slug))

    def found_remit(self, body: str, topic: str) -> Found:
        """The remit as a certain candidate. Raises `KeyError` where there is none."""
        certain = Scored(matcher_key("remit", body, topic), 1.0, 0.0)
        return self._candidates.remit(self.remits[body][topic], certain)

    def answer_threshold(self, wrong_rate: float) -> float:
        """The probability from which to answer, for that share of wrong answers."""
        return self.matcher.answer_threshold(wrong_rate)

    def _asker(self, body_slug: str | None) -> tuple[Body | None, frozenset[str]]:
        if body_slug is None:
            return None, frozenset((EVERYONE,))
        body = self.body(body_slug)
        return body, scopes_of(body)

    # What is popular

    def popular(self, body_slug: str, month: int, limit: int = POPULAR_SHOWN) -> list[Entry]:
        """What to offer first: the body's own choice, then what that month (1-12) asks most."""
        body = self.body(body_slug)
        available = {entry.id: entry for entry in self.visible(body_slug, self._clock())}
        chosen = [id for id in body.popular if id in available]
        asked = self._popularity.most_asked(body, month, available)
        return [available[id] for id in list(dict.fromkeys(chosen + asked))[:limit]]

    def count_answer(self, brain: str, entry_id: str, body_slug: str, at: dt.datetime) -> None:
        """Counts one answer given, for `popular`. Stored by `follow`, every few seconds."""
        self._popularity.count(brain, entry_id, body_slug, at)

    async def flush_usage(self) -> None:
        """Stores what `count_answer` has counted."""
        await self._popularity.flush(self._db)

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
                    read = await snapshots.since(tx, self._encoder.fingerprint, feed)
                await self._apply(read)
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
                self._refitting.start_if_due()
                if loop.time() - flushed_at >= USAGE_FLUSH_S:
                    flushed_at = loop.time()
                    self._embedding.start()  # again, where it failed
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
        return await self._refitting.refit_if_stale()

    async def embedded(self) -> None:
        """Returns when every entry has its vectors. Raises what went wrong while embedding."""
        await self._embedding.done()

    async def close(self) -> None:
        """Stops what runs in the background and stores the counts."""
        tasks = (self._embedding.task, self._refitting.task)
        running = [task for task in tasks if task is not None]
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

    async def _apply(self, read: Snapshot) -> None:
        """Everything but the pauses happens between two awaits."""
        self.take_documents(read)
        touched = read.findable()
        for count, (kind, key) in enumerate(touched, start=1):
            thing = self.take(kind, key, read)
            self._findable.place(matcher_key(kind, *key), thing, read.vectors)
            if count % APPLY_AT_ONCE == 0:
                await asyncio.sleep(0)
        if touched:
            self._refitting.changed()
        if len(touched) >= SETTLED_FROM:
            gc.freeze()
        self.number = read.number
        self._embedding.start()
