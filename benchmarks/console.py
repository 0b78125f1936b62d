"""Every page of the console, and the main lists of the API, at the size of a whole country.

    .venv/bin/python -m benchmarks.console

One installation is made up in a temporary folder (`benchmarks.installation`), with an encoder that
hashes letters, and asked for its pages as an admin, a curator and an editor. Times are beside the
lightest page of the same run. Writes its section of `docs/speed.md`.
"""

from __future__ import annotations

import asyncio
import gzip
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from benchmarks import installation, pages
from benchmarks.installation import BRAIN, Made
from router.api.app import create_app
from router.console.routes import console_routes
from router.security.signed_in import cookie_name

PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
HEADING = "## The console"
TIMES = 5
OF_BRAIN, OF_ENTRY = f"/console/brains/{BRAIN}", f"/console/brains/{BRAIN}/entries/entry-7"
OF_GAP = f"{OF_BRAIN}/gaps/gap7"
PAGES = [
    OF_BRAIN,
    f"{OF_BRAIN}/gaps",
    f"{OF_BRAIN}/gaps?status=answered",
    OF_GAP,
    f"{OF_GAP}/answer",
    f"{OF_BRAIN}/entries",
    f"{OF_BRAIN}/entries?text=om&order=asked",
    f"{OF_BRAIN}/new-entry",
    OF_ENTRY,
    f"{OF_ENTRY}/edit",
    f"{OF_ENTRY}/history",
    f"{OF_BRAIN}/review",
    f"{OF_BRAIN}/facts",
    f"{OF_BRAIN}/facts/fact_7",
    "/console/bodies/body0/facts",
    f"{OF_BRAIN}/local-answers",
    f"{OF_BRAIN}/broadcasts",
    f"{OF_BRAIN}/broadcasts/new",
    "/console/bodies",
    "/console/bodies/body0",
    f"{OF_BRAIN}/imports",
    f"{OF_BRAIN}/ask-as",
    f"{OF_BRAIN}/conflicts",
    "/console/search?q=om",
    "/console/people",
    "/console/keys",
    "/console/federation",
    "/console/audit",
    "/console/account",
    f"/v1/brains/{BRAIN}/entries",
    f"/v1/brains/{BRAIN}/gaps",
    "/v1/bodies",
    "/v1/bodies/body0/facts",
]


class Measured(NamedTuple):
    """One page as one person gets it; `statements` to the database."""

    path: str
    milliseconds: float
    kilobytes: float
    compressed: float
    statements: int


async def measure() -> dict[str, list[Measured]]:
    with tempfile.TemporaryDirectory() as folder:
        async with installation.installation(Path(folder)) as made:
            routes = console_routes(made.service, made.settings)
            app = create_app(made.service, made.settings, [], routes)
            async with app.lifespan():
                return {kind: await _all(made, app, kind) for kind in made.tokens}


async def _all(made: Made, app: Any, kind: str) -> list[Measured]:
    cookies = {cookie_name(made.settings): made.tokens[kind]}
    transport = httpx.ASGITransport(app=app)
    found: list[Measured] = []
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost", cookies=cookies, timeout=120
    ) as client:
        for path in PAGES:
            one = await _one(client, path)
            if one is not None:
                found.append(one)
                print(kind, *one, flush=True)
    return found


async def _one(client: httpx.AsyncClient, path: str) -> Measured | None:
    """None where the page is not theirs."""
    times: list[float] = []
    counted = 0
    for _ in range(TIMES):
        with _statements() as statements:
            started = time.perf_counter()
            answer = await client.get(path, follow_redirects=True)
            times.append(1000 * (time.perf_counter() - started))
        counted = len(statements)
        if answer.status_code in (401, 403, 404):
            return None
        answer.raise_for_status()
    size = len(answer.content)
    packed = len(gzip.compress(answer.content, 6))
    return Measured(path, statistics.median(times), size / 1024, packed / 1024, counted)


@contextmanager
def _statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA")):
            seen.append(statement)

    sa.event.listen(Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(Engine, "before_cursor_execute", note)


def section(measured: dict[str, list[Measured]]) -> str:
    console = [one for one in measured["admin"] if one.path.startswith("/console")]
    lightest = min(one.milliseconds for one in console)
    by_kind = {kind: {one.path: one for one in found} for kind, found in measured.items()}
    lines = [
        "| page | as admin: times the lightest | ms | KB | KB compressed | statements "
        "| as curator: times | as editor: times |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for path in PAGES:
        one = by_kind["admin"].get(path)
        if one is None:
            continue
        others = [by_kind[kind].get(path) for kind in ("curator", "editor")]
        beside = " | ".join(f"{o.milliseconds / lightest:.1f}" if o else "" for o in others)
        lines.append(
            f"| `{path}` | {one.milliseconds / lightest:.1f} | {one.milliseconds:.0f} "
            f"| {one.kilobytes:.0f} | {one.compressed:.0f} | {one.statements} | {beside} |"
        )
    return TEXT.format(
        heading=HEADING,
        table="\n".join(lines),
        times=TIMES,
        **{
            name: f"{getattr(installation, name):,}"
            for name in ("ENTRIES", "BODIES", "FACTS", "GAPS", "ASKED", "AUDITED", "LOCAL")
        },
        QUESTIONS=f"{installation.GAPS * installation.PER_GAP:,}",
        NOTICES=installation.BROADCASTS_MADE,
    )


TEXT = """{heading}

`benchmarks/console.py` writes this section. Make it again with

    .venv/bin/python -m benchmarks.console

A made-up installation with {ENTRIES} answers, {BODIES} bodies of {FACTS} facts each, {GAPS}
unanswered questions with {QUESTIONS} messages, {ASKED} questions asked, {AUDITED} lines of the
audit log, {NOTICES} broadcasts and {LOCAL} local answers. Each page was asked for {times} times by
each person; the time is the median, as this machine happened to be busy: compare only the lines
with each other. Empty where the page is not theirs.

{table}
"""


def main() -> None:
    measured = asyncio.run(measure())
    pages.write_section(PAGE, HEADING, section(measured))


if __name__ == "__main__":
    main()
