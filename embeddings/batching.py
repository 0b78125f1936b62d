"""The encoder for an event loop: off the loop, requests batched together, texts cached.

Whatever is asked for while the encoder is busy goes into the next batch, so a
lone request never waits and a crowd shares the cost. A text asked for twice at
once is encoded once. Many texts at once, an import's or a preview's, let a
visitor's question go before them: it waits for the batch under way alone.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Wanted = tuple[str, str]

BATCH_TEXTS_MAX = 32
# Requests of more texts than this wait for those of fewer.
FEW_TEXTS_MAX = 4
CACHED_TEXTS_MAX = 20_000


class TextEncoder(Protocol):
    """What `embeddings.encoder.Encoder` offers: blocking, unit vectors of shape (n, d)."""

    fingerprint: str
    dimensions: int

    def encode(self, texts: Sequence[str], kind: str = "query") -> Vectors: ...


class BatchingEncoder:
    """Encodes from one worker thread; make and use it on one event loop, then `close` it."""

    def __init__(self, encoder: TextEncoder, cached_texts_max: int = CACHED_TEXTS_MAX) -> None:
        self.fingerprint = encoder.fingerprint
        self.dimensions = encoder.dimensions
        self._encoder = encoder
        self._cached_texts_max = cached_texts_max
        self._cache: OrderedDict[Wanted, Vectors] = OrderedDict()
        self._few: OrderedDict[Wanted, asyncio.Future[Vectors]] = OrderedDict()
        self._many: OrderedDict[Wanted, asyncio.Future[Vectors]] = OrderedDict()
        self._under_way: dict[Wanted, asyncio.Future[Vectors]] = {}
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoder")
        self._running: asyncio.Task[None] | None = None

    async def encode(self, texts: Sequence[str], kind: str = "query") -> Vectors:
        """Unit vectors of shape (len(texts), dimensions)."""
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        few = len(texts) <= FEW_TEXTS_MAX
        found = [self._find((kind, text), few) for text in texts]
        if (self._few or self._many) and (self._running is None or self._running.done()):
            self._running = asyncio.create_task(self._work())
        return np.stack([part if isinstance(part, np.ndarray) else await part for part in found])

    async def close(self) -> None:
        """End the worker; requests still waiting are cancelled."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        waiting = (*self._few.values(), *self._many.values())
        for future in (*waiting, *self._under_way.values()):
            future.cancel()
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _find(self, wanted: Wanted, few: bool) -> Vectors | asyncio.Future[Vectors]:
        cached = self._cache.get(wanted)
        if cached is not None:
            self._cache.move_to_end(wanted)
            return cached
        pending = self._under_way.get(wanted) or self._few.get(wanted)
        if pending is None:
            pending = self._wait_for(wanted, few)
        # One visitor who leaves must not cancel what another waits for.
        shielded = asyncio.shield(pending)
        shielded.add_done_callback(_seen)
        return shielded

    def _wait_for(self, wanted: Wanted, few: bool) -> asyncio.Future[Vectors]:
        """The place of a text that nobody encodes yet: among the few, or among the many."""
        pending = self._many.pop(wanted, None) if few else self._many.get(wanted)
        if pending is None:
            pending = asyncio.get_running_loop().create_future()
            pending.add_done_callback(_seen)
        (self._few if few else self._many)[wanted] = pending
        return pending

    async def _work(self) -> None:
        while waiting := self._few or self._many:
            kind = next(iter(waiting))[0]
            batch = [wanted for wanted in waiting if wanted[0] == kind][:BATCH_TEXTS_MAX]
            self._under_way = {wanted: waiting.pop(wanted) for wanted in batch}
            try:
                await self._encode_batch(batch, kind)
            except Exception as error:
                for future in self._under_way.values():
                    if not future.done():
                        future.set_exception(error)
            self._under_way = {}

    async def _encode_batch(self, batch: list[Wanted], kind: str) -> None:
        loop = asyncio.get_running_loop()
        texts = [text for _, text in batch]
        vectors = await loop.run_in_executor(self._worker, self._encoder.encode, texts, kind)
        for wanted, vector in zip(batch, vectors, strict=True):
            self._cache[wanted] = vector
            future = self._under_way[wanted]
            if not future.done():
                future.set_result(vector)
        while len(self._cache) > self._cached_texts_max:
            self._cache.popitem(last=False)


def _seen(future: asyncio.Future[Vectors]) -> None:
    """Mark a failure as looked at: whoever asked may be gone."""
    if not future.cancelled():
        future.exception()
