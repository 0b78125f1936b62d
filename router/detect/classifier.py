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

from router.detect.folding import TEXT_CHARS_MAX
from router.detect.rules import RuleSet

HERE = Path(__file__).parent
INNOCENT = ""
FALSE_ALARM_RATE_MAX = 0.0
PROBABILITY_MIN = 0.5
FOLDS = 5
VECTOR_WEIGHT = 4.0
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


class Opinion:
    """Logistic regression over examples: the probability that a message is not ordinary.

    `vectors` has shape (examples, dimensions) with rows of length one, or is None; then
    `probability` and `label` look at characters only.
    """

    def __init__(self, examples: Sequence[Example], vectors: Vectors | None) -> None:
        texts = [example.text for example in examples]
        kinds = np.array([example.kind for example in examples])
        self._tfidf = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True, dtype=np.float32
        )
        self._with_vectors = vectors is not None
        features = _join(self._tfidf.fit_transform(texts), vectors)
        guilty = kinds != INNOCENT
        self._gate = LogisticRegression(
            C=REGULARISATION_C, class_weight="balanced", solver="liblinear"
        ).fit(features, guilty)
        self._labels = sorted(set(kinds[guilty]))
        self._which: Any = None
        if len(self._labels) > 1:
            self._which = LogisticRegression(C=REGULARISATION_C, max_iter=200)
            self._which.fit(features[guilty], kinds[guilty])

    def probabilities(self, texts: Sequence[str], vectors: Vectors | None) -> NDArray[np.float64]:
        """One probability a text. `vectors` must be given if and only if examples had them."""
        found: NDArray[np.float64] = self._gate.predict_proba(self._features(texts, vectors))[:, 1]
        return found

    def label(self, text: str, vector: Vectors | None) -> str:
        """The most likely label of a message that is not ordinary."""
        if self._which is None:
            return str(self._labels[0])
        rows = None if vector is None else vector[None, :]
        return str(self._which.predict(self._features([text], rows))[0])

    def _features(self, texts: Sequence[str], vectors: Vectors | None) -> Any:
        if (vectors is not None) != self._with_vectors:
            raise ValueError("vectors must be passed exactly where the examples had them")
        return _join(self._tfidf.transform(texts), vectors)


@dataclass(frozen=True, slots=True)
class Measured:
    """Cross-validation on the examples: the threshold, and what it catches without rules."""

    threshold: float
    recall: float
    false_alarm_rate: float


def cross_validate(examples: Sequence[Example], vectors: Vectors | None) -> Measured:
    """The lowest threshold with at most `FALSE_ALARM_RATE_MAX`, on examples not fitted on."""
    guilty = np.array([example.kind != INNOCENT for example in examples])
    held_out = out_of_fold(examples, vectors)
    innocent = np.sort(held_out[~guilty])[::-1]
    highest = innocent[int(FALSE_ALARM_RATE_MAX * len(innocent))]
    threshold = max(PROBABILITY_MIN, float(np.nextafter(highest, 1.0)))
    return Measured(
        threshold,
        float((held_out[guilty] >= threshold).mean()),
        float((held_out[~guilty] >= threshold).mean()),
    )


def out_of_fold(examples: Sequence[Example], vectors: Vectors | None) -> NDArray[np.float64]:
    """For each example, the probability from a model fitted without it."""
    kinds = [example.kind for example in examples]
    found = np.zeros(len(examples))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for fit, held in folds.split(np.zeros(len(examples)), kinds):
        opinion = Opinion([examples[i] for i in fit], None if vectors is None else vectors[fit])
        found[held] = opinion.probabilities(
            [examples[i].text for i in held], None if vectors is None else vectors[held]
        )
    return found


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
        self._by_characters = Opinion(examples, None)
        self.measured = cross_validate(examples, None)
        self._by_vectors: Opinion | None = None
        self.measured_with_vectors = self.measured
        if vectors is not None:
            self._by_vectors = Opinion(examples, vectors)
            self.measured_with_vectors = cross_validate(examples, vectors)

    def verdict(self, text: str, vector: Vectors | None = None) -> Verdict | None:
        """What this message is and why, or None where it is an ordinary one."""
        text = text[:TEXT_CHARS_MAX]
        hits = self._rules.hits(text)
        if hits:
            first = min(hits, key=lambda hit: self._priority[hit.label])
            return Verdict(first.label, first.source, 1.0)
        return self._second_opinion(text, vector)

    def _second_opinion(self, text: str, vector: Vectors | None) -> Verdict | None:
        opinion, measured = self._by_characters, self.measured
        if vector is not None and self._by_vectors is not None:
            opinion, measured = self._by_vectors, self.measured_with_vectors
        else:
            vector = None
        rows = None if vector is None else vector[None, :]
        probability = float(opinion.probabilities([text], rows)[0])
        if probability < measured.threshold:
            return None
        return Verdict(opinion.label(text, vector), "learned from examples", probability)


def _join(characters: Any, vectors: Vectors | None) -> Any:
    """Both kinds of evidence side by side, as one sparse matrix."""
    if vectors is None:
        return characters.tocsr()
    scaled = sparse.csr_matrix(vectors * VECTOR_WEIGHT)
    return sparse.hstack([characters, scaled], format="csr", dtype=np.float32)
