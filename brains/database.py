"""Transactions on SQLite or PostgreSQL, with storage failures in plain words.

    db = await Database.open("sqlite:////var/lib/samsvar/samsvar.db")
    async with db.write() as tx: ...      # committed on leaving, rolled back on an error
    async with db.read() as tx: ...       # one consistent snapshot

On SQLite: write-ahead log, full synchronisation (what was committed survives
a power cut), one writer at a time, readers never wait. A write transaction
takes the lock when it begins, so it never fails half-way for want of it.

    with along(line): ...                 # `line` is written in the transaction that changes

What is kept beside the truth (`db.write(aside=True)`) is no change.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import random
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from brains import migrations
from brains.errors import Conflict, StorageError

log = logging.getLogger(__name__)

Transaction = AsyncConnection

BUSY_TIMEOUT_S = 30
SWITCH_PAUSE_S = 0.05
READERS_MAX = 8
MIGRATION_LOCK = 0x5A_5A_01
ROWS_AT_ONCE = 400  # keeps a statement's parameters below SQLite's old limit of 999


class Along(Protocol):
    """Something to write with a change, or not at all."""

    async def write(self, tx: Transaction) -> bool:
        """The last step of a transaction that changes something; whether it wrote anything."""

    def undo(self) -> None:
        """The transaction that it was written in came to nothing."""


_ALONG: ContextVar[Along | None] = ContextVar("along", default=None)


@contextlib.contextmanager
def along(line: Along) -> Iterator[None]:
    """Until it is left, what this task changes is written together with `line`."""
    before = _ALONG.set(line)
    try:
        yield
    finally:
        _ALONG.reset(before)


class Database:
    """One database, opened and migrated. Make it with `await Database.open(url)`."""

    def __init__(self, url: URL, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self.url = url
        self._writer = writer
        self._reader = reader
        self._writing = asyncio.Lock()

    @classmethod
    async def open(cls, url: str) -> Database:
        """Connects, makes the folder of an SQLite file, and migrates to the newest schema.

        Raises `StorageError` when the place cannot be used or a newer program made the schema.
        """
        address = _with_driver(url)
        if _is_sqlite(address):
            _make_folder(address)
        db = cls(address, _engine(address, writes=True), _engine(address, writes=False))
        try:
            await db._migrate()
        except BaseException:
            await db.close()
            raise
        return db

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._writer.dialect.name

    async def _migrate(self) -> None:
        async with self.write() as tx:
            if self.dialect == "postgresql":
                await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            await tx.run_sync(migrations.upgrade)

    @contextlib.asynccontextmanager
    async def write(self, *, aside: bool = False) -> AsyncIterator[Transaction]:
        """A transaction, committed on leaving. Nothing is saved on `StorageError` or `Conflict`.

        With `aside` it is not what somebody changes, but vectors, counts and the like.
        """
        writing: contextlib.AbstractAsyncContextManager[Any] = (
            self._writing if self.dialect == "sqlite" else contextlib.nullcontext()
        )
        with _plain_errors():
            async with writing, self._changing(None if aside else _ALONG.get()) as tx:
                yield tx

    @contextlib.asynccontextmanager
    async def _changing(self, line: Along | None) -> AsyncIterator[Transaction]:
        written = False
        try:
            async with self._writer.begin() as tx:
                yield tx
                written = line is not None and await line.write(tx)
        except BaseException:
            if line is not None and written:
                line.undo()
            raise

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A read-only snapshot: everything read inside belongs together."""
        with _plain_errors():
            async with self._reader.connect() as tx:
                yield tx

    async def close(self) -> None:
        await self._reader.dispose()
        await self._writer.dispose()


def insert(tx: Transaction, table: sa.Table) -> Any:
    """The dialect's own `insert`, which knows `on_conflict_do_update` and `.._do_nothing`."""
    return (postgresql if tx.dialect.name == "postgresql" else sqlite).insert(table)


