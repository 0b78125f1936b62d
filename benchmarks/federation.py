"""Partners that misbehave, measured: how long the visitor waits, and whether others are held up.

    .venv/bin/python -m benchmarks.federation

A service, and partners on sockets, in one process, with an encoder that costs next to nothing:
what is measured is the federation. First each fault of `tests/federation`, several times: the
longest that a visitor waited beyond the connection's time limit. Then 200 conversations at once
over HTTP with three partners, healthy and with one hanging, in turns: the others' 99th
percentile. Writes its section of `docs/federation.md`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import uvicorn

from brains.model import Connection
from router.api.app import create_app
from router.messages import Referred
from router.service import Service
from tests.federation import partners
from tests.federation.conftest import LOAN, TAX, VISA, Visitor, filled
from tests.federation.partners import Partner, partner
from tests.federation.test_faults import FAULTS

PAGE = Path(__file__).parents[1] / "docs" / "federation.md"
HEADING = "## Measured"
TIMES = 5
TIME_LIMIT_S = 1.0
CONVERSATIONS = 200
QUESTIONS_EACH = 6
ROUNDS = 5
TAKES_SECONDS = 0.05
ASKED = {"skatteetaten": TAX, "lanekassen": LOAN, "udi": VISA}
HANGING = "skatteetaten"


class Waited(NamedTuple):
    fault: str
    longest: float
    useful: int


class Round(NamedTuple):
    """Of one round, seconds: every wait for partners other than the one that may hang."""

    hanging: bool
    waits: list[float]

    def percentile(self, share: float) -> float:
        return sorted(self.waits)[min(len(self.waits) - 1, int(share * len(self.waits)))]


async def answers_in_time(self: Partner, question: dict[str, Any], writer: Any) -> None:
    """A bot that takes a moment to answer."""
    await asyncio.sleep(TAKES_SECONDS)
    await partners.send(writer, partners.letter(text="Det gjør du på nettsiden vår."))


async def faults(service: Service) -> list[Waited]:
    """Each fault, some times over: the longest wait, and how often the reply was useful."""
    found = []
    for name, (manner, _) in FAULTS.items():
        waits, useful = [], 0
        for _ in range(TIMES):
            async with partner(manner) as bad:
                await _connect(service, "skatteetaten", bad.address)
                started = await service.conversations.start("bergen")
                began = time.perf_counter()
                reply = await Visitor(service, started.id, started.token).says(TAX)
                waits.append(time.perf_counter() - began)
                useful += isinstance(reply.outcome, Referred) and bool(reply.outcome.url)
        found.append(Waited(name, max(waits), useful))
    return found


async def held_up(service: Service) -> list[Round]:
    """Rounds of 200 conversations, healthy and with one hanging in turns."""
    async with contextlib.AsyncExitStack() as stack:
        rounds = []
        good = {body: await stack.enter_async_context(partner(answers_in_time)) for body in ASKED}
        bad = await stack.enter_async_context(partner(partners.hangs))
        for body, one in good.items():
            await _connect(service, body, one.address)
        address = await stack.enter_async_context(_served(service))
        await _round(address)
        for hanging in [False, True] * ROUNDS:
            at = bad.address if hanging else good[HANGING].address
            await _connect(service, HANGING, at)
            rounds.append(Round(hanging, await _round(address)))
    return rounds


async def _round(address: str) -> list[float]:
    waits: list[float] = []
    limits = httpx.Limits(max_connections=CONVERSATIONS)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
        bodies = itertools.islice(itertools.cycle(ASKED), CONVERSATIONS)
        await asyncio.gather(*(_conversation(client, body, waits) for body in bodies))
    return waits


async def _conversation(client: httpx.AsyncClient, body: str, waits: list[float]) -> None:
    started = (await client.post("/v1/conversations", json={"body": "bergen"})).json()
    headers = {"Authorization": f"Bearer {started['token']}"}
    for _ in range(QUESTIONS_EACH):
        began = time.perf_counter()
        path = f"/v1/conversations/{started['id']}/messages"
        response = await client.post(path, json={"text": ASKED[body]}, headers=headers)
        outcome = response.raise_for_status().json()["outcome"]
        assert (outcome["type"], outcome["body"]) == ("referred", body), outcome
        if body != HANGING:
            assert outcome["answered_by"] == body, outcome
            waits.append(time.perf_counter() - began)


async def _connect(service: Service, body: str, address: str) -> None:
    wanted = Connection(body=body, adapter="letter", address=address, time_limit_s=TIME_LIMIT_S)
    await service.connections.save(wanted)


@contextlib.asynccontextmanager
async def _served(service: Service) -> AsyncIterator[str]:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    app = create_app(service, service.settings)
    config = uvicorn.Config(app, access_log=False, log_level="warning", lifespan="on")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await serving


def report(waited: Sequence[Waited], rounds: Sequence[Round]) -> str:
    """The section of the page."""
    lines = [
        HEADING,
        "",
        "`python -m benchmarks.federation`, on two cores. The visitor's wait for a reply about the "
        f"body whose bot misbehaves, the longest of {TIMES}, with a time limit of "
        f"{TIME_LIMIT_S:g} s:",
        "",
        "| the partner | longest wait, s | beyond the limit, s | useful replies |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {one.fault} | {one.longest:.2f} | {max(one.longest - TIME_LIMIT_S, 0):.2f} | "
        f"{one.useful} of {TIMES} |"
        for one in waited
    ]
    lines += [
        "",
        f"{CONVERSATIONS} conversations at once, {QUESTIONS_EACH} questions each, with three "
        "partners that take "
        f"{1000 * TAKES_SECONDS:.0f} ms; the waits of those who ask the other two, in "
        f"{ROUNDS} rounds each, taken in turns (ms):",
        "",
        "| the third partner | median | p99 of each round | median p99 |",
        "|---|---|---|---|",
    ]
    for hanging, name in ((False, "healthy"), (True, "hangs")):
        own = [one for one in rounds if one.hanging == hanging]
        p99 = [1000 * one.percentile(0.99) for one in own]
        median = statistics.median(wait for one in own for wait in one.waits)
        lines.append(
            f"| {name} | {1000 * median:.0f} | {', '.join(f'{one:.0f}' for one in p99)} | "
            f"{statistics.median(p99):.0f} |"
        )
    ratio = _p99(rounds, hanging=True) / _p99(rounds, hanging=False)
    lines += ["", f"Ratio of the median p99, hanging to healthy: **{ratio:.2f}**."]
    return "\n".join(lines) + "\n"


def _p99(rounds: Sequence[Round], *, hanging: bool) -> float:
    return statistics.median(one.percentile(0.99) for one in rounds if one.hanging == hanging)


def write(section: str) -> None:
    """Puts the section in place of what stood under its heading."""
    before, found, after = PAGE.read_text("utf-8").partition(HEADING)
    _, next_heading, rest = after.partition("\n## ")
    tail = f"\n## {rest}" if found and next_heading else ""
    PAGE.write_text(before.rstrip() + "\n\n" + section + tail, "utf-8")


async def main() -> None:
    logging.disable(logging.ERROR)
    with tempfile.TemporaryDirectory() as home:
        service = await filled(
            home,
            SAMSVAR_REQUESTS_PER_MINUTE="1000000",
            SAMSVAR_ASKS_PER_MINUTE="1000000",
            SAMSVAR_MESSAGES_PER_MINUTE="1000000",
        )
        section = report(await faults(service), await held_up(service))
        await service.close()
    print(section)
    write(section)


if __name__ == "__main__":
    asyncio.run(main())
