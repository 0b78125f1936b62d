"""The database: opened safely, migrated once, and everything acknowledged survives a kill."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from brains import tables
from brains.database import Database
from brains.errors import Conflict, StorageError
from tests.processes import started
from tests.waiting import PATIENCE_S

KILLS = 20
WRITER = Path(__file__).parent / "writer.py"
ROOT = Path(__file__).parents[2]


@pytest.mark.usefixtures("sqlite_only")
async def test_opening_makes_the_folder_and_is_repeatable(url: str) -> None:
    for _ in range(2):
        db = await Database.open(url)
        async with db.read() as tx:
            assert (await tx.execute(sa.text("PRAGMA journal_mode"))).scalar() == "wal"
        async with db.write() as tx:
            assert (await tx.execute(sa.text("PRAGMA synchronous"))).scalar() == 2
        await db.close()


async def test_the_migrations_build_the_tables(db: Database) -> None:
    def difference(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), tables.metadata))

    async with db.read() as tx:
        assert await tx.run_sync(difference) == []


def test_many_open_at_once(url: str) -> None:
    code = (
        f"import asyncio; from brains.database import Database; asyncio.run(Database.open({url!r}))"
    )
    opening = [started([sys.executable, "-c", code], cwd=ROOT) for _ in range(4)]
    assert [process.wait(PATIENCE_S) for process in opening] == [0, 0, 0, 0]


@pytest.mark.usefixtures("sqlite_only")
async def test_opening_waits_for_one_that_writes_the_new_file(url: str) -> None:
    """SQLite's own timeout does not hold where the file is switched to a write-ahead log."""
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE of_another (x)")
        opening = asyncio.create_task(Database.open(url))
        await asyncio.sleep(0.3)
        assert not opening.done()
        other.execute("COMMIT")
        await (await opening).close()


async def test_a_newer_schema_is_refused(url: str, db: Database) -> None:
    async with db.write() as tx:
        await tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="newer Samsvar"):
        await Database.open(url)


async def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "fil").write_text("x" * 5000)
    with pytest.raises(StorageError, match="not a Samsvar database"):
        await Database.open(f"sqlite:///{tmp_path / 'fil'}")
    with pytest.raises(StorageError, match="data folder"):
        await Database.open(f"sqlite:///{tmp_path / 'fil' / 'under' / 's.db'}")
    with pytest.raises(StorageError, match="in memory"):
        await Database.open("sqlite://")


async def test_a_failed_transaction_leaves_nothing(db: Database) -> None:
    with pytest.raises(RuntimeError):
        async with db.write() as tx:
            await tx.execute(sa.insert(tables.brains).values(id="a", document="{}"))
            raise RuntimeError
    with pytest.raises(Conflict):
        async with db.write() as tx:
            await tx.execute(sa.insert(tables.brains).values(id="a", document="{}"))
            await tx.execute(sa.insert(tables.brains).values(id="a", document="{}"))
    async with db.read() as tx:
        assert (await tx.execute(sa.select(tables.brains))).all() == []


async def test_a_cancelled_transaction_frees_the_lock(db: Database) -> None:
    entered = asyncio.Event()

    async def hold() -> None:
        async with db.write() as tx:
            await tx.execute(sa.insert(tables.brains).values(id="a", document="{}"))
            entered.set()
            await asyncio.Event().wait()

    holder = asyncio.create_task(hold())
    await entered.wait()
    holder.cancel()
    await asyncio.gather(holder, return_exceptions=True)
    async with asyncio.timeout(PATIENCE_S), db.write() as tx:
        assert (await tx.execute(sa.select(tables.brains))).all() == []


async def test_reading_is_a_snapshot_and_never_waits(db: Database) -> None:
    count = sa.select(sa.func.count()).select_from(tables.brains)
    async with db.read() as reader:
        assert (await reader.execute(count)).scalar() == 0
        async with db.write() as tx:
            await tx.execute(sa.insert(tables.brains).values(id="a", document="{}"))
        assert (await reader.execute(count)).scalar() == 0
    async with db.read() as reader:
        assert (await reader.execute(count)).scalar() == 1


def test_nothing_acknowledged_is_lost_when_killed(tmp_path: Path) -> None:
    """Starts a process that saves entries and records gaps, and kills it, twenty times over."""
    path = tmp_path / "samsvar.db"
    chance = random.Random(7)
    acknowledged: set[str] = set()
    for round_number in range(KILLS):
        process = started(
            [sys.executable, str(WRITER), str(path), str(round_number)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert process.stdout is not None
        for _ in range(chance.randint(1, 4)):
            acknowledged.add(process.stdout.readline().strip())
        time.sleep(chance.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        acknowledged.update(line.strip() for line in process.stdout if line.endswith("\n"))
        process.wait()
    assert len(acknowledged) > KILLS
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        stored = {f"entry {id}" for (id,) in connection.execute("SELECT id FROM entries")}
        stored |= {
            f"gap {text}" for (text,) in connection.execute("SELECT text FROM gap_questions")
        }
        told = {
            f"entry {key}"
            for (key,) in connection.execute("SELECT key FROM changes WHERE kind = 'entry'")
        }
        sizes = connection.execute("SELECT sum(size) FROM gaps").fetchone()
        counts = connection.execute("SELECT count(*) FROM gap_questions").fetchone()
    assert acknowledged <= stored
    assert {line for line in stored if line.startswith("entry")} == told
    assert sizes == counts
