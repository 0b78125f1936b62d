"""Embeds in the background what another model saved, so that it can be found here too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from brains import vectors
from brains.database import Database
from brains.knowledge.findable import Findable
from brains.knowledge.items import Vectors, texts_of
from brains.knowledge.tasks import log_failure
from brains.vectors import Progress, TextEncoder

log = logging.getLogger(__name__)

EMBED_AT_ONCE = 32  # entries embedded before they become findable


class Embedding:
    """Of what waits in `findable`. `placed` is called when some of it can be found."""

    def __init__(
        self,
        db: Database,
        encoder: TextEncoder,
        findable: Findable,
        placed: Callable[[], None],
        progress: Progress | None,
    ) -> None:
        self.task: asyncio.Task[None] | None = None
        self._db = db
        self._encoder = encoder
        self._findable = findable
        self._placed = placed
        self._progress = progress

    def start(self) -> None:
        """Begins, where something waits and it does not run already."""
        if self._findable.waiting and (self.task is None or self.task.done()):
            self.task = asyncio.create_task(self._embed())
            self.task.add_done_callback(log_failure)

    async def done(self) -> None:
        """Returns when nothing waits. Raises what went wrong while embedding."""
        while self._findable.waiting:
            self.start()
            assert self.task is not None
            await asyncio.shield(self.task)

    async def _embed(self) -> None:
        done, total = 0, self._findable.texts_waiting()
        log.info("embedding %d texts with %s", total, self._encoder.fingerprint)
        while self._findable.waiting:
            batch = self._findable.some_waiting(EMBED_AT_ONCE)
            queries, passages = texts_of(batch.values())
            known = Vectors(
                await vectors.ensure(self._db, self._encoder, queries, "query"),
                await vectors.ensure(self._db, self._encoder, passages, "passage"),
            )
            self._findable.place_waited(batch, known)
            self._placed()
            done += len(queries) + len(passages)
            if self._progress is not None:
                self._progress(min(done, total), total)
