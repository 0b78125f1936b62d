"""Keeping the shared brain over HTTP: what is published is answered at once."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.api.conftest import is_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")

Keys = dict[str, dict[str, str]]
ENTRIES = "/v1/brains/kommune/entries"
QUESTION = "Hvordan får jeg båtplass i havna?"
BOAT = {
    "title": "Båtplass",
    "questions": [QUESTION, "båtplass", "leie plass til båt"],
    "answers": {"nb": "Du får båtplass hos havnekontoret."},
}


async def outcome(client: httpx.AsyncClient, text: str, body: str = "bergen") -> dict[str, str]:
    """What comes out of one question."""
    response = await client.post("/v1/ask", json={"body": body, "text": text})
    result: dict[str, str] = response.json()["outcome"]
    return result


async def test_a_draft_is_not_answered_until_published(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    path, headers = f"{ENTRIES}/batplass", keys["curator"]
    saved = (await client.put(path, json=BOAT, headers=headers)).json()
    assert (saved["status"], saved["revision"]) == ("draft", 1)
    assert "batplass" not in str(await outcome(client, QUESTION))

    published = await client.post(f"{path}/publish", headers=headers)
    assert published.json()["status"] == "published"
    answered = await outcome(client, QUESTION)
    assert answered["type"] == "answered" and answered["entry"].endswith("batplass")

    retired = await client.post(f"{path}/retire", headers=headers)
    assert retired.json()["status"] == "retired"
    assert "batplass" not in str(await outcome(client, QUESTION))

    restored = await client.post(f"{path}/restore", json={"revision": 2}, headers=headers)
    assert restored.status_code == 200
    revisions = (await client.get(f"{path}/revisions", headers=headers)).json()["items"]
    assert [revision["by"] for revision in revisions] == ["curator"] * len(revisions)
    assert len(revisions) >= 3


async def test_the_second_of_two_curators_is_told(client: httpx.AsyncClient, keys: Keys) -> None:
    path, headers = f"{ENTRIES}/samtidig", keys["curator"]
    first = (await client.put(path, json=BOAT, headers=headers)).json()
    changed = {**BOAT, "answers": {"nb": "Nytt."}, "revision": first["revision"]}
    assert (await client.put(path, json=changed, headers=headers)).status_code == 200
    late = {**BOAT, "answers": {"nb": "Annet."}, "revision": first["revision"]}
    is_problem(await client.put(path, json=late, headers=headers), 409)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"answers": {"nb": "{{ config.secret }}"}}, "answers"),
        ({"answers": {}}, "answers"),
        ({"questions": []}, "questions"),
        ({"owner": "atlantis"}, "atlantis"),
        ({"audience": ["atlantis"]}, "atlantis"),
        ({"answer": {"nb": "x"}}, "answer"),
        ({"status": "retired"}, "status"),
    ],
)
async def test_what_is_wrong_is_named(
    client: httpx.AsyncClient, keys: Keys, change: dict[str, object], names: str
) -> None:
    response = await client.put(f"{ENTRIES}/feil", json={**BOAT, **change}, headers=keys["curator"])
    assert response.status_code in (400, 404)
    assert names in json.dumps(is_problem(response, response.status_code))
    is_problem(await client.get(f"{ENTRIES}/feil", headers=keys["curator"]), 404)


async def test_a_list_in_parts(client: httpx.AsyncClient, keys: Keys) -> None:
    headers, seen, cursor = keys["reader"], [], None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await client.get(ENTRIES, params=query, headers=headers)).json()
        assert len(page["items"]) <= 2
        seen += [entry["id"] for entry in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert {"barnehage-soknad", "snorydding", "alarm/set"} <= set(seen)


async def test_an_id_with_a_slash(client: httpx.AsyncClient, keys: Keys) -> None:
    found = await client.get(f"{ENTRIES}/alarm%2Fset", headers=keys["reader"])
    assert found.json()["id"] == "alarm/set"
    revisions = await client.get(f"{ENTRIES}/alarm%2fset/revisions", headers=keys["reader"])
    assert revisions.json()["items"]


async def test_a_gap_is_closed_for_every_body(client: httpx.AsyncClient, keys: Keys) -> None:
    question = "Xyzzy kvantefeltteori plugh?"
    for body in ("bergen", "voss"):
        assert (await outcome(client, question, body))["type"] == "unanswered"
    headers = keys["curator"]
    listed = await client.get("/v1/brains/kommune/gaps?status=open&limit=200", headers=headers)
    gap = next(item for item in listed.json()["items"] if "Xyzzy" in item["summary"])
    assert {body["id"] for body in gap["bodies"]} == {"bergen", "voss"}
    path = f"/v1/brains/kommune/gaps/{gap['id']}"
    detail = (await client.get(path, headers=headers)).json()
    assert {asked["text"] for asked in detail["questions"]} == {question}
    is_problem(await client.get(f"/v1/brains/nav/gaps/{gap['id']}", headers=keys["admin"]), 404)

    answer = {"answers": {"nb": "Se på bussplakaten."}, "title": "Kvantefelt"}
    closed = (await client.post(f"{path}/answer", json=answer, headers=headers)).json()
    assert closed["entry"]["status"] == "published"
    assert closed["asked_again"] == closed["answered_now"]
    assert closed["gap"]["status"] == "answered"
    for body in ("bergen", "voss"):
        assert (await outcome(client, question, body))["type"] == "answered"


async def test_facts(client: httpx.AsyncClient, keys: Keys) -> None:
    path, headers = "/v1/bodies/bergen/facts", keys["curator"]
    facts = {"bat_url": "https://havn.example", "bat_dag": {"nb": "mandag", "nn": "måndag"}}
    assert (await client.put(path, json={"facts": facts}, headers=headers)).status_code == 200
    await client.put(path, json={"facts": {"bat_url": None}}, headers=headers)
    items = (await client.get(path, headers=headers)).json()["items"]
    assert {"body": "bergen", "key": "bat_dag", "value": facts["bat_dag"], "label": {}} in items
    assert "bat_url" not in {item["key"] for item in items}
    wrong = {"facts": {"Not a key": "x"}}
    is_problem(await client.put(path, json=wrong, headers=headers), 400)
    is_problem(await client.get("/v1/bodies/atlantis/facts", headers=keys["admin"]), 404)


async def test_a_missing_fact_is_told_to_its_body(client: httpx.AsyncClient, keys: Keys) -> None:
    entry = {
        "questions": ["Hva koster et hundehotell?", "hundehotell pris", "pris på hundehotell"],
        "answers": {"nb": "Det koster {{ facts.hundehotell_pris }}."},
        "status": "published",
    }
    await client.put(f"{ENTRIES}/hundehotell", json=entry, headers=keys["curator"])
    assert (await outcome(client, "Hva koster et hundehotell?"))["type"] == "unanswered"
    path = "/v1/bodies/bergen/missing-facts"
    items = (await client.get(path, headers=keys["bergen editor"])).json()["items"]
    assert "hundehotell_pris" in {item["key"] for item in items}


async def test_import_and_export(client: httpx.AsyncClient, keys: Keys) -> None:
    headers, path = keys["nav curator"], "/v1/brains/nav"
    line = {
        "id": "dagpenger",
        "questions": ["Hvordan søker jeg dagpenger?"],
        "answers": {"nb": "x"},
    }
    good = json.dumps(line).encode()
    loaded = await client.post(f"{path}/import", content=good + b"\n", headers=headers)
    assert (loaded.json()["total"], loaded.json()["created"]) == (1, 1)
    again = await client.post(f"{path}/import", content=good + b"\n", headers=headers)
    assert again.json()["unchanged"] == 1

    exported = await client.get(f"{path}/export", headers=headers)
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    assert "dagpenger" in {json.loads(each)["id"] for each in exported.text.splitlines()}
    page = await client.get(f"{path}/export?format=faqpage&body=nav", headers=headers)
    assert page.json()["@type"] == "FAQPage"
    is_problem(await client.get(f"{path}/export?format=faqpage", headers=headers), 400)


async def test_a_wrong_import_names_line_and_field_and_changes_nothing(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    lines = [
        {"id": "god", "questions": ["a?"], "answers": {"nb": "x"}},
        {"id": "feil", "questions": ["b?"], "answers": {"nb": "x"}, "tittel": "?"},
    ]
    content = "\n".join(json.dumps(line) for line in lines).encode()
    response = await client.post("/v1/brains/nav/import", content=content, headers=keys["admin"])
    detail = str(is_problem(response, 400)["detail"])
    assert "line 2" in detail and "tittel" in detail
    is_problem(await client.get("/v1/brains/nav/entries/god", headers=keys["admin"]), 404)
    broken = await client.post("/v1/brains/nav/import", content=b"\xff\xfe", headers=keys["admin"])
    is_problem(broken, 400)
    large = b" " * (5 * 2**20 + 1)
    is_problem(
        await client.post("/v1/brains/nav/import", content=large, headers=keys["admin"]), 413
    )


async def test_a_new_body_answers_at_once(client: httpx.AsyncClient, keys: Keys) -> None:
    body = {"id": "ulstein", "name": "Ulstein kommune", "brain": "kommune", "language": "nn"}
    saved = await client.put("/v1/bodies/ulstein", json=body, headers=keys["admin"])
    assert saved.json()["answers"] is True
    assert (await outcome(client, "Når brøyter dere veien?", "ulstein"))["type"] == "answered"
    is_problem(await client.put("/v1/bodies/other", json=body, headers=keys["admin"]), 400)
