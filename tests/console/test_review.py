"""Publishing in the console: nobody does it blind, and nobody approves their own."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from brains.formats import File
from router.service import Service
from tests.console.conftest import ClientOf
from tests.console.tried import led_to, tried

pytestmark = pytest.mark.asyncio(loop_scope="session")

Keys = dict[str, dict[str, str]]
ENTRIES = "/v1/brains/kommune/entries"
LIST = "/console/brains/kommune/entries"
NEW = "/console/brains/kommune/new-entry"
REVIEW = "/console/brains/kommune/review"
HARBOUR = {
    "title": "Gjestehavn",
    "questions": ["Hvor er gjestehavna?", "ligge i gjestehavn med båt"],
    "answers": {"nb": "Den ligger i sentrum."},
}


async def outcome(client: httpx.AsyncClient, text: str) -> str:
    """The entry that answers in Bergen, or nothing."""
    reply = await client.post("/v1/ask", json={"body": "bergen", "text": text})
    return str(reply.json()["outcome"].get("entry", ""))


async def test_publishing_shows_first_what_changes(client_of: ClientOf, keys: Keys) -> None:
    curator = client_of("curator")
    await curator.put(f"{ENTRIES}/gjestehavn", json=HARBOUR, headers=keys["editor"])
    page = "/console/brains/kommune/entries/gjestehavn"
    blind = await curator.post(f"{page}/publish", data={"deed": "publish", "revision": "1"})
    assert await outcome(curator, "Hvor er gjestehavna?") != "gjestehavn"

    fields = await tried(curator, blind.headers["location"])
    done = await curator.post(f"{page}/publish", data=fields | {"reason": "Ny havn"})
    assert done.headers["location"] == page
    assert await outcome(curator, "Hvor er gjestehavna?") == "gjestehavn"
    again = await curator.post(f"{page}/publish", data=fields)
    assert again.headers["location"].startswith("/console/jobs/")

    retiring = await curator.post(f"{page}/preview", data={"deed": "retire", "revision": "2"})
    fields = await tried(curator, retiring.headers["location"])
    await curator.post(f"{page}/publish", data=fields | {"reason": "Stengt"})
    assert await outcome(curator, "Hvor er gjestehavna?") == ""
    assert (await curator.post(f"{page}/undo", data={"revision": "3"})).status_code == 303
    assert await outcome(curator, "Hvor er gjestehavna?") == "gjestehavn"


async def test_what_does_harm_needs_a_reason(client_of: ClientOf, keys: Keys) -> None:
    curator = client_of("curator")
    greedy = {**HARBOUR, "questions": ["Hvordan søker jeg om barnehageplass?", "søke barnehage"]}
    await curator.put(f"{ENTRIES}/graadig", json=greedy, headers=keys["curator"])
    page = "/console/brains/kommune/entries/graadig"
    started = await curator.post(f"{page}/preview", data={"deed": "publish", "revision": "1"})
    fields = await tried(curator, started.headers["location"])
    refused = await curator.post(f"{page}/publish", data=fields)
    assert refused.status_code == 400
    assert "gjør noe dårligere" in refused.text and "Søke om barnehageplass" in refused.text
    done = await curator.post(f"{page}/publish", data=fields | {"reason": "Det er meningen"})
    assert done.status_code == 303
    assert "Det er meningen" in (await curator.get(page)).text
    await curator.post(f"{page}/undo", data={"revision": "2"})


async def test_nobody_approves_their_own_work(
    client_of: ClientOf, keys: Keys, service: Service
) -> None:
    curator, admin = client_of("curator"), client_of("admin")
    await curator.put(f"{ENTRIES}/egen", json=HARBOUR, headers=keys["editor"])
    page = "/console/brains/kommune/entries/egen"
    await curator.post(f"{page}/submit", data={"revision": "1", "note": ""})
    assert f'action="{page}/preview"' not in (await curator.get(page)).text
    started = await curator.post(f"{page}/preview", data={"deed": "publish", "revision": "2"})
    fields = await tried(curator, started.headers["location"])
    refused = await curator.post(f"{page}/publish", data=fields | {"reason": "Haster"})
    assert refused.status_code == 403
    assert "egen" not in service.knowledge.entries["kommune"]

    started = await admin.post(f"{page}/preview", data={"deed": "publish", "revision": "2"})
    stolen = await curator.get(started.headers["location"])
    assert stolen.status_code == 404
    fields = await tried(admin, started.headers["location"])
    assert (await admin.post(f"{page}/publish", data=fields | {"reason": "x"})).status_code == 303
    assert "egen" in service.knowledge.entries["kommune"]


async def test_who_wrote_it_publishes_it_unread_only_with_a_reason(
    client_of: ClientOf, keys: Keys
) -> None:
    curator, admin, page = client_of("curator"), client_of("admin"), f"{LIST}/batplass-i-havna"
    form = {"revision": "0", "questions": "batplass i havna", "answer_nb": "Ring havnesjefen."}
    start = await curator.post(NEW, data=form | {"title": "Batplass i havna", "action": "publish"})
    fields = await tried(curator, start.headers["location"])
    blind = await curator.post(f"{page}/publish", data=fields | {"reason": " "})
    assert blind.status_code == 400 and "La en annen lese det" in blind.text
    assert await outcome(curator, "batplass i havna") != "batplass-i-havna"

    await curator.post(f"{page}/publish", data=fields | {"reason": "Havna stenger i kveld"})
    assert await outcome(curator, "batplass i havna") == "batplass-i-havna"
    read = {"entry": "batplass-i-havna", "revision": "2"}
    refused = await curator.post(f"{REVIEW}/read", data=read)
    assert refused.status_code == 403
    listed = (await admin.get(REVIEW)).text
    assert 'data-key="unread-batplass-i-havna"' in listed and "Havna stenger i kveld" in listed
    assert "unread-batplass-i-havna" not in (await client_of("editor").get(REVIEW)).text
    assert (await admin.post(f"{REVIEW}/read", data=read)).status_code == 303
    assert "unread-batplass-i-havna" not in (await admin.get(REVIEW)).text
    said = (await admin.get(f"{ENTRIES}/batplass-i-havna/notes", headers=keys["admin"])).json()
    assert [note["kind"] for note in said["items"]] == ["approved", "unreviewed"]


async def test_what_came_with_a_file_is_listed_together_until_somebody_else_has_seen_it(
    client_of: ClientOf, service: Service
) -> None:
    curator, admin = client_of("curator"), client_of("admin")
    rows = [
        f'{{"id":"fil-{n}","questions":["Zqx {n} wvk?"],"answers":{{"nb":"Ja."}}}}' for n in "ab"
    ]
    contents = await service.imports.read([File("svar.jsonl", "\n".join(rows).encode())])
    await service.imports.at_once("kommune", contents, "Curator")
    listed = (await admin.get(REVIEW)).text
    assert "2 svar publisert på én gang" in listed and f'href="{LIST}/fil-a"' in listed
    (at,) = re.findall(r'name="at" value="([^"]+)"', listed)
    sent = {"at": html.unescape(at), "by": "Curator"}
    assert 'name="at"' not in (await curator.get(REVIEW)).text
    assert (await curator.post(f"{REVIEW}/read-together", data=sent)).status_code == 403
    assert (await client_of("editor").post(f"{REVIEW}/read-together", data=sent)).status_code == 403
    assert (await admin.post(f"{REVIEW}/read-together", data=sent)).status_code == 303
    assert "publisert på én gang" not in (await admin.get(REVIEW)).text
    for id in ("fil-a", "fil-b"):
        await service.curation.retire_entry("kommune", id, "test")


async def test_what_was_taken_away_unseen_is_listed_too(
    client_of: ClientOf, keys: Keys, service: Service
) -> None:
    admin, path = client_of("admin"), f"{ENTRIES}/tatt-bort"
    await admin.put(path, json={**HARBOUR, "status": "published"}, headers=keys["admin"])
    gone = (await admin.post(f"{path}/retire", headers=keys["curator"])).json()
    listed = (await admin.get(REVIEW)).text
    card = listed.partition('data-key="unread-tatt-bort"')[2].partition("</section>")[0]
    assert "Tatt ut av bruk" in card and "Den ligger i sentrum." in card
    read = {"entry": "tatt-bort", "revision": str(gone["revision"])}
    assert (await admin.post(f"{REVIEW}/read", data=read)).status_code == 303
    assert "unread-tatt-bort" not in (await admin.get(REVIEW)).text


async def test_an_own_text_given_over_the_api_is_read_by_another_afterwards(
    client_of: ClientOf, keys: Keys
) -> None:
    curator, path = client_of("curator"), f"{ENTRIES}/snorydding/local-answers/voss"
    text = {"answers": {"nb": "Sjeldan."}}
    await curator.put(path, json=text, headers=keys["curator"])
    listed = (await curator.get(REVIEW)).text
    before, _, after = listed.partition("Sjeldan.")
    card = before.rpartition("<section")[2] + after.partition("</section>")[0]
    assert "Lokalt svar" in card and "Voss herad" in card
    sent = {"entry": "snorydding", "scope": "voss"}
    (seen,) = re.findall(r'name="seen" value="([^"]+)"', card)
    for kind in ("editor", "reader"):
        refused = await client_of(kind).post(f"{REVIEW}/read-own", data=sent | {"seen": seen})
        assert refused.status_code == 403
    late = await curator.post(f"{REVIEW}/read-own", data=sent | {"seen": "other"})
    assert late.status_code == 409
    assert (await curator.post(f"{REVIEW}/read-own", data=sent | {"seen": seen})).status_code == 303
    assert "Sjeldan." not in (await curator.get(REVIEW)).text
    await curator.delete(path, headers=keys["curator"])


async def test_bringing_back_what_visitors_had_needs_no_second_reader(
    client_of: ClientOf, keys: Keys
) -> None:
    curator, path = client_of("curator"), f"{ENTRIES}/havna-igjen"
    for text in ("Den gamle.", "Den nye."):
        live = {**HARBOUR, "answers": {"nb": text}, "status": "published"}
        await curator.put(path, json=live, headers=keys["curator"])
    page = f"{LIST}/havna-igjen"
    data = {"deed": "restore", "old": "1", "revision": "2"}
    started = await curator.post(f"{page}/preview", data=data)
    fields = await tried(curator, started.headers["location"])
    done = await curator.post(f"{page}/publish", data=fields | {"reason": "x"})
    assert done.headers["location"] == page
    saved = (await curator.get(path, headers=keys["curator"])).json()
    assert saved["answers"]["nb"] == "Den gamle." and saved["status"] == "published"


async def test_another_name_is_not_another_person(client_of: ClientOf) -> None:
    curator, page = client_of("curator"), f"{LIST}/nytt-navn"
    form = {"revision": "0", "title": "Nytt navn", "questions": "nytt navn", "answer_nb": "Ja."}
    await curator.post(NEW, data=form | {"action": "submit"})
    await curator.post("/console/account", data={"name": "Somebody Else", "language": "nb"})
    try:
        queue = (await curator.get(REVIEW)).text
        assert "nytt-navn" in queue and f'action="{page}/preview"' not in queue
        started = await curator.post(f"{page}/preview", data={"deed": "publish", "revision": "1"})
        fields = await tried(curator, started.headers["location"])
        done = await curator.post(f"{page}/publish", data=fields | {"reason": "Min egen"})
        assert done.status_code == 403
    finally:
        await curator.post("/console/account", data={"name": "Curator", "language": "nb"})


async def test_an_editor_may_not_even_try(client_of: ClientOf) -> None:
    page = "/console/brains/kommune/entries/snorydding"
    for kind in ("editor", "reader", "agent", "nav curator"):
        client, data = client_of(kind), {"deed": "retire", "revision": "1"}
        assert (await client.post(f"{page}/preview", data=data)).status_code == 403
        assert (await client.post(f"{page}/publish", data=data)).status_code == 403
        assert (await client.get(f"{page}/publish")).status_code == 403


async def test_asking_as_several_leaves_no_trace(client_of: ClientOf, service: Service) -> None:
    page = "/console/brains/kommune/ask-as"
    query = {"question": "Når brøyter dere veien?", "asker": ["bergen", "voss"]}
    shown = (await client_of("reader").get(page, params=query)).text
    assert shown.count("Vi brøyter når det har snødd.") == 2
    own = (await client_of("editor").get(page, params=query)).text
    assert "Bergen kommune" in own and "Voss" not in own
    unknown = {"question": "Xyzzy ask as plugh?", "asker": ["bergen"]}
    assert "Ubesvart" in (await client_of("curator").get(page, params=unknown)).text
    gaps = await service.gap_desk.list("kommune", text="Xyzzy ask as")
    asked = await service.asked.recent("kommune")
    assert not gaps.items and all("Xyzzy ask as" not in row.text for row in asked)


async def test_conflicts_are_found_accepted_and_mended(client_of: ClientOf, keys: Keys) -> None:
    curator = client_of("curator")
    ended = {**HARBOUR, "valid_until": "2019-12-31T23:00:00Z", "status": "published"}
    await curator.put(f"{ENTRIES}/utgaatt", json=ended, headers=keys["curator"])
    page = "/console/brains/kommune/conflicts"
    assert "Se etter konflikter" in (await curator.get(page)).text
    address = (await curator.post(f"{page}/find")).headers["location"]
    result = await led_to(curator, address)
    found = (await curator.get(result)).text
    assert "Sett gjennom" in found
    assert "&lt;" not in found  # markup shown as text
    item = found[found.index("/entries/utgaatt") :]
    key = re.search(r'name="key" value="(\w+)"', item)
    assert "Har gått ut" in found and "31. desember 2019" in found and key
    data = {"key": key[1]}
    assert (await curator.post(f"{page}/accept", data=data)).headers["location"] == result
    assert f'data-key="{key[1]}"' not in (await curator.get(result)).text
    await curator.post(f"{page}/reopen", data=data)
    assert f'data-key="{key[1]}"' in (await curator.get(page)).text

    merge = {"keep": "utgaatt", "other": "snorydding"}
    merged = await curator.post(f"{page}/merge", data=merge)
    assert merged.headers["location"].endswith("/entries/utgaatt")
    saved = (await curator.get(f"{ENTRIES}/utgaatt", headers=keys["curator"])).json()
    assert saved["status"] == "draft" and "brøyting" in saved["questions"]
    assert (await client_of("editor").get(page)).status_code == 403
    assert (await client_of("reader").post(f"{page}/find")).status_code == 403


async def test_suggestions_are_real_questions(client_of: ClientOf, service: Service) -> None:
    curator = client_of("curator")
    await outcome(curator, "søke barnehage til høsten i år takk")
    await service.asked.flush()
    page = "/console/brains/kommune/entries/barnehage-soknad/edit"
    assert "data-suggest" in (await curator.get(page)).text
    answered = await curator.get(page, params={"suggest": "true"})
    assert answered.status_code == 200 and "data-suggest" not in answered.text
