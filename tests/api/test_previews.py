"""What a change would do, asked over HTTP before it is made."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.conftest import is_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")

Keys = dict[str, dict[str, str]]
SNOW = "/v1/brains/kommune/entries/snorydding"
GREEDY = {
    "questions": ["Hvordan søker jeg om barnehageplass?", "søke barnehage"],
    "answers": {"nb": "Vi brøyter."},
}


async def preview(client: httpx.AsyncClient, path: str, by: dict[str, str], **what: Any) -> Any:
    response = await client.post(f"{path}/preview", json=what, headers=by)
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_greedy_entry_is_flagged_and_nothing_of_it_is_saved(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    path = "/v1/brains/kommune/entries/graadig-utkast"
    found = await preview(client, path, keys["curator"], proposed=GREEDY)
    assert found["harmful"] and found["phrasings"]["tried"] > 0
    reason = next(one for one in found["reasons"] if one["kind"] == "answered elsewhere")
    assert reason["others"] == ["barnehage-soknad"]
    is_problem(await client.get(path, headers=keys["curator"]), 404)


async def test_taking_away_and_bringing_back_are_tried_too(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    await client.post("/v1/ask", json={"body": "bergen", "text": "Når brøyter dere veien?"})
    found = await preview(client, SNOW, keys["curator"], deed="retire")
    assert "loses answers" in [one["kind"] for one in found["reasons"]]
    found = await preview(client, SNOW, keys["curator"], deed="restore", revision=1)
    assert not found["harmful"]
    assert not (await preview(client, SNOW, keys["curator"]))["changes"]


@pytest.mark.parametrize(
    ("what", "pointer"),
    [
        ({"deed": "restore"}, "field revision"),
        ({"deed": "retire", "proposed": GREEDY}, "field proposed"),
    ],
)
async def test_what_says_too_little_or_too_much(
    client: httpx.AsyncClient, keys: Keys, what: dict[str, Any], pointer: str
) -> None:
    wrong = await client.post(f"{SNOW}/preview", json=what, headers=keys["curator"])
    assert pointer in str(is_problem(wrong, 400))


async def test_an_own_text_is_tried_by_whoever_keeps_the_body(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    local, editor = f"{SNOW}/local-answers/bergen", keys["bergen editor"]
    found = await preview(client, local, editor, answers={"nb": "Bergen: {{ facts.ukjent }}"})
    assert found["bodies"] == ["bergen"] and found["harmful"]
    assert [one["kind"] for one in found["reasons"]] == ["lacks facts"]
    assert found["readings"][0]["lacked"] == "ukjent"
    other = f"{SNOW}/local-answers/voss/preview"
    is_problem(await client.post(other, json={"answers": {"nb": "x"}}, headers=editor), 403)
    wrong = {"answers": {"nb": "{{ config }}"}}
    is_problem(await client.post(f"{local}/preview", json=wrong, headers=editor), 400)
