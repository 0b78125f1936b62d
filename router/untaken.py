"""Choices that nobody took: the bot asked back, and the visitor asked something else, or left.

The question before them was not answered either, and becomes part of a gap some
minutes later. Nothing has to be remembered for it: it is read from what was asked
(`brains.asked`), and a conversation's question is recorded once, however often and
by however many processes it is looked at.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable

from brains.errors import SamsvarError
from router import decide
from router.asked import AskedQuestions
from router.steps.recording import Recording

log = logging.getLogger(__name__)

LOOK_EVERY_S = 30.0
# A visitor who has not chosen by then has left.
LEFT_AFTER = dt.timedelta(minutes=15)
# How far back the first look goes: what came while the service was down.
FIRST_LOOK_BACK = dt.timedelta(days=3)


class Untaken:
    """Belongs to one event loop. `look` once, or `for_ever`."""

    def __init__(
        self,
        questions: AskedQuestions,
        recording: Recording,
        limits: Callable[[], decide.Limits],
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._questions = questions
        self._recording = recording
        self._limits = limits
        self._clock = clock
        self._looked_until = clock() - FIRST_LOOK_BACK

    async def look(self) -> None:
        """Records what was left since the last look. Raises `StorageError`: then look again."""
        now = self._clock()
        until = now - LEFT_AFTER
        async for rows in self._questions.untaken(self._looked_until, until):
            for row in rows:
                await self._recording.not_chosen(row, self._limits(), now)
        self._looked_until = until

    async def for_ever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except SamsvarError as error:
                log.warning("choices that nobody took could not be recorded yet: %s", error)
