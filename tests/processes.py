"""Processes that tests start: they end with the tests, also where those are killed.

One that went on would take the processor from whatever is tested next.
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.waiting import PATIENCE_S

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>; elsewhere nothing is like it
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def started(command: Sequence[str | Path], **more: Any) -> subprocess.Popen[Any]:
    """As `subprocess.Popen`."""
    return subprocess.Popen(command, preexec_fn=_end_with_the_tests, **more)


@contextlib.contextmanager
def logging_to(
    log: Path, command: Sequence[str | Path], **more: Any
) -> Iterator[subprocess.Popen[Any]]:
    """Runs until the block is left; what it says is in `log`."""
    with log.open("wb") as out:
        process = started(command, stdout=out, stderr=subprocess.STDOUT, **more)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()


def _end_with_the_tests() -> None:
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
