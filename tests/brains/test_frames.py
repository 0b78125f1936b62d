"""Which questions are in the same words but one, and what that does to gaps. No model."""

from __future__ import annotations

import numpy as np
import pytest

from brains.gaps import frames
from brains.gaps.affinity import Affinity
from brains.gaps.clusters import Cluster, Clusters
from brains.gaps.tidying import Held, Merge, Plan, plan
from tests.brains.test_clusters import need, unit

THINGS = ("kajakk", "ski", "sykkel", "telt", "båt", "kikkert med stativ")
KAYAK, BIKE = "Where can I rent a kayak?", "Where can I rent a bike?"


@pytest.fixture(scope="module")
def affinity() -> Affinity:
    said = [np.concatenate([need(-n, way=w) for w in (-1, -0.5, 0, 0.5, 1)]) for n in range(1, 31)]
    return Affinity(np.stack(said))


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (KAYAK, BIKE, True),
        ("Hvor kan jeg leie kajakk?", "hvor kan jeg leie SKI OG STAVER", True),
        ("Hvor leverer jeg gamle bildekk?", "Hvor leverer jeg gamle medisiner?", True),
        (KAYAK, "where can i rent a kayak", False),
        (KAYAK, "Where can I rent a kayak today?", False),
        ("Kan eg leige kajakk her?", "Kan eg leie kajakk her?", False),
        ("Når går siste ferge?", "Når går siste ferja?", False),
        ("Kan jeg ha høner i hagen?", "Kan jeg ha haner i hagen?", False),
        ("Hvor lenge kan bilen stå her?", "Kor lenge kan bilen stå her?", False),
        ("leie kajakk", "leie sykkel", False),
        (KAYAK, "How long is the last ferry delayed?", False),
        ("", "", False),
    ],
)
def test_questions_are_apart_where_the_one_thing_they_name_differs(
    one: str, other: str, apart: bool
) -> None:
    said = [frames.words(one), frames.words(other)]
    assert frames.apart(*said) is apart
    assert frames.apart(*reversed(said)) is apart
    assert frames.pairs_apart(said) == ({(0, 1)} if apart else set())


def test_pairs_are_those_that_comparing_each_with_each_gives() -> None:
    texts = [
        f"Hvor kan jeg {verb} {thing}?" for verb in ("leie", "kjøpe", "se") for thing in THINGS
    ]
    said = [frames.words(text) for text in texts]
    each = {
        (one, other)
        for other in range(len(said))
        for one in range(other)
        if frames.apart(said[one], said[other])
    }
    assert frames.pairs_apart(said) == each
    assert len(each) > 30


def test_the_share_of_texts_that_are_apart() -> None:
    assert frames.share_apart(KAYAK, [BIKE, "bike hire", "rent a bike", KAYAK]) == 0.25
    assert frames.share_apart(KAYAK, []) == 0.0


def test_a_question_in_the_same_words_but_one_stays_apart_and_goes_where_it_belongs(
    affinity: Affinity,
) -> None:
    question = need(1)[0]
    clusters = Clusters(affinity)
    near, far = unit(need(1) + 0.3 * need(2))[0], unit(need(1) + 0.6 * need(3))[0]
    for id, vector in (("bike", near), ("kayak", far)):
        clusters.put(Cluster(id, "open", 1, vector, id, vector, []))

    def home(less: dict[str, float]) -> str | None:
        found = clusters.home(question, less)
        return found[1] if found else None

    assert home({}) == "bike"
    assert home({"bike": affinity.apart}) == "kayak"
    assert home({"bike": 1.0, "kayak": 1.0}) is None


def test_tidying_does_not_join_gaps_in_the_same_words_but_one(affinity: Affinity) -> None:
    one, other = need(1), unit(need(1) + 0.8 * need(2))
    bar = affinity.same_gap
    assert bar <= affinity.between(one[0], other[0]) < bar + affinity.apart

    def planned(text: str) -> Plan:
        gaps = [Held("a", False, [1], one, [KAYAK]), Held("b", False, [2], other, [text])]
        return plan(gaps, Clusters(affinity))

    assert planned("Is there a place that hires out kayaks?") == Plan([], [Merge("a", "b")])
    assert planned(BIKE) == Plan([], [])
