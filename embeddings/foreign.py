"""Whether a question is anybody's here at all: the texts that nobody answers, asked as rivals.

A question about a password lies nearer to such a text (`background.txt`) than
to any phrasing held; a question for a public body lies nearer to a phrasing,
also where its very entry is missing. By how much is calibrated on the brain
itself: its phrasings, each asked without itself and without its whole entry,
against the background's texts, each asked without itself. Platt 1999.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]

# The share of questions nobody can answer: Kommune-Kari's published 9 %.
NOBODYS_SHARE = 0.09
ROWS_MAX = 4_000
ROWS_AT_ONCE = 500


class Foreign(NamedTuple):
    """The background's vectors (n, d), and how a lead over them becomes a probability."""

    vectors: Floats
    slope: float
    level: float

    def somebodys(self, vectors: Floats, similarities: Floats) -> Floats:
        """The probability that each question is anybody's here, shape (n,).

        `vectors` (n, d) are the questions', `similarities` (n,) the cosines, not centred, to the
        nearest phrasing held. 1 where there is no background to tell them from.
        """
        if not len(self.vectors):
            return np.ones(len(vectors), np.float32)
        leads = similarities - (vectors @ self.vectors.T).max(axis=1)
        return np.asarray(expit(leads * self.slope + self.level), np.float32)


def none(dimensions: int) -> Foreign:
    return Foreign(np.zeros((0, dimensions), np.float32), 0.0, 0.0)


def fit(vectors: Floats, classes: Ints, background: Floats) -> Foreign:
    """From phrasings (n, d), their entries (n,) and the background (m, d), none of them centred."""
    if len(background) < 2 or len(vectors) < 2:
        return none(vectors.shape[1])
    rows = np.arange(len(vectors))
    if len(rows) > ROWS_MAX:
        rows = np.sort(np.random.default_rng(0).choice(rows, ROWS_MAX, replace=False))
    parts = [
        _leads(rows[start : start + ROWS_AT_ONCE], vectors, classes, background)
        for start in range(0, len(rows), ROWS_AT_ONCE)
    ]
    near = np.concatenate(parts)
    others = background @ background.T
    np.fill_diagonal(others, -1.0)
    far = (background @ vectors.T).max(axis=1) - others.max(axis=1)
    inside = np.arange(len(near) + len(far)) < len(near)
    weights = np.where(inside, (1 - NOBODYS_SHARE) / len(near), NOBODYS_SHARE / len(far))
    leads = np.concatenate([near, far])[:, None]
    spread = float(leads.std()) or 1.0
    model = LogisticRegression(C=1.0)
    model.fit(leads / spread, inside, sample_weight=weights * len(inside))
    return Foreign(background, float(model.coef_[0, 0]) / spread, float(model.intercept_[0]))


def _leads(rows: Ints, vectors: Floats, classes: Ints, background: Floats) -> Floats:
    """Each row's lead over the background twice: without itself, and without its entry."""
    similarity = vectors[rows] @ vectors.T
    similarity[np.arange(len(rows)), rows] = -1.0
    without_itself = similarity.max(axis=1)
    similarity[classes[rows][:, None] == classes[None, :]] = -1.0
    without_entry = similarity.max(axis=1)
    rival = (vectors[rows] @ background.T).max(axis=1)
    return np.concatenate([without_itself - rival, without_entry - rival])
