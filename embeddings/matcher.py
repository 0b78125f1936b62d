"""Entries in, ranked candidates with probabilities out.

A search has five moves: shortlist the nearest phrasings the asker may see,
score their entries with the learned head, gather the evidence for the best,
calibrate it, and share what is left among the rest.

An entry is findable as soon as it is put, before any refit: its own weights
are fitted beside the others' when a search first meets it. `fit` learns
everything anew; it is slow and touches nothing, so it may run in a thread while
the event loop searches. `adopt` swaps the result in.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import softmax

from embeddings import fitting
from embeddings.calibration import Calibrator, HeldOut
from embeddings.evidence import NAMES, Evidence, log_odds
from embeddings.head import Head, newcomer, rivalry
from embeddings.index import VectorIndex

Floats = npt.NDArray[np.float32]

EVERYONE = "*"
SEARCH_LIMIT = 10
# Rows of the nearest entries that a newcomer is told apart from.
NEWCOMER_RIVAL_ROWS = 300
# A text that is one entry's phrasing to the letter is that entry's: its author said so.
EXACT_PROBABILITY = 0.99
GIBBERISH_PROBABILITY = 0.01
# In many scripts vowels are marks, which `\w` leaves out.
_MARKS = "".join(c for c in map(chr, range(0x300, 0x10000)) if unicodedata.category(c)[0] == "M")
_WORDS = re.compile(rf"[\w{_MARKS}]+")


class Item(msgspec.Struct, frozen=True, eq=False):
    """One entry. `vectors` (n, d) are of its `texts`, `passages` (m, d) of its answers.

    `scopes` says who sees it: `{"*"}`, or names such as `{"group:vestland", "bergen"}`.
    """

    key: str
    texts: Sequence[str]
    vectors: Floats
    passages: Floats
    scopes: frozenset[str] = frozenset({EVERYONE})


class Scored(NamedTuple):
    """A candidate: the probability that it is right, and the head's logit."""

    key: str
    probability: float
    score: float


class Learned(NamedTuple):
    """What `Matcher.fit` gives and `Matcher.adopt` takes: a fit, what it was fitted on, and
    the n-grams of all its phrasings, in order: weighing them takes too long for an event loop.
    """

    fit: fitting.Fit
    items: tuple[Item, ...]
    weights: sparse.csr_matrix

    @staticmethod
    def of(fit: fitting.Fit, items: Sequence[Item]) -> Learned:
        return Learned(fit, tuple(items), _weights(fit.space, items))


class _Held(NamedTuple):
    """An item as the matcher holds it: its row numbers, first to last, and its n-grams."""

    item: Item
    rows: range
    weights: sparse.csr_matrix
    passages: Floats


