"""How familiar a question is: a share of the brain's own phrasings, from all the evidence."""

from __future__ import annotations

import numpy as np
import pytest

from embeddings import familiar
from embeddings.calibration import HeldOut
from embeddings.evidence import NAMES, lengths

WIDTH = len(NAMES)
DICE = np.random.default_rng(3)


def held_out(count: int) -> HeldOut:
    """Half of the rows are of hidden entries: a little less of everything."""
    outside = np.arange(count) % 2 == 1
    evidence = DICE.standard_normal((count, WIDTH)) - outside[:, None]
    return HeldOut(evidence, ~outside, outside)


BACKGROUND = DICE.standard_normal((300, WIDTH)) - 2
ROWS = held_out(4 * familiar.ROWS_MIN)


def fitted(rows: HeldOut = ROWS, background: np.ndarray = BACKGROUND) -> familiar.Familiar:
    """As if all that is right was found, and the rest was not."""
    return familiar.fit(rows, background)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.9])
def test_about_that_share_of_what_is_known_is_stranger(share: float) -> None:
    own = fitted().share(ROWS.evidence[~ROWS.outside])
    assert np.quantile(own, share) == pytest.approx(share, abs=0.07)


def test_what_nobody_answers_is_stranger_than_what_is_known() -> None:
    made = fitted()
    assert np.median(made.share(BACKGROUND)) < 0.05
    assert np.median(made.share(ROWS.evidence[ROWS.outside])) < 0.4


def test_more_evidence_makes_nothing_stranger() -> None:
    contrary = ROWS.evidence.copy()
    contrary[ROWS.outside, 3] += 4.0
    made = fitted(HeldOut(contrary, ROWS.right, ROWS.outside))
    assert (made.slopes >= 0).all()
    assert made.slopes[3] == 0.0


def test_a_brain_too_small_to_know_finds_everything_familiar() -> None:
    small = held_out(2 * familiar.ROWS_MIN - 2)
    assert fitted(small).share(BACKGROUND).tolist() == [1.0] * len(BACKGROUND)


def test_no_share_moves_further_than_is_promised() -> None:
    made = fitted()
    moved = ROWS.evidence.copy()
    moved[:, :4] += DICE.standard_normal((len(moved), 4)) / 4
    for before, after in zip(ROWS.evidence, moved, strict=True):
        shares = made.share(np.stack([before, after]))
        assert abs(shares[1] - shares[0]) <= made.moves_at_most(before[:4], after[:4]) + 1e-12


def test_the_length_of_a_text_is_limited_at_both_ends() -> None:
    assert lengths(["", " ", "a", "ab " * 1000]).tolist() == pytest.approx([0, 0, 0, np.log(400)])
