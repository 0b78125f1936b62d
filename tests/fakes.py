"""Stand-ins for what is slow or outside: an encoder, a matcher and a clock.

`FakeEncoder` is deterministic and needs no model: texts that share character
trigrams get near vectors, others do not. It is good enough to tell questions
apart, and wrong in none of the ways a real model is.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from embeddings.matcher import Item, Scored

Vectors = NDArray[np.float32]


class FakeEncoder:
    """Hashed bags of character trigrams, of length 1. Counts the texts it has encoded."""

    def __init__(self, dimensions: int = 64, name: str = "fake") -> None:
        self.dimensions = dimensions
        self.fingerprint = f"{name}-{dimensions}"
        self.encoded = 0

    async def encode(
        self, texts: Sequence[str], kind: Literal["query", "passage"] = "query"
    ) -> Vectors:
        self.encoded += len(texts)
        return self.encode_now(texts)

    def encode_now(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> Vectors:
        folded = f"  {' '.join(text.casefold().split())} "
        vector = np.zeros(self.dimensions, np.float32)
        for start in range(len(folded) - 2):
            hashed = zlib.crc32(folded[start : start + 3].encode("utf-8", "surrogatepass"))
            vector[hashed % self.dimensions] += 1.0 if hashed & 0x10000 else -1.0
        length = float(np.linalg.norm(vector))
        if length == 0.0:
            vector[0] = length = 1.0
        return vector / np.float32(length)


class FakeMatcher:
    """Nearest phrasing by cosine; the cosine is the probability. Counts fits."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.stale = False
        self.fits = 0

    def __len__(self) -> int:
        return len(self.items)

    def put(self, item: Item) -> None:
        self.items[item.key] = item
        self.stale = True

    def remove(self, key: str) -> None:
        if self.items.pop(key, None) is not None:
            self.stale = True

    def search(
        self, text: str, vector: Vectors, scopes: Collection[str] = ("*",), limit: int = 10
    ) -> list[Scored]:
        from embeddings.matcher import Scored  # here, for tests that never search start faster

        wanted = {"*", *scopes}
        near = [
            (float((item.vectors @ vector).max()), key)
            for key, item in self.items.items()
            if wanted & item.scopes
        ]
        best = sorted(near, key=lambda pair: (-pair[0], pair[1]))[:limit]
        return [Scored(key, min(max(cosine, 0.0), 1.0), cosine) for cosine, key in best]

    def search_many(
        self,
        texts: Sequence[str],
        vectors: Vectors,
        scopes: Collection[str] = ("*",),
        limit: int = 10,
    ) -> list[list[Scored]]:
        return [
            self.search(text, vector, scopes, limit)
            for text, vector in zip(texts, vectors, strict=True)
        ]

    def answer_threshold(self, wrong_rate: float) -> float:
        return 1.0 - wrong_rate * 10

    def fit(self) -> int:
        return len(self.items)

    def adopt(self, fit: int) -> None:
        self.fits += 1
        self.stale = fit != len(self.items)


class FakeClock:
    """A clock that stands still until told."""

    def __init__(self, now: dt.datetime | None = None) -> None:
        self.now = now or dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now

    def pass_(self, **delta: float) -> dt.datetime:
        self.now += dt.timedelta(**delta)
        return self.now
