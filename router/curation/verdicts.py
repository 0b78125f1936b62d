"""What a question gets before and after a change, and whether that is better. Pure.

What is known of the right answer decides. Where a visitor chose an entry among
those offered, or found an answer helpful, or a phrasing has its own entry, that
entry is wanted; so is one that answers nearly certainly today. A question that
was dismissed as not ours wants none. Of other questions only this much is
known: an answer is better than a question back, that is better than nothing;
another answer instead of today's is different; and another body's matter
answered here is worse.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Outcome = Literal["answered", "clarify", "referred", "unanswered"]
Judgement = Literal["better", "worse", "different"]

# An answer at least this probable is held to be right, where nobody said anything of it.
SURE = 0.95
# The same best candidate, up or down by less than this, is the same.
NOISE = 0.08


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a question gets. `entry` of `brain` answers (for the body `owner`, where referred);
    `offered` are the keys of what a question back offers; `best` is the likeliest candidate's key,
    and `probability` its."""

    outcome: Outcome
    probability: float
    best: str = ""
    brain: str | None = None
    entry: str | None = None
    title: str = ""
    owner: str | None = None
    offered: tuple[str, ...] = ()
    missing_fact: str | None = None

    @property
    def answers(self) -> str | None:
        """The key of what answers, here or where it is referred to, if anything does."""
        return self.best if self.outcome in ("answered", "referred") else None


class Known(msgspec.Struct, frozen=True):
    """What is known of a question besides: the keys of the entry `wanted` and of one `unwanted`,
    and whether it was dismissed as nothing to answer."""

    wanted: str | None = None
    unwanted: str | None = None
    dismissed: bool = False


def judge(before: Verdict, after: Verdict, known: Known = Known()) -> Judgement | None:
    """None where it is as good as the same."""
    if _is_same(before, after):
        return None
    if known.dismissed:
        return _compared(after.answers is not None, before.answers is not None)
    wanted = known.wanted or _sure(before, known)
    if wanted is not None:
        return _compared(_worth(before, wanted), _worth(after, wanted))
    if known.unwanted is not None and known.unwanted in (before.answers, after.answers):
        return "better" if before.answers == known.unwanted else "worse"
    return _plainly(before, after)


def _is_same(before: Verdict, after: Verdict) -> bool:
    if (before.outcome, before.answers) == (after.outcome, after.answers):
        return (before.missing_fact, before.owner) == (after.missing_fact, after.owner)
    near = before.best == after.best and abs(before.probability - after.probability) < NOISE
    return near and before.missing_fact == after.missing_fact


def _sure(before: Verdict, known: Known) -> str | None:
    sure = before.probability >= SURE and before.answers != known.unwanted
    return before.answers if sure else None


def _compared(before: int, after: int) -> Judgement:
    if before == after:
        return "different"
    return "better" if after > before else "worse"


def _worth(verdict: Verdict, wanted: str) -> int:
    """An answer by another entry misleads, so that none at all is worth more."""
    if verdict.answers == wanted:
        return 3
    if wanted in verdict.offered:
        return 2
    return 0 if verdict.answers is not None else 1


_STEPS = {"unanswered": 0, "clarify": 1, "referred": 2, "answered": 2}


def _plainly(before: Verdict, after: Verdict) -> Judgement:
    if before.outcome == "referred" and after.outcome == "answered":
        return "worse"
    if before.outcome == "clarify" and after.answers is not None:
        return "better" if after.answers in before.offered else "different"
    return _compared(_STEPS[before.outcome], _STEPS[after.outcome])
