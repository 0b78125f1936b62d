"""Records questions: those of the same moment together, in one transaction, durably.

Holds every brain's clusters in memory, each at one tick of its clock. Only this
class changes them, and only while it holds `alone`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from brains import codec
from brains.database import Database, Transaction
from brains.errors import SamsvarError, StorageError
from brains.gaps import rows
from brains.gaps.affinity import Affinity
from brains.gaps.clusters import Cluster, Clusters
from brains.gaps.forwarding import forwarded_brain, forwarded_copy
from brains.gaps.recorded import Asked
from brains.gaps.recording import Recording
from brains.model import Nearest
from brains.vectors import from_bytes

log = logging.getLogger(__name__)

RECORDS_AT_ONCE = 64
RECORDS_WAITING_MAX = 10_000


class Recorder:
    """`changed` is set whenever something was recorded."""

    def __init__(
        self, db: Database, fingerprint: str, affinity: Affinity, clock: Callable[[], dt.datetime]
    ) -> None:
        self.changed = asyncio.Event()
        self.alone = asyncio.Lock()
        self._db = db
        self._fingerprint = fingerprint
        self._affinity = affinity
        self._clock = clock
        self._brains: dict[str, Clusters] = {}
        self._waiting: list[tuple[Asked, asyncio.Future[str]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def record(self, asked: Asked) -> str:
        """The gap's id, once the question is durable. Raises `StorageError`."""
        if len(self._waiting) >= RECORDS_WAITING_MAX:
            raise StorageError("Too many unanswered questions wait to be stored. Try again soon.")
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        return await future

    async def close(self) -> None:
        """Waits for what is being written."""
        if self._writer is not None:
            await asyncio.gather(self._writer, return_exceptions=True)

    def of(self, brain: str) -> Clusters:
        return self._brains.setdefault(brain, Clusters(self._affinity))

    def recording(self, brain: str, version: int) -> Recording:
        """A recording that takes the next tick after `version`."""
        return Recording(self.of(brain), brain, version + 1, self._fingerprint)

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
        async with self.alone:
            recordings: dict[str, Recording] = {}
            async with self._db.write() as tx:
                ids = []
                for asked in batch:
                    recording = await self._recording_in(tx, asked.brain, recordings)
                    gap = await recording.take(tx, asked)
                    ids.append(gap.id)
                    if gap.status == "forwarded" and (to := await forwarded_brain(tx, gap.id)):
                        copy = forwarded_copy(asked, to)
                        await (await self._recording_in(tx, to, recordings)).take(tx, copy)
                for recording in recordings.values():
                    await recording.store(tx, self._clock())
            for recording in recordings.values():
                recording.remember()
        self.changed.set()
        return ids

    async def _recording_in(
        self, tx: Transaction, brain: str, recordings: dict[str, Recording]
    ) -> Recording:
        if brain not in recordings:
            version = await rows.lock_clock(tx, brain)
            await self.catch_up(tx, brain, version)
            recordings[brain] = self.recording(brain, version)
        return recordings[brain]

    async def catch_up(self, tx: Transaction, brain: str, version: int) -> None:
        """Takes in what other processes, or curators, wrote since this one's last tick."""
        memory = self.of(brain)
        if memory.version == version:
            return
        query = sa.select(rows.gaps).where(
            rows.gaps.c.brain == brain,
            rows.gaps.c.version > memory.version,
            rows.gaps.c.fingerprint == self._fingerprint,
        )
        for row in await tx.execute(query):
            memory.put(_cluster(row))
        memory.renew()
        memory.version = version


def _cluster(row: sa.Row[Any]) -> Cluster:
    return Cluster(
        row.id,
        row.status,
        row.size,
        from_bytes(row.vector_sum),
        row.summary,
        from_bytes(row.summary_vector),
        codec.decode(row.nearest, list[Nearest]),
    )


def _for_caller(error: Exception) -> Exception:
    if isinstance(error, SamsvarError):
        return error
    log.error("recording unanswered questions failed", exc_info=error)
    return StorageError("The question could not be stored. Nothing was saved; try again.")
