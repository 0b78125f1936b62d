"""What goes wrong is said in the language of the page: every sentence that a refusal can have.

The sentences are taken from the source, so a new one needs its Bokmål at once.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from brains import database
from brains.errors import NotFound
from router.api import problems as api_problems
from router.console.problems import worded

ROOT = Path(__file__).parents[2]
# Which argument of what says it.
SAYING = {
    "Invalid": 0,
    "Conflict": 0,
    "NotAllowed": 0,
    "NotAuthenticated": 0,
    "Problem": 1,
    "StorageError": 0,
    "ClientException": 0,
    "PeerFailed": 0,
}
# What people at a console never do: a visitor's or a program's part, the command line, a start.
ELSEWHERE = (
    "brains/conversations.py",
    "brains/gaps/recorder.py",
    "brains/migrations",
    "router/api/",
    "router/choices.py",
    "router/cli/",
    "router/conversations.py",
    "router/demo/",
    "router/evaluation.py",
    "router/federation/http.py",
    "router/installed.py",
    "router/pipeline.py",
    "router/security/access.py",
    "router/security/guards.py",
    "router/security/oidc.py",
    "router/security/origins.py",
    "router/security/texts.py",
    "router/security/visitors.py",
    "router/settings.py",
    "router/talk.py",
)
STARTING = (
    "Samsvar needs a database file: a database in memory would be lost.",
    "The data folder",
)
A_VALUE = "7"


def sentences() -> Iterator[tuple[str, str]]:
    """Where it stands, and what is said, with a value where one goes."""
    for folder in ("brains", "router"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            place = str(file.relative_to(ROOT))
            if not place.startswith(ELSEWHERE):
                for call in ast.walk(ast.parse(file.read_text("utf-8"))):
                    text = _said(call)
                    if text and any(letter.isalpha() for letter in text.replace(A_VALUE, "")):
                        yield f"{place}:{getattr(call, 'lineno', 0)}", text


def _said(call: ast.AST) -> str | None:
    if not isinstance(call, ast.Call):
        return None
    name = getattr(call.func, "id", None) or getattr(call.func, "attr", "")
    at = SAYING.get(name)
    return None if at is None or len(call.args) <= at else _text(call.args[at])


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else A_VALUE for part in node.values
        )
    return None


def test_every_refusal_is_said_in_bokmal_too() -> None:
    found = list(sentences())
    assert len(found) > 100, "the sentences are no longer where they were"
    english = [
        f"{place}: {text}"
        for place, text in found
        if worded(text, "nb") == text and not text.startswith(STARTING)
    ]
    assert not english, "texts/problems.*.toml lack:\n" + "\n".join(english)


def test_what_is_not_there_is_said_in_bokmal_too() -> None:
    for module in ("brains.peers", "brains.people", "brains.imports", "router.jobs"):
        importlib.import_module(module)
    nouns = list(_below(NotFound))
    assert len(nouns) > 8
    for noun in nouns:
        said = str(noun("Å"))
        assert worded(said, "nb") not in (said, "") and "Å" in worded(said, "nb"), said


def _below(kind: type[NotFound]) -> Iterator[type[NotFound]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


@pytest.mark.parametrize("reason", [sign for sign, _ in database._EXPLANATIONS] + ["what else"])
def test_what_the_database_refuses_is_said_in_bokmal_too(reason: str) -> None:
    said = database._explain(reason)
    assert worded(said, "nb") != said


@pytest.mark.parametrize("status", [404, 405])
def test_addresses_that_are_not_there_are_said_in_bokmal_too(status: int) -> None:
    said = api_problems.DETAILS[status]("")
    assert worded(said, "nb") != said


def test_what_one_may_not_do_is_said_in_bokmal_too() -> None:
    for said in (
        "This needs the right to publish, which the role curator or admin has. "
        "The person “Kari” is editor.",
        "This needs a person whose scope is * or brain:kommune. The person “Kari” has body:voss.",
        "Nobody is signed in. Sign in and try again.",
    ):
        assert worded(said, "nb") != said and "role" not in worded(said, "nb")
