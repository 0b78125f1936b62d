"""What every page of the console has in common, seen from outside."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from brains.database import Database
from brains.people import Person
from brains.store import now
from router.console.live import EVERY_SECONDS, Live, Place
from router.jobs import Progress
from router.service import Service
from tests.console.conftest import ANONYMOUS, ClientOf
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = ("/console/brains/kommune", "/console/brains/kommune/gaps", "/console/search?q=barnehage")
HTML = {"accept": "text/html"}


async def test_the_services_own_address_leads_to_the_console(client_of: ClientOf) -> None:
    nobody = client_of(ANONYMOUS)
    way = await nobody.get("/", headers=HTML)
    assert (way.status_code, way.headers["location"]) == (302, "/console")
    assert way.headers["cache-control"] == "no-store"
    page = await nobody.get("/", headers=HTML, follow_redirects=True)
    assert page.status_code == 200 and page.url.path == "/console/sign-in"


async def test_no_page_holds_anything_that_its_policy_refuses(client_of: ClientOf) -> None:
    admin = client_of("admin")
    for path in PAGES:
        page = await admin.get(path, headers=HTML)
        assert page.status_code == 200, page.text
        assert "unsafe" not in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert not re.search(r"\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|<style", page.text)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
        assert len(re.findall(r"<h1", page.text)) == 1


async def test_the_menu_shows_what_one_may_see_and_no_more(client_of: ClientOf) -> None:
    admin, editor = client_of("admin"), client_of("editor")
    whole = (await admin.get(PAGES[0], headers=HTML)).text
    own = (await editor.get(PAGES[0], headers=HTML)).text
    assert "/console/people" in whole and "/console/brains/kommune/conflicts" in whole
    assert "/console/people" not in own and "/console/brains/kommune/conflicts" not in own
    assert 'value="nav"' in whole and 'value="nav"' not in own
    assert 'href="/console/brains/kommune" aria-current="page"' in whole


async def test_what_is_not_there_is_said_in_the_frame(client_of: ClientOf) -> None:
    admin = client_of("admin")
    page = await admin.get("/console/nowhere", headers=HTML)
    assert page.status_code == 404 and "Siden finnes ikke" in page.text
    assert "Ubesvarte spørsmål" in page.text
    wrong_method = await admin.get("/console/preferences", headers=HTML)
    assert wrong_method.status_code in (404, 405) and "<h1>" in wrong_method.text
    program = await admin.get("/console/jobs/x/state", headers={"accept": "application/json"})
    assert program.headers["content-type"] == "application/problem+json"


async def test_an_editor_is_told_that_a_page_is_anothers(client_of: ClientOf) -> None:
    page = await client_of("editor").get("/console/brains/nav", headers=HTML)
    assert page.status_code == 403 and "Du har ikke tilgang" in page.text


async def test_language_and_looks_are_chosen_and_kept(client_of: ClientOf) -> None:
    reader = client_of("reader")
    chosen = await reader.post(
        "/console/preferences",
        data={"language": "en", "theme": "dark", "back": "/console/brains/kommune/gaps"},
    )
    assert chosen.headers["location"] == "/console/brains/kommune/gaps"
    page = (await reader.get("/console/brains/kommune/gaps", headers=HTML)).text
    assert '<html lang="en" data-theme="dark">' in page and "Unanswered questions" in page
    elsewhere = await reader.post("/console/preferences", data={"back": "https://evil.example/"})
    assert elsewhere.headers["location"] == "/console"


async def test_styles_and_scripts_are_kept_for_ever_under_their_version(
    client_of: ClientOf,
) -> None:
    page = (await client_of("admin").get(PAGES[0], headers=HTML)).text
    for address in re.findall(r'"(/console/static/[^"#]+)"', page):
        file = await client_of("anonymous").get(address)
        assert file.status_code == 200
        assert "immutable" in file.headers["cache-control"]


async def test_a_fragment_is_that_part_alone(client_of: ClientOf) -> None:
    admin = client_of("admin")
    part = await admin.get(PAGES[1], headers=HTML | {"X-Fragment": "gap-list"})
    assert part.text.startswith('<div id="gap-list"') and "<html" not in part.text


async def test_search_finds_by_kind_and_only_what_one_may_see(
    client_of: ClientOf, service: Service
) -> None:
    await _ask(service, "voss", "Kan eg parkere zeppelinaren på Vossevangen?")
    found = (await client_of("curator").get("/console/search?q=zeppelin", headers=HTML)).text
    assert "<mark>zeppelin</mark>aren" in found and "<h2" in found
    own = (await client_of("editor").get("/console/search?q=zeppelin", headers=HTML)).text
    assert "zeppelinaren" not in own and "Fant ingenting" in own
    entries = (await client_of("editor").get("/console/search?q=trygghetsalarm", headers=HTML)).text
    assert "/console/brains/kommune/entries/alarm%2Fset" in entries


async def test_counters_come_by_themselves_when_somebody_asks(
    client_of: ClientOf, service: Service
) -> None:
    address = "/console/events?brain=kommune"
    async with client_of("curator").stream("GET", address) as stream:
        events = _counts(stream)
        before = await asyncio.wait_for(anext(events), PATIENCE_S)
        await _ask(service, "bergen", "Hvor finner jeg glemte paraplyer fra 1923?")
        after = await asyncio.wait_for(anext(events), PATIENCE_S)
        await events.aclose()
    assert after["version"] > before["version"] and after["open"] > before["open"]


async def test_long_work_is_watched_on_its_page_and_leads_to_its_result(
    client_of: ClientOf, service: Service, persons: dict[str, Person]
) -> None:
    go = asyncio.Event()

    async def work(progress: Progress) -> None:
        progress(0.4, "trying")
        await go.wait()

    job = service.jobs.start("impact", persons["curator"].id, work, then="/console/brains/kommune")
    await asyncio.sleep(0)
    curator, address = client_of("curator"), f"/console/jobs/{job.id}"
    page = await curator.get(address, headers=HTML)
    assert 'value="0.400"' in page.text and "prøver spørsmålene" in page.text
    assert (await client_of("editor").get(address, headers=HTML)).status_code == 404
    go.set()
    await service.jobs.wait(job, PATIENCE_S)
    assert (await curator.get(f"{address}/state")).json()["then"] == "/console/brains/kommune"
    assert (await curator.get(address)).headers["location"] == "/console/brains/kommune"


async def test_no_page_asks_the_database_more_than_a_handful_of_questions(
    client_of: ClientOf, service: Service
) -> None:
    gap = await _ask(service, "bergen", "Hvor mange fugleholker er det i Nygårdsparken?")
    asked: list[str] = []

    def note(*arguments: Any) -> None:
        # What follows the change feed and the gaps runs beside every page.
        said = arguments[2]
        if said.startswith("SELECT") and not re.search(r"FROM changes|gap_clocks", said):
            asked.append(said)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        for path, most in (
            ("/console/brains/kommune", 25),
            ("/console/brains/kommune/gaps", 16),
            (f"/console/brains/kommune/gaps/{gap}", 50),
            ("/console/search?q=barnehage", 20),
        ):
            asked.clear()
            assert (await client_of("curator").get(path, headers=HTML)).status_code == 200
            assert len(asked) <= most, asked
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


async def test_nobody_listens_to_a_brain_that_is_not_theirs(client_of: ClientOf) -> None:
    assert (await client_of("editor").get("/console/events?brain=nav")).status_code == 404


class CountedDatabase:
    """The database, and how often it was read."""

    def __init__(self, db: Database) -> None:
        self.db, self.reads = db, 0

    def read(self) -> Any:
        self.reads += 1
        return self.db.read()


async def test_a_hundred_pages_share_one_query_a_second_and_end_together(
    service: Service,
) -> None:
    counted, seconds, told = CountedDatabase(service.db), [0.0], []
    live = Live(counted, lambda: seconds[0])  # type: ignore[arg-type]

    async def listen() -> None:
        async for _ in live.changes(Place("kommune")):
            told.append(seconds[0])

    pages = [asyncio.create_task(listen()) for _ in range(100)]
    await until(lambda: len(told) == 100)
    assert counted.reads == 1
    await _ask(service, "bergen", "Hvem eier båten som ligger på land ved Store Lungegårdsvann?")
    seconds[0] += EVERY_SECONDS
    await until(lambda: len(told) == 200)
    assert counted.reads == 2
    live.end()
    await asyncio.wait_for(asyncio.gather(*pages), PATIENCE_S)


async def _counts(stream: httpx.Response) -> AsyncIterator[dict[str, int]]:
    with contextlib.suppress(httpx.ReadError):
        async for line in stream.aiter_lines():
            if line.startswith("data: {"):
                yield json.loads(line[len("data: ") :])


async def _ask(service: Service, body: str, text: str) -> str:
    vector = (await service.encoder.encode([text]))[0]
    return await service.gaps.record("kommune", body, text, "nb", vector, [], now())
