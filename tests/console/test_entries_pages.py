"""The pages where answers are found, read, written, compared and brought back."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.console.conftest import ClientOf

pytestmark = pytest.mark.asyncio(loop_scope="session")

Keys = dict[str, dict[str, str]]
LIST = "/console/brains/kommune/entries"
NEW = "/console/brains/kommune/new-entry"


def rows(page: httpx.Response) -> list[str]:
    """The ids in the list, in the order shown."""
    return re.findall(r'<tr data-item data-key="([^"]+)"', page.text)


async def test_the_list_is_sought_narrowed_and_sorted(client_of: ClientOf) -> None:
    reader = client_of("reader")
    found = await reader.get(LIST, params={"text": "brøyter veien"})
    assert rows(found) == ["snorydding"]
    by_title = await reader.get(LIST, params={"order": "title"})
    titles = re.findall(r'class="entry-title"><a href="[^"]*">([^<]*)</a>', by_title.text)
    assert titles == sorted(titles, key=str.casefold) and len(titles) > 10
    lacking = await reader.get(LIST, params={"lacks": "en"})
    assert "snorydding" in rows(lacking) or "snorydding" in lacking.text
    nothing = await reader.get(LIST, params={"text": "xyzzy"})
    assert rows(nothing) == [] and "Ingen svar passer" in nothing.text
    assert NEW not in by_title.text
    assert NEW in (await client_of("curator").get(LIST)).text


async def test_one_answer_with_all_that_belongs_to_it(client_of: ClientOf) -> None:
    page = await client_of("curator").get(f"{LIST}/alarm%2Fset", params={"given_by": "bergen"})
    assert page.status_code == 200
    assert "Trygghetsalarm" in page.text and "trygghetsalarm til mor" in page.text
    assert f'action="{LIST}/alarm%2Fset/preview"' in page.text
    as_reader = await client_of("reader").get(f"{LIST}/alarm%2Fset")
    assert "/preview" not in as_reader.text and "/comment" not in as_reader.text
    assert (await client_of("nav curator").get(f"{LIST}/alarm%2Fset")).status_code == 403


async def test_two_states_are_compared_word_by_word(client_of: ClientOf, keys: Keys) -> None:
    path = "/v1/brains/kommune/entries/bibliotekkort"
    curator = client_of("curator")
    first = {"title": "Lånekort", "questions": ["lånekort"], "answers": {"nb": "Det er gratis."}}
    second = {**first, "answers": {"nb": "Det er helt gratis."}, "audience": ["bergen"]}
    for entry in (first, second):
        await curator.put(path, json=entry, headers=keys["curator"])
    page = await curator.get(f"{LIST}/bibliotekkort/history")
    assert re.search(r"<ins><span[^>]*>Lagt til: </span>helt </ins>", page.text)
    assert re.search(r"<del><span[^>]*>Fjernet: </span>Alle virksomheter</del>", page.text)
    back = {"old": "1", "revision": "2"}
    restored = await curator.post(f"{LIST}/bibliotekkort/restore", data=back)
    assert restored.status_code == 303
    again = await curator.post(f"{LIST}/bibliotekkort/restore", data=back)
    assert again.status_code == 409
    newest = (await curator.get(path, headers=keys["curator"])).json()
    assert (newest["revision"], newest["answers"]) == (3, first["answers"])


async def test_a_draft_goes_to_review_and_comes_back(client_of: ClientOf, keys: Keys) -> None:
    path = "/v1/brains/kommune/entries/bergens-havn"
    curator, editor = client_of("curator"), client_of("editor")
    own = {"title": "Havna", "questions": ["havna"], "answers": {"nb": "Ja."}, "owner": "bergen"}
    own["audience"] = ["bergen"]
    await curator.put(path, json=own, headers=keys["bergen editor"])
    entry = f"{LIST}/bergens-havn"
    sent = await editor.post(f"{entry}/submit", data={"revision": "1", "note": "Se på dette"})
    assert sent.headers["location"] == entry
    queue = "/console/brains/kommune/review"
    seen = (await curator.get(queue)).text
    assert "Se på dette" in seen and f'action="{entry}/preview"' in seen
    assert f'action="{entry}/preview"' not in (await editor.get(queue)).text
    assert "bergens-havn" not in (await client_of("voss editor").get(queue)).text
    assert (await client_of("voss editor").get(entry)).status_code == 404

    empty = await curator.post(f"{entry}/return", data={"revision": "2", "note": " "})
    assert empty.status_code == 303
    await curator.post(f"{entry}/return", data={"revision": "2", "note": "Mer om båtplass."})
    page = (await editor.get(entry)).text
    assert "Mer om båtplass." in page and "sendte tilbake" in page
    undone = await curator.post(f"{entry}/undo", data={"revision": "3"})
    assert undone.status_code == 303
    assert "bergens-havn" in (await curator.get(queue)).text


FORM = {
    "revision": "0",
    "title": "Leie kommunal hall",
    "topic": "idrett",
    "questions": "Hvordan leier jeg en hall?\nleie idrettshall\n",
    "answer_nb": "Du leier hallen på {{ facts.hall_url }}.",
    "answer_nn": "",
    "reach": "everyone",
    "owner": "",
    "source_title": "Halloven",
    "source_url": "https://lovdata.no/hall",
    "valid_from": "",
    "valid_until": "2030-06-30",
}


async def test_an_answer_is_written_and_saved_again(client_of: ClientOf, keys: Keys) -> None:
    curator = client_of("curator")
    created = await curator.post(NEW, data=FORM)
    assert created.headers["location"] == f"{LIST}/leie-kommunal-hall/edit"
    path = "/v1/brains/kommune/entries/leie-kommunal-hall"
    saved = (await curator.get(path, headers=keys["curator"])).json()
    assert (saved["status"], saved["revision"], len(saved["questions"])) == ("draft", 1, 2)
    assert saved["valid_until"] == "2030-06-30T22:00:00Z"
    form = await curator.get(created.headers["location"])
    assert 'value="2030-06-30"' in form.text and "Halloven" in form.text
    again = await curator.post(NEW, data=FORM)
    assert again.headers["location"] == f"{LIST}/leie-kommunal-hall-2/edit"


async def test_what_is_wrong_is_said_beside_what_was_typed(client_of: ClientOf) -> None:
    wrong = {"questions": " ", "answer_nb": "{{ config }} Tekst", "source_url": "lovdata"}
    page = await client_of("curator").post(NEW, data=FORM | wrong)
    assert page.status_code == 400
    for field in ("questions", "answer_nb", "source_url"):
        assert f'href="#field-{field}"' in page.text and f'id="field-{field}"' in page.text
    assert "{{ config }} Tekst" in page.text and "Halloven" in page.text


async def test_both_versions_are_shown_when_somebody_saved_first(
    client_of: ClientOf, keys: Keys
) -> None:
    curator, path = client_of("curator"), "/v1/brains/kommune/entries/samtidig-skrevet"
    theirs = {"title": "Hall", "questions": ["hall"], "answers": {"nb": "Ring oss."}}
    await curator.put(path, json=theirs, headers=keys["curator"])
    await curator.put(
        path, json=theirs | {"answers": {"nb": "Ring oss i dag."}}, headers=keys["admin"]
    )
    page = f"{LIST}/samtidig-skrevet"
    mine = FORM | {"revision": "1", "answer_nb": "Ring oss i morgen."}
    late = await curator.post(f"{page}/edit", data=mine)
    assert late.status_code == 409
    assert "Ring oss i morgen." in late.text and re.search(r"<del>.*dag\..*</del>", late.text)
    they_changed = late.text.partition("Det den andre endret")[2].partition("Fra deres til ditt")[0]
    assert re.search(r"<ins>.*i dag\.", they_changed) and "i morgen" not in they_changed
    assert 'name="revision" value="2"' in late.text
    kept = await curator.post(f"{page}/edit", data=mine | {"revision": "2"})
    assert kept.status_code == 303


async def test_what_stands_beside_the_form_follows_it(client_of: ClientOf) -> None:
    client, address = client_of("editor"), "/console/brains/kommune/writing"
    fields = FORM | {"preview_body": "bergen"}
    asked = await client.post(address, data=fields, headers={"X-Fragment": "writing"})
    assert asked.status_code == 200 and asked.text.startswith('<div id="writing"')
    assert "hall_url" in asked.text and "Bergen kommune mangler" in asked.text


async def test_an_editor_writes_for_one_body_only(client_of: ClientOf, keys: Keys) -> None:
    editor = client_of("editor")
    own = FORM | {"reach": "some", "audience": "bergen", "owner": "bergen", "title": "Bergenshall"}
    created = await editor.post(NEW, data=own)
    assert created.headers["location"] == f"{LIST}/bergenshall/edit"
    for stolen in (FORM, own | {"audience": "voss", "owner": "voss"}):
        assert (await editor.post(NEW, data=stolen | {"title": "Vosshall"})).status_code == 403
    assert (await editor.get(f"{LIST}/snorydding/edit")).status_code == 403
    assert (await client_of("voss editor").get(f"{LIST}/bergenshall/edit")).status_code == 404
    assert (await client_of("reader").get(NEW)).status_code == 403
