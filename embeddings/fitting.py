"""Fits the head and the calibrator on a set of entries' own phrasings. Slow: run in a thread.

The held-out rows come from folds: in each, a fifth of the entries is hidden
(their phrasings are out of scope) and a fifth of every other entry's phrasings
is held out (in scope); the head is fitted on the rest and asked about both. So
every entry is hidden once and nearly every phrasing held out once. This is
leave-one-out in blocks, at the cost of five fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import softmax

from embeddings import familiar, foreign
from embeddings.calibration import Calibrator, HeldOut
from embeddings.evidence import NAMES, Evidence, lengths, log_odds
from embeddings.familiar import Familiar
from embeddings.foreign import Foreign
from embeddings.head import Head, fit_head
from embeddings.lexical import Lexicon

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]

LEXICAL_SHARE = 0.5
PASSAGE_WEIGHT = 0.6
FOLDS = 5
# Nearest phrasings that make the shortlist of candidates, here and in the matcher.
SHORTLIST_ROWS = 256
HELD_OUT_ROWS_MAX = 6000
# Centred cosine from which a background text is taken to be in scope, where nothing else is known.
AT_HOME_SIMILARITY = 0.6
# As near as half of a brain's own phrasings are to each other; as near as only a tenth are.
NEAR, VERY_NEAR = 0.5, 0.9


class Corpus(NamedTuple):
    """What is fitted on. Rows of a class are together, classes 0..k-1 in order.

    texts        the n phrasings
    vectors      (n, d) of the phrasings, not centred
    classes      (n,) the entry of each
    passages     (m, d) of answer texts, not centred
    passage_classes (m,)
    """

    texts: Sequence[str]
    vectors: Floats
    classes: Ints
    passages: Floats
    passage_classes: Ints

    @property
    def entries(self) -> int:
        return int(self.classes.max()) + 1 if len(self.classes) else 0


class Space(NamedTuple):
    """How texts become features: the centres of phrasings and of passages, and the lexicon."""

    centre: Floats
    passage_centre: Floats
    lexicon: Lexicon

    def centred(self, vectors: Floats) -> Floats:
        return _unit(vectors - self.centre)

    def centred_passages(self, passages: Floats) -> Floats:
        return _unit(passages - self.passage_centre)

    def features(self, centred: Floats, weights: sparse.csr_matrix) -> Floats:
        """The head's input, (n, d + lexical dimensions)."""
        return np.hstack([centred, LEXICAL_SHARE * self.lexicon.directions(weights)])

    def passage_features(self, centred: Floats) -> Floats:
        blank = np.zeros((len(centred), self.lexicon.dimensions), dtype=np.float32)
        return np.hstack([centred, blank])


class Background(NamedTuple):
    """Texts that nobody answers, and their query vectors (n, d)."""

    texts: Sequence[str]
    vectors: Floats


class Fit(NamedTuple):
    """All that was learned: give it to `Matcher.adopt`."""

    space: Space
    head: Head
    calibrator: Calibrator
    foreign: Foreign
    familiar: Familiar = familiar.EVERYTHING


def fit(corpus: Corpus, background: Background | None = None) -> Fit:
    """Learn from `corpus`, which must hold at least one phrasing."""
    space = make_space(corpus)
    rows = _Rows.of(corpus, space)
    everything = np.ones(len(corpus.classes), bool)
    head = rows.fit(everything, np.ones(len(rows.passage_classes), bool))
    held_out = held_out_rows(corpus, space)
    far, outside = np.zeros((0, len(NAMES))), corpus.vectors[:0]
    if background is not None and len(background.texts):
        asked = Asked.of(background.texts, background.vectors, space)
        far = rows.evidence(asked, everything, head)[0].matrix()
        outside = background.vectors[~_at_home(far, held_out, VERY_NEAR)]
        far = far[~_at_home(far, held_out, NEAR)]
    return Fit(
        space,
        head,
        Calibrator(held_out, far),
        foreign.fit(corpus.vectors, corpus.classes, outside),
        familiar.fit(held_out, far),
    )


