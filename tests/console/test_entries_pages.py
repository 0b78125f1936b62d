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
