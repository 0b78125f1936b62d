"""The mechanism both detectors share: rules first, a learned second opinion after them.

    text -> rules fire?  -> the label of the most urgent one
         -> learned score above its threshold? -> the most likely label
         -> None

The second opinion is kernel ridge regression on the examples in `examples/`: a message is
like an example by the encoder's vectors (centred, a Gaussian of their distance) and by the
character n-grams they share. Its threshold is the lowest at which cross-validation keeps the
false alarms on the innocent examples below `FALSE_ALARM_RATE_MAX`, and never below
`SCORE_MIN`. Thresholds are kept in `measured.json` (`measure.py` renews it); for examples
other than those measured they are found when the detector is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold

from router.detect.folding import TEXT_CHARS_MAX, Splitter, fold
from router.detect.rules import RuleSet

HERE = Path(__file__).parent
INNOCENT = ""
# Of ordinary examples, most of them look-alikes that are harder than real traffic.
FALSE_ALARM_RATE_MAX = 0.004
# An ordinary example is fitted to -1, any other to 1.
SCORE_MIN = 0.3
# An innocent phrase asks the second opinion to be that much surer.
EXCUSED_MARGIN = 0.4
FOLDS = 5
VECTOR_SHARPNESS = 2.0
CHARACTER_WEIGHT = 0.4
# Frequent n-grams say little, and cost the most.
CHARACTER_SHARE_MAX = 0.03
RIDGE = 0.1
RIDGE_CHARACTERS = 1.0  # without vectors: n-grams alone are easily learnt by heart

Vectors = NDArray[np.float32]


class Example(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message with the `kind` a detector should see in it; `""` is an ordinary message."""

    text: str
    kind: str = INNOCENT
    language: str = "nb"


def read_examples(*names: str, kind: str | None = None) -> list[Example]:
    """The examples of the named files in `examples/`, in order; `kind` replaces theirs."""
    found: list[Example] = []
    for name in names:
        for line in (HERE / "examples" / f"{name}.jsonl").read_bytes().splitlines():
            example = msgspec.json.decode(line, type=Example)
            if kind is not None:
                example = Example(example.text, kind, example.language)
            found.append(example)
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a detector says of one message, and why: the rule, or the learned score."""

    label: str
    reason: str
    score: float


class Measured(msgspec.Struct, frozen=True):
    """Cross-validation on the examples: the threshold, and what it catches without rules."""

    threshold: float
    recall: float
    false_alarm_rate: float


class Measurement(msgspec.Struct, frozen=True):
    """A detector's thresholds with vectors and without, and the `digest` of the examples."""

    digest: str
    vectors: Measured
    characters: Measured


def digest(examples: Sequence[Example]) -> str:
    """What changes with the examples, their kinds or their order."""
    return hashlib.sha256(msgspec.json.encode(examples)).hexdigest()[:16]


def read_measurements() -> dict[str, Measurement]:
    """The measurements kept in `measured.json`, by detector."""
    path = HERE / "measured.json"
    if not path.exists():
        return {}
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Measurement])


class Characters:
    """Texts as rows of a sparse matrix: character n-grams of length one each row."""

    def __init__(self, texts: Sequence[str]) -> None:
        enough = CHARACTER_SHARE_MAX if len(texts) * CHARACTER_SHARE_MAX > 20 else 1.0
        self._tfidf = TfidfVectorizer(
            preprocessor=fold,
            analyzer="char_wb",
            ngram_range=(3, 4),
            min_df=2,
            max_df=enough,
            sublinear_tf=True,
            dtype=np.float32,
        )
        self.rows: Any = self._tfidf.fit_transform(texts)

    def row(self, text: str) -> Any:
        """The row of another text."""
        return self._tfidf.transform([text])

    def likeness(self) -> NDArray[np.float32]:
        """How alike each two texts are, shape (texts, texts), from 0 to 1."""
        like: NDArray[np.float32] = (self.rows @ self.rows.T).toarray()
        return like


