"""The command `samsvar` as its users run it: as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.processes import logging_to
from tests.waiting import PATIENCE_S, until_now

SAMSVAR = [sys.executable, "-m", "router.cli"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An installation of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAMSVAR_H")}
    return {**kept, "SAMSVAR_HOME": str(tmp_path_factory.mktemp("home")), "PYTHONPATH": str(ROOT)}


def run(
    environ: dict[str, str], *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*SAMSVAR, *arguments],
        env={**environ, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def plain(result: subprocess.CompletedProcess[str], code: int) -> str:
    """Check the exit code and that no traceback is shown; all that was printed, on one line."""
    printed = result.stdout + result.stderr
    assert result.returncode == code, printed
    assert "Traceback" not in printed
    return re.sub(r"[\s│]+", " ", printed)


def test_help_is_there_at_once(environ: dict[str, str]) -> None:
    code = (
        "import sys; from router.cli import main; main(['--help'], standalone_mode=False); "
        "print([m for m in ('torch', 'litestar', 'sqlalchemy', 'numpy') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    for command in ("serve", "ask", "import", "export", "bodies", "gaps", "keys", "eval", "doctor"):
        assert command in result.stdout
    assert result.stdout.endswith("[]\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["ask", "bergen"],
        ["import", "no-such-file.jsonl", "--brain", "b"],
        ["keys", "create", "x", "--role", "king"],
        ["keys", "create", "x", "--role", "reader", "--brain", "a", "--body", "b"],
        ["export", "--brain", "b", "--format", "faqpage"],
        ["serve", "--port", "99999"],
        ["bodies", "facts", "bergen", "--set", "novalue"],
        ["gaps", "answer", "g", "--brain", "b"],
    ],
)
def test_wrong_usage(environ: dict[str, str], arguments: list[str]) -> None:
    assert "Usage" in plain(run(environ, *arguments), 2)


def test_wrong_settings_are_named(environ: dict[str, str]) -> None:
    for arguments in (["bodies", "list"], ["doctor"], ["serve"]):
        result = run(environ, *arguments, SAMSVAR_WRONG_RATE="7")
        assert "SAMSVAR_WRONG_RATE" in plain(result, 1)


def test_what_is_not_there_is_named(environ: dict[str, str]) -> None:
    assert "atlantis" in plain(run(environ, "bodies", "show", "atlantis"), 1)
    missing = run(environ, "keys", "create", "x", "--role", "reader", "--body", "atlantis")
    assert "atlantis" in plain(missing, 1)
    assert "key_none" in plain(run(environ, "keys", "revoke", "key_none"), 1)


def test_a_database_that_cannot_be_used(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "not.db"
    file.write_bytes(b"This is no database, but a text that is long enough." * 100)
    result = run(environ, "bodies", "list", SAMSVAR_DATABASE_URL=f"sqlite:///{file}")
    assert "database" in plain(result, 1).lower()


def test_a_taken_port(environ: dict[str, str]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "--port" in plain(run(environ, "serve", "--port", port), 1)
        assert port in plain(run(environ, "doctor", "--port", port), 1)


def test_keys_are_made_and_revoked(environ: dict[str, str]) -> None:
    made = run(environ, "keys", "create", "Vår bot", "--role", "partner")
    secret = made.stdout.strip()
    assert secret.startswith("smsv_") and len(secret) > 40
    key = re.search(r"key_\w+", made.stderr)
    assert key is not None
    listed = run(environ, "keys", "list").stdout
    assert key.group() in listed and secret not in listed
    plain(run(environ, "keys", "revoke", key.group()), 0)
    plain(run(environ, "keys", "revoke", key.group()), 1)


def test_a_key_is_made_for_one_adapter(environ: dict[str, str]) -> None:
    made = run(environ, "keys", "create", "Frida", "--role", "partner", "--adapter", "widget")
    assert "to the adapter widget alone" in made.stderr
    assert re.search(r"Frida .* widget", run(environ, "keys", "list").stdout)
    missing = run(environ, "keys", "create", "x", "--role", "partner", "--adapter", "fax")
    assert "There is no adapter fax" in plain(missing, 2)


@contextmanager
def serving(environ: dict[str, str], log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The running service's address, once it says that it is ready, and its process."""
    with logging_to(log, [*SAMSVAR, "serve", "--port", "0"], env=environ) as process:
        until_now(lambda: "Ready." in log.read_text("utf-8") or process.poll() is not None)
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text("utf-8"))
        assert found is not None, log.read_text("utf-8")
        yield found.group(), process


@pytest.mark.slow
def test_from_an_empty_folder_to_an_answer(environ: dict[str, str], tmp_path: Path) -> None:
    """With the real encoder: import, serve, ask over HTTP, stop, start again, ask here."""
    wrong = {"id": "a", "questions": ["a?"], "answers": {"nb": "b"}, "tittel": "c"}
    entries = [
        {
            "id": "bibliotek",
            "questions": [
                "Når åpner biblioteket?",
                "åpningstider",
                "er biblioteket åpent",
            ],
            "answers": {"nb": "Biblioteket åpner klokka ti."},
        },
        {
            "id": "hund",
            "questions": ["Er det båndtvang nå?", "hund i bånd", "kan hunden gå løs"],
            "answers": {"nb": "Det er båndtvang om sommeren."},
        },
    ]
    file = tmp_path / "fjord.jsonl"
    file.write_text("\n".join(json.dumps(entry) for entry in [*entries, wrong]), "utf-8")
    refused = plain(run(environ, "import", str(file), "--brain", "fjord"), 1)
    assert "line 3" in refused and "tittel" in refused
    with sqlite3.connect(Path(environ["SAMSVAR_HOME"]) / "samsvar.db") as database:
        assert database.execute("SELECT id FROM brains WHERE id = 'fjord'").fetchall() == []
    file.write_text("\n".join(json.dumps(entry) for entry in entries), "utf-8")
    assert "2 new" in plain(run(environ, "import", str(file), "--brain", "fjord"), 0)
    added = run(environ, "bodies", "add", "fjord", "--name", "Fjord kommune", "--brain", "fjord")
    plain(added, 0)

    with serving(environ, tmp_path / "first.log") as (address, process):
        question = {"body": "fjord", "text": "Når åpner biblioteket?"}
        reply = httpx.post(f"{address}/v1/ask", json=question, timeout=PATIENCE_S).json()
        assert reply["outcome"]["entry"] == "bibliotek"
        secret = re.search(r"smsv_[\w-]+", (tmp_path / "first.log").read_text("utf-8"))
        assert secret is not None
        headers = {"Authorization": f"Bearer {secret.group()}"}
        listed = httpx.get(
            f"{address}/v1/brains/fjord/entries", headers=headers, timeout=PATIENCE_S
        )
        assert [entry["id"] for entry in listed.json()["items"]] == ["bibliotek", "hund"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0

    with serving(environ, tmp_path / "second.log") as (_, process):
        assert "smsv_" not in (tmp_path / "second.log").read_text("utf-8")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0

    asked = run(environ, "ask", "fjord", "Når åpner biblioteket?", "--json")
    assert json.loads(asked.stdout)["text"] == "Biblioteket åpner klokka ti."
    assert "2 entries" in plain(run(environ, "doctor", "--port", "0"), 0)
