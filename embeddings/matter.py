"""What an answer is about: whether the phrasings of another item suit it much better than its own.

On the 262 entries of the demo, with the default encoder: an answer is nearer to its own phrasings
than to any other's in 84 of 100, and further away by `MARGIN` or more in less than 1 of 100. An
answer moved to an entry drawn at random is so in 98 of 100.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from embeddings.matcher import Matcher
from embeddings.ranking import Item

Floats = npt.NDArray[np.float32]

# Of mean cosine to an item's phrasings, centred.
MARGIN = 0.12
# Among fewer there is seldom one that suits an answer at all.
ITEMS_MIN = 50


def strays(matcher: Matcher, item: Item, passages: Floats) -> str | None:
    """The key of the item that an answer, of those with the vectors `passages` (n, d), is about
    rather than `item`; None where all are about `item`. Slow: for a thread."""
    others = [one for one in matcher.items if one.key != item.key]
    if len(others) < ITEMS_MIN or not len(passages):
        return None
    space = matcher.space
    centred = space.centred_passages(passages)
    own = (centred @ space.centred(item.vectors).T).mean(axis=1)
    suits = centred @ _means(matcher, others).T
    answer = int(np.argmax(suits.max(axis=1) - own))
    best = int(np.argmax(suits[answer]))
    return others[best].key if suits[answer, best] - own[answer] >= MARGIN else None


def _means(matcher: Matcher, items: Sequence[Item]) -> Floats:
    """The mean of each item's phrasings, centred, shape (items, d)."""
    rows = matcher.space.centred(np.vstack([one.vectors for one in items]))
    counts = np.array([len(one.vectors) for one in items])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return np.asarray(np.add.reduceat(rows, starts, axis=0) / counts[:, None], dtype=np.float32)
