"""One item as it is and as it would be: the quick way agrees with asking everything twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from embeddings.edits import Asking, Both, Edit
from embeddings.matcher import EVERYONE, Item, Matcher, Phrasing, Scored

TOPICS, EACH, WIDTH = 60, 12, 32
NOISE = 0.05
SHARED = frozenset({EVERYONE})


def topics() -> list[Item]:
    """Some hundred phrasings, so that a shortlist holds fewer than half; every fourth for asker."""
    random = np.random.default_rng(3)
    middles = random.normal(size=(TOPICS, WIDTH))
    made = []
    for number, middle in enumerate(middles):
        vectors = middle + 0.8 * random.normal(size=(EACH, WIDTH))
        texts = [f"{'abcdefghij'[number % 10] * 3} {number} {place}" for place in range(EACH)]
        scopes = SHARED if number % 4 else frozenset({"asker"})
        made.append(Item(f"t{number}", texts, unit(vectors), unit(vectors[:1]), scopes))
    return made


def unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def held() -> Matcher:
    matcher = Matcher(WIDTH)
    for item in topics():
        matcher.put(item)
    matcher.adopt(matcher.fit())
    return matcher


def questions(held: Matcher) -> list[Asking]:
    """Between two topics each, by visitors of two kinds; and phrasings, as if they were new."""
    random, items = np.random.default_rng(4), topics()
    asked = []
    for number in range(100):
        one, other = (items[n].vectors[number % EACH] for n in random.integers(TOPICS, size=2))
        vector = unit((one + random.random() * other)[None, :])[0]
        asked.append(Asking(f"q {number}", vector, SHARED | ({"asker"} if number % 2 else set())))
    for item in items[1:20:2]:
        places = [Phrasing(item.key, number) for number in range(EACH)]
        asked += [
            Asking(item.texts[one.number], item.vectors[one.number], SHARED, one, one)
            for one in places
        ]
    return asked


def found(matcher: Matcher, one: Asking, held: Phrasing | None) -> list[Scored]:
    if held is not None:
        return matcher.search_without([held], one.scopes)[0]
    return matcher.search_many([one.text], one.vector[None, :], one.scopes)[0]


def changes(both: Both) -> bool:
    before, after = (side[0] for side in both)
    return before.key != after.key or abs(before.probability - after.probability) >= NOISE


@pytest.mark.parametrize("edit", ["greedy", "moved", "new", "retired", "narrowed", "as it was"])
def test_the_quick_way_agrees_with_asking_everything_twice(held: Matcher, edit: str) -> None:
    items = topics()
    old, other = items[1], items[2]
    longer = Item(
        old.key,
        [*old.texts, *other.texts[:4]],
        np.vstack([old.vectors, other.vectors[:4]]),
        old.passages,
        old.scopes,
    )
    versions: dict[str, tuple[Item | None, Item | None]] = {
        "greedy": (old, longer),
        "moved": (old, Item(old.key, other.texts, other.vectors, other.passages, SHARED)),
        "new": (None, longer),
        "retired": (old, None),
        "narrowed": (old, Item(old.key, old.texts, old.vectors, old.passages, frozenset({"voss"}))),
        "as it was": (old, old),
    }
    made = Edit(held.variant(), old.key, *versions[edit])
    asked = [one for one in questions(held) if one.before is None or one.before.key != old.key]
    quick = made.find(asked, 10, NOISE, lambda key: True)
    slow = [
        (found(made.before, one, one.before), found(made.after, one, one.after)) for one in asked
    ]
    for one, fast, full in zip(asked, quick, slow, strict=True):
        if fast is None:
            assert not changes(full), one.text
        else:
            assert_alike(fast[0], full[0])
            assert_alike(fast[1], full[1])
    passed_over = sum(one is None for one in quick)
    assert passed_over > len(asked) / 2
    assert any(map(changes, slow)) == (edit != "as it was")


def assert_alike(one: Sequence[Scored], other: Sequence[Scored]) -> None:
    assert [each.key for each in one] == [each.key for each in other]
    assert [each.probability for each in one] == pytest.approx(
        [each.probability for each in other], abs=1e-4
    )
