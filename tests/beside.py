"""What runs beside what, where the tests run in two processes as `make test` has them.

What shares something slow to make is in one group, which one process runs in order: a folder's
tests, all that encode with the default encoder, the demo and the browser. Groups begin in the
order of their first tests, and go to the process that has nothing left to do.
"""

from __future__ import annotations

from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]
TOGETHER = {"test_demo.py": "browser"}


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """Of two processes, one never waits for what the other has made."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def group(nodeid: str) -> str:
    """The group of a test, by its id: `tests/folder/file.py::test[parameters]`."""
    path = nodeid.split("::", 1)[0]
    folder, *rest = path.removeprefix("tests/").split("/")
    if rest:
        return folder
    if "default_encoder" in (ROOT / path).read_text("utf-8"):
        return "default_encoder"
    return TOGETHER.get(folder, folder)
