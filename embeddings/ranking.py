"""The pure moves of a search: merge what was shortlisted, gather evidence, share probabilities."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import softmax

from embeddings.evidence import NAMES, log_odds
from embeddings.fitting import SHORTLIST_ROWS, Asked
from embeddings.lexical import Lexicon

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

EVERYONE = "*"
# A text that is one entry's phrasing to the letter is that entry's: its author said so.
EXACT_PROBABILITY = 0.99
GIBBERISH_PROBABILITY = 0.01
# In many scripts vowels are marks, which `\w` leaves out.
_MARKS = "".join(c for c in map(chr, range(0x300, 0x10000)) if unicodedata.category(c)[0] == "M")
_WORDS = re.compile(rf"[\w{_MARKS}]+")


class Item(msgspec.Struct, frozen=True, eq=False):
    """One entry. `vectors` (n, d) are of its `texts`, `passages` (m, d) of its answers.

    `scopes` says who sees it: `{"*"}`, or names such as `{"group:vestland", "bergen"}`.
    """

    key: str
    texts: Sequence[str]
    vectors: Floats
    passages: Floats
    scopes: frozenset[str] = frozenset({EVERYONE})


class Scored(NamedTuple):
    """A candidate: the probability that it is right, and the head's logit.

    `somebodys` is the probability that the question is anybody's here, `familiar` how familiar it
    is (`embeddings.familiar`, 0 to 1): both the same for all candidates of one question.
    """

    key: str
    probability: float
    score: float
    somebodys: float = 1.0
    familiar: float = 1.0


class Held(NamedTuple):
    """An item as the matcher holds it: its row numbers, first to last, and its n-grams."""

    item: Item
    rows: range
    weights: sparse.csr_matrix
    passages: Floats


class Near(NamedTuple):
    """Shortlisted rows, nearest first, and their centred cosines."""

    rows: Rows
    similarities: Floats

    def without(self, row: int) -> Near:
        kept = self.rows != row
        return Near(self.rows[kept], self.similarities[kept])


class Ordered(NamedTuple):
    """The shortlisted entries and their logits, best first; whether the first has the very text."""

    keys: list[str]
    logits: Floats
    exact: bool

    def limited(self, probability: float, lexicon: Lexicon, text: str) -> float:
        """What an exact text makes certain, and mash impossible."""
        if self.exact:
            return max(probability, EXACT_PROBABILITY)
        return min(probability, GIBBERISH_PROBABILITY if lexicon.is_gibberish(text) else 1.0)


def evidence(
    ordered: Ordered,
    best: Held,
    nearest: Held,
    asked: Asked,
    near: Near,
    without: int | None = None,
) -> tuple[float, ...]:
    """The evidence for the best candidate of one question, in the order of `NAMES`.

    `nearest` has the nearest row; the row `without` does not count.
    """
    vector, centred = asked.vectors[0], asked.centred[0]
    raw = nearest.item.vectors @ vector
    lexical = (best.weights @ asked.weights.T).toarray()[:, 0]
    return (
        *contest(ordered, best, near),
        float(raw[_others(nearest, without)].max()),
        float(lexical[_others(best, without)].max()),
        float((best.passages @ centred).max()) if len(best.passages) else 0.0,
        float(asked.lengths[0]),
    )


def contest(ordered: Ordered, best: Held, near: Near) -> tuple[float, float, float, float]:
    """The first of the evidence, `lead` the last: all that depends on who else is near."""
    logits = ordered.logits
    own = (near.rows >= best.rows.start) & (near.rows < best.rows.stop)
    similarity = near.similarities[own].max()
    rival = near.similarities[~own].max() if (~own).any() else -1.0
    return (
        float(log_odds(softmax(logits)[:1])[0]),
        min(float(logits[0] - logits[1]), 20.0) if len(logits) > 1 else 20.0,
        float(similarity),
        float(similarity - rival),
    )


def folded(text: str) -> str:
    """`text` without case, punctuation and extra space: equal for the same words."""
    return " ".join(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


def _others(held: Held, row: int | None) -> npt.NDArray[np.intp]:
    """The places of all its phrasings but `row`."""
    places = np.arange(len(held.rows))
    return places if row is None else places[places != row - held.rows.start]


def merged(found: Sequence[tuple[Rows, Floats]]) -> Near:
    """Each row once, best first, no more than `SHORTLIST_ROWS`."""
    none = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))
    parts = [none, *found]
    rows, first = np.unique(np.concatenate([part[0] for part in parts]), return_index=True)
    similarities = np.concatenate([part[1] for part in parts])[first]
    order = np.argsort(-similarities, kind="stable")[:SHORTLIST_ROWS]
    return Near(rows[order], similarities[order])


def matrix(evidence: Sequence[tuple[float, ...]]) -> npt.NDArray[np.float64]:
    return np.array(evidence, dtype=np.float64).reshape(len(evidence), len(NAMES))


def ranked(
    keys: list[str],
    logits: Floats,
    probability: float,
    somebodys: float = 1.0,
    familiar: float = 1.0,
) -> list[Scored]:
    """Probabilities of all: the best has its calibrated one, the rest share by the head's odds.

    Together they are at most 1: only one entry is right.
    """
    parts = probability * np.exp(logits[: len(keys)] - logits[0])
    rest = float(parts[1:].sum())
    if rest > 1.0 - probability:
        parts[1:] *= (1.0 - probability) / rest
    parts[0] = probability
    return [
        Scored(key, float(part), float(logit), somebodys, familiar)
        for key, part, logit in zip(keys, parts, logits, strict=False)
    ]
