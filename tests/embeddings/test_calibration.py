"""Evidence to probability, a wrong-answer rate to a threshold, and n-grams of any text."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.background import background_texts
from embeddings.calibration import CERTAIN_RATES, NEVER, Calibrator, HeldOut, load_reference
from embeddings.evidence import NAMES
from embeddings.lexical import Lexicon

WIDTH = len(NAMES)


def held_out(count: int, seed: int, alike: bool = False) -> HeldOut:
    """Rows whose evidence says, with noise, whether they are right; a third is out of scope."""
    dice = np.random.default_rng(seed)
    outside = dice.random(count) < 1 / 3
    right = ~outside & (dice.random(count) < 0.9)
    evidence = dice.standard_normal((count, WIDTH)) + 1.5 * right[:, None]
    return HeldOut(np.asarray(evidence.round() if alike else evidence, np.float64), right, outside)


rows = st.builds(held_out, st.integers(0, 60), st.integers(0, 1000), st.booleans())
far = st.builds(
    lambda count, seed: np.random.default_rng(seed).standard_normal((count, WIDTH)) - 2,
    st.integers(0, 30),
    st.integers(0, 1000),
)


@settings(max_examples=25)
@given(rows, far, st.lists(st.floats(0, 1), min_size=2, max_size=10))
def test_thresholds_fall_as_the_rate_rises(
    known: HeldOut, background: np.ndarray, rates: list[float]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        calibrator = Calibrator(known, background)
        thresholds = [calibrator.threshold(rate) for rate in sorted(rates)]
    assert thresholds == sorted(thresholds, reverse=True)
    assert max(thresholds) <= NEVER


@settings(max_examples=25)
@given(rows, far)
def test_probabilities_are_probabilities(known: HeldOut, background: np.ndarray) -> None:
    extreme = np.vstack([np.full((1, WIDTH), value) for value in (-1e6, 0, 1e6)])
    probabilities = Calibrator(known, background).probability(extreme)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2])
def test_answers_above_the_threshold_are_wrong_at_most_at_the_rate(rate: float) -> None:
    """With many rows, of equal evidence too, which stand or fall together."""
    known = held_out(4000, seed=1, alike=True)
    calibrator = Calibrator(known, np.zeros((0, WIDTH)))
    threshold = calibrator.threshold(rate)
    probabilities = calibrator.probability(known.evidence)
    inside = ~known.outside & (probabilities >= threshold)
    wrong = (inside & ~known.right).sum() / max(inside.sum(), 1)
    assert threshold <= 1 - CERTAIN_RATES * rate or wrong <= 1.5 * rate
    assert inside.any()


def test_equal_rows_stand_or_fall_together() -> None:
    """A threshold lets in every row of its probability, also the wrong ones ordered last."""
    evidence = np.ones((1000, WIDTH))
    known = HeldOut(evidence, np.arange(1000) < 500, np.zeros(1000, bool))
    calibrator = Calibrator(known, np.zeros((0, WIDTH)))
    alike = float(calibrator.probability(evidence[:1])[0])
    assert alike == pytest.approx(0.5, abs=0.1)
    assert calibrator.threshold(0.05) > alike


def test_stronger_evidence_is_more_probable() -> None:
    calibrator = Calibrator(held_out(500, seed=0), np.zeros((0, WIDTH)))
    weak, strong = calibrator.probability(np.vstack([np.zeros(WIDTH), np.full(WIDTH, 1.5)]))
    assert weak < strong


def test_the_packaged_rows_are_of_this_evidence() -> None:
    reference = load_reference()
    assert reference.evidence.shape == (len(reference.right), WIDTH)
    assert np.isfinite(reference.evidence).all()
    assert reference.right.any()
    assert not (reference.right & reference.outside).any()


def test_background_texts_are_many_and_each_once() -> None:
    texts = background_texts()
    assert len(texts) == len(set(texts)) > 100


@settings(max_examples=60)
@given(st.lists(st.text(st.characters(), max_size=30), min_size=1, max_size=6), st.text())
def test_any_texts_have_ngrams(texts: list[str], asked: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lexicon = Lexicon(texts)
        weights = lexicon.weights([*texts, asked])
        directions = lexicon.directions(weights)
    assert weights.shape[0] == len(texts) + 1
    assert directions.shape == (len(texts) + 1, lexicon.dimensions)
    assert np.isfinite(directions).all()
    lengths = np.sqrt(weights.multiply(weights).sum(axis=1))
    assert (lengths < 1 + 1e-4).all()


def test_a_typo_is_nearer_than_another_word() -> None:
    lexicon = Lexicon(["barnehageplass", "parkeringskort", "renovasjon"])
    known, typo, other = lexicon.weights(["barnehageplass", "barnhageplas", "parkering"]).toarray()
    assert known @ typo > 0.3 > known @ other


def test_long_texts_are_cut() -> None:
    lexicon = Lexicon(["kort", " " * 5000 + "langt"])
    assert lexicon.weights(["a" * 100_000]).shape[0] == 1
