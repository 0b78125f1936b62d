"""Items held under one fit: their rows in the indexes, and the weights that each has in the head.

An item that came after the fit is a newcomer: its weights are learned beside everyone else's, when
a search first meets it.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from embeddings import fitting
from embeddings.head import Head, newcomer, rivalry
from embeddings.index import VectorIndex
from embeddings.learned import Learned, Prepared, corpus_of, put_rows, untaught
from embeddings.ranking import EVERYONE, Held, Item, Near, folded, merged

Floats = npt.NDArray[np.float32]
Taught = tuple[Floats, float]  # weights and offset

# Rows of the nearest entries that a newcomer is told apart from.
NEWCOMER_RIVAL_ROWS = 300
# Parts of the rows that a newcomer is taught without in turn, when phrasings are asked.
TAUGHT_FOLDS = 4


class Holding:
    """`items` by key, `indexes` by scope, and whose each row is."""

    def __init__(self, fit: fitting.Fit) -> None:
        self.fit = fit
        self.items: dict[str, Held] = {}
        self.indexes: dict[str, VectorIndex] = {}
        self.key_of_row: dict[int, str] = {}
        self._phrasings: dict[str, frozenset[str]] = {}
        self._fitted: set[str] = set()
        self._heads: dict[str, Taught] = {}
        self._fold_heads: dict[tuple[str, int], Taught] = {}
        self._next_row = 0

    @classmethod
    def of(cls, learned: Learned, present: Mapping[str, Item], dimensions: int) -> Holding:
        """All that is present: what was fitted and still is as it was, and newcomers. Where
        nothing was, there is a space first, and every item is a newcomer."""
        if learned.items:
            holding = cls(learned.fit)
            holding._hold_learned(learned, present)
        else:
            space = fitting.make_space(corpus_of(tuple(present.values()), dimensions))
            holding = cls(untaught(space, dimensions))
        holding.hold([item for key, item in present.items() if key not in holding.items])
        return holding

    def copy(self) -> Holding:
        """One of its own, for another thread."""
        other = copy.copy(self)
        for name, part in vars(self).items():
            if isinstance(part, dict | set):
                setattr(other, name, part.copy())
        other.indexes = {scope: index.copy() for scope, index in self.indexes.items()}
        return other

    def hold(self, items: Sequence[Item]) -> None:
        """Newcomers."""
        prepared = Prepared.of(items, self.fit.space)
        put_rows(self.indexes, items, prepared, self._next_row)
        self._number(list(zip(items, prepared, strict=True)))

    def release(self, key: str) -> None:
        held = self.items.pop(key)
        self._heads.pop(key, None)
        self._fitted.discard(key)
        for fold in range(TAUGHT_FOLDS):
            self._fold_heads.pop((key, fold), None)
        del self._phrasings[key]
        for scope in held.item.scopes:
            if scope in self.indexes:
                self.indexes[scope].remove(np.arange(held.rows.start, held.rows.stop))
        for row in held.rows:
            del self.key_of_row[row]

    def shortlist(self, centred: Floats, scopes: Collection[str]) -> list[Near]:
        """For each question the nearest rows in the shared index and the asker's own, merged."""
        limit = fitting.SHORTLIST_ROWS
        found = [
            self.indexes[scope].search_many(centred, limit)
            for scope in {EVERYONE, *scopes}
            if scope in self.indexes
        ]
        if len(found) == 1:
            return [Near(*pair) for pair in zip(*found[0], strict=True)]
        return [merged([(part[0][n], part[1][n]) for part in found]) for n in range(len(centred))]

    def exact(self, text: str, keys: Sequence[str]) -> int | None:
        """The place in `keys` of the only entry that has `text` among its phrasings, if one has."""
        wanted = folded(text)
        if not wanted:  # all signs are not alike
            return None
        places = [place for place, key in enumerate(keys) if wanted in self._phrasings[key]]
        return places[0] if len(places) == 1 else None

    def fold_of(self, key: str, row: int | None) -> int | None:
        """The fold that an item is to be asked without where `row` is the question; None for one
        that was fitted: its weights are as they are."""
        return None if row is None or key in self._fitted else row % TAUGHT_FOLDS

    def head(self, key: str, fold: int | None) -> Taught:
        """Weights and offset. With `fold`, a newcomer has those it would have without that fold
        of all rows, so that a row can be asked as if it were new."""
        if key in self._fitted or fold is None:
            head = self._heads.get(key)
            if head is None:
                head = self._heads[key] = self._teach(key, None)
            return head
        head = self._fold_heads.get((key, fold))
        if head is None:
            head = self._fold_heads[key, fold] = self._teach(key, fold)
        return head

    def _hold_learned(self, learned: Learned, present: Mapping[str, Item]) -> None:
        """What was fitted, with the weights that were learned, where it still is as it was."""
        self.indexes = learned.take_indexes()
        self._number(list(zip(learned.items, learned.prepared, strict=True)))
        head = learned.fit.head
        for place, item in enumerate(learned.items):
            if present.get(item.key) is item:
                self._heads[item.key] = (head.weights[place], float(head.offsets[place]))
                self._fitted.add(item.key)
            else:
                self.release(item.key)

    def _number(self, items: Sequence[tuple[Item, Prepared]]) -> None:
        """Items whose rows are in the indexes, under the next numbers."""
        for item, prepared in items:
            rows = range(self._next_row, self._next_row + len(item.texts))
            self._next_row = rows.stop
            self.key_of_row.update(dict.fromkeys(rows, item.key))
            self.items[item.key] = Held(item, rows, prepared.weights, prepared.passages)
            self._phrasings[item.key] = prepared.folded

    def _teach(self, key: str, fold: int | None) -> Taught:
        """Weights for an item that came after the fit, beside everyone else's."""
        own = self.items[key]
        centre = self.fit.space.centred(own.item.vectors).mean(axis=0)
        near = self.shortlist(centre[None, :], self.indexes.keys())[0]
        rivals = dict.fromkeys(self.key_of_row[row] for row in near.rows.tolist())
        rivals.pop(key, None)
        own_features = self._features(own, fold)
        others = [self._features(self.items[rival], fold) for rival in rivals]
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

    def _features(self, held: Held, without_fold: int | None) -> Floats:
        space = self.fit.space
        features = space.features(space.centred(held.item.vectors), held.weights)
        if without_fold is None:
            return features
        kept = np.arange(held.rows.start, held.rows.stop) % TAUGHT_FOLDS != without_fold
        return np.asarray(features[kept], dtype=np.float32)
