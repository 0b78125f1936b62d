"""Two processes must find the same tests, or `make test` ends before its first one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.beside import ROOT


def test_another_process_later_and_with_other_hashes_finds_the_same_tests(
    request: pytest.FixtureRequest,
) -> None:
    """A name that holds the time, a random value or the order of a set differs there."""
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-qm", "", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    here = {item.nodeid: None for item in request.session.items}
    assert [name for name in found.stdout.splitlines() if name in here] == list(here)
