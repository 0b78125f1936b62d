"""Local answers and a body's own part over HTTP."""

from __future__ import annotations

import httpx
import pytest

from tests.api.conftest import is_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")

Keys = dict[str, dict[str, str]]
BRAIN = "/v1/brains/kommune"
LOCAL = f"{BRAIN}/entries/snorydding/local-answers"
QUESTION = "Når brøyter dere veien?"


async def answer(client: httpx.AsyncClient, body: str) -> str:
    reply = await client.post("/v1/ask", json={"body": body, "text": QUESTION, "language": "nb"})
    said: str = reply.json()["text"]
    return said


async def test_a_body_answers_in_its_own_words_until_it_goes_back_to_the_shared_ones(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    editor, shared = keys["bergen editor"], await answer(client, "bergen")
    saved = await client.put(
        f"{LOCAL}/bergen", json={"answers": {"nb": " Bergen brøyter. "}}, headers=editor
    )
    item = saved.json()
    assert item["answers"] == {"nb": "Bergen brøyter."}
    assert (item["by"], item["older"]) == ("bergen editor", False)
    assert item["revision"] == item["shared_revision"] > 0
    assert await answer(client, "bergen") == "Bergen brøyter."
    assert await answer(client, "voss") == shared
    assert (await client.delete(f"{LOCAL}/bergen", headers=editor)).status_code == 204
    assert await answer(client, "bergen") == shared
    is_problem(await client.delete(f"{LOCAL}/bergen", headers=editor), 404)


async def test_one_grows_older_than_the_shared_answer(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    headers, path = keys["curator"], f"{BRAIN}/entries/gammel"
    entry = {"questions": ["Hva er gammelt?"], "answers": {"nb": "x"}, "status": "published"}
    await client.put(path, json=entry, headers=headers)
    await client.put(
        f"{path}/local-answers/voss", json={"answers": {"nb": "Voss."}}, headers=headers
    )
    more = {**entry, "questions": ["Hva er gammelt?", "gammelt"]}
    await client.put(path, json=more, headers=headers)
    (item,) = (await client.get(f"{path}/local-answers", headers=headers)).json()["items"]
    assert not item["older"], "only the phrasings have changed"
    await client.put(path, json={**more, "answers": {"nb": "y"}}, headers=headers)
    (item,) = (await client.get(f"{path}/local-answers", headers=headers)).json()["items"]
    assert item["older"] and item["shared_revision"] > item["revision"]
    listed = await client.get(f"{BRAIN}/local-answers?audience=voss", headers=headers)
    assert listed.json()["items"][0]["entry"] == "gammel", "the older first"
    await client.delete(f"{path}/local-answers/voss", headers=headers)


async def test_a_bodys_key_keeps_and_sees_its_own_only(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    text, editor = {"answers": {"nb": "Voss brøyter."}}, keys["bergen editor"]
    is_problem(await client.put(f"{LOCAL}/voss", json=text, headers=editor), 403)
    is_problem(await client.put(f"{LOCAL}/group:vestland", json=text, headers=editor), 403)
    await client.put(f"{LOCAL}/voss", json=text, headers=keys["curator"])
    for path in (LOCAL, f"{BRAIN}/local-answers", f"{BRAIN}/local-answers?audience=voss"):
        assert (await client.get(path, headers=editor)).json()["items"] == []
    await client.delete(f"{LOCAL}/voss", headers=keys["curator"])
    hidden = {"questions": ["Skjult?"], "answers": {"nb": "x"}, "status": "published"}
    hidden |= {"owner": "voss", "audience": ["voss"]}
    path = f"{BRAIN}/entries/voss-skjult"
    await client.put(path, json=hidden, headers=keys["curator"])
    is_problem(await client.put(f"{path}/local-answers/bergen", json=text, headers=editor), 404)
    is_problem(await client.get(f"{path}/local-answers", headers=editor), 404)


@pytest.mark.parametrize(
    ("where", "answers", "status"),
    [
        ("bergen", {}, 400),
        ("bergen", {"nb": "{{ config }}"}, 400),
        ("bergen", {"nb": " "}, 400),
        ("group:atlantis", {"nb": "x"}, 400),
    ],
)
async def test_what_is_wrong_is_refused(
    client: httpx.AsyncClient, keys: Keys, where: str, answers: dict[str, str], status: int
) -> None:
    body = {"answers": answers}
    is_problem(await client.put(f"{LOCAL}/{where}", json=body, headers=keys["curator"]), status)


async def test_a_body_keeps_its_own_part_and_nothing_more(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    editor, path = keys["bergen editor"], "/v1/bodies/bergen"
    before = (await client.get(path)).json()
    changed = {"greeting": {"nb": "Hei!"}, "opening_hours": {"mon": ["08:00-12:00"]}}
    saved = (await client.patch(path, json=changed, headers=editor)).json()
    assert (saved["greeting"], saved["opening_hours"]) == tuple(changed.values())
    assert saved["contacts"] == before["contacts"] and saved["name"] == before["name"]
    is_problem(await client.patch(path, json={"name": "Atlantis"}, headers=editor), 400)
    is_problem(await client.patch("/v1/bodies/voss", json=changed, headers=editor), 403)
    is_problem(await client.patch(path, json=changed, headers=keys["reader"]), 403)
    for wrong in (
        {"opening_hours": {"mon": ["åtte"]}},
        {"closed_days": ["i morgen"]},
        {"contacts": [{"kind": "web", "label": {}, "value": "x", "url": "javascript:alert(1)"}]},
    ):
        is_problem(await client.patch(path, json=wrong, headers=editor), 400)
    restored = {name: before[name] for name in changed}
    await client.patch(path, json=restored, headers=editor)
