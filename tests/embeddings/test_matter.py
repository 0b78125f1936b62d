"""An answer that is about something else than what is asked."""

from __future__ import annotations

import numpy as np
import pytest

from embeddings.matcher import EVERYONE, Matcher
from embeddings.matter import ITEMS_MIN, strays
from embeddings.ranking import Item

DIMENSIONS, PHRASINGS = 64, 4
NOISE = 0.3


def item(key: str, about: np.ndarray, random: np.random.Generator) -> Item:
    """Phrasings and an answer near the direction `about`."""
    noise = NOISE / DIMENSIONS**0.5 * random.normal(size=(PHRASINGS + 1, DIMENSIONS))
    rows = about + noise
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    texts = [f"{key} {number}" for number in range(PHRASINGS)]
    return Item(key, texts, rows[:-1], rows[-1:], frozenset([EVERYONE]))


@pytest.fixture
def matcher() -> Matcher:
    random = np.random.default_rng(0)
    holding = Matcher(DIMENSIONS)
    for number, about in enumerate(np.eye(DIMENSIONS)):
        holding.put(item(f"entry:x/{number}", about, random))
    holding.search("anything", holding.item("entry:x/0").vectors[0])
    return holding


def test_an_answer_moved_to_another_item_strays_to_where_it_came_from(matcher: Matcher) -> None:
    own, other = matcher.item("entry:x/1"), matcher.item("entry:x/2")
    assert strays(matcher, own, own.passages) is None
    assert strays(matcher, own, other.passages) == "entry:x/2"
    both = np.vstack([own.passages, other.passages])
    assert strays(matcher, own, both) == "entry:x/2", "in one language is enough"


def test_an_answer_that_is_like_nothing_is_not_about_another(matcher: Matcher) -> None:
    own = matcher.item("entry:x/1")
    vague = np.ones((1, DIMENSIONS), np.float32) / DIMENSIONS**0.5
    assert strays(matcher, own, vague) is None
    assert strays(matcher, own, own.passages[:0]) is None


def test_among_few_items_nothing_is_said(matcher: Matcher) -> None:
    for number in range(ITEMS_MIN, DIMENSIONS):
        matcher.remove(f"entry:x/{number}")
    own, other = matcher.item("entry:x/1"), matcher.item("entry:x/2")
    assert strays(matcher, own, other.passages) is None
