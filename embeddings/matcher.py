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

import copy
import hashlib
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from embeddings import fitting
from embeddings.evidence import NAMES, lengths
from embeddings.holding import Holding
from embeddings.learned import Learned, corpus_of, nothing
from embeddings.ranking import (
    EVERYONE,
    EXACT_PROBABILITY,
    Item,
    Near,
    Ordered,
    Scored,
    contest,
    evidence,
    folded,
    matrix,
    ranked,
)

__all__ = ["EVERYONE", "EXACT_PROBABILITY", "Item", "Matcher", "Phrasing", "Scored", "folded"]

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

SEARCH_LIMIT = 10
RAW_SIMILARITY = NAMES.index("raw_similarity")


class Phrasing(NamedTuple):
    """One of an item's texts: the item's key, and the text's place in it."""

    key: str
    number: int


class Matcher:
    """Searches and changes belong to one thread; only `fit` may run in another."""

    def __init__(self, dimensions: int, background: fitting.Background | None = None) -> None:
        self.dimensions = dimensions
        self._background = background
        self.stale = False
        self._items: dict[str, Item] = {}
        self._learned = nothing(dimensions)
        self._holding: Holding | None = None

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: str) -> bool:
        return key in self._items

    @property
    def scopes(self) -> frozenset[str]:
        """Those of any item, and perhaps of some that are gone."""
        return frozenset(self._ready().indexes)

    @property
    def space(self) -> fitting.Space:
        return self._fit.space

    @property
    def items(self) -> Collection[Item]:
        return self._items.values()

    def item(self, key: str) -> Item:
        return self._items[key]

    def put(self, item: Item) -> None:
        """Add `item`, or replace the one under its key."""
        self.remove(item.key)
        if not len(item.texts):
            return
        self._items[item.key] = item
        self.stale = True
        if self._holding is not None:
            self._holding.hold([item])

    def remove(self, key: str) -> None:
        if self._items.pop(key, None) is None:
            return
        self.stale = True
        if self._holding is not None:
            self._holding.release(key)

    def search(
        self,
        text: str,
        vector: Floats,
        scopes: Collection[str] = (EVERYONE,),
        limit: int = SEARCH_LIMIT,
    ) -> list[Scored]:
        """Candidates for `text`, whose query vector (d,) is `vector`, best first."""
        return self.search_many([text], vector[None, :], scopes, limit)[0]

    def search_many(
        self,
        texts: Sequence[str],
        vectors: Floats,
        scopes: Collection[str] = (EVERYONE,),
        limit: int = SEARCH_LIMIT,
    ) -> list[list[Scored]]:
        """`search` for many questions at once; `vectors` is (questions, dimensions)."""
        self._ready()
        asked = fitting.Asked.of(texts, vectors, self.space)
        return self._rank(texts, asked, self.shortlist(asked.centred, scopes), limit)

    def search_without(
        self,
        phrasings: Sequence[Phrasing],
        scopes: Collection[str] = (EVERYONE,),
        limit: int = SEARCH_LIMIT,
    ) -> list[list[Scored]]:
        """What phrasings held here would find if each were a question, and not itself held."""
        rows = [self.row(one) for one in phrasings]
        asked = self.asked(phrasings)
        near = [
            each.without(row)
            for each, row in zip(self.shortlist(asked.centred, scopes), rows, strict=True)
        ]
        texts = [self._items[key].texts[number] for key, number in phrasings]
        return self._rank(texts, asked, near, limit, without=rows)

    def asked(self, phrasings: Sequence[Phrasing]) -> fitting.Asked:
        """Phrasings held here, as questions."""
        held = self._ready().items
        own = [(held[key], number) for key, number in phrasings]
        vectors = np.array([one.item.vectors[number] for one, number in own], dtype=np.float32)
        centred = self.space.centred(vectors)
        weights = sparse.vstack([one.weights[number] for one, number in own], format="csr")
        features = self.space.features(centred, weights)
        texts = [one.item.texts[number] for one, number in own]
        return fitting.Asked(vectors, centred, weights, features, lengths(texts))

    def rows(self, key: str) -> range:
        """The numbers of an item's rows."""
        return self._ready().items[key].rows

    def row(self, phrasing: Phrasing) -> int:
        return self.rows(phrasing.key)[phrasing.number]

    def key_of(self, row: int) -> str:
        return self._ready().key_of_row[row]

    def outnumbered(self, centred: Floats, similarities: Floats, count: int) -> Mask:
        """For which questions, shape (n,), so many phrasings that everyone sees are nearer than
        its similarity."""
        index = self._ready().indexes.get(EVERYONE)
        if index is None:
            return np.zeros(len(centred), dtype=np.bool_)
        return index.outnumbered(centred, similarities, count)

    def phrasings_near(self, vectors: Floats, limit: int) -> list[Phrasing]:
        """The phrasings held, whoever may see them, that are nearest to any of `vectors` (n, d)."""
        holding, nearest = self._ready(), dict[int, float]()
        for index in holding.indexes.values():
            rows, similarities = index.search_many(self.space.centred(vectors), limit)
            for row, similarity in zip(rows.flat, similarities.flat, strict=True):
                nearest[int(row)] = max(nearest.get(int(row), -1.0), float(similarity))
        best = sorted(nearest, key=lambda row: -nearest[row])[:limit]
        return [
            Phrasing(key, row - holding.items[key].rows.start)
            for row in best
            for key in [holding.key_of_row[row]]
        ]

    def nearest_keys(self, vectors: Floats, scopes: Collection[str] = (EVERYONE,)) -> list[str]:
        """Whose the nearest phrasing to each of `vectors` (n, d) is; empty where there is none."""
        key_of_row = self._ready().key_of_row
        near = self.shortlist(self.space.centred(vectors), scopes)
        return [key_of_row[int(one.rows[0])] if len(one.rows) else "" for one in near]

    def variant(self, items: Sequence[Item] = (), without: Collection[str] = ()) -> Matcher:
        """A matcher of its own under the same fit, where `items` are put anew and `without` not
        held: for another thread, which may search it while this one changes."""
        self._ready()
        other = copy.copy(self)
        other._items = dict(self._items)
        other._holding = None if self._holding is None else self._holding.copy()
        for key in without:
            other.remove(key)
        for item in items:
            other.put(item)
        return other

    def moves_at_most(self, before: tuple[Ordered, Near], after: tuple[Ordered, Near]) -> float:
        """By how much the best candidate's probability, or how familiar the question is, can
        differ, at most, where it is the same and only others have changed that have not the
        nearest phrasing."""
        contests = [
            np.array(contest(ordered, self._ready().items[ordered.keys[0]], near))
            for ordered, near in (before, after)
        ]
        lines = (self._fit.calibrator, self._fit.familiar)
        return max(line.moves_at_most(*contests) for line in lines)

    def answer_threshold(self, wrong_rate: float) -> float:
        """The probability to answer from so that about `wrong_rate` of the answers are wrong."""
        return self._fit.calibrator.threshold(wrong_rate)

    def fit(self) -> Learned:
        """Learn from the present items. Slow; changes nothing here."""
        items = tuple(self._items.values())
        if not items:
            return nothing(self.dimensions)
        return Learned.of(fitting.fit(corpus_of(items, self.dimensions), self._background), items)

    def adopt(self, learned: Learned) -> None:
        """Use `learned`; items put or removed since it was fitted stay as they are."""
        self._learned, self._holding = learned, None
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

    # --- the moves of a search

    def shortlist(self, centred: Floats, scopes: Collection[str]) -> list[Near]:
        """For each question the nearest rows in the shared index and the asker's own, merged."""
        return self._ready().shortlist(centred, scopes)

    @property
    def _fit(self) -> fitting.Fit:
        return self._learned.fit if self._holding is None else self._holding.fit

    def _ready(self) -> Holding:
        """Hold every item, on the first search after a fit."""
        if self._holding is None and self._items:
            self._holding = Holding.of(self._learned, self._items, self.dimensions)
        # What comes first is to make the space, not nothing.
        return self._holding or Holding(self._learned.fit)

    def _rank(
        self,
        texts: Sequence[str],
        asked: fitting.Asked,
        near: Sequence[Near],
        limit: int,
        without: Sequence[int] | None = None,
    ) -> list[list[Scored]]:
        """Orders and calibrates. `without` has a row for each question that is not to count."""
        orders = self.orders(texts, asked.features, near, without)
        return self.calibrated(texts, asked, near, orders, limit, without)

    def orders(
        self,
        texts: Sequence[str],
        features: Floats,
        near: Sequence[Near],
        without: Sequence[int | None] | None = None,
    ) -> list[Ordered | None]:
        """For each question the shortlisted entries, best first; None where none is near."""
        holding, columns = self._ready(), dict[tuple[str, int | None], int]()
        listed: list[tuple[list[str], list[int]]] = []
        for place, one in enumerate(near):
            asked_row = None if without is None else without[place]
            keys = list(dict.fromkeys([holding.key_of_row[row] for row in one.rows.tolist()]))
            heads = [(key, holding.fold_of(key, asked_row)) for key in keys]
            listed.append((keys, [columns.setdefault(head, len(columns)) for head in heads]))
        taught = [holding.head(key, fold) for key, fold in columns]
        if not taught:
            return [None] * len(near)
        weights = np.array([weights for weights, _ in taught])
        offsets = np.array([offset for _, offset in taught], dtype=np.float32)
        found: list[Ordered | None] = []
        for place, (keys, own) in enumerate(listed):
            # One by one: the last bits of a larger product would depend on who else asks.
            logits = weights[own] @ features[place] + offsets[own]
            text = texts[place] if without is None else ""
            found.append(self._ordered(text, keys, logits) if keys else None)
        return found

    def calibrated(
        self,
        texts: Sequence[str],
        asked: fitting.Asked,
        near: Sequence[Near],
        orders: Sequence[Ordered | None],
        limit: int,
        without: Sequence[int | None] | None = None,
    ) -> list[list[Scored]]:
        """The candidates of each order, with the probability that each is right."""
        holding, found = self._ready(), [list[Scored]() for _ in texts]
        known = [
            evidence(
                ordered,
                holding.items[ordered.keys[0]],
                holding.items[holding.key_of_row[int(near[place].rows[0])]],
                asked.pick(slice(place, place + 1)),
                near[place],
                without[place] if without else None,
            )
            for place, ordered in enumerate(orders)
            if ordered is not None
        ]
        fit, lexicon = self._fit, self.space.lexicon
        rows = matrix(known)
        probabilities = fit.calibrator.probability(rows)
        raw = np.array([one[RAW_SIMILARITY] for one in known], dtype=np.float32)
        ranks = [(place, one) for place, one in enumerate(orders) if one is not None]
        vectors = asked.vectors[[place for place, _ in ranks]]
        somebodys = fit.foreign.somebodys(vectors, raw)
        familiar = fit.familiar.share(rows)
        for (place, ordered), like, *pair in zip(
            ranks, familiar, probabilities, somebodys, strict=True
        ):
            right, anyones = (ordered.limited(float(one), lexicon, texts[place]) for one in pair)
            known_here = 1.0 if ordered.exact else float(like)
            found[place] = ranked(ordered.keys[:limit], ordered.logits, right, anyones, known_here)
        return found

    def _ordered(self, text: str, keys: Sequence[str], logits: Floats) -> Ordered:
        exact = self._ready().exact(text, keys)
        if exact is not None:
            logits[exact] = max(logits.max(), logits[exact]) + 1.0
        order = np.argsort(-logits, kind="stable")
        return Ordered([keys[place] for place in order], logits[order], exact is not None)
