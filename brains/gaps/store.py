"""What nobody could answer, gathered from all bodies: one gap for each thing asked.

A question joins the open gap it is most like, or starts one. The same text
(letter case and spaces aside) always joins the same gap, and brings an
answered gap back open; a dismissed one stays dismissed and goes on counting.

A gap keeps the sum of its vectors, so that a question costs the same however
many came before. Each brain has a clock: a change to a gap takes the next
tick, and whoever writes first reads what others wrote since its own last tick,
inside the write transaction. So two processes on one database agree on what
joins what. Questions that come at the same moment are written together.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
import secrets
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np
import sqlalchemy as sa

from brains import changes, codec, pages, tables, vectors
from brains.database import Database, Transaction, insert, upsert
from brains.errors import SamsvarError, StorageError, UnknownGap
from brains.gaps.clusters import EVERYDAY_TEXTS, SAME_GAP_COSINE, Cluster, Clusters
from brains.model import BodyCount, Gap, GapQuestion, GapStatus, Nearest
from brains.pages import PAGE_ITEMS, Page
from brains.vectors import TextEncoder, Vector, from_bytes, to_bytes

log = logging.getLogger(__name__)

RECORDS_AT_ONCE = 64
RECORDS_WAITING_MAX = 10_000
EMBEDDED_AGAIN_MAX = 50  # questions of a gap that speak for it after a change of encoder
NEAREST_KEPT = 5
_gaps, _bodies, _questions, _clocks = (
    tables.gaps,
    tables.gap_bodies,
    tables.gap_questions,
    tables.gap_clocks,
)


class Asked(msgspec.Struct, frozen=True):
    """One unanswered question on its way into a gap. `text` is redacted already."""

    brain: str
    body: str
    text: str
    language: str
    vector: Vector
    nearest: Sequence[Nearest]
    asked_at: dt.datetime
    conversation: str | None = None
    turn: int | None = None


class Gaps:
    """Records unanswered questions, and lists the gaps. Make it with `await Gaps.open(..)`."""

    def __init__(self, db: Database, encoder: TextEncoder, centre: Vector) -> None:
        self._db = db
        self._encoder = encoder
        self._centre = centre
        self._brains: dict[str, Clusters] = {}
        self._waiting: list[tuple[Asked, asyncio.Future[str]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    @classmethod
    async def open(cls, db: Database, encoder: TextEncoder) -> Gaps:
        """Loads the gaps; those of another encoder are embedded again from their questions."""
        everyday = await vectors.ensure(db, encoder, EVERYDAY_TEXTS, "query")
        gaps = cls(db, encoder, np.mean(list(everyday.values()), axis=0))
        await gaps._embed_again()
        async with db.read() as tx:
            for brain, version in (await tx.execute(sa.select(_clocks))).all():
                await gaps._catch_up(tx, brain, version)
        return gaps

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
    ) -> str:
        """Puts a question into its gap and returns the gap's id. It is durable by then.

        `text` is redacted; `vector` is this encoder's, of length 1. Raises
        `StorageError`, and then nothing of the question is kept.
        """
        if len(self._waiting) >= RECORDS_WAITING_MAX:
            raise StorageError("Too many unanswered questions wait to be stored. Try again soon.")
        text = codec.storable(text)
        asked = Asked(brain, body, text, language, vector, nearest, asked_at, conversation, turn)
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        return await future

    async def list(
        self,
        brain: str,
        status: GapStatus | None = "open",
        cursor: str | None = None,
        limit: int = PAGE_ITEMS,
    ) -> Page[Gap]:
        """A page of gaps, most asked first."""
        query = sa.select(_gaps).where(_gaps.c.brain == brain)
        if status is not None:
            query = query.where(_gaps.c.status == status)
        if cursor is not None:
            query = query.where(
                sa.tuple_(_gaps.c.size, _gaps.c.id)
                < sa.tuple_(*pages.place(cursor, tuple[int, str]))
            )
        limit = pages.size(limit)
        query = query.order_by(_gaps.c.size.desc(), _gaps.c.id.desc()).limit(limit + 1)
        async with self._db.read() as tx:
            rows = (await tx.execute(query)).all()
            return Page(
                await _with_bodies(tx, rows[:limit]),
                pages.cursor(rows[limit - 1].size, rows[limit - 1].id)
                if len(rows) > limit
                else None,
            )

    async def get(self, gap_id: str) -> Gap:
        async with self._db.read() as tx:
            return (await _with_bodies(tx, [await _row(tx, gap_id)]))[0]

    async def questions(
        self, gap_id: str, cursor: str | None = None, limit: int = PAGE_ITEMS
    ) -> Page[GapQuestion]:
        """A page of a gap's questions, newest first. Raises `UnknownGap`."""
        query = sa.select(_questions).where(_questions.c.gap == gap_id)
        if cursor is not None:
            query = query.where(_questions.c.id < pages.place(cursor, tuple[int])[0])
        limit = pages.size(limit)
        async with self._db.read() as tx:
            await _row(tx, gap_id)
            rows = (await tx.execute(query.order_by(_questions.c.id.desc()).limit(limit + 1))).all()
        items = [
            GapQuestion(row.id, row.body, row.text, row.language, row.asked_at)
            for row in rows[:limit]
        ]
        return Page(items, pages.cursor(items[-1].id) if len(rows) > limit else None)

    async def settle(
        self,
        gap_id: str,
        status: Literal["answered", "dismissed"],
        author: str,
        entry: str | None = None,
        at: dt.datetime | None = None,
    ) -> Gap:
        """Closes a gap: answered by `entry`, or dismissed as nothing to answer."""
        closed = {
            "closed_at": at or dt.datetime.now(dt.UTC),
            "closed_by": author,
            "answered_by": entry,
        }
        return await self._change_status(gap_id, status, closed)

    async def reopen(self, gap_id: str) -> Gap:
        return await self._change_status(gap_id, "open", {})

    async def close(self) -> None:
        """Waits for what is being written."""
        if self._writer is not None:
            await asyncio.gather(self._writer, return_exceptions=True)

    # Writing

    async def _write_waiting(self) -> None:
        """Writes what waits, many at a time, and tells each caller. Runs apart, so that no
        caller that gives up takes the others' questions with it."""
        while self._waiting:
            batch = self._waiting[:RECORDS_AT_ONCE]
            del self._waiting[:RECORDS_AT_ONCE]
            await self._write_together(batch)

    async def _write_together(self, batch: Sequence[tuple[Asked, asyncio.Future[str]]]) -> None:
        """One transaction; where that fails, one for each, so that none fails for another."""
        try:
            ids = await self._write([asked for asked, _ in batch])
        except Exception as error:
            if len(batch) > 1:
                for one in batch:
                    await self._write_together([one])
            elif not batch[0][1].done():
                batch[0][1].set_exception(_for_caller(error))
            return
        except BaseException:
            for _, future in batch:
                future.cancel()
            raise
        for (_, future), id in zip(batch, ids, strict=True):
            if not future.done():
                future.set_result(id)

    async def _write(self, batch: Sequence[Asked]) -> Sequence[str]:
        """One transaction for all. Memory changes only once it is committed."""
        async with self._writing:
            writes: dict[str, _Write] = {}
            async with self._db.write() as tx:
                for brain in sorted({asked.brain for asked in batch}):
                    version = await _lock_clock(tx, brain)
                    await self._catch_up(tx, brain, version)
                    writes[brain] = _Write(self._of(brain), version + 1)
                ids = [await writes[asked.brain].take(tx, asked) for asked in batch]
                for brain, write in writes.items():
                    await write.store(tx, brain, self._encoder.fingerprint)
            for write in writes.values():
                write.remember()
            return ids

    async def _change_status(self, gap_id: str, status: GapStatus, closed: dict[str, Any]) -> Gap:
        values = {"closed_at": None, "closed_by": None, "answered_by": None} | closed
        async with self._db.write() as tx:
            row = await _row(tx, gap_id)
            version = await _lock_clock(tx, row.brain) + 1
            await tx.execute(
                sa.update(_gaps)
                .where(_gaps.c.id == gap_id)
                .values(status=status, version=version, **values)
            )
            await _set_clock(tx, row.brain, version)
            changed = changes.Changed("gap", row.brain, gap_id)
            await changes.append(tx, [changed], dt.datetime.now(dt.UTC))
        return await self.get(gap_id)

    def _of(self, brain: str) -> Clusters:
        return self._brains.setdefault(brain, Clusters(self._centre))

    async def _catch_up(self, tx: Transaction, brain: str, version: int) -> None:
        """Takes in what other processes, or another status, wrote since this one's last tick."""
        memory = self._of(brain)
        if memory.version == version:
            return
        query = sa.select(_gaps).where(
            _gaps.c.brain == brain,
            _gaps.c.version > memory.version,
            _gaps.c.fingerprint == self._encoder.fingerprint,
        )
        for row in await tx.execute(query):
            memory.put(
                Cluster(
                    row.id,
                    row.status,
                    row.size,
                    from_bytes(row.vector_sum),
                    row.summary,
                    from_bytes(row.summary_vector),
                    codec.decode(row.nearest, list[Nearest]),
                )
            )
        memory.version = version

    async def _embed_again(self) -> None:
        """Gives gaps of another encoder vectors of this one, from their latest questions."""
        fingerprint = self._encoder.fingerprint
        async with self._db.read() as tx:
            query = sa.select(_gaps.c.id).where(_gaps.c.fingerprint != fingerprint)
            ids = (await tx.execute(query)).scalars().all()
        for id in ids:
            async with self._db.read() as tx:
                row = await _row(tx, id)
                latest = (
                    sa.select(_questions.c.text)
                    .where(_questions.c.gap == id)
                    .order_by(_questions.c.id.desc())
                    .limit(EMBEDDED_AGAIN_MAX)
                )
                texts = (await tx.execute(latest)).scalars().all()
            encoded = await self._encoder.encode([row.summary, *texts], "query")
            mean = encoded[1:].mean(axis=0) if len(texts) else encoded[0]
            async with self._db.write() as tx:
                version = await _lock_clock(tx, row.brain) + 1
                await tx.execute(
                    sa.update(_gaps)
                    .where(_gaps.c.id == id, _gaps.c.fingerprint == row.fingerprint)
                    .values(
                        fingerprint=fingerprint,
                        vector_sum=to_bytes(mean * np.float32(row.size)),
                        summary_vector=to_bytes(encoded[0]),
                        version=version,
                    )
                )
                await _set_clock(tx, row.brain, version)
        if ids:
            log.info("embedded %d gaps again with %s", len(ids), fingerprint)


