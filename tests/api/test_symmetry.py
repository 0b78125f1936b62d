"""What is read over HTTP can be sent back as it is; what cannot be changed must be the same."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.conftest import is_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")

Keys = dict[str, dict[str, str]]
ENTRY = "/v1/brains/kommune/entries/frem-og-tilbake"
LOCAL = f"{ENTRY}/local-answers/voss"
DATED = {
    "questions": ["Går det an å sende alt tilbake?"],
    "answers": {"nb": "Ja.", "se": "Juo."},
    "sources": [{"title": "Kilde", "url": "https://example.org/a"}],
    "valid_from": "2020-01-01T00:00:00Z",
    "owner": "bergen",
}


async def _sent_back(
    client: httpx.AsyncClient, path: str, headers: dict[str, str], *, but: str = ""
) -> dict[str, Any]:
    """What was read is saved again; all of it but `but` is then as it was."""
    read = (await client.get(path, headers=headers)).json()
    saved = await client.put(path, json=read, headers=headers)
    assert saved.status_code == 200, saved.text
    again: dict[str, Any] = (await client.get(path, headers=headers)).json()
    assert {**again, but: None} == {**read, but: None}
    return again


async def test_an_entry_is_sent_back_whatever_its_status(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    headers = keys["curator"]
    for status in ("draft", "in_review", "published"):
        await client.put(ENTRY, json={**DATED, "status": status}, headers=headers)
        await _sent_back(client, ENTRY, headers, but="revision")
    read = (await client.get(ENTRY, headers=headers)).json()
    for name, value in (("id", "another"), ("brain", "nav")):
        problem = is_problem(
            await client.put(ENTRY, json={**read, name: value}, headers=headers), 400
        )
        assert name in str(problem) and read[name] in str(problem["detail"])
    retire = {**read, "status": "retired"}
    assert "/retire" in str(is_problem(await client.put(ENTRY, json=retire, headers=headers), 400))
    assert (await client.get(ENTRY, headers=headers)).json() == read
    await client.post(f"{ENTRY}/retire", headers=headers)
    assert (await _sent_back(client, ENTRY, headers, but="revision"))["status"] == "retired"


async def test_facts_are_sent_back_as_they_are_listed(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    path, headers = "/v1/bodies/voss/facts", keys["curator"]
    more = {"facts": {"frem_pris": "10", "frem_tid": {"nb": "ni", "en": "nine"}}}
    await client.put(path, json=more, headers=headers)
    again = await _sent_back(client, path, headers)
    (price,) = [one for one in again["items"] if one["key"] == "frem_pris"]
    for wrong in ({"body": "bergen"}, {"label": {"nb": "Annet"}}):
        one = {"items": [{**price, **wrong}]}
        assert next(iter(wrong)) in str(
            is_problem(await client.put(path, json=one, headers=headers), 400)
        )
    twice = {"items": [price], "facts": {"frem_pris": "11"}}
    is_problem(await client.put(path, json=twice, headers=headers), 400)
    gone = {"facts": {"frem_pris": None}, "items": [{"key": "frem_tid", "value": "ti"}]}
    assert (await client.put(path, json=gone, headers=headers)).status_code == 200
    left = {
        one["key"]: one["value"]
        for one in (await client.get(path, headers=headers)).json()["items"]
    }
    assert "frem_pris" not in left and left["frem_tid"] == "ti"
    await client.put(path, json={"facts": {"frem_tid": None}}, headers=headers)


async def test_a_local_answer_is_sent_back(client: httpx.AsyncClient, keys: Keys) -> None:
    headers = keys["curator"]
    await client.put(ENTRY, json={**DATED, "status": "published"}, headers=headers)
    is_problem(await client.get(LOCAL, headers=headers), 404)
    new = {"answers": {"nb": "Hos oss òg."}, "entry": "frem-og-tilbake", "scope": "voss"}
    assert (await client.put(LOCAL, json=new, headers=headers)).status_code == 200
    read = await _sent_back(client, LOCAL, headers, but="at")
    for name, value in (("scope", "bergen"), ("revision", 99), ("by", "someone")):
        wrong = {**read, name: value}
        assert name in str(is_problem(await client.put(LOCAL, json=wrong, headers=headers), 400))
    assert (await client.get(LOCAL, headers=headers)).json() == read
    is_problem(await client.get(LOCAL, headers=keys["bergen editor"]), 404)
    await client.delete(LOCAL, headers=headers)


async def test_a_body_is_sent_back_whole_and_only_by_who_has_read_it_whole(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    path, headers = "/v1/bodies/voss", keys["admin"]
    whole = await _sent_back(client, path, headers)
    assert whole["brain"] == "kommune" and "origins" in whole
    for others in ({}, keys["bergen editor"], keys["reader"]):
        public = (await client.get(path, headers=others)).json()
        assert "brain" not in public and "origins" not in public
    problem = is_problem(await client.put(path, json=public, headers=headers), 400)
    assert "Read it with your key" in str(problem["detail"])
    wrong = {**whole, "answers": False}
    assert "answers" in str(is_problem(await client.put(path, json=wrong, headers=headers), 400))
    assert (await client.get(path, headers=headers)).json() == whole
