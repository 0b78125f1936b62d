"""From evidence to the probability that the best candidate is right.

Fitted on held-out rows of the brain itself: a phrasing whose entry is present
is in scope, one whose entry is hidden is out of scope but near. What visitors
ask out of scope is as often far away, so texts that no public body answers
(`background.txt`) make up the other half. A brain with few or
single phrasings has few such rows, so reference rows, made once from a brain
with many phrasings by taking most of them away, stand in with a fixed small
weight (a prior, in the Bayesian sense). Platt 1999, with more than one input.

The operator's number is the wrong-answer rate: the threshold is the lowest
probability above which at most that share of the held-out answers was wrong
(selective classification; Geifman and El-Yaniv 2017).
"""

from __future__ import annotations

import importlib.resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from embeddings.evidence import NAMES

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# The share of questions nobody can answer: Kommune-Kari's published 9 %, half near, half far.
NEAR_SHARE = 0.045
FAR_SHARE = 0.045
# The reference rows together weigh as much as this many rows of the brain's own.
REFERENCE_WEIGHT = 80.0
NEVER = 1.01
# Curators write phrasings to differ, so held-out phrasings are harder than what visitors ask, and
# a threshold from them alone can be far too careful: on the demo federation 0.5 % of answers were
# wrong where 5 % were allowed. An answer this many times the rate from certain is always given.
CERTAIN_RATES = 4.0


class HeldOut(NamedTuple):
    """Held-out rows: evidence (n, numbers), whether the candidate was right, whether out of
    scope."""

    evidence: Doubles
    right: Bools
    outside: Bools

    @staticmethod
    def none() -> HeldOut:
        return HeldOut(np.zeros((0, len(NAMES))), np.zeros(0, bool), np.zeros(0, bool))


class Calibrator:
    """Evidence to probability, and a wrong-answer rate to a threshold."""

    def __init__(
        self, rows: HeldOut, background: Doubles, reference: HeldOut | None = None
    ) -> None:
        """`background` is the evidence of texts nobody answers, shape (n, numbers)."""
        reference = reference or load_reference()
        own_weights = _prior_weights(rows.outside)
        reference_weights = _prior_weights(reference.outside)
        reference_weights *= REFERENCE_WEIGHT / max(reference_weights.sum(), 1.0)
        known = own_weights.sum() + reference_weights.sum()
        far = np.full(
            len(background), FAR_SHARE / (1 - FAR_SHARE) * known / max(len(background), 1)
        )
        evidence = np.vstack([rows.evidence, reference.evidence, background])
        right = np.concatenate([rows.right, reference.right, np.zeros(len(background), bool)])
        weights = np.concatenate([own_weights, reference_weights, far])
        scale = StandardScaler().fit(evidence, sample_weight=weights)
        model = LogisticRegression(C=1.0)
        model.fit(scale.transform(evidence), right, sample_weight=weights)
        # One line of arithmetic instead of both models' checks, which take a search's millisecond.
        self._slopes: Doubles = model.coef_[0] / scale.scale_
        self._level = float(model.intercept_[0] - self._slopes @ scale.mean_)
        self._probabilities = self.probability(evidence)
        self._wrong = ~right
        self._weights = weights
        self._thresholds: dict[float, float] = {}

    def probability(self, evidence: Doubles) -> Doubles:
        """Shape (n,), each from 0 to 1, for evidence of shape (n, numbers)."""
        found: Doubles = expit(evidence @ self._slopes + self._level)
        return found

    def moves_at_most(self, before: Doubles, after: Doubles) -> float:
        """By how much the probability can differ, at most, where only the first of the evidence
        does, of which each has the same number."""
        return curve_moves_at_most(self._slopes, before, after)

    def threshold(self, wrong_rate: float) -> float:
        """The probability to answer from so that about `wrong_rate` of the answers is wrong.

        The lowest at which that held for the held-out rows, or 1 - 4 * `wrong_rate` if that is
        lower. Above 1 (never answer) for a rate of 0 that no threshold reaches.
        """
        if wrong_rate not in self._thresholds:
            self._thresholds[wrong_rate] = self._lowest(wrong_rate)
        return self._thresholds[wrong_rate]

    def _lowest(self, wrong_rate: float) -> float:
        order = np.argsort(-self._probabilities, kind="stable")
        probabilities, weights = self._probabilities[order], self._weights[order]
        answered = np.cumsum(weights)
        wrong = np.cumsum(weights * self._wrong[order])
        # A threshold takes all rows of its probability, and rows without weight say nothing.
        last = np.append(np.diff(probabilities) != 0, True)
        kept = np.flatnonzero(last & (answered > 0) & (wrong <= wrong_rate * answered))
        lowest = float(probabilities[kept[-1]]) if len(kept) else NEVER
        return min(lowest, 1 - CERTAIN_RATES * wrong_rate) if wrong_rate > 0 else lowest


def load_reference() -> HeldOut:
    """The packaged reference rows; `benchmarks/reference.py` makes them."""
    place = importlib.resources.files("embeddings") / "reference.npz"
    with place.open("rb") as file, np.load(file) as stored:
        if tuple(stored["names"]) != NAMES:
            raise ValueError("reference.npz was made for other evidence: make it again")
        return HeldOut(
            stored["evidence"].astype(np.float64),
            stored["right"].astype(bool),
            stored["outside"].astype(bool),
        )


def _prior_weights(outside: Bools) -> Doubles:
    """Weight 1 for rows in scope; for the others, so that they make up `NEAR_SHARE`.

    Without rows in scope nothing is known of right answers, and all weigh nothing.
    """
    odds = NEAR_SHARE / (1 - NEAR_SHARE)
    inside_count, outside_count = int((~outside).sum()), int(outside.sum())
    return np.where(outside, odds * inside_count / max(outside_count, 1), 1.0)


def curve_moves_at_most(slopes: Doubles, before: Doubles, after: Doubles) -> float:
    """By how much a logistic curve of `evidence @ slopes` can differ, at most, where only the
    first of the evidence does: it is nowhere steeper than 1/4."""
    count = min(len(slopes), len(before))
    return float(abs((after - before)[:count] @ slopes[:count])) / 4
