"""What runs beside what, where the tests run in two processes as `make test` has them.

What shares something slow to make is in one group, which one process runs in order: a folder's
tests, all that ask the demo, all that encode with the default encoder. Each process is given two
groups at first, of the first four in turn, and then the next whenever it has done one: so long
groups come before short ones. The demo and the encoder are made once, and the encoder late enough
that the demo has kept the vectors which both need.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]
DEMO, ENCODER = "demo", "default_encoder"
ASKS_THE_DEMO = re.compile(r"\b(?:demo: httpx\.Client|demo_server: str|partner_key: str)\b")
# The others follow in the order of their first tests.
FIRST = (DEMO, "api", "embeddings", "brains", ENCODER, "console", "router")


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """Of two processes, one never waits for what the other has made."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def put_in_order(items: list[pytest.Item]) -> None:
    """Group by group, each in its own order; those who change the demo come after who ask it."""
    groups = dict.fromkeys([*FIRST, *(group(item.nodeid) for item in items)])
    places = {name: place for place, name in enumerate(groups)}
    items.sort(key=lambda item: (places[group(item.nodeid)], "tests/browser/" in item.nodeid))


def group(nodeid: str) -> str:
    """The group of a test, by its id: `tests/folder/file.py::test[parameters]`."""
    return _group_of_file(nodeid.split("::", 1)[0])


@functools.cache
def _group_of_file(path: str) -> str:
    text = (ROOT / path).read_text("utf-8")
    if ASKS_THE_DEMO.search(text):
        return DEMO
    folder, *rest = path.removeprefix("tests/").split("/")
    if not rest and ENCODER in text:
        return ENCODER
    return folder
