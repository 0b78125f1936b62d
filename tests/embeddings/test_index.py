"""Nearest rows: exact agrees with numpy, coded nearly does."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.index import VectorIndex

Vectors = npt.NDArray[np.float32]

EXACT, CODED = 10**9, 0
MISSES_MAX = 0.01
PHRASINGS = 40


def unit(vectors: npt.NDArray[np.floating]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def random_vectors(count: int, dimensions: int = 384, seed: int = 0) -> Vectors:
    return unit(np.random.default_rng(seed).standard_normal((count, dimensions)))


@functools.cache
def clustered_vectors(count: int, dimensions: int = 384, seed: int = 0) -> Vectors:
    """Like phrasings in a sentence encoder: near others of their entry, uneven, centred.

    Their misses are near those of the real ones in docs/speed.md.
    """
    dice = np.random.default_rng(seed)
    spectrum = np.arange(1, dimensions + 1) ** -0.2
    entries = dice.standard_normal((count // PHRASINGS, dimensions)) * spectrum
    own = 0.8 * dice.standard_normal((count, dimensions)) * spectrum
    vectors = entries[dice.integers(len(entries), size=count)] + own
    return unit(vectors - vectors.mean(axis=0))


def nearest(vectors: Vectors, question: Vectors, limit: int) -> npt.NDArray[np.intp]:
    return np.argsort(-(vectors @ question), kind="stable")[:limit]


def filled(vectors: Vectors, exact_rows_max: int) -> VectorIndex:
    index = VectorIndex(vectors.shape[1], exact_rows_max)
    index.add(np.arange(len(vectors)), vectors)
    return index


def test_exact_is_what_numpy_finds() -> None:
    vectors = random_vectors(3000)
    index = filled(vectors, EXACT)
    for question in random_vectors(20, seed=1):
        rows, similarities = index.search(question, 50)
        np.testing.assert_array_equal(rows, nearest(vectors, question, 50))
        np.testing.assert_allclose(similarities, vectors[rows] @ question, atol=1e-5)


@pytest.mark.parametrize("limit", [10, 50, 256])
def test_coded_misses_few_of_the_nearest(limit: int) -> None:
    vectors = clustered_vectors(8100)
    questions, known = vectors[:100], vectors[100:]
    index = filled(known, CODED)
    missed = 0
    for question in questions:
        rows, similarities = index.search(question, limit)
        assert len(rows) == limit
        assert (np.diff(similarities) <= 0).all()
        np.testing.assert_allclose(similarities, known[rows] @ question, atol=1e-5)
        missed += len(np.setdiff1d(nearest(known, question, 10), rows))
    assert missed / (len(questions) * 10) <= MISSES_MAX


def test_coded_misses_no_near_row_among_random_ones() -> None:
    vectors = random_vectors(8000)
    index = filled(vectors, CODED)
    moved = unit(vectors[:200] + 0.9 * random_vectors(200, seed=1))
    assert [index.search(question, 1)[0][0] for question in moved] == list(range(200))


def test_it_turns_coded_when_it_grows_and_finds_the_same() -> None:
    vectors = random_vectors(600)
    index = VectorIndex(384, exact_rows_max=300)
    index.add(np.arange(200), vectors[:200])
    before = index.search(vectors[7], 5)
    index.add(np.arange(200, 600), vectors[200:])
    rows, _ = index.search(vectors[450], 600)
    assert len(index) == 600
    assert rows[0] == 450
    assert sorted(rows) == list(range(600))
    assert before[0][0] == index.search(vectors[7], 5)[0][0] == 7


@pytest.mark.parametrize("exact_rows_max", [EXACT, CODED])
def test_removed_rows_are_gone_and_may_come_back(exact_rows_max: int) -> None:
    vectors = random_vectors(100)
    index = filled(vectors, exact_rows_max)
    index.remove([3, 4, 1000])
    assert len(index) == 98
    assert not {3, 4} & set(index.search(vectors[3], 98)[0].tolist())
    index.add([3], vectors[3:4])
    assert index.search(vectors[3], 1)[0].tolist() == [3]


@pytest.mark.parametrize("exact_rows_max", [EXACT, CODED])
def test_an_empty_index_finds_nothing_also_after_use(exact_rows_max: int) -> None:
    vectors = random_vectors(10)
    index = VectorIndex(384, exact_rows_max)
    index.add([], vectors[:0])
    index.remove([])
    assert len(index.search(vectors[0], 5)[0]) == 0
    index.add(range(10), vectors)
    index.remove(range(10))
    assert len(index) == 0
    assert len(index.search(vectors[0], 5)[0]) == 0


@pytest.mark.parametrize("exact_rows_max", [EXACT, CODED])
def test_fewer_rows_than_asked_for_are_all_given(exact_rows_max: int) -> None:
    vectors = random_vectors(5, dimensions=13)
    rows, _ = filled(vectors, exact_rows_max).search(vectors[2], 50)
    assert rows[0] == 2
    assert sorted(rows) == [0, 1, 2, 3, 4]


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=60),
    st.sampled_from([EXACT, 8, CODED]),
)
def test_any_order_of_adding_and_removing(
    steps: list[tuple[bool, int]], exact_rows_max: int
) -> None:
    vectors = random_vectors(31, dimensions=12)
    index, present = VectorIndex(12, exact_rows_max), set[int]()
    for adding, row in steps:
        if adding and row not in present:
            index.add([row], vectors[row : row + 1])
            present.add(row)
        elif not adding:
            index.remove([row])
            present.discard(row)
    rows, _ = index.search(vectors[0], 40)
    assert len(index) == len(present)
    assert set(rows.tolist()) == present
    assert len(rows) == len(present)


def test_a_copy_and_what_it_came_from_change_apart() -> None:
    vectors = random_vectors(40, 16)
    index = VectorIndex(16)
    index.add(range(30), vectors[:30])
    before, after = index.copy(), index.copy()
    index.remove([0])
    after.add(range(30, 40), vectors[30:])
    index.add([50], vectors[:1])
    assert (len(index), len(before), len(after)) == (30, 30, 40)
    for which, row, found in ((index, 0, 50), (before, 0, 0), (after, 35, 35)):
        assert which.search(vectors[row], 1)[0].tolist() == [found]
    assert after.copy().search(vectors[35], 1)[0].tolist() == [35]


def test_copies_are_changed_in_a_thread_while_their_origin_changes() -> None:
    vectors = random_vectors(3_000, 64)
    index = VectorIndex(64)
    index.add(range(2_000), vectors[:2_000])

    def without(copy: VectorIndex, row: int) -> bool:
        copy.remove([row])
        return len(copy) == 1_999 + row and row not in copy.search(vectors[row], 1)[0]

    with ThreadPoolExecutor(4) as threads:
        done = []
        for row in range(200):
            done.append(threads.submit(without, index.copy(), row))
            index.add([2_000 + row], vectors[2_000 + row : 2_001 + row])
        assert len(index) == 2_200
        assert index.search(vectors[2_100], 1)[0].tolist() == [2_100]
        assert all(one.result() for one in done)
