"""A small service in a thread: the federation of `tests/api`, the fake encoder, every adapter.

For tests of what the demo need not be started for. Clients that block reach it as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from router.api.app import create_app
from router.installed import installed
from router.security.access import Access
from router.settings import Settings
from tests.api.conftest import federation, served
from tests.waiting import PATIENCE_S


class Small(NamedTuple):
    """Where it is, and the key of a partner of all its bodies."""

    address: str
    key: str


@contextlib.contextmanager
def small_service(home: Path) -> Iterator[Small]:
    """Runs until the block is left."""
    ready: Future[Small] = Future()
    loop, ended = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(_run(home, ready, ended)))
    thread.start()
    try:
        yield ready.result(PATIENCE_S)
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


async def _run(home: Path, ready: Future[Small], ended: asyncio.Event) -> None:
    settings = Settings.from_environment({"SAMSVAR_HOME": str(home)})
    try:
        async with federation(settings) as service:
            _, key = await Access(service.db).create("a partner", "partner", "*")
            async with served(create_app(service, settings, installed())) as address:
                ready.set_result(Small(address, key))
                await ended.wait()
    except BaseException as error:
        if not ready.done():
            ready.set_exception(error)
        raise
