"""Which gap a question belongs to, and how gaps are tidied. Points in few dimensions, no model."""

from __future__ import annotations

import numpy as np
import pytest

from brains.gaps.affinity import Affinity, wordings
from brains.gaps.clusters import Cluster, Clusters
from brains.gaps.tidying import GAPS_AT_ONCE, Held, Merge, Move, Plan, neighbourhood, plan
from brains.vectors import Vector

DIMENSIONS = 64
WAY = 0  # the coordinate in which wordings of one need differ
CONE = 1  # the coordinate that every vector has


def unit(vectors: Vector) -> Vector:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def need(number: int, count: int = 1, way: float = 0.0, noise: float = 0.15) -> Vector:
    """Questions about one need, shape (count, DIMENSIONS)."""
    random = np.random.default_rng(1000 + number)
    what = random.normal(size=DIMENSIONS)
    what[[WAY, CONE]] = 0
    rows = unit(what)[None] + noise * np.random.default_rng(count).normal(
        size=(count, DIMENSIONS)
    ) / np.sqrt(DIMENSIONS)
    rows[:, WAY], rows[:, CONE] = way, 1.5
    return unit(rows)


@pytest.fixture(scope="module")
def affinity() -> Affinity:
    said = [np.concatenate([need(-n, way=w) for w in (-1, -0.5, 0, 0.5, 1)]) for n in range(1, 31)]
    return Affinity(np.stack(said))


def gap(id: str, vectors: Vector, status: str = "open") -> Cluster:
    total = vectors.sum(axis=0)
    return Cluster(id, status, len(vectors), total, id, vectors[0], [])  # type: ignore[arg-type]


def filled(affinity: Affinity, *gaps: Cluster) -> Clusters:
    clusters = Clusters(affinity)
    for one in gaps:
        clusters.put(one)
    return clusters


def held(id: str, first: int, vectors: Vector, frozen: bool = False) -> Held:
    numbers = range(first, first + len(vectors))
    return Held(id, frozen, list(numbers), vectors, [f"question {number}" for number in numbers])


def test_the_wordings_say_every_need_in_six_ways() -> None:
    said = wordings()
    assert len(said) >= 30
    assert {len(row) for row in said} == {6}


def test_a_question_finds_the_gap_of_its_need(affinity: Affinity) -> None:
    clusters = filled(affinity, *(gap(f"g{n}", need(n, 3)) for n in range(8)))
    near, id = clusters.nearest_open(need(5, 1, noise=0.3)[0])
    assert id == "g5"
    assert near >= affinity.same_gap
    assert clusters.nearest_open(need(99)[0])[0] < affinity.same_gap


def test_another_way_of_saying_it_makes_no_difference(affinity: Affinity) -> None:
    """By plain cosine the two are less alike than two different needs said in one way."""
    one, same, other = need(1, way=1.0)[0], need(1, way=-1.0)[0], need(2, way=1.0)[0]
    assert one @ same < one @ other
    assert affinity.between(one, same) >= affinity.same_gap > affinity.between(one, other)


def test_a_crowded_neighbourhood_asks_for_more(affinity: Affinity) -> None:
    """Two questions at the same cosine: alike where few are, unlike among many of their kind."""
    base = need(7)
    crowd = unit(base + 0.6 * np.concatenate([need(n) for n in range(300, 400)]))
    one, other = unit(base + 0.6 * need(401))[0], unit(base + 0.6 * need(402))[0]
    alone = affinity.between(one, other)
    among = affinity.beside(crowd, np.ones(len(crowd), np.float32)).between(one, other)
    assert among < alone - 0.2


def test_a_hot_gap_does_not_crowd_itself_out(affinity: Affinity) -> None:
    means = np.concatenate([need(n) for n in range(20)])
    once = affinity.beside(means, np.ones(20, np.float32))
    hot = affinity.beside(means, np.array([5000] + [1] * 19, np.float32))
    question = need(0, 1, noise=0.3)[0]
    assert hot.between(question, means[0]) == pytest.approx(
        once.between(question, means[0]), abs=0.05
    )


def test_a_single_question_lies_at_length_one(affinity: Affinity) -> None:
    points = affinity.points(need(3, 10))[:, :-1]
    assert np.linalg.norm(points, axis=1) == pytest.approx(np.ones(10), abs=1e-4)
    mean = affinity.points(need(3, 10).mean(axis=0)[None])[0, :-1]
    assert mean == pytest.approx(points.mean(axis=0), abs=0.05)


def test_the_bar_is_high_among_few_gaps_and_rises_with_their_number(affinity: Affinity) -> None:
    """Among few, little is known of how crowded it is; among many, much is alike by chance."""
    one, ten, hundreds, thousands = map(affinity.same_among, (1, 10, 300, 10_000))
    assert one == ten == affinity.same_gap
    assert hundreds < thousands
    assert hundreds < ten


