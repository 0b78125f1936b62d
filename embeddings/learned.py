"""What a matcher has learned: a fit and what it was fitted on, ready to be held; and, before
anything was learned, a fit of nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from embeddings import fitting, foreign
from embeddings.calibration import Calibrator, HeldOut
from embeddings.evidence import NAMES
from embeddings.head import Head
from embeddings.index import VectorIndex
from embeddings.ranking import EVERYONE, Item, folded

Floats = npt.NDArray[np.float32]


class Prepared(NamedTuple):
    """An item in a space: its phrasings centred, their n-grams and words, its passages centred."""

    centred: Floats
    weights: sparse.csr_matrix
    folded: frozenset[str]
    passages: Floats

    @staticmethod
    def of(items: Sequence[Item], space: fitting.Space) -> list[Prepared]:
        if not items:
            return []
        weights = space.lexicon.weights([text for item in items for text in item.texts])
        ends = np.cumsum([len(item.texts) for item in items]).tolist()
        return [
            Prepared(
                space.centred(item.vectors),
                weights[end - len(item.texts) : end],
                frozenset(map(folded, item.texts)),
                space.centred_passages(item.passages),
            )
            for item, end in zip(items, ends, strict=True)
        ]


class Learned(NamedTuple):
    """What `Matcher.fit` gives and `Matcher.adopt` takes: a fit, and what it was fitted on, made
    ready to be held: that takes too long for an event loop. `indexes` have its rows by scope."""

    fit: fitting.Fit
    items: tuple[Item, ...]
    prepared: tuple[Prepared, ...]
    indexes: dict[str, VectorIndex]

    @staticmethod
    def of(fit: fitting.Fit, items: Sequence[Item]) -> Learned:
        indexes: dict[str, VectorIndex] = {}
        prepared = Prepared.of(items, fit.space)
        put_rows(indexes, items, prepared, 0)
        return Learned(fit, tuple(items), tuple(prepared), indexes)

    def take_indexes(self) -> dict[str, VectorIndex]:
        """The indexes, for who changes them; made anew from the second time on."""
        taken = dict(self.indexes)
        self.indexes.clear()
        if not taken:
            put_rows(taken, self.items, self.prepared, 0)
        return taken


def put_rows(
    indexes: dict[str, VectorIndex],
    items: Sequence[Item],
    prepared: Sequence[Prepared],
    first: int,
) -> None:
    """Adds the items' rows, numbered from `first`, to the index of each scope that sees them."""
    by_scope: dict[str, list[tuple[range, Floats]]] = {}
    for item, ready in zip(items, prepared, strict=True):
        rows = range(first, first + len(item.texts))
        first = rows.stop
        for scope in [EVERYONE] if EVERYONE in item.scopes else sorted(item.scopes):
            by_scope.setdefault(scope, []).append((rows, ready.centred))
    for scope, parts in by_scope.items():
        vectors = np.vstack([centred for _, centred in parts])
        index = indexes.setdefault(scope, VectorIndex(vectors.shape[1]))
        index.add(np.concatenate([np.arange(rows.start, rows.stop) for rows, _ in parts]), vectors)


def corpus_of(items: Sequence[Item], dimensions: int) -> fitting.Corpus:
    """What the items are fitted on."""
    empty = np.zeros((0, dimensions), dtype=np.float32)
    places = np.arange(len(items), dtype=np.intp)
    return fitting.Corpus(
        [text for item in items for text in item.texts],
        np.vstack([empty, *(item.vectors for item in items)]),
        np.repeat(places, [len(item.texts) for item in items]),
        np.vstack([empty, *(item.passages for item in items)]),
        np.repeat(places, [len(item.passages) for item in items]),
    )


def nothing(dimensions: int) -> Learned:
    """What is known before there is any item."""
    none = np.zeros((0, dimensions), dtype=np.float32)
    no_classes = np.zeros(0, dtype=np.intp)
    space = fitting.make_space(fitting.Corpus([" ."], none, no_classes, none, no_classes))
    return Learned(untaught(space, dimensions), (), (), {})


def untaught(space: fitting.Space, dimensions: int) -> fitting.Fit:
    """A fit that knows a space and has weights for nothing."""
    width = dimensions + space.lexicon.dimensions
    head = Head(np.zeros((0, width), np.float32), np.zeros(0, np.float32))
    calibrator = Calibrator(HeldOut.none(), np.zeros((0, len(NAMES))))
    return fitting.Fit(space, head, calibrator, foreign.none(dimensions))
