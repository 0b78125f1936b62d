"""Entries that answer the same thing, found by what they are asked and what they say.

Three things are looked at, each beside what is usual in the brain (in standard
deviations of pairs drawn at random), so that no number belongs to one encoder:

phrasings   how near those of the one are to the nearest of the other: one entry may have
            few phrasings, all of which are among the other's many, so that the better of
            both directions counts
answers     the same of their texts. Two needs in the same words have other answers
apart       whether phrasings of the two are less alike than those within each: what tells
            the booking of a place from giving it up, where both have several

Of both likenesses half of how crowded it is about each entry is taken away: among twenty
on parking two that differ are as near as two that agree are elsewhere (`affinity` does the
same, from where the directions come in which languages and wordings differ, which are
taken out of every vector first). Only the nearest few of each entry by their means are
compared, so that the time grows with their number and hardly more. For a thread.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from brains.vectors import Vector
from embeddings.matcher import Item, folded

Ints = npt.NDArray[np.intp]

# Standard deviations from which two answer the same, and from which it is worth a look where
# somebody chooses anyway; docs/twins.md says how often that is right, and how they were chosen.
SAME_FROM, PERHAPS_FROM = 8.0, 7.0
# With fewer entries nobody knows what is usual: only equal phrasings are told.
KNOWN_FROM = 20
# How many are compared with each entry, and how many of those, after the nearest, crowd it.
NEIGHBOURS, CROWD = 16, 4
CROWD_SHARE = 0.5
# What a standard deviation of being apart counts, and how many count at most, either way.
APART_WEIGHT, APART_LEAST, APART_MOST = 1.25, -1.75, 0.95
SAMPLE, SEED = 200, 0
MEANS_AT_ONCE = 512
EXAMPLES = 2

Pair = tuple[str, str]


class Alike(NamedTuple):
    """Two entries' keys, and the evidence that they answer the same, in standard deviations:
    all of it, and that of their answers. `equal` where they share a phrasing to the letter,
    `texts` are phrasings of both that come nearest."""

    pair: Pair
    evidence: float
    answers: float
    equal: bool
    texts: list[str]


class Usual(NamedTuple):
    """What is usual of two entries drawn at random: means and deviations, each of shape (2,), of
    how alike their phrasings are, and their answers."""

    means: Vector
    deviations: Vector


class _Beside(NamedTuple):
    """An entry's nearest others (k,), how alike it is to each in phrasings and in answers, shape
    (2, k), and how crowded it is about it in both, shape (2,)."""

    near: Ints
    alike: Vector
    crowd: Vector


class Overlap:
    """`items` whose likeness is asked; `ways` (d, n) are the directions in which wordings of one
    need differ."""

    def __init__(self, items: Sequence[Item], ways: Vector) -> None:
        self._items = list(items)
        self._place = {item.key: place for place, item in enumerate(self._items)}
        self._phrasings = _Texts([item.vectors for item in self._items], ways)
        self._answers = _Texts([item.passages for item in self._items], ways)
        self._beside: dict[int, _Beside] = {}
        self._usual: Usual | None = None
        self._owners: dict[str, list[int]] = {}
        for place, item in enumerate(self._items):
            for text in {folded(text) for text in item.texts} - {""}:
                self._owners.setdefault(text, []).append(place)

    @property
    def knows(self) -> bool:
        """Whether there are enough entries to know what is usual."""
        return len(self._items) >= KNOWN_FROM

    def pairs(self, keys: Collection[str], least: float) -> list[Alike]:
        """All with one of `keys` that share a phrasing, or for which there is evidence of at
        least `least`; those for which there is most come first."""
        places = [self._place[key] for key in keys]
        equal = {_ordered(place, other) for place in places for other in self._sharing(place)}
        found = dict.fromkeys(equal, (0.0, 0.0))
        if self.knows:
            self._look(places)
            for place in places:
                found |= self._told(place, least)
            for one, two in equal:
                found[one, two] = self._evidence(one, np.array([two]))[two]
        told = [self._alike(pair, *found[pair], pair in equal) for pair in found]
        return sorted(told, key=lambda one: (-one.evidence, one.pair))

    def _told(self, place: int, least: float) -> dict[tuple[int, int], tuple[float, float]]:
        """The evidence for pairs of an entry with its nearest, where it is enough."""
        near = self._beside[place].near
        self._look(near.tolist())
        told = self._evidence(place, near).items()
        return {_ordered(place, other): found for other, found in told if found[0] >= least}

    def _evidence(self, one: int, others: Ints) -> dict[int, tuple[float, float]]:
        """For each of `others` the evidence, and that of the answers alone."""
        self._look([one, *others.tolist()])
        beside, usual = self._beside[one], self.usual()
        alike = beside.alike if others is beside.near else self._both(one, others)
        crowds = np.stack([self._beside[int(other)].crowd for other in others], axis=1)
        alike = alike - CROWD_SHARE * (beside.crowd[:, None] + crowds)
        evidence = (alike - usual.means[:, None]) / usual.deviations[:, None]
        apart = self._phrasings.apart(one, others) / usual.deviations[0]
        total = evidence.sum(axis=0) + APART_WEIGHT * np.clip(apart, APART_LEAST, APART_MOST)
        pairs = zip(total.tolist(), evidence[1].tolist(), strict=True)
        return dict(zip(others.tolist(), pairs, strict=True))

    def usual(self) -> Usual:
        """From all pairs of some entries."""
        if self._usual is None:
            random = np.random.default_rng(SEED)
            count = min(SAMPLE, len(self._items))
            drawn = np.sort(random.choice(len(self._items), count, replace=False))
            self._look(drawn.tolist())
            crowds = np.stack([self._beside[place].crowd for place in drawn.tolist()], axis=1)
            alike = np.stack([self._both(place, drawn) for place in drawn.tolist()], axis=1)
            alike -= CROWD_SHARE * (crowds[:, :, None] + crowds[:, None, :])
            pairs = alike[:, *np.triu_indices(count, 1)]
            self._usual = Usual(pairs.mean(axis=1), np.maximum(pairs.std(axis=1), 1e-6))
        return self._usual

    def _look(self, places: Collection[int]) -> None:
        """Finds who is beside each."""
        new = sorted({*places} - self._beside.keys())
        means, kept = self._phrasings.means, min(NEIGHBOURS, len(self._items) - 1)
        for start in range(0, len(new), MEANS_AT_ONCE):
            part = np.array(new[start : start + MEANS_AT_ONCE])
            cosines = means[part] @ means.T
            cosines[np.arange(len(part)), part] = -2.0
            nearest = np.argpartition(-cosines, kept - 1, axis=1)[:, :kept]
            for place, near in zip(part.tolist(), nearest, strict=True):
                alike = self._both(place, near)
                # The very nearest may well be the same.
                crowd = np.sort(alike, axis=1)[:, ::-1][:, 1 : 1 + CROWD].mean(axis=1)
                self._beside[place] = _Beside(near, alike, crowd)

    def _both(self, one: int, others: Ints) -> Vector:
        """How alike phrasings and answers are, shape (2, n)."""
        return np.stack([texts.alike(one, others) for texts in (self._phrasings, self._answers)])

    def _sharing(self, place: int) -> Iterator[int]:
        for text in self._items[place].texts:
            yield from (other for other in self._owners.get(folded(text), ()) if other != place)

    def _alike(
        self, pair: tuple[int, int], evidence: float, answers: float, is_equal: bool
    ) -> Alike:
        one, two = (self._items[place] for place in pair)
        cosines = self._phrasings.between(*pair)
        best = np.argsort(-cosines, axis=None, kind="stable")[:EXAMPLES]
        texts = [
            item.texts[int(number)]
            for places in zip(*np.unravel_index(best, cosines.shape), strict=True)
            for item, number in zip((one, two), places, strict=True)
        ]
        examples = list(dict.fromkeys(texts))
        return Alike((one.key, two.key), evidence, answers, is_equal, examples)


class _Texts:
    """Vectors of several texts an item, centred, of length 1 and without the `ways`."""

    def __init__(self, vectors: Sequence[Vector], ways: Vector) -> None:
        sizes = np.array([len(each) for each in vectors])
        self._ends = np.cumsum(sizes)
        self._starts = self._ends - sizes
        rows: Vector = np.vstack(list(vectors))
        rows = np.asarray(rows - (rows @ ways) @ ways.T, dtype=np.float32)
        self._rows = _unit(rows - rows.mean(axis=0) if len(rows) else rows)
        sums = np.zeros((len(vectors), ways.shape[0]), np.float32)
        if len(rows):
            sums[sizes > 0] = np.add.reduceat(self._rows, self._starts[sizes > 0], axis=0)
        self._sums, self._sizes = sums, sizes
        self.means = _unit(sums)
        pairs = sizes * (sizes - 1)
        within = (np.einsum("nd,nd->n", sums, sums) - sizes) / np.maximum(pairs, 1)
        self._within = np.where(pairs > 0, within, np.nan)

    def between(self, one: int, two: int) -> Vector:
        """Cosines of all texts of the one with all of the other."""
        return np.asarray(self._of(one) @ self._of(two).T)

    def alike(self, one: int, others: Ints) -> Vector:
        """How alike an item is to each of `others`, shape (n,): the mean over the texts of the
        one of the cosine with the nearest of the other, from the better side. 0 without texts."""
        found = np.zeros(len(others), np.float32)
        has = np.flatnonzero(self._sizes[others] > 0)
        if not self._sizes[one] or not len(has):
            return found
        sizes = self._sizes[others[has]]
        starts = np.cumsum(sizes) - sizes
        cosines = self._of(one) @ np.vstack([self._of(int(other)) for other in others[has]]).T
        there = np.maximum.reduceat(cosines, starts, axis=1).mean(axis=0)
        back = np.add.reduceat(cosines.max(axis=0), starts) / sizes
        found[has] = np.maximum(there, back)
        return found

    def apart(self, one: int, others: Ints) -> Vector:
        """By how much the mean cosine between an item's texts and another's is above that within
        each, shape (n,): below 0 where they are told apart, 0 where neither has several."""
        between = self._sums[others] @ self._sums[one] / (self._sizes[others] * self._sizes[one])
        within = np.stack([np.full(len(others), self._within[one]), self._within[others]])
        known = ~np.isnan(within)
        usual = np.where(known, within, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return np.where(known.any(axis=0), between - usual, 0.0)

    def _of(self, place: int) -> Vector:
        return self._rows[self._starts[place] : self._ends[place]]


def _ordered(one: int, two: int) -> tuple[int, int]:
    return (one, two) if one < two else (two, one)


def _unit(vectors: Vector) -> Vector:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
