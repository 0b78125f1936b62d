"""How alike questions and gaps are: one number from their vectors, for any encoder.

Five things make the cosine of two sentence vectors misleading, and each is taken away:

- An encoder such as E5 puts everything within a narrow cone. So the *centre* of what the brain's
  gaps hold is subtracted.
- The same need in Bokmål, Nynorsk or English, as a sentence, as keywords or as a story, differs in
  a few directions that say nothing of the need. These *ways* are the main directions within the
  rows of `wordings.jsonl`, and are projected out: nuisance attribute projection (Solomonoff,
  Campbell and Boardman 2005, for voices recorded over different telephones).
- Most directions hold little but noise: only the leading ones among the brain's gaps are kept
  (principal components).
- In a crowded neighbourhood, of twenty questions on parking, two that differ are as near as two
  that agree are elsewhere. So half of how *crowded* it is about each is subtracted, the mean
  cosine to its nearest share of a cohort: adaptive score normalisation (Matějka et al. 2017).
  It also curbs hubs, questions so general that they are near everything (Radovanović et al. 2010).
- Two questions in one language are more alike than one need is in two languages. So pairs
  *across* languages are given something. How much of either language is in a vector is read off
  the direction from the Norwegian wordings to the English ones; nobody has to name it.

A gap counts as the mean of its questions, not normalised, so that the affinity of two gaps is the
average over all pairs of their questions, and a loose gap attracts less than a tight one.
"""

from __future__ import annotations

import functools
import importlib.resources
import math

import msgspec
import numpy as np
import numpy.typing as npt

from brains import vectors
from brains.database import Database
from brains.vectors import TextEncoder, Vector

# Affinity from which two questions or gaps ask the same, among FEW_GAPS. Too low hides one need in
# another's gap; too high shows the curator one need twice. The more gaps there are, the likelier is
# any affinity by chance: it rises with the logarithm of their number, as prior odds do in Bayes'
# rule. Beside that, the fewer they are, the less is known of how crowded it is: UNKNOWN comes on
# top, half of it where there are KNOWN_GAPS. How all of these were chosen: docs/gaps.md.
SAME_GAP = 0.12
SAME_GAP_RISE = 0.036
FEW_GAPS = 10
UNKNOWN = 0.26
KNOWN_GAPS = 50
# What a pair in two languages is given, among FEW_GAPS; and how it falls with the logarithm of
# their number, because so many more pairs are alike by chance.
ACROSS = 0.26
ACROSS_FALL = 0.03
NORWEGIAN, ENGLISH = slice(0, 2), 2  # which of each need's wordings
# What a pair in the same words but one loses (`frames.py`), among FEW_GAPS; and how it falls with
# the logarithm of their number: the more gaps there are, the better is crowding known.
APART = 0.5
APART_FALL = 0.11
# Half way from the middle to the mean of a language, a question is surely in that language.
SURE = 2.0
WAYS = 5
DIRECTIONS_MAX = 128
# With fewer rows than this for each direction, which directions lead is not known yet.
ROWS_PER_DIRECTION = 3
# The share of the cohort that counts as a question's neighbourhood, after the very nearest, which
# may well ask the same; and the cohort's size.
NEIGHBOURHOOD_SHARE = 0.06
NEIGHBOURS_MIN = 5
NEAREST_SKIPPED = 6
COHORT_MAX = 2048
# How many of a gap's questions count in the cohort: a hot need must not crowd itself out.
WEIGHT_MAX = 2
# From this cosine on it is the question itself.
SELF_COSINE = 0.999
ROWS_AT_ONCE = 1024


@functools.cache
def wordings() -> tuple[tuple[str, ...], ...]:
    """Everyday needs, each said in six ways: Bokmål, Nynorsk, English, keywords, a story."""
    file = importlib.resources.files("brains.gaps") / "wordings.jsonl"
    lines = file.read_text("utf-8").splitlines()
    return tuple(tuple(msgspec.json.decode(line, type=list[str])) for line in lines)