class _Write:
    """What one transaction does to one brain's gaps. Nothing shows in memory until `remember`."""

    def __init__(self, memory: Clusters, version: int) -> None:
        self.memory = memory
        self.version = version
        self._scratch = Clusters(memory.centre)
        self._touched: dict[str, Cluster] = {}
        self._first_seen: dict[str, dt.datetime] = {}
        self._last_seen: dict[str, dt.datetime] = {}
        self._by_text: dict[str, str] = {}
        self._status_changed: set[str] = set()
        self._bodies: dict[tuple[str, str], int] = {}
        self._rows: list[dict[str, Any]] = []

    async def take(self, tx: Transaction, asked: Asked) -> str:
        """Decides which gap a question is in, and returns its id."""
        key = folded(asked.text)
        id = self._by_text.get(key) or await _gap_of_text(tx, asked.brain, key)
        before = self._gap(id) if id is not None else None
        if before is None:
            near = self._nearest(asked.vector)
            before = self._gap(near) if near is not None else None
        gap = self._joined(before, asked)
        self._touched[gap.id] = gap
        self._scratch.put(gap)
        self._by_text[key] = gap.id
        first = self._first_seen.get(gap.id, asked.asked_at)
        last = self._last_seen.get(gap.id, asked.asked_at)
        self._first_seen[gap.id] = min(first, asked.asked_at)
        self._last_seen[gap.id] = max(last, asked.asked_at)
        pair = (gap.id, asked.body)
        self._bodies[pair] = self._bodies.get(pair, 0) + 1
        self._rows.append(_question_row(gap.id, asked, key))
        return gap.id

    async def store(self, tx: Transaction, brain: str, fingerprint: str) -> None:
        await upsert_gaps(
            tx, [self._row(gap, brain, fingerprint) for gap in self._touched.values()]
        )
        await tx.execute(sa.insert(_questions), self._rows)
        counts = insert(tx, _bodies)
        await tx.execute(
            counts.on_conflict_do_update(
                index_elements=["gap", "body"],
                set_={"count": _bodies.c.count + counts.excluded["count"]},
            ),
            [
                {"gap": gap, "body": body, "count": count}
                for (gap, body), count in self._bodies.items()
            ],
        )
        await _set_clock(tx, brain, self.version)
        changed = [changes.Changed("gap", brain, id) for id in sorted(self._status_changed)]
        await changes.append(tx, changed, dt.datetime.now(dt.UTC))

    def remember(self) -> None:
        for gap in self._touched.values():
            self.memory.put(gap)
        self.memory.version = self.version

    def _gap(self, id: str) -> Cluster | None:
        return self._touched.get(id) or self.memory.known.get(id)

    def _nearest(self, vector: Vector) -> str | None:
        """The open gap that a question belongs to, if any is near enough."""
        cosine, id = max(self._scratch.nearest_open(vector), self.memory.nearest_open(vector))
        return id if cosine >= SAME_GAP_COSINE else None

    def _joined(self, before: Cluster | None, asked: Asked) -> Cluster:
        nearest = list(asked.nearest[:NEAREST_KEPT])
        if before is None:
            id = f"gap_{secrets.token_hex(8)}"
            self._status_changed.add(id)
            return Cluster(id, "open", 1, asked.vector, asked.text, asked.vector, nearest)
        if before.status == "answered":
            self._status_changed.add(before.id)
        total = before.total + asked.vector
        mean = self.memory.centred(total / np.float32(before.size + 1))
        closer = float(self.memory.centred(asked.vector) @ mean) > float(
            self.memory.centred(before.summary_vector) @ mean
        )
        return Cluster(
            before.id,
            "open" if before.status == "answered" else before.status,
            before.size + 1,
            total,
            asked.text if closer else before.summary,
            asked.vector if closer else before.summary_vector,
            nearest or before.nearest,
        )

    def _row(self, gap: Cluster, brain: str, fingerprint: str) -> dict[str, Any]:
        return {
            "id": gap.id,
            "brain": brain,
            "version": self.version,
            "status": gap.status,
            "summary": gap.summary,
            "size": gap.size,
            "first_seen": self._first_seen[gap.id],
            "last_seen": self._last_seen[gap.id],
            "nearest": codec.encode(gap.nearest),
            "fingerprint": fingerprint,
            "vector_sum": to_bytes(gap.total),
            "summary_vector": to_bytes(gap.summary_vector),
        }


