"""Gaps under load: 20,000 unanswered messages of 500 needs from 90 bodies, 16 at a time.

    .venv/bin/python -m benchmarks.gap_load

Twice: straight into the store, with tidying beside it, and over HTTP to a server in a
process of its own. Both use an encoder that hashes character trigrams, so that what is
measured is ours and not the model's. Counts what is in the database afterwards, and what the
last 2,000 messages cost beside the first 2,000. Writes its section of `docs/gaps.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import socket
import sqlite3
import sys
import tempfile
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
import uvicorn
from sqlalchemy.engine import Engine

from brains.database import Database
from brains.gaps import Gaps
from brains.gaps.tidier import Tidier
from brains.model import Body, Brain, Entry
from brains.store import now
from embeddings.batching import BatchingEncoder
from router.demo.load import read_entries
from router.service import Service
from router.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "gaps.md"
HEADING = "## Under load"
MESSAGES = 20_000
NEEDS = 500
BODIES = 90
AT_ONCE = 16
COMPARED = 2_000
DIMENSIONS = 256
BRAIN = "kommune"
WAYS = ("{}", "spørsmål om {}", "{} for barn", "hva med {}", "trenger {}", "{} i dag", "om {} da")
SYLLABLES = [a + b for a in "bdfgklmnprstv" for b in ("a", "e", "i", "o", "u", "øy", "å")]

Vector = npt.NDArray[np.float32]


class HashingEncoder:
    """Unit vectors of hashed character trigrams; no model, a tenth of a millisecond a text."""

    dimensions = DIMENSIONS
    fingerprint = f"hashed-trigrams-{DIMENSIONS}"

    def encode(self, texts: Sequence[str], kind: str = "query") -> Vector:
        """Shape (len(texts), DIMENSIONS)."""
        return np.stack([_hashed(text) for text in texts])


class Message(NamedTuple):
    body: str
    text: str


class Cost(NamedTuple):
    """What a run took: seconds since its start at each message, statements so far at each."""

    seconds: list[float]
    statements: list[int]

    def milliseconds(self, part: slice) -> float:
        times = self.seconds[part]
        return 1000 * (times[-1] - times[0]) / (len(times) - 1)

    def queries(self, part: slice) -> float:
        counts = self.statements[part]
        return (counts[-1] - counts[0]) / (len(counts) - 1)


class Outcome(NamedTuple):
    name: str
    sent: int
    stored: int
    gaps: int
    cost: Cost


def messages() -> Iterator[Message]:
    """Made-up questions without end: two invented words say what each need is about."""
    choose = random.Random(7)
    needs = [" ".join("".join(choose.choices(SYLLABLES, k=4)) for _ in "ab") for _ in range(NEEDS)]
    while True:
        text = choose.choice(WAYS).format(choose.choice(needs))
        yield Message(f"body{choose.randrange(BODIES)}", text)


async def through_the_store(count: int, folder: Path) -> Outcome:
    """Straight into `Gaps`, with the tidier beside it as in the service."""
    db = await Database.open(f"sqlite:///{folder / 'store.db'}")
    encoder = BatchingEncoder(HashingEncoder())
    gaps = await Gaps.open(db, encoder)
    tidying = asyncio.create_task(Tidier(gaps).tidy_for_ever())

    async def send(message: Message) -> bool:
        vector = _hashed(message.text)
        await gaps.record(BRAIN, message.body, message.text, "nb", vector, [], now())
        return True

    cost = await _send_all(count, send)
    tidying.cancel()
    await asyncio.gather(tidying, return_exceptions=True)
    await gaps.close()
    await encoder.close()
    await db.close()
    return _outcome("the store", count, folder / "store.db", cost)


async def over_http(count: int, folder: Path) -> Outcome:
    """To a server in a process of its own, one question a request."""
    async with _server(folder) as address:
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as client:

            async def send(message: Message) -> bool:
                asked = {"body": message.body, "text": message.text, "language": "nb"}
                response = await client.post("/v1/ask", json=asked)
                outcome = response.raise_for_status().json()["outcome"]
                return bool(outcome["type"] == "unanswered")

            cost = await _send_all(count, send)
    return _outcome("HTTP", count, folder / "samsvar.db", cost)


async def serve(folder: Path, port: int) -> None:
    """The server process: 90 bodies and some entries that none of the messages is about."""
    high = str(10**9)
    settings = Settings.from_environment(
        {
            "SAMSVAR_HOME": str(folder),
            "SAMSVAR_ADMIN_KEY": "load",
            "SAMSVAR_REQUESTS_PER_MINUTE": high,
            "SAMSVAR_ASKS_PER_MINUTE": high,
        }
    )
    service = await Service.open(settings, HashingEncoder())
    await service.curation.add_brain(Brain(id=BRAIN, name=BRAIN), "load")
    for number in range(BODIES):
        body = Body(id=f"body{number}", name=f"Kommune {number}", brain=BRAIN)
        await service.curation.add_body(body, "load")
    await service.curation.import_entries(BRAIN, _entries(), "load")
    await service.knowledge.refit_if_stale()
    from router.api.app import create_app  # here: only the server's process needs it

    app = create_app(service, settings)
    config = uvicorn.Config(app, port=port, access_log=False, log_level="warning")
    await uvicorn.Server(config).serve()
    await service.close()


async def _send_all(wanted: int, send: Callable[[Message], Awaitable[bool]]) -> Cost:
    """Sends until so many were unanswered, `AT_ONCE` at a time.

    To hashed trigrams an invented word looks now and then like a real one, and the bot asks
    back or answers: then the next message takes its place.
    """
    places, waiting = iter(range(1, wanted + 1)), messages()
    cost, so_far = Cost([], []), [0]

    def count(*_: object) -> None:
        so_far[0] += 1

    async def sender() -> None:
        for place in places:
            while not await send(next(waiting)):
                pass
            cost.seconds.append(time.perf_counter())
            cost.statements.append(so_far[0])
            if place % COMPARED == 0:
                print(f"{place} of {wanted}", file=sys.stderr)

    sa.event.listen(Engine, "before_cursor_execute", count)
    await asyncio.gather(*(sender() for _ in range(AT_ONCE)))
    sa.event.remove(Engine, "before_cursor_execute", count)
    return cost


@contextlib.asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ("-m", "benchmarks.gap_load", "--serve", str(folder), "--port", str(port))
    process = await asyncio.create_subprocess_exec(sys.executable, *command, env=dict(os.environ))
    address = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=address, timeout=5) as client:
            while not await _is_ready(client):
                if process.returncode is not None:
                    raise SystemExit("the server ended")
                await asyncio.sleep(0.5)
        yield address
    finally:
        process.terminate()
        await process.wait()


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


def _outcome(name: str, sent: int, file: Path, cost: Cost) -> Outcome:
    with contextlib.closing(sqlite3.connect(file)) as database:
        (stored,) = database.execute("SELECT count(*) FROM gap_questions").fetchone()
        (gaps,) = database.execute("SELECT count(*) FROM gaps WHERE status = 'open'").fetchone()
    return Outcome(name, sent, stored, gaps, cost)


def _entries() -> list[Entry]:
    return [
        Entry(id=entry.id, title=entry.title, questions=entry.questions, answers={"nb": entry.id})
        for entry in read_entries(BRAIN)[:60]
    ]


def _hashed(text: str) -> Vector:
    folded = f"  {' '.join(text.casefold().split())} "
    vector = np.zeros(DIMENSIONS, np.float32)
    for start in range(len(folded) - 2):
        hashed = zlib.crc32(folded[start : start + 3].encode("utf-8", "surrogatepass"))
        vector[hashed % DIMENSIONS] += 1.0 if hashed & 0x10000 else -1.0
    return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-9))


def section(outcomes: Sequence[Outcome]) -> str:
    """The section of the page."""
    lines = [
        HEADING,
        "",
        "`benchmarks/gap_load.py` writes this section: "
        f"{MESSAGES:,} unanswered messages from {BODIES} bodies, {NEEDS} needs among them, "
        f"{AT_ONCE} at a time, on SQLite, with tidying beside it. Run it again with",
        "",
        "    .venv/bin/python -m benchmarks.gap_load",
        "",
        f"| through | sent | in the database | open gaps | ms a message, first {COMPARED:,} | "
        f"last {COMPARED:,} | ratio | SQL statements a message, first | last |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    first, last = slice(0, COMPARED), slice(-COMPARED, None)
    for one in outcomes:
        before, after = one.cost.milliseconds(first), one.cost.milliseconds(last)
        queries = [one.cost.queries(part) for part in (first, last)]
        shown = [f"{count:.2f}" if one.name != "HTTP" else "" for count in queries]
        lines.append(
            f"| {one.name} | {one.sent:,} | {one.stored:,} | {one.gaps:,} | {before:.2f} | "
            f"{after:.2f} | {after / before:.2f} | {shown[0]} | {shown[1]} |"
        )
    lines += [
        "",
        "A message costs one look-up by its text and a share of the few statements that write "
        "those of the same moment together, however many came before. Both runs use an encoder "
        "that hashes trigrams of invented words, so the number of gaps says little: how well "
        "gaps agree with needs is measured on real questions, on this page too.",
    ]
    return "\n".join(lines) + "\n"


def write(text: str) -> None:
    """Puts the section into the page, in place of the one that is there."""
    page = PAGE.read_text("utf-8") if PAGE.exists() else "# Gaps\n"
    before, found, rest = page.partition(HEADING + "\n")
    _, mark, after = rest.partition("\n## ")
    tail = f"\n## {after}" if found and mark else ""
    PAGE.write_text(f"{before.rstrip()}\n\n{text}{tail}", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--serve", type=Path, help="be the server, with its data in this folder")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    if options.serve is not None:
        asyncio.run(serve(options.serve, options.port))
        return
    with tempfile.TemporaryDirectory() as folder:
        outcomes = [
            asyncio.run(run(options.messages, Path(folder)))
            for run in (through_the_store, over_http)
        ]
    text = section(outcomes)
    print(text)
    if options.messages == MESSAGES:
        write(text)
    if any(one.sent != one.stored for one in outcomes):
        raise SystemExit("messages were lost")


if __name__ == "__main__":
    main()
