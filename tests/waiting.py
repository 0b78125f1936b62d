"""Waiting, in tests: as long as it takes, on a machine however slow or busy.

No test proves that something is quick by looking at a clock: it proves what is not waited for (a
look at the feed, another request of the page) or counts what is done (questions to the database).
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

# Ends a test that hangs, and nothing else.
PATIENCE_S = 600.0
EVERY_S = 0.02

Condition = Callable[[], object | Awaitable[object]]


async def until(*conditions: Condition) -> None:
    """Until all hold; each may be asynchronous."""
    async with asyncio.timeout(PATIENCE_S):
        for condition in conditions:
            while not await _holds(condition):
                await asyncio.sleep(EVERY_S)


def until_now(condition: Callable[[], object]) -> None:
    """The same for tests that are not asynchronous."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it has not come"
        time.sleep(EVERY_S)


async def _holds(condition: Condition) -> object:
    found = condition()
    return await found if inspect.isawaitable(found) else found
