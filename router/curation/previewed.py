"""What a preview says: the questions that would get something else, counted. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from router.curation.trial import Question
from router.curation.verdicts import Judgement, Verdict
from router.curation.warnings import Reason, Tried

CHANGES_SHOWN_MAX = 500

_WORST_FIRST = {"worse": 0, "different": 1, "better": 2}


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question that would get something else. `phrasing_of` is the key of the entry whose
    phrasing it is, None for what a visitor asked, `count` times; `steals` where the changed entry
    takes it from another."""

    text: str
    body: str
    before: Verdict
    after: Verdict
    judgement: Judgement
    count: int = 1
    phrasing_of: str | None = None
    steals: bool = False


class Counts(msgspec.Struct):
    """Of the questions tried, those that would be answered better, worse or differently."""

    tried: int = 0
    better: int = 0
    worse: int = 0
    different: int = 0

    def count(self, judgement: Judgement | None) -> None:
        self.tried += 1
        if judgement is not None:
            setattr(self, judgement, getattr(self, judgement) + 1)


class Impact(msgspec.Struct, frozen=True):
    """The preview. `questions` are those visitors asked, `per_body` the same by body, `phrasings`
    the entries' own. `changes` has the worst first; `reasons` those that do harm first."""

    brain: str
    entry: str
    questions: Counts
    phrasings: Counts
    per_body: dict[str, Counts]
    changes: list[Change]
    harmful: bool
    reasons: list[Reason]
    took_seconds: float


def impact(
    brain: str,
    entry: str,
    tried: Iterable[tuple[Question, Tried | None]],
    reasons: list[Reason],
    took_seconds: float,
) -> Impact:
    """All of it, where None stands for a question that the change makes no difference to."""
    asked, phrasings, per_body = Counts(), Counts(), dict[str, Counts]()
    changes: list[Change] = []
    for question, one in tried:
        judgement = None if one is None else one.judgement
        if question.phrasing_of is not None:
            phrasings.count(judgement)
        else:
            asked.count(judgement)
            per_body.setdefault(question.body.id, Counts()).count(judgement)
        if one is not None and one.judgement is not None:
            changes.append(_change(question, one, one.judgement))
    changes.sort(key=lambda one: (not one.steals, _WORST_FIRST[one.judgement], -one.count))
    return Impact(
        brain=brain,
        entry=entry,
        questions=asked,
        phrasings=phrasings,
        per_body=dict(sorted(per_body.items())),
        changes=changes[:CHANGES_SHOWN_MAX],
        harmful=any(reason.does_harm for reason in reasons),
        reasons=reasons,
        took_seconds=round(took_seconds, 2),
    )


def _change(question: Question, one: Tried, judgement: Judgement) -> Change:
    return Change(
        one.text,
        question.body.id,
        one.before,
        one.after,
        judgement,
        question.times,
        question.phrasing_of,
        one.is_stolen,
    )
