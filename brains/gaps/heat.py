"""How much a gap matters: a number that sorts gaps and never has to be brought up to date.

Each question counts 1 on the day it is asked, and half as much a week later.
Kept as `heat = log2(sum of 2 ** (day / 7))` over all questions, with days since
1970, the order of gaps is the same at any time, and a new question changes one
row only (forward decay: Cormode et al. 2009).

`priority` is heat, plus log2 of the number of bodies (asked in two bodies, a
question counts twice as much), plus up to 1 for the share of the questions that
got an answer that did not help: to be given a wrong answer is worse than none.

What a curator sees is `urgency`. Today's load is 2 ** (priority - today / 7):
the questions lately asked times the bodies. High is from 9, for example three
bodies asked once each today, or nine times in one body; medium from 3.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

from brains.model import Urgency

HALF_LIFE_DAYS = 7
UNHELPFUL_WEIGHT = 1.0
HIGH_FROM = 9.0
MEDIUM_FROM = 3.0
_EPOCH = dt.date(1970, 1, 1).toordinal()


def day_of(at: dt.datetime) -> str:
    """The UTC day, as `gap_days` has it: `2026-03-02`."""
    return at.astimezone(dt.UTC).date().isoformat()


def of_days(counts: Mapping[str, int]) -> float:
    """The heat of so many questions on each day; 0 of none."""
    terms = [_exponent(day) + math.log2(count) for day, count in counts.items() if count > 0]
    return _sum(terms) if terms else 0.0


def more(heat: float | None, counts: Mapping[str, int]) -> float:
    """The heat after more questions. `heat` is None where there were none."""
    added = of_days(counts)
    return added if heat is None else _sum([heat, added])


def priority(heat: float, bodies: int, size: int, unhelpful: int) -> float:
    """What gaps are sorted by, highest first."""
    return heat + math.log2(max(bodies, 1)) + UNHELPFUL_WEIGHT * unhelpful / max(size, 1)


def urgency(priority: float, now: dt.datetime) -> Urgency:
    """How urgent a gap of that priority is today."""
    load = 2.0 ** (priority - _exponent(day_of(now)))
    if load >= HIGH_FROM:
        return "high"
    return "medium" if load >= MEDIUM_FROM else "low"


def _exponent(day: str) -> float:
    return (dt.date.fromisoformat(day).toordinal() - _EPOCH) / HALF_LIFE_DAYS


def _sum(exponents: list[float]) -> float:
    """log2 of the sum of 2 ** each."""
    highest = max(exponents)
    return highest + math.log2(sum(2.0 ** (one - highest) for one in exponents))
