"""Nearest phrasings by inner product: exact while small, coded with exact rescoring when large.

Up to `EXACT_ROWS_MAX` rows a FAISS flat index is searched. Beyond that, sign
codes (one bit a dimension, compared by Hamming distance) shortlist rows whose
inner products are then computed exactly. Sign codes need no training, so rows
come and go at any time; they need vectors centred on their mean, which is what
`embeddings.matcher` stores here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

import faiss
import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

EXACT_ROWS_MAX = 20_000
# Coded rows rescored exactly, for each row asked for and at least; docs/speed.md has the misses.
RESCORED_PER_ROW = 8
RESCORED_MIN = 1000
# From so many questions at once a matrix product is quicker; so many share one, for its memory.
PRODUCT_FROM = 8
PRODUCT_ROWS = 256
# Rows looked at before it is asked which questions need more of them.
COUNTED_ROWS = 4096


class VectorIndex:
    """Rows of unit vectors, each under an id of the caller's.

    Not thread-safe: one thread adds, removes and searches.
    """

    def __init__(self, dimensions: int, exact_rows_max: int = EXACT_ROWS_MAX) -> None:
        self.dimensions = dimensions
        self.exact_rows_max = exact_rows_max
        self._flat = faiss.IndexIDMap2(faiss.IndexFlatIP(dimensions))
        # Those that have these very rows: who changes them first, copies them.
        self._sharing = WeakSet([self])
        self._codes: faiss.IndexBinaryIDMap2 | None = None

    def __len__(self) -> int:
        return int(self._flat.ntotal)

    def add(self, rows: Sequence[int] | Rows, vectors: Vectors) -> None:
        """Add `vectors`, shape (n, dimensions), under the n ids `rows`, which must be new."""
        if not len(vectors):
            return
        ids = np.asarray(rows, dtype=np.int64)
        self._own()
        self._flat.add_with_ids(np.ascontiguousarray(vectors), ids)
        if self._codes is not None:
            self._codes.add_with_ids(_signs(vectors), ids)
        elif len(self) > self.exact_rows_max:
            self._code_all()

    def remove(self, rows: Sequence[int] | Rows) -> None:
        ids = np.asarray(rows, dtype=np.int64)
        if not len(ids):
            return
        self._own()
        self._flat.remove_ids(faiss.IDSelectorBatch(ids))
        if self._codes is not None:
            self._codes.remove_ids(faiss.IDSelectorBatch(ids))

    def search(self, vector: Vectors, limit: int) -> tuple[Rows, Vectors]:
        """Ids and inner products of the nearest rows, best first; fewer than `limit` if so few."""
        limit = min(limit, len(self))
        if limit == 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        query = np.ascontiguousarray(vector.reshape(1, -1), dtype=np.float32)
        if self._codes is None:
            similarities, ids = self._flat.search(query, limit)
            return ids[0], similarities[0]
        return self._search_coded(query, limit)

    def search_many(self, vectors: Vectors, limit: int) -> tuple[Rows, Vectors]:
        """`search` for each of `vectors` (n, dimensions): ids and inner products, both (n, k).

        Exact at any size: one matrix product for some hundred questions costs each of them less
        than the codes do.
        """
        limit = min(limit, len(self))
        ids = np.empty((len(vectors), limit), dtype=np.int64)
        similarities = np.empty((len(vectors), limit), dtype=np.float32)
        if len(vectors) < PRODUCT_FROM:
            for place, vector in enumerate(vectors):
                ids[place], similarities[place] = self.search(vector, limit)
            return ids, similarities
        known, names = self._vectors(), faiss.vector_to_array(self._flat.id_map)
        for start in range(0, len(vectors), PRODUCT_ROWS):
            part = slice(start, start + PRODUCT_ROWS)
            near, similarities[part] = _nearest(vectors[part] @ known.T, limit)
            ids[part] = names[near]
        return ids, similarities

    def outnumbered(self, vectors: Vectors, similarities: Vectors, count: int) -> Mask:
        """For which of `vectors` (n, dimensions) at least `count` rows are nearer than its
        similarity, shape (n,). Cheaper than a search: whose rows are enough is left."""
        known, counts = self._vectors(), np.zeros(len(vectors), dtype=np.int64)
        open_ = np.arange(len(vectors))
        for start in range(0, len(known), COUNTED_ROWS):
            alike = vectors[open_] @ known[start : start + COUNTED_ROWS].T
            counts[open_] += np.count_nonzero(alike > similarities[open_, None], axis=1)
            open_ = open_[counts[open_] < count]
        return counts >= count

    def copy(self) -> VectorIndex:
        """One for another thread, with the same rows; exact, because copies are asked much at
        once. Made at once: the rows are copied where either is changed, by whoever changes it."""
        other = VectorIndex(self.dimensions, sys.maxsize)
        other._flat, other._sharing = self._flat, self._sharing
        self._sharing.add(other)
        return other

    def _own(self) -> None:
        """Before a change: rows that others have too are copied. Others only read them until
        then, because each leaves only when its copy is whole."""
        if len(self._sharing) > 1:
            cloned: Any = faiss.clone_index(self._flat)
            self._sharing.discard(self)
            self._flat, self._sharing = cloned, WeakSet([self])

    def _vectors(self) -> Vectors:
        """All vectors, (n, dimensions), where they lie: to read before the next change."""
        stored: Any = faiss.downcast_index(self._flat.index)
        flat: Vectors = faiss.rev_swig_ptr(stored.get_xb(), len(self) * self.dimensions)
        return flat.reshape(len(self), self.dimensions)

    def _search_coded(self, query: Vectors, limit: int) -> tuple[Rows, Vectors]:
        assert self._codes is not None
        rescored = min(max(limit * RESCORED_PER_ROW, RESCORED_MIN), len(self))
        _, ids = self._codes.search(_signs(query), rescored)
        near = ids[0][ids[0] >= 0]
        # Not a matrix product: BLAS would share it among threads, and wait for them on a busy core.
        similarities = np.einsum("ij,j->i", self._flat.reconstruct_batch(near), query[0])
        best = np.argsort(-similarities, kind="stable")[:limit]
        return near[best], similarities[best]

    def _code_all(self) -> None:
        ids = faiss.vector_to_array(self._flat.id_map).astype(np.int64)
        vectors = self._flat.index.reconstruct_n(0, len(ids))
        self._codes = faiss.IndexBinaryIDMap2(faiss.IndexBinaryFlat(8 * _code_bytes(vectors)))
        self._codes.add_with_ids(_signs(vectors), ids)


def _nearest(similarities: Vectors, limit: int) -> tuple[Rows, Vectors]:
    """Places and values of each row's largest, best first, both (n, limit)."""
    if limit < similarities.shape[1]:
        places = np.argpartition(similarities, -limit, axis=1)[:, -limit:]
    else:
        places = np.broadcast_to(np.arange(limit), (len(similarities), limit))
    values = np.take_along_axis(similarities, places, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(places, order, axis=1), np.take_along_axis(values, order, axis=1)


def _code_bytes(vectors: Vectors) -> int:
    return -(-int(vectors.shape[1]) // 8)


def _signs(vectors: Vectors) -> npt.NDArray[np.uint8]:
    """One bit a dimension, padded to whole bytes: shape (n, ceil(d / 8))."""
    return np.packbits(vectors > 0, axis=1)
