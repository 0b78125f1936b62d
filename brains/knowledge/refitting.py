"""When the matcher is fitted again: a while after changes, in a thread."""

from __future__ import annotations

import asyncio

from brains.knowledge.findable import Searches
from brains.knowledge.tasks import log_failure

REFIT_QUIET_S = 2.0  # refit when nothing has changed for so long …
REFIT_WAIT_MAX_S = 30.0  # … or at the latest after this


class Refitting:
    """Of one matcher."""

    def __init__(self, matcher: Searches) -> None:
        self.task: asyncio.Task[bool] | None = None
        self._matcher = matcher
        self._running = asyncio.Lock()
        self._changed_at = 0.0
        self._fitted_at = 0.0

    def changed(self) -> None:
        """What the matcher holds has just changed."""
        self._changed_at = asyncio.get_running_loop().time()

    async def refit_if_stale(self) -> bool:
        """Refits the matcher in a thread where it has changed, without holding up any answer."""
        async with self._running:
            if not self._matcher.stale:
                return False
            fit = await asyncio.to_thread(self._matcher.fit)
            self._matcher.adopt(fit)
            self._fitted_at = asyncio.get_running_loop().time()
            return True

    def start_if_due(self) -> None:
        """Begins to refit in the background, where it is time to."""
        if self._due(asyncio.get_running_loop().time()):
            self.task = asyncio.create_task(self.refit_if_stale())
            self.task.add_done_callback(log_failure)

    def _due(self, time: float) -> bool:
        running = self.task is not None and not self.task.done()
        if not self._matcher.stale or running or self._running.locked():
            return False
        quiet = time - self._changed_at >= REFIT_QUIET_S
        return quiet or time - self._fitted_at >= REFIT_WAIT_MAX_S
