"""The demo federation as visitors meet it, in a process of its own, and the default encoder."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

from embeddings.encoder import Encoder, Vectors, load_encoder
from embeddings.kept import KeptVectors
from embeddings.packaged import default_cache
from router.detect import taught
from router.detect.classifier import Detector, Example, Measurement, digest
from router.detect.rules import RuleSet
from tests.beside import Groups, put_in_order
from tests.processes import logging_to
from tests.waiting import PATIENCE_S, until_now

Kind = Literal["query", "passage"]
ADMIN_KEY = "the-demo-tests-admin-key"
SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"

# The same examples in every run, and as long for each as the machine takes.
settings.register_profile(
    "suite",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    """Which of several processes runs what; see `beside.py`."""
    return Groups(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In which order; see `beside.py`."""
    put_in_order(items)


class DefaultEncoder:
    """The default encoder, which encodes no text twice; those of the program are in the cache."""

    def __init__(self, encoder: Encoder) -> None:
        self.fingerprint = encoder.fingerprint
        self.dimensions = encoder.dimensions
        self._kept = KeptVectors(_Waiting(encoder), default_cache())

    def encode(self, texts: Sequence[str], kind: Kind = "query") -> Vectors:
        """As `Encoder.encode`. Nothing is added to the cache."""
        return asyncio.run(self._kept.encode(texts, kind))


class _Waiting:
    """An encoder as `KeptVectors` takes one."""

    def __init__(self, encoder: Encoder) -> None:
        self.fingerprint = encoder.fingerprint
        self.dimensions = encoder.dimensions
        self._encoder = encoder

    async def encode(self, texts: Sequence[str], kind: Kind = "query") -> Vectors:
        return self._encoder.encode(texts, kind)


@pytest.fixture(scope="session", autouse=True)
def taught_once() -> Iterator[None]:
    """Services with the same encoder share their detectors: to teach them is a third of a start."""
    known: dict[tuple[object, ...], Detector] = {}

    def once(
        rules: RuleSet,
        labels: Sequence[str],
        examples: Sequence[Example],
        vectors: Vectors | None,
        kept: Measurement | None,
    ) -> Detector:
        encoded = b"" if vectors is None else hashlib.sha256(vectors.tobytes()).digest()
        key = (*labels, digest(examples), encoded, kept and kept.digest)
        if key not in known:
            known[key] = Detector(rules, labels, examples, vectors, kept)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taught, "Detector", once)
        yield


@pytest.fixture(scope="session")
def default_encoder() -> Iterator[DefaultEncoder]:
    with threadpool_limits(1, user_api="blas"):  # as the service does
        yield DefaultEncoder(load_encoder())


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real evaluation data beside the project."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the evaluation data (../shared/data) is not on this machine")
    return SHARED_DATA


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the demo server."""
    if running := os.environ.get("SAMSVAR_TEST_DEMO_HOME"):
        return Path(running)
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="session")
def demo_environment(demo_home: Path) -> dict[str, str]:
    """The environment of the demo server and of commands that use the same installation."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SAMSVAR_")}
    kept = {name: os.environ[name] for name in ("SAMSVAR_CACHE",) if name in os.environ}
    limits = {
        "SAMSVAR_REQUESTS_PER_MINUTE": "1000000",
        "SAMSVAR_ASKS_PER_MINUTE": "1000000",
        "SAMSVAR_PARTNER_NETWORKS": "127.0.0.0/8",
    }
    return ours | kept | limits | {"SAMSVAR_HOME": str(demo_home), "SAMSVAR_ADMIN_KEY": ADMIN_KEY}


@pytest.fixture(scope="session")
def demo_server(demo_home: Path, demo_environment: dict[str, str]) -> Iterator[str]:
    """The address of a running demo, with the default encoder. Starts it: a minute or two.

    `SAMSVAR_TEST_DEMO` and `SAMSVAR_TEST_DEMO_HOME` name one that runs already with `ADMIN_KEY`,
    and its data folder.
    """
    if running := os.environ.get("SAMSVAR_TEST_DEMO"):
        yield running
        return
    with start_server(demo_environment, demo_home) as (_, address):
        yield address


@contextlib.contextmanager
def start_server(
    environment: dict[str, str], home: Path
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`samsvar serve --demo` on a free port: the process and its address, once it is ready."""
    command = [sys.executable, "-m", "router.cli", "serve", "--demo", "--port", "0"]
    log = home / "server.log"
    with logging_to(log, command, env=environment) as process:
        yield process, _address(process, log)


@pytest.fixture
def demo(demo_server: str) -> Iterator[httpx.Client]:
    """A client of the demo, without a key."""
    with httpx.Client(base_url=demo_server, timeout=PATIENCE_S) as client:
        yield client


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server says it is ready, and read where it listens."""
    until_now(lambda: "Ready." in log.read_text("utf-8") or process.poll() is not None)
    said = log.read_text("utf-8")
    assert process.poll() is None, f"the demo server ended:\n{said}"
    return next(word for word in said.split() if word.startswith("http")).rsplit("/", 1)[0]