def test_one_need_in_two_languages_is_as_near_as_more_alike_needs_in_one(
    affinity: Affinity,
) -> None:
    """The same distance counts for more between languages than within one."""
    base = need(7)[0]
    near = unit(base + 0.9 * need(8)[0])
    norwegian, english = np.full(DIMENSIONS, 0.0), np.full(DIMENSIONS, 0.0)
    norwegian[WAY], english[WAY] = -0.9, 0.0
    within = affinity.between(unit(base + norwegian), unit(near + norwegian))
    across = affinity.between(unit(base + norwegian), unit(near + english))
    assert across > within + 0.1


def test_across_languages_less_is_given_among_many_gaps(affinity: Affinity) -> None:
    one, other = need(7, way=-1.0)[0], need(7, way=0.5)[0]

    def given(gaps: int) -> float:
        cohort = np.concatenate([need(n) for n in range(300, 300 + gaps)])
        beside = affinity.beside(cohort, np.ones(gaps, np.float32))
        points = beside.points(np.stack([one, other]))
        return float(beside.alike(points[:1], points[1:])[0, 0] - points[0, :-1] @ points[1, :-1])

    assert given(3) > given(400) + 0.05
    assert given(400) > 0.05


def test_only_open_gaps_are_found_and_closed_ones_are_remembered(affinity: Affinity) -> None:
    gaps = [gap(f"g{n}", need(n, 2)) for n in range(40)]
    clusters = filled(affinity, *gaps)
    clusters.renew()
    for closed in gaps[:39]:
        clusters.put(closed._replace(status="answered"))
        clusters.renew()
    assert clusters.nearest_open(need(3)[0])[1] == "g39"
    clusters.put(gaps[3])
    assert clusters.nearest_open(need(3)[0])[1] == "g3"
    assert len(clusters.known) == 40
    assert Clusters(affinity).nearest_open(need(1)[0]) == (-np.inf, "")


def test_similar_gaps_come_best_first_without_the_gap_itself(affinity: Affinity) -> None:
    near = unit(need(1) + 0.5 * need(2))
    clusters = filled(affinity, gap("one", need(1, 2)), gap("near", near), gap("far", need(9, 2)))
    found = clusters.similar("one", 5)
    assert [id for id, _ in found] == ["near", "far"]
    assert found[0][1] > found[1][1]
    assert clusters.similar("none", 5) == []


def test_renewing_changes_scores_little_and_order_not(affinity: Affinity) -> None:
    clusters = filled(affinity, *(gap(f"g{n}", need(n, 3)) for n in range(60)))
    before = [clusters.nearest_open(need(n, 2)[1])[1] for n in range(60)]
    clusters.renew()
    assert [clusters.nearest_open(need(n, 2)[1])[1] for n in range(60)] == before


def test_tidying_joins_gaps_that_ask_the_same(affinity: Affinity) -> None:
    big, small, other = need(1, 5), need(1, 2), need(2, 3)
    made = plan([held("a", 0, small), held("b", 10, big), held("c", 20, other)], Clusters(affinity))
    assert made == Plan([], [Merge("b", "a")])


def test_tidying_moves_a_question_to_the_gap_that_suits_it(affinity: Affinity) -> None:
    mixed = np.concatenate([need(1, 4), need(2, 1, noise=0.1)])
    made = plan([held("a", 0, mixed), held("b", 10, need(2, 4))], Clusters(affinity))
    assert made == Plan([Move([4], "a", "b")], [])


def test_frozen_gaps_are_left_alone(affinity: Affinity) -> None:
    gaps = [held("a", 0, need(1, 2)), held("b", 10, need(1, 5), frozen=True)]
    assert plan(gaps, Clusters(affinity)) == Plan([], [])
    assert plan([], Clusters(affinity)) == Plan([], [])


def test_what_is_tidy_stays_and_the_plan_is_always_the_same(affinity: Affinity) -> None:
    gaps = [held(f"g{n}", 10 * n, need(n % 6, 1 + n % 4)) for n in range(18)]
    made = plan(gaps, Clusters(affinity))
    assert made == plan(gaps, Clusters(affinity))
    into = {merge.gone: merge.into for merge in made.merges}
    assert len(into) == 12 and not made.moves
    merged: dict[str, list[Held]] = {}
    for one in gaps:
        merged.setdefault(into.get(one.gap, one.gap), []).append(one)
    tidy = [
        Held(
            id,
            False,
            [q for g in part for q in g.questions],
            np.concatenate([g.vectors for g in part]),
            [text for g in part for text in g.texts],
        )
        for id, part in merged.items()
    ]
    assert plan(tidy, Clusters(affinity)) == Plan([], [])


def test_only_a_bounded_neighbourhood_is_looked_at(affinity: Affinity) -> None:
    count = GAPS_AT_ONCE + 50
    clusters = filled(affinity, *(gap(f"g{n}", need(n)) for n in range(count)))
    assert len(neighbourhood(clusters, [f"g{n}" for n in range(count)])) == GAPS_AT_ONCE
    near = neighbourhood(clusters, ["g7", "unknown"])
    assert near[0] == "g7"
    assert "unknown" not in near and len(near) <= 6
