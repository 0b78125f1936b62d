"""The floors of how well gaps agree with needs, on real questions with the default encoder.

Reads ../shared/data. The orders are other ones than docs/gaps.md shows.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import gaps
from brains.gaps.affinity import Affinity
from tests.conftest import DefaultEncoder

ORDER = 11


@pytest.fixture(scope="module")
def affinity(default_encoder: DefaultEncoder) -> Affinity:
    return gaps.base_affinity(default_encoder)


@pytest.fixture(scope="module")
def clinc150(shared_data: Path, default_encoder: DefaultEncoder) -> gaps.Asked:
    return gaps.clinc150(shared_data, default_encoder)


@pytest.fixture(scope="module")
def own(default_encoder: DefaultEncoder) -> gaps.Asked:
    return gaps.own(default_encoder)


def test_questions_of_150_needs_form_gaps_that_agree_with_them(
    clinc150: gaps.Asked, affinity: Affinity
) -> None:
    assert len(clinc150.needs) == 3000
    stream, needs = gaps.streamed(clinc150, affinity, ORDER)
    got = gaps.agreement(stream.labels(), needs)
    assert got.precision >= 0.75
    assert got.f1 >= 0.62
    assert gaps.partner_offered(stream, needs) >= 0.6


def test_a_few_hot_needs_among_many_are_not_torn_apart(
    clinc150: gaps.Asked, affinity: Affinity
) -> None:
    rows = [
        np.flatnonzero(clinc150.needs == need)[: 20 if need < 10 else 1 + need % 3]
        for need in range(150)
    ]
    stream, needs = gaps.streamed(clinc150.some(np.concatenate(rows)), affinity, ORDER, 50)
    got = gaps.agreement(stream.labels(), needs)
    assert got.precision >= 0.75
    assert got.f1 >= 0.62


def test_bokmal_nynorsk_and_english_come_together(own: gaps.Asked, affinity: Affinity) -> None:
    stream, needs = gaps.streamed(own, affinity, ORDER, 10)
    got = gaps.agreement(stream.labels(), needs)
    assert got.precision >= 0.92
    assert got.f1 >= 0.68
    together, astray = gaps.in_one_gap(own, affinity)
    assert together >= 0.9
    assert astray <= 0.05


def test_needs_that_nobody_tuned_to_come_together_beside_the_demos_gaps(
    default_encoder: DefaultEncoder, affinity: Affinity
) -> None:
    """The half that no constant was chosen by: three languages in one gap, nothing else in it."""
    demo = gaps.demo_stream(default_encoder, affinity)
    needs = gaps.everyday(default_encoder, "blind")
    assert len(needs) == 43
    got = gaps.beside_the_demo(demo, needs, "close")
    assert got.tidied >= 0.88
    assert got.astray <= 0.08
    assert got.neighbour <= 0.55
