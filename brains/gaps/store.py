"""The gaps of all brains: recorded durably, joined as clusters, read, and worked on.

A gap keeps the sum of its vectors, so that a question costs the same however
many came before. Whoever writes first reads what others wrote since its own
last tick of the brain's clock, inside the write transaction. So two processes
on one database agree on what joins what. Questions that come at the same
moment are written together.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Literal

import sqlalchemy as sa

from brains import codec
from brains.database import Database
from brains.gaps import embedding, events, listing, moving, overview, rows, work
from brains.gaps.affinity import Affinity, everyday
from brains.gaps.changing import Change, changing
from brains.gaps.forwarding import Forwarding
from brains.gaps.listing import Order, Wanted
from brains.gaps.overview import GapOverview
from brains.gaps.recorded import Asked
from brains.gaps.recorder import Recorder
from brains.gaps.spared import NEW_ENTRY, Spared
from brains.gaps.words import Wording, wordings
from brains.model import AskedReason, Gap, GapEvent, GapQuestion, GapStatus, Nearest
from brains.pages import PAGE_ITEMS, Page
from brains.store import now as utc_now
from brains.vectors import TextEncoder, Vector


class Gaps:
    """Make it with `await Gaps.open(..)`. `spared` counts what fixes are worth."""

    def __init__(
        self,
        db: Database,
        encoder: TextEncoder,
        affinity: Affinity,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self.db = db
        self.spared = Spared(affinity, encoder.fingerprint)
        self.recorder = Recorder(db, encoder.fingerprint, affinity, clock)
        self._encoder = encoder
        self._clock = clock

    @classmethod
    async def open(
        cls, db: Database, encoder: TextEncoder, clock: Callable[[], dt.datetime] = utc_now
    ) -> Gaps:
        """Loads the gaps; those of another encoder are embedded again from their questions."""
        gaps = cls(db, encoder, await everyday(db, encoder), clock)
        await embedding.embed_again(db, encoder)
        async with db.read() as tx:
            for brain, version in (await tx.execute(sa.select(rows.clocks))).all():
                await gaps.recorder.catch_up(tx, brain, version)
        return gaps

    # Recording

    async def record(
        self,
        brain: str,
        body: str,
        text: str,
        language: str,
        vector: Vector,
        nearest: Sequence[Nearest],
        asked_at: dt.datetime,
        conversation: str | None = None,
        turn: int | None = None,
        *,
        reason: AskedReason = "unanswered",
        entry: str | None = None,
        revision: int | None = None,
        shares: Mapping[str, float] | None = None,
    ) -> str:
        """Puts a question into its gap and returns the gap's id. It is durable by then.

        `text` is redacted; `vector` is this encoder's, of length 1; the rest is
        as in `Asked`. Raises `StorageError`, and then nothing of the question is kept.
        """
        asked = Asked(
            brain,
            body,
            codec.storable(text),
            language,
            vector,
            nearest,
            asked_at,
            conversation,
            turn,
            reason,
            entry,
            revision,
            shares or {},
        )
        return await self.recorder.record(asked)

    async def close(self) -> None:
        """Waits for what is being written."""
        await self.recorder.close()

    # Reading

    async def list(
        self,
        brain: str,
        status: GapStatus | None = "open",
        cursor: str | None = None,
        limit: int = PAGE_ITEMS,
        *,
        body: str | None = None,
        text: str = "",
        assignee: str | None = None,
        order: Order = "priority",
        only_body: str | None = None,
    ) -> Page[Gap]:
        """A page of gaps. `only_body` is one body's view: see `brains.gaps.views`."""
        wanted = Wanted(
            status=status,
            body=body,
            text=text,
            assignee=assignee,
            order=order,
            only_body=only_body,
        )
        async with self.db.read() as tx:
            return await listing.listing(tx, brain, wanted, self._clock(), cursor, limit)

    async def get(self, id: str, brain: str | None = None, only_body: str | None = None) -> Gap:
        """Raises `UnknownGap`."""
        async with self.db.read() as tx:
            return await listing.get(tx, brain, id, self._clock(), only_body)

    async def questions(
        self,
        id: str,
        cursor: str | None = None,
        limit: int = PAGE_ITEMS,
        *,
        brain: str | None = None,
        only_body: str | None = None,
    ) -> Page[GapQuestion]:
        """A page of a gap's questions, newest first. Raises `UnknownGap`."""
        async with self.db.read() as tx:
            await rows.row(tx, id, brain)
            return await listing.questions(tx, id, cursor, limit, only_body)

    async def wordings(
        self,
        id: str,
        cursor: str | None = None,
        limit: int = PAGE_ITEMS,
        *,
        brain: str | None = None,
        only_body: str | None = None,
    ) -> Page[Wording]:
        """A page of a gap's questions, each wording once. Raises `UnknownGap`."""
        async with self.db.read() as tx:
            await rows.row(tx, id, brain)
            return await wordings(tx, id, cursor, limit, only_body)

    async def days(self, id: str, count: int, only_body: str | None = None) -> Sequence[int]:
        async with self.db.read() as tx:
            return await listing.days(tx, id, self._clock(), count, only_body)

    async def events(self, id: str) -> Sequence[GapEvent]:
        async with self.db.read() as tx:
            return await events.listing(tx, id)

    async def overview(self, brain: str, only_body: str | None = None) -> GapOverview:
        async with self.db.read() as tx:
            return await overview.overview(tx, brain, self._clock(), only_body)

    async def similar(self, brain: str, id: str, limit: int) -> Sequence[tuple[float, Gap]]:
        """The open gaps most like this one, and how much alike; best first."""
        await self.catch_up(brain)
        clusters = self.recorder.of(brain)
        gap = clusters.known.get(id)
        near = clusters.similar(id, limit) if gap is not None and gap.size else []
        async with self.db.read() as tx:
            named = await listing.named(tx, [other for other, _ in near], self._clock())
        return [(round(cosine, 4), named[other]) for other, cosine in near]

    async def catch_up(self, brain: str) -> int:
        """Takes in what everybody wrote so far, and returns the brain's tick."""
        async with self.recorder.alone, self.db.read() as tx:
            version = await rows.version(tx, brain)
            await self.recorder.catch_up(tx, brain, version)
        return version

    def now(self) -> dt.datetime:
        return self._clock()

    # Working on them

    @contextlib.asynccontextmanager
    async def changing(self, brain: str, by: str | None) -> AsyncIterator[Change]:
        """A transaction for `brains.gaps.work` and `moving`; see `brains.gaps.changing`."""
        async with changing(self.db, brain, by, self._clock()) as change:
            yield change
        self.recorder.changed.set()

    async def settle(
        self,
        id: str,
        status: Literal["answered", "dismissed"],
        by: str,
        entry: str | None = None,
        how: str = NEW_ENTRY,
    ) -> Gap:
        """Closes a gap: answered by `entry`, or dismissed as nothing to answer."""
        brain = (await self.get(id)).brain
        async with self.changing(brain, by) as change:
            if status == "answered":
                await work.answered(change, id, entry, how)
            else:
                await work.dismiss(change, id, "other")
        return await self.get(id)

    async def reopen(self, id: str, by: str | None = None) -> Gap:
        async with self.changing((await self.get(id)).brain, by) as change:
            await work.reopen(change, id)
        return await self.get(id)

    async def split(self, brain: str, id: str, question_ids: Sequence[int], by: str | None) -> str:
        """See `moving.split`. Questions without a vector get one first."""
        await embedding.embed_missing(self.db, self._encoder, [id])
        async with self.changing(brain, by) as change:
            return await moving.split(change, id, question_ids)

    async def unmerge(self, brain: str, id: str, other: str, by: str) -> None:
        """See `moving.unmerge`."""
        await embedding.embed_missing(self.db, self._encoder, [id])
        async with self.changing(brain, by) as change:
            await moving.unmerge(change, id, other)

    @contextlib.asynccontextmanager
    async def forwarding(
        self, brain: str, ids: Sequence[str], other: str, by: str
    ) -> AsyncIterator[Forwarding]:
        """A transaction in which these gaps' questions may be recorded in another brain too."""
        await embedding.embed_missing(self.db, self._encoder, ids)
        async with self.recorder.alone:
            async with self.changing(brain, by) as change:
                version = await rows.lock_clock(change.tx, other)
                await self.recorder.catch_up(change.tx, other, version)
                recording = self.recorder.recording(other, version)
                yield Forwarding(change, recording)
                await recording.store(change.tx, change.at)
            recording.remember()

    async def forward_to_brain(self, brain: str, id: str, other: str, by: str) -> None:
        """Records the gap's questions in another brain, and closes it here; linked both ways."""
        async with self.forwarding(brain, [id], other, by) as forwarding:
            await forwarding.forward(id)

    async def touch(self, brain: str, id: str) -> None:
        """Somebody has the gap open: tidying leaves it alone for some minutes."""
        async with self.db.write(aside=True) as tx:
            await rows.row(tx, id, brain)
            await tx.execute(
                sa.update(rows.gaps).where(rows.gaps.c.id == id).values(touched_at=self._clock())
            )
