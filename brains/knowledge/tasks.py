"""Work in the background of a node."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

log = logging.getLogger(__name__)


def log_failure(task: asyncio.Task[Any]) -> None:
    """For `add_done_callback`: what went wrong is in the log, and ends nothing else."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("work in the background failed: %s", error, exc_info=error)
