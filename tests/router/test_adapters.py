"""Adapters are found by being there: in the package `adapters`, or named by a distribution."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import adapters
from brains.errors import Invalid
from router.installed import calling, installed

LINE = """
class LineAdapter:
    name = "{name}"

    def routes(self):
        return []
"""
CALLS = (
    LINE
    + """
    settings = {{}}

    async def ask(self, line, question):
        raise NotImplementedError

    async def card(self, line):
        return None
"""
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose files are in the package `adapters` too, while a test runs."""
    monkeypatch.setattr(adapters, "__path__", [*adapters.__path__, str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("adapters.made_up"):
            del sys.modules[name]


def names() -> list[str]:
    importlib.invalidate_caches()
    return [adapter.name for adapter in installed()]


def test_ours_are_all_found_in_order() -> None:
    found = names()
    assert {"openai", "widget"} <= set(found)
    assert found == sorted(found)


def test_a_new_file_is_enough(folder: Path) -> None:
    (folder / "made_up.py").write_text(LINE.format(name="made-up"))
    assert "made-up" in names()


def test_in_a_folder_it_is_the_file_called_adapter(folder: Path) -> None:
    made = folder / "made_up"
    made.mkdir()
    (made / "__init__.py").touch()
    (made / "shapes.py").write_text(LINE.format(name="not-this"))
    assert not {"made-up", "not-this"} & set(names())
    (made / "adapter.py").write_text(LINE.format(name="made-up"))
    assert "made-up" in names()
    assert "not-this" not in names()


def test_what_a_file_has_from_elsewhere_is_not_its_adapter(folder: Path) -> None:
    (folder / "made_up.py").write_text(
        "from adapters.widget.adapter import WidgetAdapter\n" + LINE.format(name="made-up")
    )
    assert names().count("widget") == 1


def test_another_distribution_names_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "made_up_elsewhere.py").write_text(LINE.format(name="made-up"))
    about = tmp_path / "made_up-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: made-up\nVersion: 1\n")
    (about / "entry_points.txt").write_text(
        "[samsvar.adapters]\nany = made_up_elsewhere:LineAdapter\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert "made-up" in names()


def test_two_of_one_name_are_refused(folder: Path) -> None:
    (folder / "made_up.py").write_text(LINE.format(name="widget"))
    with pytest.raises(Invalid, match=r"WidgetAdapter and adapters\.made_up\.LineAdapter"):
        names()


BROKEN = LINE.format(name="made-up") + "\n    def __init__(self):\n        raise OSError\n"


@pytest.mark.parametrize("text", ["import nowhere_at_all", "raise RuntimeError", "def (", BROKEN])
def test_one_that_cannot_be_loaded_is_logged_and_leaves_the_others(
    folder: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    (folder / "made_up.py").write_text(text)
    assert "widget" in names()
    assert re.search(r"adapters\.made_up\S* cannot be loaded", caplog.text)


def test_those_on_which_partners_are_called_are_told_from_the_others(folder: Path) -> None:
    (folder / "made_up.py").write_text(CALLS.format(name="made-up"))
    importlib.invalidate_caches()
    called = calling(installed())
    assert "made-up" in called
    assert "widget" not in called
