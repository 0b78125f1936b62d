"""Character n-grams: evidence for names, typos and dialect that a sentence vector blurs."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

NGRAMS = (2, 5)
FEATURES_MAX = 60_000
# Enough to tell entries apart; more made the head slower to fit and no better.
DIMENSIONS = 256
TEXT_CHARS_MAX = 400
# Below these a text is too short to tell, and is keyboard mash (measured: most mash up to 0.11,
# Polish, Lithuanian and Somali from 0.25).
TRIPLES_MIN = 4
KNOWN_TRIPLES_MIN = 0.12


class Lexicon:
    """TF-IDF over the character n-grams of a brain's phrasings, and its leading directions."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=NGRAMS,
            sublinear_tf=True,
            max_features=FEATURES_MAX,
            dtype=np.float32,
        )
        weights = self._counts.fit_transform(_cut(texts))
        room = min(weights.shape) - 1
        # One row a feature, so that a text touches only the rows of its own n-grams.
        self._basis = np.zeros((weights.shape[1], 0), dtype=np.float32)
        if room >= 1:
            with np.errstate(divide="ignore", invalid="ignore"):  # all texts alike: no variance
                found = TruncatedSVD(min(DIMENSIONS, room), n_iter=2, random_state=0).fit(weights)
            self._basis = np.ascontiguousarray(found.components_.T, dtype=np.float32)

    @property
    def dimensions(self) -> int:
        return int(self._basis.shape[1])

    def is_gibberish(self, text: str) -> bool:
        """Whether hardly any three letters in a row of `text` occur in the brain's phrasings.

        A foreign language in Latin letters shares a quarter of them or more, keyboard mash next to
        none. Of other scripts, and of very short texts, nothing is said.
        """
        words = re.findall(r"[a-zæøåäöüéèêáóíčšžąćęłńśźż]+", text[:TEXT_CHARS_MAX].casefold())
        triples = [word[at : at + 3] for word in words for at in range(len(word) - 2)]
        if len(triples) < TRIPLES_MIN:
            return False
        known = sum(triple in self._counts.vocabulary_ for triple in triples)
        return known / len(triples) < KNOWN_TRIPLES_MIN

    def weights(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Unit rows, shape (n, features): inner products are cosines of shared n-grams."""
        return self._counts.transform(_cut(texts)).tocsr()

    def directions(self, weights: sparse.csr_matrix) -> npt.NDArray[np.float32]:
        """Dense rows, shape (n, dimensions), of `weights`."""
        return np.asarray(weights @ self._basis, dtype=np.float32)


def _cut(texts: Sequence[str]) -> list[str]:
    # An analyzer that finds no n-gram at all would refuse to fit.
    cut = (text[:TEXT_CHARS_MAX] for text in texts)
    return [text if text.strip() else " ." for text in cut]