class Matcher:
    """Searches and changes belong to one thread; only `fit` may run in another."""

    def __init__(self, dimensions: int, background: fitting.Background | None = None) -> None:
        self.dimensions = dimensions
        self._background = background
        self.stale = False
        self._items: dict[str, Item] = {}
        self._learned = _nothing_learned(dimensions)
        self._reset(self._learned.fit)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: str) -> bool:
        return key in self._items

    def put(self, item: Item) -> None:
        """Add `item`, or replace the one under its key."""
        self.remove(item.key)
        if not len(item.texts):
            return
        self._items[item.key] = item
        self.stale = True
        if self._held is not None:
            self._hold([item])

    def remove(self, key: str) -> None:
        if self._items.pop(key, None) is None:
            return
        self.stale = True
        if self._held is not None:
            self._release(key)

    def search(
        self,
        text: str,
        vector: Floats,
        scopes: Collection[str] = (EVERYONE,),
        limit: int = SEARCH_LIMIT,
    ) -> list[Scored]:
        """Candidates for `text`, whose query vector (d,) is `vector`, best first."""
        held = self._ready()
        centred = self._space.centred(vector[None, :])[0]
        rows, similarities = self._shortlist(centred, scopes)
        if not len(rows):
            return []
        weights = self._space.lexicon.weights([text])
        features = self._space.features(centred[None, :], weights)[0]
        keys = list(dict.fromkeys(self._key_of_row[row] for row in rows.tolist()))
        logits = np.array([self._logit(key, features) for key in keys], dtype=np.float32)
        exact = self._exact(text, keys)
        if exact is not None:
            logits[exact] = max(logits.max(), logits[exact]) + 1.0
        order = np.argsort(-logits, kind="stable")
        best = held[keys[order[0]]]
        evidence = self._evidence(best, vector, centred, weights, rows, similarities, logits)
        probability = float(self._fit.calibrator.probability(evidence.matrix())[0])
        if exact is not None:
            probability = max(probability, EXACT_PROBABILITY)
        elif self._space.lexicon.is_gibberish(text):
            probability = min(probability, GIBBERISH_PROBABILITY)
        return _ranked([keys[place] for place in order[:limit]], logits[order], probability)

    def search_many(
        self,
        texts: Sequence[str],
        vectors: Floats,
        scopes: Collection[str] = (EVERYONE,),
        limit: int = SEARCH_LIMIT,
    ) -> list[list[Scored]]:
        return [
            self.search(text, vector, scopes, limit)
            for text, vector in zip(texts, vectors, strict=True)
        ]

    def answer_threshold(self, wrong_rate: float) -> float:
        """The probability to answer from so that about `wrong_rate` of the answers are wrong."""
        return self._fit.calibrator.threshold(wrong_rate)

    def fit(self) -> Learned:
        """Learn from the present items. Slow; changes nothing here."""
        items = tuple(self._items.values())
        if not items:
            return _nothing_learned(self.dimensions)
        return Learned.of(fitting.fit(_corpus(items, self.dimensions), self._background), items)

    def adopt(self, learned: Learned) -> None:
        """Use `learned`; items put or removed since it was fitted stay as they are."""
        self._learned = learned
        self._reset(learned.fit)
        self.stale = set(map(id, learned.items)) != set(map(id, self._items.values()))

    def digest(self, items: Sequence[Item] | None = None) -> str:
        """Changes when what `fit` would learn from changes; of `items`, by default the present."""
        items = tuple(self._items.values()) if items is None else items
        digest = hashlib.sha256(repr(NAMES).encode())
        if self._background is not None:
            digest.update(self._background.vectors.tobytes())
        for item in sorted(items, key=lambda item: item.key):
            digest.update(repr((item.key, list(item.texts))).encode("utf-8", "surrogatepass"))
            digest.update(item.vectors.tobytes())
            digest.update(item.passages.tobytes())
        return digest.hexdigest()

    def recall(self, fit: fitting.Fit, keys: Sequence[str]) -> None:
        """Adopt a fit stored earlier, made on exactly the present items, in the order `keys`."""
        self.adopt(Learned.of(fit, [self._items[key] for key in keys]))

    def learned(self) -> Learned:
        return self._learned

    # --- how items are held, under the present fit

    def _reset(self, fit: fitting.Fit) -> None:
        self._fit = fit
        self._space = fit.space
        self._held: dict[str, _Held] | None = None
        self._heads: dict[str, tuple[Floats, float]] = {}
        self._phrasings: dict[str, frozenset[str]] = {}
        self._indexes: dict[str, VectorIndex] = {}
        self._key_of_row: dict[int, str] = {}
        self._next_row = 0

    def _ready(self) -> dict[str, _Held]:
        """Hold every item, on the first search after a fit."""
        if not self._items:
            return {}  # what comes first is to make the space, not nothing
        if self._held is None:
            if not self._learned.items:
                self._bootstrap()
            self._held = {}
            self._hold_learned()
            self._hold([item for key, item in self._items.items() if key not in self._held])
        return self._held

    def _hold_learned(self) -> None:
        """Hold what was fitted and still is as it was, with the weights that were learned."""
        head, start = self._fit.head, 0
        kept: list[Item] = []
        weights: list[sparse.csr_matrix] = []
        for place, item in enumerate(self._learned.items):
            end = start + len(item.texts)
            if self._items.get(item.key) is item:
                self._heads[item.key] = (head.weights[place], float(head.offsets[place]))
                kept.append(item)
                weights.append(self._learned.weights[start:end])
            start = end
        self._hold(kept, weights)

    def _bootstrap(self) -> None:
        """A space before anything was fitted: every item is then a newcomer."""
        corpus = _corpus(tuple(self._items.values()), self.dimensions)
        space = fitting.make_space(corpus)
        self._reset(_untaught(space, self.dimensions))

    def _hold(
        self, items: Sequence[Item], weights: Sequence[sparse.csr_matrix] | None = None
    ) -> None:
        assert self._held is not None
        weights = weights or [_weights(self._space, [item]) for item in items]
        rows_by_scope: dict[str, list[tuple[range, Floats]]] = {}
        for item, own in zip(items, weights, strict=True):
            rows = range(self._next_row, self._next_row + len(item.texts))
            self._next_row = rows.stop
            self._key_of_row.update(dict.fromkeys(rows, item.key))
            passages = self._space.centred_passages(item.passages)
            self._held[item.key] = _Held(item, rows, own, passages)
            self._phrasings[item.key] = frozenset(map(folded, item.texts))
            centred = self._space.centred(item.vectors)
            for scope in [EVERYONE] if EVERYONE in item.scopes else sorted(item.scopes):
                rows_by_scope.setdefault(scope, []).append((rows, centred))
        for scope, parts in rows_by_scope.items():
            index = self._indexes.setdefault(scope, VectorIndex(self.dimensions))
            numbers = np.concatenate([np.arange(rows.start, rows.stop) for rows, _ in parts])
            index.add(numbers, np.vstack([centred for _, centred in parts]))

    def _release(self, key: str) -> None:
        assert self._held is not None
        held = self._held.pop(key)
        self._heads.pop(key, None)
        del self._phrasings[key]
        for scope in held.item.scopes:
            if scope in self._indexes:
                self._indexes[scope].remove(np.arange(held.rows.start, held.rows.stop))
        for row in held.rows:
            del self._key_of_row[row]

    # --- the moves of a search

    def _shortlist(
        self, centred: Floats, scopes: Collection[str]
    ) -> tuple[npt.NDArray[np.int64], Floats]:
        """The nearest rows in the shared index and the asker's own, merged, each row once."""
        limit = fitting.SHORTLIST_ROWS
        found = [
            self._indexes[scope].search(centred, limit)
            for scope in {EVERYONE, *scopes}
            if scope in self._indexes
        ]
        if not found:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        rows, first = np.unique(np.concatenate([part[0] for part in found]), return_index=True)
        similarities = np.concatenate([part[1] for part in found])[first]
        order = np.argsort(-similarities, kind="stable")[:limit]
        return rows[order], similarities[order]

    def _exact(self, text: str, keys: Sequence[str]) -> int | None:
        """The place in `keys` of the only entry that has `text` among its phrasings, if one has."""
        wanted = folded(text)
        if not wanted:  # all signs are not alike
            return None
        places = [place for place, key in enumerate(keys) if wanted in self._phrasings[key]]
        return places[0] if len(places) == 1 else None

    def _logit(self, key: str, features: Floats) -> float:
        head = self._heads.get(key)
        if head is None:
            head = self._heads[key] = self._teach(key)
        return float(features @ head[0]) + head[1]

    def _teach(self, key: str) -> tuple[Floats, float]:
        """Weights for an item that came after the fit, beside everyone else's."""
        assert self._held is not None
        own = self._held[key]
        own_features = self._features(own)
        near, _ = self._shortlist(
            self._space.centred(own.item.vectors).mean(axis=0), self._indexes.keys()
        )
        rivals = dict.fromkeys(self._key_of_row[row] for row in near.tolist())
        rivals.pop(key, None)
        others = [self._features(self._held[rival]) for rival in rivals]
        width = own_features.shape[1]
        rows = np.vstack([np.zeros((0, width), np.float32), *others])[:NEWCOMER_RIVAL_ROWS]
        taught = [self._heads[rival] for rival in rivals if rival in self._heads]
        head = Head(
            np.array([weights for weights, _ in taught], np.float32).reshape(len(taught), width),
            np.array([offset for _, offset in taught], np.float32),
        )
        found = newcomer(
            own_features, rivalry(head.logits(own_features)), rows, rivalry(head.logits(rows))
        )
        return found.weights, found.offset

    def _features(self, held: _Held) -> Floats:
        return self._space.features(self._space.centred(held.item.vectors), held.weights)

    def _evidence(
        self,
        best: _Held,
        vector: Floats,
        centred: Floats,
        weights: sparse.csr_matrix,
        rows: npt.NDArray[np.int64],
        similarities: Floats,
        logits: Floats,
    ) -> Evidence:
        """One row of evidence for the best candidate."""
        own = (rows >= best.rows.start) & (rows < best.rows.stop)
        ranked = np.sort(logits)
        rival = similarities[~own].max() if (~own).any() else -1.0
        nearest = self._items[self._key_of_row[int(rows[0])]]
        passage = float((best.passages @ centred).max()) if len(best.passages) else 0.0
        columns = (
            log_odds(np.array([softmax(ranked)[-1]]))[0],
            min(float(ranked[-1] - ranked[-2]), 20.0) if len(ranked) > 1 else 20.0,
            similarities[own].max(),
            similarities[own].max() - rival,
            float((nearest.vectors @ vector).max()),
            float((best.weights @ weights.T).max()),
            passage,
        )
        return Evidence(*(np.array([column], dtype=np.float32) for column in columns))


