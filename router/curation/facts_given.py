"""When a body gives a fact, the gaps that waited for it are asked again by themselves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

import sqlalchemy as sa

from brains import tables
from brains.database import Database, Transaction
from brains.errors import SamsvarError
from router.curation.gap_desk import GapDesk

log = logging.getLogger(__name__)

GAPS_ASKED_AGAIN_MAX = 20
_gaps, _questions = tables.gaps.c, tables.gap_questions.c


class FactsGiven:
    """Asks again in the background, so that saving a fact is no slower for it."""

    def __init__(self, db: Database, desk: GapDesk) -> None:
        self._db = db
        self._desk = desk
        self._asking: set[asyncio.Task[None]] = set()

    def ask_again_soon(self, brain: str, bodies: Collection[str], by: str) -> None:
        """Asks again what was not answered in these bodies for want of a fact."""
        task = asyncio.create_task(self.ask_again(brain, bodies, by))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def ask_again(self, brain: str, bodies: Collection[str], by: str) -> None:
        """The same, now. A gap closes only where all its questions are answered."""
        try:
            async with self._db.read() as tx:
                waiting = await _waiting(tx, brain, bodies)
            for gap in waiting:
                await self._desk.ask_again(brain, gap, by)
        except SamsvarError as error:
            log.warning("gaps that waited for a fact were not asked again: %s", error)

    async def close(self) -> None:
        """Returns when nothing is being asked any more."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)


async def _waiting(tx: Transaction, brain: str, bodies: Collection[str]) -> list[str]:
    """The open gaps with a question of these bodies that lacked a fact, last asked first."""
    query = (
        sa.select(_gaps.id)
        .where(
            _gaps.brain == brain,
            _gaps.status.in_(("open", "snoozed")),
            sa.exists().where(
                _questions.gap == _gaps.id,
                _questions.reason == "missing fact",
                _questions.body.in_(bodies),
            ),
        )
        .order_by(_gaps.last_seen.desc())
        .limit(GAPS_ASKED_AGAIN_MAX)
    )
    return list((await tx.execute(query)).scalars())