class Meaning:
    """Vectors, shape (texts, dimensions), seen from their mean."""

    def __init__(self, vectors: Vectors) -> None:
        self._mean = vectors.mean(axis=0)
        self._directions = self._directed(vectors)

    def _directed(self, vectors: Vectors) -> NDArray[np.float32]:
        away = vectors - self._mean
        lengths = np.linalg.norm(away, axis=-1, keepdims=True)
        directed: NDArray[np.float32] = (away / np.maximum(lengths, 1e-9)).astype(np.float32)
        return directed

    def likeness(self, vector: Vectors | None = None) -> NDArray[np.float32]:
        """How alike this one is to each text, or each two texts to each other, from 0 to 1."""
        if vector is None:
            like = self._directions @ self._directions.T
        else:
            # Not `@`: its threads cost more than this much arithmetic.
            like = np.einsum("ed,d->e", self._directions, self._directed(vector))
        like -= 1.0
        like *= VECTOR_SHARPNESS
        found: NDArray[np.float32] = np.exp(like, out=like)
        return found


class Opinion:
    """Kernel ridge regression: a score, and the likely label of what scores high."""

    def __init__(
        self, characters: Characters, meaning: Meaning | None, kinds: NDArray[np.str_]
    ) -> None:
        self._characters, self._meaning = characters, meaning
        self._labels = sorted(set(kinds.tolist()) - {INNOCENT})
        targets = _targets(kinds, self._labels)
        weights = _solved(likeness(characters, meaning), targets, ridge(meaning))
        share = 1.0 if meaning is None else CHARACTER_WEIGHT
        self._by_character: NDArray[np.float32] = share * (characters.rows.T @ weights)
        self._by_example = weights

    def judge(self, text: str, vector: Vectors | None) -> tuple[float, str]:
        """The score of a message, and its label if it is not ordinary."""
        scores = self._characters.row(text) @ self._by_character
        if self._meaning is not None and vector is not None:
            scores = scores + self._meaning.likeness(vector) @ self._by_example
        return float(scores[0, 0]), self._labels[int(scores[0, 1:].argmax())]


def likeness(characters: Characters, meaning: Meaning | None) -> NDArray[np.float32]:
    """How alike each two examples are, shape (examples, examples)."""
    if meaning is None:
        return characters.likeness()
    return meaning.likeness() + np.float32(CHARACTER_WEIGHT) * characters.likeness()


def ridge(meaning: Meaning | None) -> float:
    """How much the fit is held back from learning the examples by heart."""
    return RIDGE_CHARACTERS if meaning is None else RIDGE


def cross_validate(
    like: NDArray[np.float32],
    kinds: NDArray[np.str_],
    ridge: float,
    excused: NDArray[np.bool_] | None = None,
) -> Measured:
    """The lowest threshold with at most `FALSE_ALARM_RATE_MAX`, on examples not fitted on.

    `like` has shape (examples, examples). `excused` examples, shape (examples,), hold an
    innocent phrase.
    """
    guilty = kinds != INNOCENT
    held_out = out_of_fold(like, kinds, ridge)
    if excused is not None:
        held_out[excused] -= EXCUSED_MARGIN
    innocent = np.sort(held_out[~guilty])[::-1]
    highest = innocent[int(FALSE_ALARM_RATE_MAX * len(innocent))]
    threshold = max(SCORE_MIN, float(np.nextafter(highest, np.float32(1.0))))
    return Measured(
        round(threshold, 4),
        round(float((held_out[guilty] >= threshold).mean()), 4),
        round(float((held_out[~guilty] >= threshold).mean()), 4),
    )


def out_of_fold(
    like: NDArray[np.float32], kinds: NDArray[np.str_], ridge: float
) -> NDArray[np.float32]:
    """For each example, the score from a fit without it."""
    found = np.zeros(len(kinds), dtype=np.float32)
    targets = _targets(kinds, [])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for fit, held in folds.split(found, kinds):
        weights = _solved(like[np.ix_(fit, fit)], targets[fit], ridge)
        found[held] = (like[np.ix_(held, fit)] @ weights)[:, 0]
    return found


def _targets(kinds: NDArray[np.str_], labels: Sequence[str]) -> NDArray[np.float32]:
    """One column that tells the ordinary (-1) from the rest (1), then one a label."""
    columns = [kinds != INNOCENT, *(kinds == label for label in labels)]
    return np.where(np.stack(columns, axis=1), 1.0, -1.0).astype(np.float32)


