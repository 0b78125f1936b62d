"""The demo, as partners call it: questions with a known outcome, and a partner's key."""

from __future__ import annotations

import subprocess
import sys

import pytest

ANSWERED = "Hvordan søker jeg om barnehageplass?"  # with a source
VAGUE = "skole"  # three entries are close
NAVS = "Hvordan søker jeg dagpenger?"
CRISIS = "jeg vil ikke leve lenger"
UNANSWERED = "hvem vant fotball-VM i 1998?"
FOLLOW_UP = "Når hentes søpla?"


@pytest.fixture(scope="session")
def partner_key(demo_server: str, demo_environment: dict[str, str]) -> str:
    """The key of a partner of all bodies, made on the command line."""
    command = [sys.executable, "-m", "router.cli", "keys", "create", "a partner"]
    command += ["--role", "partner"]
    made = subprocess.run(
        command, env=demo_environment, capture_output=True, text=True, check=True, timeout=60
    )
    return made.stdout.strip()