def _at_home(far: npt.NDArray[np.float64], rows: HeldOut, share: float) -> npt.NDArray[np.bool_]:
    """Which background texts this very brain may answer: nearer to a phrasing than the share
    `share` of its phrasings is to another one."""
    column = NAMES.index("similarity")
    own = rows.evidence[~rows.outside, column]
    return far[:, column] >= (np.quantile(own, share) if len(own) else AT_HOME_SIMILARITY)


def make_space(corpus: Corpus) -> Space:
    dimensions = corpus.vectors.shape[1]
    centre = corpus.vectors.mean(axis=0) if len(corpus.vectors) > 1 else np.zeros(dimensions)
    passages = corpus.passages
    passage_centre = passages.mean(axis=0) if len(passages) > 1 else np.zeros(dimensions)
    return Space(
        centre.astype(np.float32), passage_centre.astype(np.float32), Lexicon(corpus.texts)
    )


def held_out_rows(corpus: Corpus, space: Space, shots: int | None = None, seed: int = 0) -> HeldOut:
    """Evidence on phrasings that the head did not see.

    With `shots`, each entry keeps only that many phrasings and the rest is held
    out: what a brain with so few phrasings would look like.
    """
    rows = _Rows.of(corpus, space)
    parts = [
        rows.ask(kept, hidden, held)
        for kept, hidden, held in _folds(corpus, shots, np.random.default_rng(seed))
        if kept.any() and (hidden | held).any()
    ]
    if not parts:
        return HeldOut.none()
    return HeldOut(*(np.concatenate(column) for column in zip(*parts, strict=True)))


Mask = npt.NDArray[np.bool_]
Masks = tuple[Mask, Mask, Mask]


def _folds(corpus: Corpus, shots: int | None, random: np.random.Generator) -> list[Masks]:
    """For each fold: rows kept for fitting, rows of hidden entries, rows held out."""
    folds = min(FOLDS, corpus.entries)
    if folds < 2:
        return []
    entry_fold = random.permutation(corpus.entries) % folds
    place = _places(corpus.classes, random)
    sizes = np.bincount(corpus.classes)
    masks: list[Masks] = []
    for number in range(folds):
        hidden = entry_fold[corpus.classes] == number
        if shots is None:
            # An entry with one phrasing would vanish: it is only ever hidden whole.
            held = (place % folds == number) & (sizes[corpus.classes] > 1)
        else:
            held = place >= shots
        held &= ~hidden
        kept = ~hidden & ~held
        held &= np.isin(corpus.classes, np.unique(corpus.classes[kept]))
        asked = _sample(hidden | held, random)
        masks.append((kept, hidden & asked, held & asked))
    return masks


def _places(classes: Ints, random: np.random.Generator) -> Ints:
    """The place of each row among its entry's rows, in random order."""
    places = np.empty(len(classes), dtype=np.intp)
    for number in np.unique(classes):
        rows = np.flatnonzero(classes == number)
        places[rows] = random.permutation(len(rows))
    return places


def _sample(rows: npt.NDArray[np.bool_], random: np.random.Generator) -> npt.NDArray[np.bool_]:
    most = HELD_OUT_ROWS_MAX // FOLDS
    chosen = np.flatnonzero(rows)
    if len(chosen) > most:
        chosen = random.choice(chosen, most, replace=False)
    sampled = np.zeros(len(rows), dtype=bool)
    sampled[chosen] = True
    return sampled


class Asked(NamedTuple):
    """Questions as features: the vectors, those centred, the n-grams, the head's input, and how
    long they are."""

    vectors: Floats
    centred: Floats
    weights: sparse.csr_matrix
    features: Floats
    lengths: Floats

    @staticmethod
    def of(texts: Sequence[str], vectors: Floats, space: Space) -> Asked:
        centred = space.centred(vectors)
        weights = space.lexicon.weights(texts)
        features = space.features(centred, weights)
        return Asked(vectors, centred, weights, features, lengths(texts))

    def pick(self, rows: npt.NDArray[np.bool_] | slice) -> Asked:
        return Asked(*(column[rows] for column in self))


