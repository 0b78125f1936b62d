"""What one body's people do not learn of another's, beyond what `test_every_route` asks for.

There each route is asked as it stands. Here are the ways round: ids in a query,
numbers that move, names and words that come along with what is one's own, a page
that was open before rights were taken away.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import pytest_asyncio

from brains import counters, notes, people, sessions
from brains.counters import Counts
from brains.gaps import work
from brains.knowledge import scopes_of
from brains.model import Entry, Role
from brains.notes import NewNote
from brains.people import Person
from router.messages import Message
from router.service import Service
from router.settings import Settings
from tests.console.conftest import ClientOf, form_client
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

BRAIN = "/console/brains/kommune"
SHARED = "Kan vi få låne partyteltet til sommerfesten"


async def ask(service: Service, body: str, text: str) -> str:
    """An unanswered question; the gap it is in."""
    vector = (await service.encoder.encode([text]))[0]
    now = dt.datetime.now(dt.UTC)
    return await service.gaps.record("kommune", body, text, "nb", vector, [], now)


async def save(service: Service, id: str, audience: list[str], **more: str) -> Entry:
    entry = Entry(
        id=id,
        title=more.get("title", f"Om {id}"),
        questions=[f"Hva gjelder for {id}?"],
        answers={"nb": more.get("answer", f"Dette gjelder for {id}.")},
        owner=audience[0] if audience != ["*"] else None,
        audience=audience,
        status=more.get("status", "published"),  # type: ignore[arg-type]
    )
    return await service.curation.save_entry("kommune", entry, more.get("by", "Vossekuratoren"))


async def counted(service: Service, body: str) -> Counts:
    scopes = scopes_of(service.knowledge.body(body))
    async with service.db.read() as tx:
        return await counters.count_own(tx, "kommune", dt.datetime.now(dt.UTC), body, scopes)


Newcomer = Callable[[Role, str], "asyncio.Future[tuple[Person, httpx.AsyncClient]]"]


@pytest_asyncio.fixture(loop_scope="session")
async def newcomer(
    base_url: str, service: Service, settings: Settings
) -> AsyncIterator[Callable[[Role, str], object]]:
    """Signs in a new person with a role in a scope."""
    opened: list[httpx.AsyncClient] = []

    async def one(role: Role, scope: str) -> tuple[Person, httpx.AsyncClient]:
        now = dt.datetime.now(dt.UTC)
        async with service.db.write() as tx:
            email = f"newcomer.{now.timestamp()}@samsvar.example"
            person = await people.add(tx, email=email, name="Ny", role=role, scope=scope, at=now)
            token = await sessions.start(tx, person.id, now)
        opened.append(form_client(base_url, service, settings, token))
        return person, opened[-1]

    yield one
    for client in opened:
        await client.aclose()


async def test_an_id_in_the_address_tells_no_title(service: Service, client_of: ClientOf) -> None:
    await save(service, "voss-hemmeleg", ["voss"], title="Nedlegging av Voss skule")
    for path in (
        f"{BRAIN}/facts?entry=voss-hemmeleg",
        f"{BRAIN}/local-answers/new?entry=voss-hemmeleg&audience=bergen",
        f"{BRAIN}/broadcasts/new?like=voss-hemmeleg",
        f"{BRAIN}/entries?text=nedlegging",
        f"{BRAIN}/search?q=nedlegging",
        "/console/search?q=nedlegging&brain=kommune",
        f"{BRAIN}/ask-as?question=Hva+gjelder+for+voss-hemmeleg&asker=voss",
    ):
        shown = (await client_of("editor").get(path)).text
        assert "Nedlegging av Voss" not in shown, path
    seen = await client_of("curator").get(f"{BRAIN}/entries?text=nedlegging")
    assert "Nedlegging av Voss" in seen.text


async def test_what_others_visitors_ask_moves_none_of_an_editors_numbers(service: Service) -> None:
    gap = await ask(service, "bergen", SHARED)
    before, theirs = await counted(service, "bergen"), await counted(service, "voss")
    assert await ask(service, "voss", f"{SHARED} her") == gap, "it should be one gap"
    await ask(service, "voss", "Kvar finn eg ein snekkar til løa")
    assert await counted(service, "bergen") == before
    assert (await counted(service, "voss")).version != theirs.version
    await ask(service, "bergen", f"{SHARED} da")
    assert (await counted(service, "bergen")).version != before.version
    async with service.gaps.changing("kommune", "k") as change:
        await work.dismiss(change, gap, "other")
    assert (await counted(service, "bergen")).open == before.open - 1


async def test_an_editors_counter_of_reviews_is_the_length_of_the_queue_they_see(
    service: Service, client_of: ClientOf
) -> None:
    start = (await counted(service, "bergen")).review
    await save(service, "voss-ventar", ["voss"], status="in_review")
    assert (await counted(service, "bergen")).review == start
    await save(service, "bergen-venter", ["bergen"], status="in_review")
    await save(service, "alle-venter", ["*"], status="in_review")
    assert (await counted(service, "bergen")).review == start + 2
    queue = (await client_of("editor").get(f"{BRAIN}/review")).text
    assert "bergen-venter" in queue and "alle-venter" in queue and "voss-ventar" not in queue


async def test_who_closed_a_gap_is_not_told_to_another_bodys_editor(
    service: Service, client_of: ClientOf, base_url: str, keys: dict[str, dict[str, str]]
) -> None:
    gap = await ask(service, "bergen", "Når blir tennisbanen vannet i tørkesommeren")
    assert gap == await ask(service, "voss", "Når blir tennisbanen vannet i tørkesommeren da")
    async with service.gaps.changing("kommune", "Vossaredaktør Vik") as change:
        await work.dismiss(change, gap, "other")
    assert "Vossaredaktør" not in (await client_of("editor").get(f"{BRAIN}/gaps/{gap}")).text
    listed = await client_of("editor").get(f"{BRAIN}/gaps?status=dismissed")
    assert gap in listed.text and "Vossaredaktør" not in listed.text
    async with httpx.AsyncClient(
        base_url=base_url, headers=keys["bergen editor"], timeout=PATIENCE_S
    ) as api:
        found = (await api.get(f"/v1/brains/kommune/gaps/{gap}")).json()
    assert found["id"] == gap and found.get("closed_by") is None
    assert "Vossaredaktør" in (await client_of("curator").get(f"{BRAIN}/gaps/{gap}")).text


async def test_what_was_said_while_it_was_anothers_stays_theirs(
    service: Service, client_of: ClientOf, base_url: str, keys: dict[str, dict[str, str]]
) -> None:
    theirs = await save(service, "frå-voss", ["voss"], answer="Ring Olav på vakta.")
    async with service.db.write() as tx:
        saying = NewNote("comment", "Ordføraren vil ikkje seia dette høgt.")
        now = dt.datetime.now(dt.UTC)
        await notes.add(tx, "kommune", theirs.id, theirs.revision, saying, "Voss", now)
    await save(service, "frå-voss", ["*"], answer="Ring kommunen.", status="in_review")
    editor = client_of("editor")
    for path in (f"{BRAIN}/entries/frå-voss", f"{BRAIN}/entries/frå-voss/history"):
        shown = await editor.get(path)
        assert shown.status_code == 200
        assert "Ordføraren" not in shown.text and "Olav" not in shown.text, path
    queue = (await editor.get(f"{BRAIN}/review")).text
    assert "frå-voss" in queue and "Olav" not in queue
    async with httpx.AsyncClient(
        base_url=base_url, headers=keys["bergen editor"], timeout=PATIENCE_S
    ) as api:
        said = await api.get("/v1/brains/kommune/entries/frå-voss/notes")
        saved = await api.get("/v1/brains/kommune/entries/frå-voss/revisions")
    assert said.status_code == saved.status_code == 200
    assert "Ordføraren" not in said.text and "Olav" not in saved.text


async def test_what_a_change_would_do_is_shown_for_the_own_visitors_alone(
    service: Service,
) -> None:
    for body in ("bergen", "voss"):
        await service.ask(Message(body=body, text="Hvordan søker jeg om barnehageplass?"))
        await service.ask(Message(body=body, text=f"Når brøyter dere veien i {body}?"))
    known = service.knowledge.entry("kommune", "barnehage-soknad")
    greedy = Entry(
        id="bergen-grådig",
        questions=[*known.questions, "Når brøyter dere veien?"],
        answers={"nb": "Spør oss."},
        owner="bergen",
        audience=["bergen"],
        status="published",
    )
    found = await service.impact.preview("kommune", greedy, None, "bergen")
    assert set(found.per_body) == {"bergen"}
    assert {one.body for one in found.changes} <= {"bergen"}
    everywhere = await service.impact.preview("kommune", greedy)
    assert everywhere.questions.tried > found.questions.tried


async def test_a_stream_ends_with_the_right_to_it(service: Service, newcomer: Newcomer) -> None:
    for number, ending in enumerate(("disabled", "elsewhere", "signed out")):
        person, client = await newcomer("editor", "body:bergen")
        events: list[str] = []
        async with (
            asyncio.timeout(PATIENCE_S),
            client.stream("GET", "/console/events", params={"brain": "kommune"}) as stream,
        ):
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                events.append(line)
                async with service.db.write() as tx:
                    if ending == "disabled":
                        await people.disable(tx, person.id, dt.datetime.now(dt.UTC))
                    elif ending == "elsewhere":
                        await people.change(tx, person.id, scope="body:voss")
                    else:
                        await sessions.end_all(tx, person.id)
                await ask(service, "bergen", f"Hvem har nøkkelen til klubbhuset nummer {number}")
        assert len(events) == 1, f"{ending}: {events}"
