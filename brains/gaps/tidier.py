"""Keeps the open gaps tidy in the background: soon after a change, a bounded part at a time.

What `tidying` plans is carried out one step a transaction, each checked again,
so that recording never waits long and two processes do no harm to each other.
A gap is frozen while a curator has it open (`Gaps.touch`), and for good once a
curator has done anything to it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from brains import asked as halves
from brains.database import Transaction
from brains.errors import Invalid, SamsvarError
from brains.gaps import events, moving, rows, tidying
from brains.gaps.changing import Change, changing
from brains.gaps.store import Gaps
from brains.gaps.tidying import Held, Merge, Move

log = logging.getLogger(__name__)

OPEN_FOR = dt.timedelta(minutes=15)
QUESTIONS_HELD = 64  # of each gap, the newest different ones
PASSES_MAX = 3  # after one change, so that no plan can chase its own tail for ever
QUIET_S = 0.2
REST_FACTOR = 3.0  # rests this many times as long as it worked
REST_MAX_S = 30.0
_gaps, _questions = rows.gaps.c, rows.questions.c


class Tidier:
    """One for a process. `tidy_for_ever` is its background task."""

    def __init__(self, gaps: Gaps) -> None:
        self._gaps = gaps
        self._seen: dict[str, int] = {}
        self._left: dict[str, set[str]] = {}

    async def tidy_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._gaps.recorder.changed.wait()
            await asyncio.sleep(QUIET_S)
            self._gaps.recorder.changed.clear()
            started = loop.time()
            try:
                for brain in await self._brains():
                    for _ in range(PASSES_MAX):
                        if not await self.tidy(brain):
                            break
            except SamsvarError as error:
                log.warning("gaps could not be tidied: %s", error)
            except Exception:
                log.exception("tidying gaps failed")
            if any(self._left.values()):
                self._gaps.recorder.changed.set()
            await asyncio.sleep(min(REST_FACTOR * (loop.time() - started), REST_MAX_S))

    async def tidy(self, brain: str) -> int:
        """Looks once at the gaps that changed and those near them; how many steps were taken."""
        changed = await self._changed(brain)
        clusters = self._gaps.recorder.of(brain)
        near = tidying.neighbourhood(clusters, sorted(changed))
        self._left[brain] = changed - set(near) if near else set()
        if not near:
            return 0
        held = await self._held(near)
        plan = await asyncio.to_thread(tidying.plan, held, clusters)
        steps: list[Move | Merge] = [*plan.moves, *plan.merges]
        return sum([await self._take(brain, step) for step in steps])

    async def _brains(self) -> Sequence[str]:
        async with self._gaps.db.read() as tx:
            return (await tx.execute(sa.select(rows.clocks.c.brain))).scalars().all()

    async def _changed(self, brain: str) -> set[str]:
        """The open gaps that changed since the last look, and those left over from it."""
        version = await self._gaps.catch_up(brain)
        query = sa.select(_gaps.id).where(
            _gaps.brain == brain, _gaps.version > self._seen.get(brain, 0), _gaps.status == "open"
        )
        async with self._gaps.db.read() as tx:
            changed = set((await tx.execute(query)).scalars())
        self._seen[brain] = version
        return changed | self._left.get(brain, set())

    async def _held(self, ids: Sequence[str]) -> list[Held]:
        held = []
        async with self._gaps.db.read() as tx:
            frozen = await self._frozen(tx, ids)
            for id in ids:
                different = (
                    sa.select(sa.func.max(_questions.id))
                    .where(_questions.gap == id, _questions.vector.is_not(None))
                    .group_by(_questions.folded)
                    .order_by(sa.func.max(_questions.id).desc())
                    .limit(QUESTIONS_HELD)
                )
                query = sa.select(_questions.id, _questions.vector, _questions.text).where(
                    _questions.id.in_(different)
                )
                found = (await tx.execute(query.order_by(_questions.id))).all()
                if found:
                    vectors = np.stack([halves.from_bytes(row.vector) for row in found])
                    ids_found, texts = [row.id for row in found], [row.text for row in found]
                    held.append(Held(id, id in frozen, ids_found, vectors, texts))
        return held

    async def _frozen(self, tx: Transaction, ids: Sequence[str]) -> set[str]:
        """Those of the gaps that are not to be touched: closed ones too."""
        opened = self._gaps.now() - OPEN_FOR
        frozen = sa.or_(
            _gaps.status != "open", _gaps.touched_at > opened, events.by_a_person(_gaps.id)
        )
        query = sa.select(_gaps.id).where(_gaps.id.in_(ids), frozen)
        return set((await tx.execute(query)).scalars())

    async def _take(self, brain: str, step: Move | Merge) -> bool:
        """One step of the plan, if it can still be taken."""
        try:
            async with changing(self._gaps.db, brain, None, self._gaps.now()) as change:
                if await self._frozen(change.tx, _touched(step)):
                    return False
                await _apply(change, step)
        except Invalid as error:
            log.debug("a step of tidying came too late: %s", error)
            return False
        return True


def _touched(step: Move | Merge) -> list[str]:
    if isinstance(step, Merge):
        return [step.into, step.gone]
    return [step.source, step.target]


async def _apply(change: Change, step: Move | Merge) -> None:
    if isinstance(step, Merge):
        await moving.merge(change, step.into, [step.gone], "tidied")
    else:
        await moving.move(change, step.source, step.target, step.questions, "tidied")
