"""A database file a test, and a small federation in it.

The federation: brain `kommune`, used by `bergen` and `voss` (both in group
`vestland`) and by `asker`; brain `nav`, used by `nav` alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from brains import store
from brains.database import Database
from brains.knowledge import Knowledge
from brains.model import Body, Brain, Entry
from tests.fakes import FakeClock, FakeEncoder, FakeMatcher

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

BARNEHAGE = Entry(
    id="barnehage-soknad",
    brain="kommune",
    title="Søke om barnehageplass",
    questions=["Hvordan søker jeg om barnehageplass?", "søke barnehage"],
    answers={
        "nb": "Fristen er {{ facts.barnehage_deadline }}.",
        "en": "The deadline is {{ facts.barnehage_deadline }}.",
    },
)
SNO = Entry(
    id="snorydding",
    brain="kommune",
    questions=["Når brøyter dere veien?", "snørydding"],
    answers={"nb": "Vi brøyter når det har snødd."},
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'data' / 'samsvar.db'}"


@pytest_asyncio.fixture
async def db(url: str) -> AsyncIterator[Database]:
    database = await Database.open(url)
    yield database
    await database.close()


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest_asyncio.fixture
async def federation(db: Database) -> Database:
    """The database with brains and bodies, and no entries yet."""
    await store.save_brain(db, Brain(id="kommune", name="Kommunene"))
    await store.save_brain(db, Brain(id="nav", name="NAV"))
    vestland = ["vestland"]
    await store.save_bodies(
        db,
        [
            Body(id="bergen", name="Bergen kommune", brain="kommune", groups=vestland),
            Body(id="voss", name="Voss herad", brain="kommune", language="nn", groups=vestland),
            Body(id="asker", name="Asker kommune", brain="kommune"),
            Body(id="nav", name="NAV", kind="agency", brain="nav"),
        ],
    )
    return db


Opener = Callable[[], Awaitable[Knowledge]]


@pytest_asyncio.fixture
async def open_knowledge(
    federation: Database, encoder: FakeEncoder, clock: FakeClock
) -> AsyncIterator[Opener]:
    """Opens a node's view; several are several nodes on one database."""
    opened: list[Knowledge] = []

    async def open_one() -> Knowledge:
        node = await Knowledge.open(federation, encoder, matcher=FakeMatcher(), clock=clock)
        opened.append(node)
        return node

    yield open_one
    for node in opened:
        await node.close()
