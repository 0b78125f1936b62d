"""How familiar a question is: whether anything held is about it at all, whichever entry it is.

A question that nobody here answers may still have a nearest entry, and a bot that then asks "did
you mean ..." looks foolish. What tells them apart is learned from the brain itself: its phrasings,
each asked as if it were new, against the same phrasings with their whole entry hidden and against
the background that nobody answers. All the evidence counts, the length too: a long story is never
as near to a phrasing as a short question is. None of it counts against a question: more of it may
make one no stranger.

The score is then said as a share that means the same in every brain: about that part of the
brain's own phrasings are stranger, asked as new (a logistic curve in place of the normal one;
Bowling et al. 2009).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.preprocessing import StandardScaler

from embeddings.calibration import HeldOut, curve_moves_at_most

Doubles = npt.NDArray[np.float64]

# With fewer phrasings that can be asked as new, everything is familiar.
ROWS_MIN = 200
# What is asked in vain is seldom as near as a phrasing whose own entry is hidden.
NEAR_SHARE = 1 / 3
# At which the logistic curve is nearest to the normal distribution's.
NORMAL = 1.702


class Familiar(NamedTuple):
    """Evidence to a share, 0 to 1: a line through the evidence, and the logistic curve."""

    slopes: Doubles
    level: float

    def share(self, evidence: Doubles) -> Doubles:
        """Shape (n,), for evidence of shape (n, numbers)."""
        if not len(self.slopes):
            return np.ones(len(evidence))
        found: Doubles = expit(evidence @ self.slopes + self.level)
        return found

    def moves_at_most(self, before: Doubles, after: Doubles) -> float:
        """By how much the share can differ, at most, where only the first of the evidence does, of
        which each has the same number."""
        return curve_moves_at_most(self.slopes, before, after)


EVERYTHING = Familiar(np.zeros(0), 0.0)


def fit(rows: HeldOut, background: Doubles) -> Familiar:
    """From a brain's held-out rows, and the evidence of texts nobody answers, (n, numbers)."""
    inside, near = rows.evidence[~rows.outside], rows.evidence[rows.outside]
    if len(inside) < ROWS_MIN:
        return EVERYTHING
    strange = [(near, NEAR_SHARE), (background, 1 - NEAR_SHARE)]
    parts = [(part, share) for part, share in strange if len(part)]
    if not parts:
        return EVERYTHING
    evidence = np.vstack([inside, *(part for part, _ in parts)])
    weights = np.concatenate(
        [np.ones(len(inside)), *(np.full(len(p), s * len(inside) / len(p)) for p, s in parts)]
    )
    scale = StandardScaler().fit(evidence, sample_weight=weights)
    line = _line(scale.transform(evidence), np.arange(len(evidence)) < len(inside), weights)
    own = inside @ (line / scale.scale_)
    slopes = line / scale.scale_ * (NORMAL / (float(own.std()) or 1.0))
    return Familiar(slopes, -float((inside @ slopes).mean()))


def _line(rows: Doubles, inside: npt.NDArray[np.bool_], weights: Doubles) -> Doubles:
    """Logistic regression with a penalty of one and no slope below nought."""

    def loss(parameters: Doubles) -> tuple[float, Doubles]:
        slopes, score = parameters[:-1], rows @ parameters[:-1] + parameters[-1]
        value = weights @ (np.logaddexp(0.0, score) - inside * score) + slopes @ slopes / 2
        slack = weights * (expit(score) - inside)
        return float(value), np.concatenate([rows.T @ slack + slopes, [slack.sum()]])

    count = rows.shape[1]
    bounds = [(0.0, None)] * count + [(None, None)]
    found = minimize(loss, np.zeros(count + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x[:-1], dtype=np.float64)
