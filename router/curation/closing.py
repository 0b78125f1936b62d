"""Closing a gap: its questions are asked again, and it is closed where all are answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from brains.gaps import Gaps, asking, work
from brains.gaps.changing import Change
from brains.gaps.recorded import folded
from brains.model import Entry
from router.curation.asking_again import AskingAgain, Changed, Result
from router.results import AnsweredGap

STILL_SHOWN = 50
ROUNDS_MAX = 3
LOCAL, FACT, PHRASING = "local", "fact", "phrasing"


class Mending(msgspec.Struct, frozen=True):
    """What was just done for a gap. `scopes` are where an existing answer says something else."""

    entry: Entry | None = None
    how: str = PHRASING
    phrasings: Sequence[str] = ()
    scopes: Sequence[str] = ()


class Closing(msgspec.Struct, frozen=True):
    """Tries to close gaps."""

    gaps: Gaps
    asking: AskingAgain

    async def try_to_close(self, brain: str, id: str, by: str, mending: Mending) -> AnsweredGap:
        """Asks again until nothing new has come meanwhile; closes where nothing is left."""
        changed = await self._changed(id, mending)
        results: list[Result] = []
        for round in range(ROUNDS_MAX):
            fresh = await self.asking.ask(id, changed, never_asked_again=round > 0)
            results += fresh
            async with self.gaps.changing(brain, by) as change:
                fixed = {number: one.fixed for one in fresh for number in one.question.ids}
                await asking.store(change.tx, fixed, change.at)
                left, never_asked = await asking.left(change.tx, id)
                if never_asked and round + 1 < ROUNDS_MAX:
                    continue
                await self._note(change, id, mending, results)
                if not left:
                    entry = mending.entry.id if mending.entry else _answering(results, brain)
                    await work.answered(change, id, entry, mending.how)
            break
        return await self._report(brain, id, mending, results)

    async def _note(
        self, change: Change, id: str, mending: Mending, results: Sequence[Result]
    ) -> None:
        change.note(
            id,
            "asked_again",
            entry=mending.entry.id if mending.entry else "",
            how=mending.how,
            scopes=list(mending.scopes),
            asked=_count(results),
            answered=_count([one for one in results if one.fixed]),
        )

    async def _report(
        self, brain: str, id: str, mending: Mending, results: Sequence[Result]
    ) -> AnsweredGap:
        phrasings = {folded(text) for text in mending.phrasings}
        others = [one for one in results if folded(one.question.text) not in phrasings]
        async with self.gaps.db.read() as tx:
            still = await asking.still_unanswered(tx, id, STILL_SHOWN)
        return AnsweredGap(
            gap=await self.gaps.get(id, brain),
            entry=mending.entry,
            how=mending.how,
            asked_again=_count(results),
            answered_now=_count([one for one in results if one.fixed]),
            others_asked=_count(others),
            others_answered=_count([one for one in others if one.fixed]),
            still=still,
        )

    async def _changed(self, id: str, mending: Mending) -> Sequence[Changed]:
        """Where existing answers say something else, thanks to this and earlier mending."""
        found = []
        for event in await self.gaps.events(id):
            scopes = event.detail.get("scopes")
            if event.kind == "asked_again" and isinstance(scopes, list) and scopes:
                found.append(Changed(str(event.detail["entry"]) or None, frozenset(scopes)))
        if mending.scopes:
            entry = mending.entry.id if mending.entry else None
            found.append(Changed(entry, frozenset(mending.scopes)))
        return found


def _count(results: Sequence[Result]) -> int:
    """Recorded questions, equal ones counted each."""
    return sum(len(one.question.ids) for one in results)


def _answering(results: Sequence[Result], brain: str) -> str | None:
    """The brain's entry that answers most of them."""
    counts = Counter(one.entry for one in results if one.brain == brain and one.entry)
    return counts.most_common(1)[0][0] if counts else None