def folded(text: str) -> str:
    """`text` without case, punctuation and extra space: equal for the same words."""
    return " ".join(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


def _ranked(keys: list[str], logits: Floats, probability: float) -> list[Scored]:
    """Probabilities of all: the best has its calibrated one, the rest share by the head's odds.

    Together they are at most 1: only one entry is right.
    """
    parts = probability * np.exp(logits[: len(keys)] - logits[0])
    rest = float(parts[1:].sum())
    if rest > 1.0 - probability:
        parts[1:] *= (1.0 - probability) / rest
    parts[0] = probability
    return [
        Scored(key, float(part), float(logit))
        for key, part, logit in zip(keys, parts, logits, strict=False)
    ]


def _corpus(items: Sequence[Item], dimensions: int) -> fitting.Corpus:
    empty = np.zeros((0, dimensions), dtype=np.float32)
    places = np.arange(len(items), dtype=np.intp)
    return fitting.Corpus(
        [text for item in items for text in item.texts],
        np.vstack([empty, *(item.vectors for item in items)]),
        np.repeat(places, [len(item.texts) for item in items]),
        np.vstack([empty, *(item.passages for item in items)]),
        np.repeat(places, [len(item.passages) for item in items]),
    )


def _weights(space: fitting.Space, items: Sequence[Item]) -> sparse.csr_matrix:
    return space.lexicon.weights([text for item in items for text in item.texts])


def _nothing_learned(dimensions: int) -> Learned:
    none = np.zeros((0, dimensions), dtype=np.float32)
    no_classes = np.zeros(0, dtype=np.intp)
    space = fitting.make_space(fitting.Corpus([" ."], none, no_classes, none, no_classes))
    return Learned(_untaught(space, dimensions), (), sparse.csr_matrix((0, 0)))


def _untaught(space: fitting.Space, dimensions: int) -> fitting.Fit:
    width = dimensions + space.lexicon.dimensions
    head = Head(np.zeros((0, width), np.float32), np.zeros(0, np.float32))
    return fitting.Fit(space, head, Calibrator(HeldOut.none(), np.zeros((0, len(NAMES)))))
