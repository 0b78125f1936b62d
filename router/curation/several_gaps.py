"""The same done to several gaps at a time: in one transaction, and taken back by one press.

A gap that became part of another one since it was chosen is left out: what is
returned are those that were worked on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from brains.gaps import Gaps, work
from brains.gaps.changing import Change
from brains.gaps.forwarding import forwarded_to
from brains.knowledge import Knowledge
from brains.model import DismissReason

SEVERAL_MAX = 50

Step = Callable[[Change, str], Awaitable[None]]


class SeveralGaps(msgspec.Struct, frozen=True):
    """`by` is the name of who does it. Raises `UnknownGap` for one that is not the brain's."""

    gaps: Gaps
    knowledge: Knowledge

    async def assign(self, brain: str, persons: Mapping[str, str | None], by: str) -> list[str]:
        """Makes each gap a person's work, or nobody's."""

        async def step(change: Change, id: str) -> None:
            await work.assign(change, id, persons[id])

        return await self._each(brain, list(persons), by, step)

    async def snooze(
        self, brain: str, until: Mapping[str, dt.datetime | None], by: str
    ) -> list[str]:
        """Out of sight until a time, or back in sight. Closed ones are left out."""

        async def step(change: Change, id: str) -> None:
            await work.snooze(change, id, until[id])

        return await self._each(brain, list(until), by, step, only_open=True)

    async def dismiss(
        self, brain: str, ids: Sequence[str], reason: DismissReason, by: str
    ) -> list[str]:
        """Closes them without an answer. Those closed already are left out."""

        async def step(change: Change, id: str) -> None:
            await work.dismiss(change, id, reason)

        return await self._each(brain, ids, by, step, only_open=True)

    async def forward(self, brain: str, ids: Sequence[str], to: str, by: str) -> list[str]:
        """To `brain:x`, where their questions are recorded too, or to `body:y`. Those closed
        already are left out. Raises `Invalid` for another place, `NotFound` for an unknown one."""
        other = forwarded_to(self.knowledge, brain, to)
        if other is None:

            async def step(change: Change, id: str) -> None:
                await work.forward(change, id, to)

            return await self._each(brain, ids, by, step, only_open=True)
        chosen = _some(ids)
        async with self.gaps.forwarding(brain, chosen, other, by) as forwarding:
            return await _worked_on(
                forwarding.change, chosen, lambda _, id: forwarding.forward(id), only_open=True
            )

    async def reopen(self, brain: str, ids: Sequence[str], by: str) -> list[str]:
        """Opens them again."""
        return await self._each(brain, ids, by, work.reopen)

    async def _each(
        self, brain: str, ids: Sequence[str], by: str, step: Step, *, only_open: bool = False
    ) -> list[str]:
        async with self.gaps.changing(brain, by) as change:
            return await _worked_on(change, _some(ids), step, only_open=only_open)


def _some(ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ids))[:SEVERAL_MAX]


async def _worked_on(
    change: Change, ids: Sequence[str], step: Step, *, only_open: bool
) -> list[str]:
    done = []
    for id in ids:
        status = (await change.row(id)).status
        if status == "open" or (status != "merged" and not only_open):
            await step(change, id)
            done.append(id)
    return done