class _Rows(NamedTuple):
    """A corpus as features, so that folds are only masks over it."""

    phrasings: Asked
    classes: Ints
    passages: Floats
    passage_features: Floats
    passage_classes: Ints

    @staticmethod
    def of(corpus: Corpus, space: Space) -> _Rows:
        passages = space.centred_passages(corpus.passages)
        return _Rows(
            Asked.of(corpus.texts, corpus.vectors, space),
            corpus.classes,
            passages,
            space.passage_features(passages),
            corpus.passage_classes,
        )

    def fit(self, kept: Mask, passages: Mask) -> Head:
        classes = np.concatenate([self.classes[kept], self.passage_classes[passages]])
        features = np.vstack([self.phrasings.features[kept], self.passage_features[passages]])
        row_weights = np.ones(len(classes), dtype=np.float32)
        row_weights[kept.sum() :] = PASSAGE_WEIGHT
        return fit_head(features, np.unique(classes, return_inverse=True)[1], row_weights)

    def ask(self, kept: Mask, hidden: Mask, held: Mask) -> HeldOut:
        """Fit on `kept`, ask the phrasings of `hidden` entries and those `held` out."""
        present = np.unique(self.classes[kept])
        head = self.fit(kept, np.isin(self.passage_classes, present))
        asked = hidden | held
        evidence, best = self.evidence(self.phrasings.pick(asked), kept, head)
        outside = hidden[asked]
        right = ~outside & (present[best] == self.classes[asked])
        return HeldOut(evidence.matrix(), right, outside)

    def evidence(self, asked: Asked, kept: Mask, head: Head) -> tuple[Evidence, Ints]:
        """The evidence for each question's best class, and that class, counted among those kept."""
        known = self.phrasings.pick(kept)
        present, classes = np.unique(self.classes[kept], return_inverse=True)
        each, count = np.arange(len(asked.features)), len(present)
        similarity = asked.centred @ known.centred.T
        logits = head.logits(asked.features)
        logits[~_shortlisted(similarity, classes, count)] = -np.inf
        best = logits.argmax(axis=1)
        per_class = class_maxima(similarity, classes, count)
        own = per_class[each, best].copy()
        per_class[each, best] = -1.0
        ranked = np.sort(logits, axis=1)
        following = ranked[:, -2] if count > 1 else np.full(len(each), -np.inf)
        lexical = np.asarray((asked.weights @ known.weights.T).todense())
        evidence = Evidence(
            log_odds(softmax(logits, axis=1)[each, best]),
            margin(ranked[:, -1], following),
            own,
            own - per_class.max(axis=1),
            (asked.vectors @ known.vectors.T).max(axis=1),
            class_maxima(lexical, classes, count)[each, best],
            self._passage(asked, present, best),
            asked.lengths,
        )
        return evidence, best

    def _passage(self, asked: Asked, present: Ints, best: Ints) -> Floats:
        """The cosine to the nearest answer text of the best class; 0 where it has none."""
        known = np.isin(self.passage_classes, present)
        if not known.any():
            return np.zeros(len(best), dtype=np.float32)
        similarity = asked.centred @ self.passages[known].T
        classes = np.searchsorted(present, self.passage_classes[known])
        found = class_maxima(similarity, classes, len(present))[np.arange(len(best)), best]
        return np.where(found > -1.0, found, 0.0)


def margin(best: Floats, following: Floats) -> Floats:
    """Between two logits, limited: without a rival there is nothing to lead."""
    return np.asarray(np.minimum(best - following, 20.0), dtype=np.float32)


def class_maxima(values: Floats, classes: Ints, count: int) -> Floats:
    """The largest of each class' columns, shape (n, count); -1 for a class without any."""
    largest = np.full((count, len(values)), -1.0, dtype=np.float32)
    np.maximum.at(largest, classes, values.T)
    return largest.T.copy()


def _shortlisted(similarity: Floats, classes: Ints, count: int) -> npt.NDArray[np.bool_]:
    """Which classes have a phrasing among the nearest `SHORTLIST_ROWS`, shape (n, count)."""
    listed = np.zeros((len(similarity), count), dtype=bool)
    if similarity.shape[1] <= SHORTLIST_ROWS:
        listed[:, np.unique(classes)] = True
        return listed
    near = np.argpartition(-similarity, SHORTLIST_ROWS, axis=1)[:, :SHORTLIST_ROWS]
    listed[np.arange(len(similarity))[:, None], classes[near]] = True
    return listed


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
