"""The mechanism both detectors share: rules first, a learned second opinion after them.

    text -> rules fire?  -> the label of the most urgent one
         -> learned probability above its threshold? -> the most likely label
         -> None

The second opinion is logistic regression on the encoder's vector and on character n-grams,
fitted at start on the examples in `examples/`. Its threshold is the lowest at which
cross-validation keeps the false alarms on the innocent examples below
`FALSE_ALARM_RATE_MAX`, and never below `PROBABILITY_MIN`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from router.detect.folding import TEXT_CHARS_MAX, fold
from router.detect.rules import RuleSet

HERE = Path(__file__).parent
INNOCENT = ""
# Of ordinary examples, most of them look-alikes that are harder than real traffic.
FALSE_ALARM_RATE_MAX = 0.005
PROBABILITY_MIN = 0.8
FOLDS = 5
VECTOR_WEIGHT = 3.0
REGULARISATION_C = 10.0

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
    """What a detector says of one message, and why: the rule, or the probability."""

    label: str
    reason: str
    probability: float


class Features:
    """Texts and vectors as rows of one sparse matrix: weighted character n-grams, then vector.

    `vectors` has shape (texts, dimensions) with rows of length one, or is None throughout.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._characters = TfidfVectorizer(
            preprocessor=fold,
            analyzer="char_wb",
            ngram_range=(1, 4),
            min_df=2,
            sublinear_tf=True,
            dtype=np.float32,
        ).fit(texts)

    def rows(self, texts: Sequence[str], vectors: Vectors | None) -> Any:
        """A sparse matrix with one row a text."""
        characters = self._characters.transform(texts)
        if vectors is None:
            return characters
        scaled = sparse.csr_matrix(vectors * VECTOR_WEIGHT)
        return sparse.hstack([characters, scaled], format="csr", dtype=np.float32)


class Opinion:
    """Logistic regression: the probability that a row is not ordinary, and its likely label."""

    def __init__(self, rows: Any, kinds: NDArray[np.str_]) -> None:
        guilty = kinds != INNOCENT
        self._gate = _gate().fit(rows, guilty)
        self._labels = sorted(set(kinds[guilty].tolist()))
        self._which: Any = None
        if len(self._labels) > 1:
            self._which = LogisticRegression(C=REGULARISATION_C, max_iter=200)
            self._which.fit(rows[guilty], kinds[guilty])

    def probability(self, row: Any) -> float:
        """The probability that this one row is not ordinary."""
        return float(self._gate.predict_proba(row)[0, 1])

    def label(self, row: Any) -> str:
        """The most likely label of a row that is not ordinary."""
        return self._labels[0] if self._which is None else str(self._which.predict(row)[0])


@dataclass(frozen=True, slots=True)
class Measured:
    """Cross-validation on the examples: the threshold, and what it catches without rules."""

    threshold: float
    recall: float
    false_alarm_rate: float


def cross_validate(
    rows: Any, kinds: NDArray[np.str_], excused: NDArray[np.bool_] | None = None
) -> Measured:
    """The lowest threshold with at most `FALSE_ALARM_RATE_MAX`, on examples not fitted on.

    `excused` examples, shape (examples,), never come before the second opinion.
    """
    guilty = kinds != INNOCENT
    asked = np.ones(len(kinds), dtype=bool) if excused is None else ~excused
    held_out = np.where(asked, out_of_fold(rows, kinds), 0.0)
    innocent = np.sort(held_out[~guilty])[::-1]
    highest = innocent[int(FALSE_ALARM_RATE_MAX * len(innocent))]
    threshold = max(PROBABILITY_MIN, float(np.nextafter(highest, 1.0)))
    return Measured(
        threshold,
        float((held_out[guilty] >= threshold).mean()),
        float((held_out[~guilty] >= threshold).mean()),
    )


def out_of_fold(rows: Any, kinds: NDArray[np.str_]) -> NDArray[np.float64]:
    """For each row, the probability from a model fitted without it."""
    found = np.zeros(len(kinds))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for fit, held in folds.split(found, kinds):
        gate = _gate().fit(rows[fit], kinds[fit] != INNOCENT)
        found[held] = gate.predict_proba(rows[held])[:, 1]
    return found


def _gate() -> LogisticRegression:
    return LogisticRegression(C=REGULARISATION_C, solver="liblinear")


@dataclass(frozen=True, slots=True)
class _Judge:
    """An opinion with the threshold above which it counts."""

    opinion: Opinion
    measured: Measured

    @classmethod
    def fitted(cls, rows: Any, kinds: NDArray[np.str_], excused: NDArray[np.bool_]) -> _Judge:
        return cls(Opinion(rows, kinds), cross_validate(rows, kinds, excused))

    def verdict(self, row: Any) -> Verdict | None:
        probability = self.opinion.probability(row)
        if probability < self.measured.threshold:
            return None
        return Verdict(self.opinion.label(row), "learned from examples", probability)


class Detector:
    """Rules and a second opinion over them. `priority` lists labels, the most urgent first.

    `vectors` are the examples' vectors in the same order, shape (examples, dimensions), L2
    normalised, or None. A ValueError says where the shapes do not agree.
    """

    def __init__(
        self,
        rules: RuleSet,
        priority: Sequence[str],
        examples: Sequence[Example],
        vectors: Vectors | None,
    ) -> None:
        if vectors is not None and len(vectors) != len(examples):
            raise ValueError(f"{len(examples)} examples, but {len(vectors)} vectors")
        unknown = (rules.labels | {e.kind for e in examples}) - {*priority, INNOCENT}
        if unknown:
            raise ValueError(f"labels without a priority: {sorted(unknown)}")
        self._rules = rules
        self._priority = {label: rank for rank, label in enumerate(priority)}
        texts = [example.text for example in examples]
        kinds = np.array([example.kind for example in examples])
        excused = np.array([rules.read(text).excused for text in texts], dtype=bool)
        self._features = Features(texts)
        self._by_characters = _Judge.fitted(self._features.rows(texts, None), kinds, excused)
        self._by_vectors = self._by_characters
        self._has_vectors = vectors is not None
        if self._has_vectors:
            rows = self._features.rows(texts, vectors)
            self._by_vectors = _Judge.fitted(rows, kinds, excused)

    @property
    def measured(self) -> Measured:
        """What cross-validation says of the second opinion, without any rule."""
        return self._by_vectors.measured

    def verdict(self, text: str, vector: Vectors | None = None) -> Verdict | None:
        """What this message is and why, or None where it is an ordinary one.

        An innocent phrase silences the second opinion, not the strong rules.
        """
        text = text[:TEXT_CHARS_MAX]
        reading = self._rules.read(text)
        if reading.hits:
            first = min(reading.hits, key=lambda hit: self._priority[hit.label])
            return Verdict(first.label, first.source, 1.0)
        if reading.excused:
            return None
        if vector is None or not self._has_vectors:
            return self._by_characters.verdict(self._features.rows([text], None))
        return self._by_vectors.verdict(self._features.rows([text], vector[None, :]))
