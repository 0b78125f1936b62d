"""Consoles that are open while visitors ask: what each adds to the cost of a question.

    .venv/bin/python -m benchmarks.live

A server in a process of its own, with the installation of `benchmarks.installation`. Visitors
send unanswered questions 16 at a time; each console listens to the stream of counters and fetches
the live part of its page as `static/console.js` does. What the server's process spends on a
question is compared between rounds of one run. Writes its section of `docs/speed.md`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import random
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import httpx
import uvicorn

from benchmarks import installation, pages
from benchmarks.gap_load import SYLLABLES
from benchmarks.installation import BODIES, BRAIN
from router.api.app import create_app
from router.console.live import RENEWALS_PER_SECOND
from router.console.routes import console_routes
from router.security.signed_in import cookie_name

PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
HEADING = "## Open consoles"
CONSOLES = (0, 1, 20, 100)
ROUNDS, QUESTIONS, AT_ONCE, NEEDS = 3, 300, 16, 200
HUNG = 100
# As in static/console.js.
SPREAD_SHARE = 0.25
SETTLE_S = 3.0
LIST = f"/console/brains/{BRAIN}/gaps"
EVENTS = f"/console/events?brain={BRAIN}"


class Server(NamedTuple):
    """Where it listens, its process, and a curator's cookie."""

    address: str
    port: int
    pid: int
    cookies: dict[str, str]


class Round(NamedTuple):
    """What a round cost: processor milliseconds of the server for each question, the longest but
    one in twenty of the visitors' waits in ms, and fetched parts of pages."""

    processor_ms: float
    wait_ms: float
    fetched: int


def serve(pipe: Connection, folder: str) -> None:
    """The server's process, until it is ended."""
    asyncio.run(_serve(pipe, Path(folder)))


async def _serve(pipe: Connection, folder: Path) -> None:
    async with installation.installation(folder) as made:
        routes = console_routes(made.service, made.settings)
        app = create_app(made.service, made.settings, [], routes)
        listening = socket.create_server(("127.0.0.1", 0))
        cookies = {cookie_name(made.settings): made.tokens["curator"]}
        server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning"))
        port = listening.getsockname()[1]
        pipe.send(Server(f"http://127.0.0.1:{port}", port, os.getpid(), cookies))
        await server.serve(sockets=[listening])


class Console:
    """One page with a live list, as the browser keeps it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.fetched = 0
        self._rest_s = 0.0
        self.heard = asyncio.Event()
        self._changed = asyncio.Event()

    async def look(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._renew())

    async def _listen(self) -> None:
        async with self._client.stream("GET", EVENTS, timeout=None) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data:"):
                    self._rest_s = json.loads(line.removeprefix("data:"))["rest_ms"] / 1000
                    if self.heard.is_set():
                        self._changed.set()
                    self.heard.set()

    async def _renew(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await asyncio.sleep(random.random() * SPREAD_SHARE * self._rest_s)
            answer = await self._client.get(LIST, headers={"X-Fragment": "gap-list"}, timeout=120)
            answer.raise_for_status()
            self.fetched += 1
            await asyncio.sleep(self._rest_s)


@contextlib.asynccontextmanager
async def consoles(server: Server, count: int) -> AsyncIterator[list[Console]]:
    """So many that have heard the first numbers."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(
        base_url=server.address, cookies=server.cookies, limits=limits
    ) as client:
        made = [Console(client) for _ in range(count)]
        looking = [asyncio.create_task(one.look()) for one in made]
        await asyncio.gather(*(one.heard.wait() for one in made))
        yield made
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)


@contextlib.asynccontextmanager
async def hung(server: Server, count: int) -> AsyncIterator[None]:
    """Consoles that ask for the stream and read none of it."""
    cookie = "; ".join(f"{name}={value}" for name, value in server.cookies.items())
    head = f"GET {EVENTS} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n"
    held = []
    for _ in range(count):
        one = socket.create_connection(("127.0.0.1", server.port))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        one.sendall(f"{head}Accept: text/event-stream\r\n\r\n".encode())
        held.append(one)
    yield
    for one in held:
        one.close()


async def one_round(server: Server, questions: Iterator[str], count: int) -> Round:
    """QUESTIONS questions while `count` consoles are open."""
    async with consoles(server, count) as open_now:
        return await _asked(server, questions, open_now)