async def upsert(tx: Transaction, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows, or overwrites those with the same key. All rows have the same columns."""
    if not rows:
        return
    statement = insert(tx, table)
    key = [column.name for column in table.primary_key]
    rest = {name: statement.excluded[name] for name in rows[0] if name not in key}
    await tx.execute(statement.on_conflict_do_update(index_elements=key, set_=rest), list(rows))


async def insert_missing(tx: Transaction, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts the rows whose primary key is not there yet."""
    if not rows:
        return
    key = [column.name for column in table.primary_key]
    await tx.execute(insert(tx, table).on_conflict_do_nothing(index_elements=key), list(rows))


def _with_driver(url: str) -> URL:
    address = make_url(url)
    if address.drivername == "sqlite":
        return address.set(drivername="sqlite+aiosqlite")
    if address.drivername in ("postgres", "postgresql"):
        driver = "asyncpg" if importlib.util.find_spec("asyncpg") else "psycopg"
        return address.set(drivername=f"postgresql+{driver}")
    return address


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _make_folder(url: URL) -> None:
    if not url.database or url.database == ":memory:" or url.query.get("mode") == "memory":
        raise StorageError("Samsvar needs a database file: a database in memory would be lost.")
    folder = Path(url.database).expanduser().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"The data folder {folder} cannot be made: {error.strerror}.") from error


def _engine(url: URL, *, writes: bool) -> AsyncEngine:
    if not _is_sqlite(url):
        if writes:
            return create_async_engine(url, pool_pre_ping=True)
        return create_async_engine(
            url, pool_pre_ping=True, isolation_level="REPEATABLE READ", pool_size=READERS_MAX
        )
    engine = create_async_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_S},
        pool_size=1 if writes else READERS_MAX,
        max_overflow=0,
    )

    @sa.event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        cursor = connection.cursor()
        if writes:
            _write_ahead(cursor)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -32000")
        if not writes:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(cursor: Any) -> None:
    """Switch the file to a write-ahead log, which it then keeps for every connection.

    For this SQLite reads the file and then asks for the write lock. Where another connection has
    that lock it gives up at once, whatever the timeout, since waiting with a read lock may be for
    ever: so two that open a new file together cannot both be served, and one tries again.
    """
    for _ in range(int(BUSY_TIMEOUT_S / SWITCH_PAUSE_S)):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            await_only(asyncio.sleep(random.uniform(0, 2 * SWITCH_PAUSE_S)))
    cursor.execute("PRAGMA journal_mode = WAL")


@contextlib.contextmanager
def _plain_errors() -> Any:
    try:
        yield
    except IntegrityError as error:
        raise Conflict(
            "Something this change builds on was changed or removed at the same moment. "
            "Nothing was saved; read it again and repeat the change."
        ) from error
    except DBAPIError as error:
        log.error("database: %s", error.orig)
        raise StorageError(_explain(str(error.orig))) from error
    except (SQLAlchemyError, OSError) as error:
        log.error("database: %s", error)
        raise StorageError(_explain(str(error))) from error


_EXPLANATIONS = (
    ("disk is full", "The disk is full. Nothing was saved; free some space and try again."),
    ("no space left", "The disk is full. Nothing was saved; free some space and try again."),
    ("readonly", "The database is read-only. Let Samsvar's user write to its file and folder."),
    ("unable to open", "The database file cannot be opened. Check that its folder can be written."),
    ("is locked", "Another program held the database too long. Nothing was saved; try again."),
    ("malformed", "The database file is damaged. Restore it from the last backup."),
    ("not a database", "The file is not a Samsvar database. Check SAMSVAR_DATABASE_URL."),
    ("disk i/o", "The disk failed while reading or writing. Nothing was saved; check the disk."),
    ("connect", "The database cannot be reached. Nothing was saved; check that it is running."),
)


def _explain(reason: str) -> str:
    lower = reason.lower()
    for sign, text in _EXPLANATIONS:
        if sign in lower:
            return text
    return f"The database refused: {reason}. Nothing was saved."
