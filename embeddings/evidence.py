"""What is known of the best candidate, as a few numbers a calibrator can weigh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

NAMES = (
    "log_odds",
    "margin",
    "similarity",
    "lead",
    "raw_similarity",
    "lexical",
    "passage",
    "length",
)
LOG_ODDS_LIMIT = 14.0
LENGTH_MAX = 400


class Evidence(NamedTuple):
    """One row for each text, all shape (n,).

    log_odds        of the best candidate among the shortlisted, by the head
    margin          between the logits of the best and the next
    similarity      centred cosine to the best candidate's nearest phrasing
    lead            by how much that is above any other candidate's
    raw_similarity  cosine, not centred, to the nearest phrasing of all: low for foreign matter
    lexical         cosine in character n-grams to the best candidate's nearest phrasing
    passage         centred cosine to the best candidate's answer text
    length          natural log of the number of characters asked
    """

    log_odds: Floats
    margin: Floats
    similarity: Floats
    lead: Floats
    raw_similarity: Floats
    lexical: Floats
    passage: Floats
    length: Floats

    def matrix(self) -> npt.NDArray[np.float64]:
        """Shape (n, len(NAMES))."""
        return np.stack([np.asarray(column, dtype=np.float64) for column in self], axis=1)


def log_odds(probability: Floats) -> Floats:
    """Natural log odds, kept within a limit that float32 can tell apart."""
    odds = np.log(np.maximum(probability, 1e-12)) - np.log1p(-np.minimum(probability, 1 - 1e-7))
    return np.asarray(np.clip(odds, -LOG_ODDS_LIMIT, LOG_ODDS_LIMIT), dtype=np.float32)


def lengths(texts: Sequence[str]) -> Floats:
    """Natural logs of the numbers of characters, shape (n,); no more than `LENGTH_MAX` count."""
    counts = [min(max(len(text.strip()), 1), LENGTH_MAX) for text in texts]
    return np.log(np.array(counts, dtype=np.float32))
