"""The guide to adapters keeps its word: its file and its test, put in place, work.

Both are taken from `docs/adapters.md` and written to a folder that counts as part of the package
`adapters`. Nothing else is added: no entry point, no setting, no installation.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import importlib.util
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import adapters
from router.installed import installed
from tests.adapters.small import Small, small_service

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "adapters.md").read_text("utf-8")
BLOCK = re.compile(r"^<!-- (\S+) -->\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = dict(BLOCK.findall(GUIDE))
ADAPTER, TEST = "adapters/postkort.py", "tests/adapters/test_postkort.py"
ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


def its_tests() -> list[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    named = [one.name for one in ast.parse(FILES[TEST]).body if isinstance(one, functions)]
    return [name for name in named if name.startswith("test_")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The guide's files in a folder, where the adapter is found."""
    made = tmp_path_factory.mktemp("guide")
    for path, text in FILES.items():
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_text(text, "utf-8")
    before = list(adapters.__path__)
    adapters.__path__ = [*before, str(made / "adapters")]
    importlib.invalidate_caches()
    yield made
    adapters.__path__ = before
    sys.modules.pop("adapters.postkort", None)
    vars(adapters).pop("postkort", None)


@pytest.fixture(scope="module")
def guides_test(folder: Path) -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("test_postkort", folder / TEST)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[module.__name__]


@pytest.fixture(scope="module")
def small(folder: Path) -> Iterator[Small]:
    with small_service(folder / "home") as running:
        yield running


@pytest.fixture(scope="module")
def demo_server(small: Small) -> str:
    """The service that the guide's test talks to."""
    return small.address


@pytest.fixture(scope="module")
def partner_key(small: Small) -> str:
    return small.key


def test_one_file_and_one_test_are_all() -> None:
    assert set(FILES) == {ADAPTER, TEST}
    assert not [path for path in FILES if (ROOT / path).exists()]


def test_being_there_is_enough(folder: Path) -> None:
    assert "postkort" in [adapter.name for adapter in installed()]


@pytest.mark.parametrize("name", its_tests())
def test_the_guides_own_test_passes(
    name: str, guides_test: ModuleType, request: pytest.FixtureRequest
) -> None:
    function = getattr(guides_test, name)
    wanted = inspect.signature(function).parameters
    result = function(**{fixture: request.getfixturevalue(fixture) for fixture in wanted})
    if inspect.iscoroutine(result):
        asyncio.run(result)


@pytest.mark.parametrize("command", [["check", "--no-cache"], ["format", "--check"]])
def test_the_guides_code_is_in_our_style(folder: Path, command: list[str]) -> None:
    ruff = [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml")]
    ruff += ["--config", f"src = ['{ROOT}', '{folder}']"]
    done = subprocess.run([*ruff, *FILES], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_guide_lists_every_adapter() -> None:
    ours = {one.name for one in installed() if type(one).__module__.startswith("adapters.")}
    assert set(ROW.findall(GUIDE.partition("## ")[0])) == ours - {"postkort"}
