"""The demo, as partners call it: questions with a known outcome, and a partner's key."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from filelock import FileLock

from tests.adapters.installations import Two, peers_of_each_other
from tests.browser.conftest import browser, page
from tests.waiting import PATIENCE_S

__all__ = ["browser", "page"]

ANSWERED = "Hvordan søker jeg om barnehageplass?"  # with a source
VAGUE = "skole"  # three entries are close
NAVS = "Hvordan søker jeg dagpenger?"
CRISIS = "jeg vil ikke leve lenger"
UNANSWERED = "hvem vant fotball-VM i 1998?"
FOLLOW_UP = "Når hentes søpla?"

JS = Path(__file__).parent / "js"


@pytest.fixture(scope="session")
def partner_key(demo_server: str, demo_environment: dict[str, str]) -> str:
    """The key of a partner of all bodies, made on the command line."""
    command = [sys.executable, "-m", "router.cli", "keys", "create", "a partner"]
    command += ["--role", "partner"]
    made = subprocess.run(
        command,
        env=demo_environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    return made.stdout.strip()


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The protocols' own JavaScript clients, as `js/package-lock.json` pins them.

    Fetched the first time, and when the lock file has changed; by one process at a time.
    """
    wanted, fetched = JS / "package-lock.json", JS / "node_modules" / ".fetched"
    with FileLock(Path(tempfile.gettempdir()) / f"samsvar-tests-npm-{os.getuid()}.lock"):
        if not fetched.exists() or fetched.read_bytes() != wanted.read_bytes():
            npm = shutil.which("npm")
            if npm is None:
                pytest.skip("npm is not on this machine: the JavaScript clients cannot be fetched")
            command = [npm, "ci", "--ignore-scripts", "--prefer-offline"]
            done = subprocess.run(command, cwd=JS, check=False, timeout=PATIENCE_S)
            if done.returncode != 0:
                (pytest.fail if os.environ.get("CI") else pytest.skip)("npm ci failed, see above")
            fetched.write_bytes(wanted.read_bytes())
    return JS / "node_modules"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def two(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Two]:
    """Two installations that are peers, for all tests between installations."""
    homes = [tmp_path_factory.mktemp(name) for name in ("hordaland", "frida")]
    async with peers_of_each_other(homes) as two:
        yield two
