"""Kari and Frida: two installations in two processes, joined with one command on each side.

Kari's has the brain of the municipalities and no other; Frida's has NAV's. Both have the default
encoder. What a visitor of either asks is answered by whoever it belongs to.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.conftest import start_server
from tests.waiting import PATIENCE_S, until_now

KEY = "a-key-for-two-installations"
OURS = "SAMSVAR_"


class Installation(NamedTuple):
    """One of the two: where it listens, and the environment of its process and commands."""

    address: str
    environment: dict[str, str]

    def runs(self, *words: str) -> str:
        """What a command of it prints."""
        command = [sys.executable, "-m", "router.cli", *words]
        done = subprocess.run(
            command,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


class Visitor:
    """A conversation with a body's bot."""

    def __init__(self, address: str, body: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=PATIENCE_S)
        started = self._client.post("/v1/conversations", json={"body": body}).json()
        self._path = f"/v1/conversations/{started['id']}/messages"
        self._headers = {"Authorization": f"Bearer {started['token']}"}

    def says(self, text: str) -> dict[str, Any]:
        return self._send({"text": text})

    def presses(self, label: str, reply: dict[str, Any]) -> dict[str, Any]:
        """The button of that label."""
        (option,) = (one for one in reply["options"] if one["label"] == label)
        return self._send({"choice": option["id"]})

    def _send(self, message: dict[str, str]) -> dict[str, Any]:
        response = self._client.post(self._path, json=message, headers=self._headers)
        found: dict[str, Any] = response.raise_for_status().json()
        return found


@contextlib.contextmanager
def installation(brain: str, home: Path) -> Iterator[Installation]:
    """A running installation with one brain of the demo."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    cache = {name: os.environ[name] for name in ("SAMSVAR_CACHE",) if name in os.environ}
    environment = {
        "SAMSVAR_HOME": str(home),
        "SAMSVAR_ADMIN_KEY": KEY,
        "SAMSVAR_DEMO_BRAIN": brain,
        "SAMSVAR_PARTNER_NETWORKS": "127.0.0.0/8",
    }
    with start_server(ours | cache | environment, home) as (_, address):
        yield Installation(address, ours | cache | environment)


@pytest.fixture(scope="module")
def kari_and_frida(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Installation, Installation]]:
    """Both, joined, each having learned what the other answers."""
    homes = [tmp_path_factory.mktemp(name) for name in ("kari", "frida")]
    with installation("kommune", homes[0]) as kari, installation("nav", homes[1]) as frida:
        code = kari.runs("federation", "invite")
        own = ("--own-address", frida.address)
        assert "bergen" in frida.runs("federation", "join", kari.address, code, *own)
        _wait_until_learned(kari, "Hvordan søker jeg dagpenger?", "nav")
        _wait_until_learned(frida, "Hvordan søker jeg om barnehageplass?", "kommune")
        yield kari, frida


def _wait_until_learned(asked: Installation, text: str, body: str) -> None:
    """Until an installation knows from the other's manifest whose question that is."""
    asking = {"url": f"{asked.address}/v1/route", "json": {"text": text}, "timeout": PATIENCE_S}
    until_now(lambda: httpx.post(**asking).json()["body"] == body)


def test_bergens_visitor_is_answered_by_frida_and_comes_back(
    kari_and_frida: tuple[Installation, Installation],
) -> None:
    kari, _ = kari_and_frida
    visitor = Visitor(kari.address, "bergen")
    reply = visitor.says("Hvordan søker jeg om dagpenger?")
    assert (reply["outcome"]["type"], reply["outcome"]["answered_by"]) == ("referred", "nav")
    assert reply["body"] == {"id": "nav", "name": "Frida (NAV)"}
    assert "dagpenger" in reply["text"]
    assert [option["id"] for option in reply["options"]][-1] == "back"
    reply = visitor.says("og når hentes søpla?")
    assert reply["body"] == {"id": "bergen", "name": "Bergen kommune"}
    assert reply["outcome"]["type"] == "answered"
    assert reply["outcome"]["entry"].startswith("avfall")


def test_frida_asks_which_municipality_and_answers_with_its_facts(
    kari_and_frida: tuple[Installation, Installation],
) -> None:
    kari, frida = kari_and_frida
    visitor = Visitor(frida.address, "nav")
    reply = visitor.says("Hvordan søker jeg om barnehageplass?")
    assert reply["outcome"]["type"] == "clarify"
    assert "kommune" in reply["text"]
    assert reply["body"]["id"] == "nav"
    reply = visitor.says("Asker")
    assert reply["outcome"]["answered_by"] == "asker"
    assert reply["body"] == {"id": "asker", "name": "Asker kommune"}
    own = httpx.post(
        f"{kari.address}/v1/ask",
        json={"body": "asker", "text": "Hvordan søker jeg om barnehageplass?"},
        timeout=PATIENCE_S,
    ).json()
    assert own["outcome"]["type"] == "answered"
    assert own["text"] in reply["text"]