class Affinity:
    """What alike means beside a cohort of gaps.

    `said` are the vectors of `wordings()`, shape (needs, wordings of each, d); they are part of
    every cohort. `means` (n, d) are the gaps' means of vectors of length 1, `sizes` (n,) how many
    questions each has. `same_gap` is the affinity from which two ask the same, and
    `apart` what is taken from that of two in the same words but one. It never changes:
    a new cohort makes a new one, by `beside`.
    """

    def __init__(self, said: Vector, means: Vector | None = None, sizes: Vector | None = None):
        self._said = said
        gaps = 0 if means is None else len(means)
        self.same_gap = self.same_among(gaps)
        more = math.log(max(FEW_GAPS, gaps) / FEW_GAPS)
        self._across = max(0.0, ACROSS - ACROSS_FALL * more)
        self.apart = max(0.0, APART - APART_FALL * more)
        norwegian, english = said[:, NORWEGIAN].mean(axis=(0, 1)), said[:, ENGLISH].mean(axis=0)
        way = english - norwegian
        self._english = way * np.float32(2.0 * SURE / max(float(way @ way), 1e-9))
        self._middle = float((english + norwegian) / 2 @ self._english)
        self._ways = ways_of(said)
        rows = said.reshape(-1, said.shape[-1])
        counts = np.ones(len(rows), np.float32)
        if means is not None and sizes is not None:
            rows, counts = np.concatenate([rows, means]), np.concatenate([counts, sizes])
        weights = np.minimum(counts, np.float32(WEIGHT_MAX))
        plain = self._without_ways(rows)
        self._centre = np.average(plain, axis=0, weights=weights).astype(np.float32)
        away = plain - self._centre
        kept = min(DIRECTIONS_MAX, away.shape[1])
        if len(rows) < ROWS_PER_DIRECTION * kept:
            kept = away.shape[1]
        self._directions = _leading(away * np.sqrt(weights)[:, None], kept)
        single = away[counts == 1.0]
        self._kept_share = _energy(single @ self._directions).sum() / _energy(single).sum()
        self._cohort = np.ascontiguousarray(self.points(rows[_sampled(weights)])[:, :-1])
        self._neighbours = max(NEIGHBOURS_MIN, round(NEIGHBOURHOOD_SHARE * len(self._cohort)))

    @property
    def width(self) -> int:
        """How long vectors are."""
        return int(self._said.shape[-1])

    def same_among(self, gaps: int) -> float:
        """The affinity from which two ask the same, where there are so many gaps to choose from."""
        gaps = max(FEW_GAPS, gaps)
        chance = SAME_GAP_RISE * math.log(gaps / FEW_GAPS)
        return SAME_GAP + chance + UNKNOWN / (1.0 + gaps / KNOWN_GAPS)

    def beside(self, means: Vector, sizes: Vector) -> Affinity:
        """The same with another cohort."""
        return Affinity(self._said, means, sizes)

    def points(self, means: Vector) -> Vector:
        """Where means of questions lie, shape (n, directions + 1): the last coordinate is their
        language, from Norwegian to English.

        Without it a single question lies at length 1; several lie at the mean of where each does,
        nearly: how long they were before they were averaged is estimated from their being of
        length 1.
        """
        plain = self._without_ways(means)
        placed = np.asarray((plain - self._centre) @ self._directions, dtype=np.float32)
        single = np.einsum("nd,nd->n", means, means) > SELF_COSINE
        lengths = 1.0 - _energy(means @ self._ways) - 2.0 * (plain @ self._centre)
        lengths = (lengths + float(self._centre @ self._centre)) * self._kept_share
        here = _energy(placed)
        squares = np.where(single, here, np.maximum(here, lengths))
        placed /= np.sqrt(np.maximum(squares, 1e-9))[:, None]
        language = np.clip(means @ self._english - self._middle, -1.0, 1.0)
        language *= math.sqrt(self._across / 2.0)
        return np.concatenate([placed, language[:, None]], axis=1, dtype=np.float32)

    def alike(self, points: Vector, others: Vector) -> Vector:
        """How alike each point is to each of the others, before what is crowded about them is
        taken away: shape (n, m). Half of what is given across languages is given to all; points
        of one language lose it, and points of two are given it again."""
        turned = others.copy()
        turned[:, -1] *= -1.0
        return np.asarray(points @ turned.T + np.float32(self._across / 2.0), dtype=np.float32)

    def crowding(self, points: Vector) -> Vector:
        """How crowded it is about each point, shape (n,)."""
        found = np.empty(len(points), np.float32)
        count = min(self._neighbours + NEAREST_SKIPPED, self._cohort.shape[0])
        for start in range(0, len(points), ROWS_AT_ONCE):
            cosines = points[start : start + ROWS_AT_ONCE, :-1] @ self._cohort.T
            cosines[cosines > SELF_COSINE] = -1.0
            nearest = np.partition(cosines, -count, axis=1)[:, -count:]
            nearest.partition(count - NEAREST_SKIPPED, axis=1)
            found[start : start + ROWS_AT_ONCE] = nearest[:, :-NEAREST_SKIPPED].mean(axis=1)
        return found

    def between(self, one: Vector, other: Vector) -> float:
        """The affinity of two means, each of shape (d,)."""
        points = self.points(np.stack([one, other]))
        alike = self.alike(points[:1], points[1:])[0, 0]
        return float(alike - self.crowding(points).mean())

    def _without_ways(self, means: Vector) -> Vector:
        return np.asarray(means - (means @ self._ways) @ self._ways.T, dtype=np.float32)


async def everyday(db: Database, encoder: TextEncoder) -> Affinity:
    """The affinity beside the wordings alone: what a brain without gaps starts from."""
    return Affinity(await said(db, encoder))


async def said(db: Database, encoder: TextEncoder) -> Vector:
    """The vectors of `wordings()`, shape (needs, wordings of each, d)."""
    texts = [text for row in wordings() for text in row]
    known = await vectors.ensure(db, encoder, texts, "query")
    return np.stack([np.stack([known[text] for text in row]) for row in wordings()])


def ways_of(said: Vector) -> Vector:
    """The directions, shape (d, `WAYS`), in which wordings of one need differ."""
    return _leading(said - said.mean(axis=1, keepdims=True), WAYS)


def _leading(away: Vector, count: int) -> Vector:
    """The leading directions, shape (d, count), of rows (.., d) about zero."""
    flat = away.reshape(-1, away.shape[-1])
    _, directions = np.linalg.eigh(flat.T @ flat)
    return np.ascontiguousarray(directions[:, ::-1][:, :count], dtype=np.float32)


def _energy(rows: Vector) -> Vector:
    return np.asarray(np.einsum("nd,nd->n", rows, rows), dtype=np.float32)


def _sampled(weights: Vector) -> npt.NDArray[np.intp]:
    """Row numbers, each about as often as it weighs, COHORT_MAX at most; evenly spread."""
    total = np.cumsum(weights)
    count = min(COHORT_MAX, round(float(total[-1])))
    places = (np.arange(count) + 0.5) * float(total[-1]) / count
    return np.searchsorted(total, places)