async def _asked(server: Server, questions: Iterator[str], open_now: list[Console]) -> Round:
    waits: list[float] = []
    choose = random.Random(3)
    before, left = processor_s(server.pid), iter(range(QUESTIONS))

    async def visitor(client: httpx.AsyncClient) -> None:
        for _ in left:
            sent = {"body": f"body{choose.randrange(BODIES)}", "text": next(questions)}
            began = time.perf_counter()
            answer = await client.post("/v1/ask", json=sent, timeout=120)
            answer.raise_for_status()
            waits.append(time.perf_counter() - began)

    async with httpx.AsyncClient(base_url=server.address) as client:
        await asyncio.gather(*(visitor(client) for _ in range(AT_ONCE)))
    spent = processor_s(server.pid) - before
    late = sorted(waits)[int(0.95 * len(waits))]
    return Round(1000 * spent / QUESTIONS, 1000 * late, sum(one.fetched for one in open_now))


def made_up() -> Iterator[str]:
    """Questions without end of `NEEDS` needs that no answer is about."""
    choose = random.Random(11)
    needs = ["".join(choose.choices(SYLLABLES, k=8)) for _ in range(NEEDS)]
    while True:
        yield f"{choose.choice(needs)} {choose.choice(('nå', 'her', 'for meg'))}"


async def measure(server: Server) -> str:
    questions = made_up()
    await one_round(server, questions, 0)
    rounds: dict[int, list[Round]] = {count: [] for count in CONSOLES}
    for _ in range(ROUNDS):
        for count in CONSOLES:
            rounds[count].append(await one_round(server, questions, count))
            print(count, rounds[count][-1], flush=True)
    async with hung(server, HUNG):
        await asyncio.sleep(SETTLE_S)
        silent = await one_round(server, questions, 0)
        print("hung", silent)
    storm = await _storm(server)
    none = rounds[0]
    lines = [HEAD, "|---:|---:|---:|---:|"]
    for count, found in rounds.items():
        lines.append(f"| {count} | {_beside(found, none)} | {_fetched(found):.2f} |")
    lines.append(f"| {HUNG} that read nothing | {_beside([silent], none)} | 0 |")
    return TEXT.format(
        heading=HEADING, table="\n".join(lines), storm=storm,
        questions=QUESTIONS, rounds=ROUNDS, at_once=AT_ONCE, most=max(CONSOLES),
        gaps=f"{installation.GAPS:,}", renewals=RENEWALS_PER_SECOND,
    )  # fmt: skip


def _beside(found: list[Round], none: list[Round]) -> str:
    shares = [
        statistics.median(getattr(one, name) for one in found)
        / statistics.median(getattr(one, name) for one in none)
        for name in ("processor_ms", "wait_ms")
    ]
    return " | ".join(f"{share:.2f}" for share in shares)


def _fetched(found: list[Round]) -> float:
    return statistics.median(one.fetched for one in found) / QUESTIONS


async def _storm(server: Server) -> float:
    """Processor milliseconds for each console, where the most of them come back at once."""
    before = processor_s(server.pid)
    async with consoles(server, max(CONSOLES)):
        return 1000 * (processor_s(server.pid) - before) / max(CONSOLES)


def processor_s(pid: int) -> float:
    """What the process has spent of processor time, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


HEAD = (
    "| consoles | processor time of a question, times that with none "
    "| wait of the slowest twentieth, times | lists fetched a question |"
)
TEXT = """{heading}

`benchmarks/live.py` writes this section. Make it again with

    .venv/bin/python -m benchmarks.live

The installation of the section above, with {gaps} unanswered questions, in a process of its own.
Visitors ask {questions} questions that nobody can answer, {at_once} at a time, while so many
consoles show the list of unanswered questions; {rounds} rounds in turn, the median. Every question
changes the list.

{table}

A console fetches its list when something changes, and then rests: all that are open fetch
{renewals} a second together, however many they are, and one alone at most one. The machine was busy
with other work: the slower it is, the more seconds a question takes and the more lists fall on it.
{most} that come back at the same moment, as after a restart, cost {storm:.1f} ms each; they
spread themselves over two seconds and more.
"""


def main() -> None:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        process = context.Process(target=serve, args=(there, folder), daemon=True)
        process.start()
        try:
            text = asyncio.run(measure(here.recv()))
        finally:
            process.terminate()
            process.join()
    print(text)
    pages.write_section(PAGE, HEADING, text)


if __name__ == "__main__":
    main()
