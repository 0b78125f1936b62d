"""What counts as strange depends on the language: in one that nothing is written in, all does."""

from __future__ import annotations

import datetime as dt
from typing import cast

import numpy as np
import pytest

from brains.knowledge import Found, Knowledge
from brains.model import Body
from router.state import Asked, Memory
from router.steps.retrieving import retrieve

BERGEN = Body(id="bergen", name="Bergen kommune", brain="kommune", languages=["nb", "nn"])
STRANGE = Found("entry", "entry:kommune/sfo", "kommune", "sfo", "SFO", None, 0.5, familiar=0.1)


class Finds:
    def find(self, *_: object) -> list[Found]:
        return [STRANGE]


@pytest.mark.parametrize(("language", "familiar"), [("nb", 0.1), ("nn", 0.1), ("uk", 1.0)])
def test_a_question_in_a_foreign_language_is_no_stranger_than_others(
    language: str, familiar: float
) -> None:
    now = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    asked = Asked(BERGEN, "…", language, True, now, None, Memory())
    found = retrieve(cast("Knowledge", Finds()), asked, np.zeros(4, np.float32))
    assert [one.familiar for one in found] == [familiar]
