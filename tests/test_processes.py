"""A run that is killed leaves nothing behind that takes the processor from the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.beside import ROOT
from tests.waiting import PATIENCE_S

KILLED = """
import os, signal
from tests.processes import started
started(["sleep", "36000"])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_what_tests_started_ends_with_them_also_where_they_are_killed() -> None:
    """What was started holds the pipe open that is read here to its end."""
    command, environment = [sys.executable, "-c", KILLED], os.environ | {"PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, env=environment, capture_output=True, timeout=PATIENCE_S)
    assert run.returncode == -signal.SIGKILL, run.stderr