def folded(text: str) -> str:
    """The digest of a text without its letter case, spaces and closing marks."""
    plain = " ".join(text.casefold().split()).rstrip(" ?!.")
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


async def upsert_gaps(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Writes gaps; an old one keeps when it was first seen, and the later of both last times."""
    statement = insert(tx, _gaps)
    new = statement.excluded
    later = sa.case((_gaps.c.last_seen > new.last_seen, _gaps.c.last_seen), else_=new.last_seen)
    kept = {
        name: new[name]
        for name in ("version", "status", "summary", "size", "nearest", "vector_sum")
    }
    kept["summary_vector"] = new.summary_vector
    await tx.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_=kept | {"last_seen": later}),
        list(rows),
    )


def _question_row(gap: str, asked: Asked, key: str) -> dict[str, Any]:
    return {
        "gap": gap,
        "brain": asked.brain,
        "body": asked.body,
        "text": asked.text,
        "folded": key,
        "language": asked.language,
        "asked_at": asked.asked_at,
        "conversation": asked.conversation,
        "turn": asked.turn,
    }


async def _gap_of_text(tx: Transaction, brain: str, key: str) -> str | None:
    query = sa.select(_questions.c.gap).where(
        _questions.c.brain == brain, _questions.c.folded == key
    )
    return (await tx.execute(query.limit(1))).scalar()


async def _version(tx: Transaction, brain: str) -> int:
    query = sa.select(_clocks.c.version).where(_clocks.c.brain == brain)
    return (await tx.execute(query)).scalar() or 0


async def _lock_clock(tx: Transaction, brain: str) -> int:
    """The clock's tick, held until the end of the transaction."""
    if tx.dialect.name == "postgresql":
        await changes.lock(tx)
    return await _version(tx, brain)


async def _set_clock(tx: Transaction, brain: str, version: int) -> None:
    await upsert(tx, _clocks, [{"brain": brain, "version": version}])


async def _row(tx: Transaction, gap_id: str) -> sa.Row[Any]:
    row = (await tx.execute(sa.select(_gaps).where(_gaps.c.id == gap_id))).first()
    if row is None:
        raise UnknownGap(gap_id)
    return row


async def _with_bodies(tx: Transaction, rows: Sequence[sa.Row[Any]]) -> list[Gap]:
    counts: dict[str, list[BodyCount]] = {}
    query = sa.select(_bodies).where(_bodies.c.gap.in_([row.id for row in rows]))
    for gap, body, count in await tx.execute(
        query.order_by(_bodies.c.count.desc(), _bodies.c.body)
    ):
        counts.setdefault(gap, []).append(BodyCount(body, count))
    return [
        Gap(
            id=row.id,
            brain=row.brain,
            summary=row.summary,
            status=row.status,
            count=row.size,
            bodies=counts.get(row.id, []),
            first_seen=row.first_seen,
            last_seen=row.last_seen,
            nearest=codec.decode(row.nearest, list[Nearest]),
        )
        for row in rows
    ]


def _for_caller(error: Exception) -> Exception:
    if isinstance(error, SamsvarError):
        return error
    log.error("recording unanswered questions failed", exc_info=error)
    return StorageError("The question could not be stored. Nothing was saved; try again.")