def _solved(
    like: NDArray[np.float32], targets: NDArray[np.float32], ridge: float
) -> NDArray[np.float32]:
    """The weights of the examples. `like` is overwritten."""
    like[np.diag_indices_from(like)] += ridge
    # Symmetric: the transpose is the same matrix, in the order LAPACK works on in place.
    factor = scipy.linalg.cho_factor(like.T, lower=True, overwrite_a=True, check_finite=False)
    solved: NDArray[np.float32] = scipy.linalg.cho_solve(factor, targets, check_finite=False)
    return solved


@dataclass(frozen=True, slots=True)
class _Judge:
    """An opinion with the threshold above which it counts."""

    opinion: Opinion
    measured: Measured

    def verdict(self, text: str, vector: Vectors | None, excused: bool) -> Verdict | None:
        score, label = self.opinion.judge(text, vector)
        if score < self.measured.threshold + EXCUSED_MARGIN * excused:
            return None
        return Verdict(label, "learned from examples", score)


class Detector:
    """Rules and a second opinion over them. `priority` lists labels, the most urgent first.

    `vectors` are the examples' vectors in the same order, shape (examples, dimensions), L2
    normalised, or None. A ValueError says where the shapes do not agree. A `measurement` of
    other examples is not used.
    """

    def __init__(
        self,
        rules: RuleSet,
        priority: Sequence[str],
        examples: Sequence[Example],
        vectors: Vectors | None,
        measurement: Measurement | None = None,
    ) -> None:
        if vectors is not None and len(vectors) != len(examples):
            raise ValueError(f"{len(examples)} examples, but {len(vectors)} vectors")
        unknown = (rules.labels | {e.kind for e in examples}) - {*priority, INNOCENT}
        if unknown:
            raise ValueError(f"labels without a priority: {sorted(unknown)}")
        self._rules = rules
        self._priority = {label: rank for rank, label in enumerate(priority)}
        self._examples = list(examples)
        self._kinds = np.array([example.kind for example in examples])
        known = measurement is not None and measurement.digest == digest(self._examples)
        self._measurement = measurement if known else None
        self._splitter = Splitter(e.text for e in self._examples if e.kind != INNOCENT)
        self._characters = Characters([example.text for example in examples])
        self._by_vectors = None if vectors is None else self._judge(Meaning(vectors))

    @cached_property
    def _by_characters(self) -> _Judge:
        """Fitted when first needed: where the encoder is at hand, it never is."""
        return self._judge(None)

    def _judge(self, meaning: Meaning | None) -> _Judge:
        opinion = Opinion(self._characters, meaning, self._kinds)
        if self._measurement is None:
            return _Judge(opinion, self.measure(meaning))
        kept = self._measurement
        return _Judge(opinion, kept.characters if meaning is None else kept.vectors)

    def measure(self, meaning: Meaning | None) -> Measured:
        """Cross-validation of the second opinion. Takes seconds."""
        excused = [self._rules.read(example.text).excused for example in self._examples]
        like = likeness(self._characters, meaning)
        return cross_validate(like, self._kinds, ridge(meaning), np.array(excused, dtype=bool))

    @property
    def measured(self) -> Measured:
        """What cross-validation says of the second opinion, without any rule."""
        return (self._by_vectors or self._by_characters).measured

    def verdict(self, text: str, vector: Vectors | None = None) -> Verdict | None:
        """What this message is and why, or None where it is an ordinary one.

        An innocent phrase hushes the second opinion, not the strong rules.
        """
        text = text[:TEXT_CHARS_MAX]
        folded = fold(text)
        reading = self._rules.read_folded(folded)
        if not reading.hits and (parted := self._splitter.split(folded)):
            reading = self._rules.read_folded(parted)
        if reading.hits:
            first = min(reading.hits, key=lambda hit: self._priority[hit.label])
            return Verdict(first.label, first.source, 1.0)
        if vector is None or self._by_vectors is None:
            return self._by_characters.verdict(text, None, reading.excused)
        return self._by_vectors.verdict(text, vector, reading.excused)
