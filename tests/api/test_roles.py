"""Who may do what: every curation route, without a key, with a wrong one, and by every role."""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx
import pytest

from router.security.access import Access
from router.service import Service
from tests.api.conftest import bearer, is_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")

Keys = dict[str, dict[str, str]]
READERS = {"agent", "reader", "editor", "curator", "bergen editor", "bergen curator"}
OF_BRAIN = {"reader", "editor", "curator"}
NEW = {"questions": ["Et helt nytt spørsmål?"], "answers": {"nb": "Svar."}}
PUBLISHED = {**NEW, "status": "published"}
NOTE = {"text": "Kortere."}
OWN = {**PUBLISHED, "owner": "bergen", "audience": ["bergen"]}
KEEPERS = {"bergen editor", "bergen curator"}
NOTICE = {"texts": {"nb": "Hei."}, "ends_at": "2020-01-02T00:00:00Z"}
NOTICE["starts_at"] = "2020-01-01T00:00:00Z"
OWN_NOTICE = {**NOTICE, "audience": ["bergen"]}
LOCAL = "/v1/brains/kommune/entries/snorydding/local-answers/bergen"
BODY = {"id": "asker", "name": "Asker"}
BOT = {"adapter": "rasa", "address": "https://bot.example", "enabled": False}


IMPORTED = {"id": "hentet", "questions": ["Zqx hentet wvk?"], "answers": {"nb": "Hentet."}}


class Route(NamedTuple):
    """A request, and the keys that may make it, beside the operator's."""

    method: str
    path: str
    allowed: set[str]
    json: Any = None


ROUTES = [
    Route("GET", "/v1/brains/kommune/entries", READERS),
    Route("GET", "/v1/brains/kommune/entries/snorydding", READERS),
    Route("GET", "/v1/brains/kommune/entries/snorydding/revisions", READERS),
    Route("PUT", "/v1/brains/kommune/entries/ny", {"editor", "curator"}, NEW),
    Route("PUT", "/v1/brains/kommune/entries/ny", {"curator"}, PUBLISHED),
    Route("PUT", "/v1/brains/kommune/entries/bergens", {"curator", "bergen curator"}, OWN),
    Route("GET", "/v1/brains/kommune/entries/snorydding/notes", READERS),
    Route("POST", "/v1/brains/kommune/entries/ny/submit", {"editor", "curator"}, {"text": "?"}),
    Route("POST", "/v1/brains/kommune/entries/none/return", {"curator", "bergen curator"}, NOTE),
    Route("POST", "/v1/brains/kommune/entries/snorydding/publish", {"curator"}),
    Route("POST", "/v1/brains/kommune/entries/snorydding/restore", {"curator"}, {"revision": 1}),
    Route("POST", "/v1/brains/kommune/entries/ny/retire", {"curator"}),
    Route("GET", "/v1/brains/kommune/gaps", READERS),
    Route("GET", "/v1/brains/kommune/gaps/overview", READERS),
    Route("GET", "/v1/brains/kommune/gaps/none", READERS),
    Route("GET", "/v1/brains/kommune/gaps/none/questions", READERS),
    Route("GET", "/v1/brains/kommune/gaps/none/events", OF_BRAIN),
    Route("GET", "/v1/brains/kommune/gaps/none/similar", OF_BRAIN),
    Route("POST", "/v1/brains/kommune/gaps/none/answer", {"curator"}, {"answers": {"nb": "x"}}),
    Route("POST", "/v1/brains/kommune/gaps/none/dismiss", {"curator"}, {"reason": "abuse"}),
    *(
        Route("POST", f"/v1/brains/kommune/gaps/none/{name}", {"curator"}, json)
        for name, json in (
            ("phrasing", {"entry": "snorydding", "phrasings": ["brøyte?"]}),
            ("local-answer", {"entry": "snorydding", "scope": "voss", "answers": {"nb": "x"}}),
            ("facts", {"facts": {"voss": {"sfo_price": "1 kr"}}}),
            ("ask-again", None),
            ("merge", {"gaps": ["gap_b"]}),
            ("unmerge", {"gap": "gap_b"}),
            ("split", {"questions": [1]}),
            ("assign", {"person": None}),
            ("snooze", {"until": None}),
            ("rename", {"title": "Høner"}),
            ("forward", {"to": "body:nav"}),
            ("reopen", None),
        )
    ),
    Route("POST", "/v1/brains/kommune/import?format=jsonl", {"curator"}, IMPORTED),
    Route("GET", "/v1/brains/kommune/export", OF_BRAIN),
    Route("GET", "/v1/bodies/bergen/facts", READERS),
    Route("GET", "/v1/bodies/bergen/missing-facts", READERS),
    Route(
        "PUT",
        "/v1/bodies/bergen/facts",
        {"editor", "curator", "bergen editor", "bergen curator"},
        {"facts": {"sfo_price": "3 000 kr"}},
    ),
    Route("GET", "/v1/bodies/bergen/confirmed", READERS),
    Route("DELETE", "/v1/bodies/bergen/confirmed?question=ingen", KEEPERS | {"curator", "editor"}),
    Route("GET", "/v1/connections", set()),
    Route("PUT", "/v1/connections/bergen", set(), BOT),
    Route("GET", "/v1/connections/bergen", set()),
    Route("POST", "/v1/connections/none/try", set(), {}),
    Route("DELETE", "/v1/connections/bergen", set()),
    Route("PUT", "/v1/bodies/asker", set(), BODY),
    Route("PATCH", "/v1/bodies/bergen", KEEPERS | {"curator", "editor"}, {"greeting": {}}),
    Route("GET", "/v1/brains/kommune/broadcasts", READERS),
    Route("POST", "/v1/brains/kommune/broadcasts", {"curator"}, NOTICE),
    Route("POST", "/v1/brains/kommune/broadcasts", KEEPERS | OF_BRAIN - {"reader"}, OWN_NOTICE),
    Route("PUT", "/v1/brains/kommune/broadcasts/none", KEEPERS | OF_BRAIN - {"reader"}, OWN_NOTICE),
    Route("DELETE", "/v1/brains/kommune/broadcasts/none", KEEPERS | OF_BRAIN - {"reader"}),
    Route("GET", "/v1/brains/kommune/local-answers", READERS),
    Route("GET", "/v1/brains/kommune/entries/snorydding/local-answers", READERS),
    Route("GET", LOCAL, READERS),
    Route("PUT", LOCAL, KEEPERS | OF_BRAIN - {"reader"}, {"answers": {"nb": "Bergen brøyter."}}),
    Route("POST", f"{LOCAL}/preview", KEEPERS | OF_BRAIN - {"reader"}, {"answers": {"nb": "x"}}),
    Route("DELETE", LOCAL, KEEPERS | OF_BRAIN - {"reader"}),
    Route("POST", "/v1/brains/kommune/entries/snorydding/preview", {"curator"}, {}),
]


async def send(client: httpx.AsyncClient, route: Route, headers: dict[str, str]) -> httpx.Response:
    """Make the request of a route."""
    return await client.request(route.method, route.path, json=route.json, headers=headers)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_every_route_and_every_role(
    client: httpx.AsyncClient, keys: Keys, route: Route
) -> None:
    is_problem(await send(client, route, {}), 401)
    is_problem(await send(client, route, bearer("smsv_wrong")), 401)
    is_problem(await send(client, route, {"Authorization": "Basic YTpi"}), 401)
    for name, headers in keys.items():
        response = await send(client, route, headers)
        if name == "admin" or name in route.allowed:
            assert response.status_code in (200, 201, 204, 404), (name, response.text)
        else:
            problem = is_problem(response, 403)
            assert "This needs" in str(problem["detail"])


async def test_the_list_of_routes_is_complete(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/schema/openapi.json")).json()
    needing = {
        (method.upper(), path)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if operation.get("security") == [{"key": []}]
    }
    tried = {(route.method, _template(route.path)) for route in ROUTES}
    assert {(method, _template(path)) for method, path in needing} == tried


def _template(path: str) -> str:
    """A path with what varies taken out."""
    parts = path.partition("?")[0].replace("/none", "/{gap}").split("/")
    varying = {"kommune", "bergen", "asker", "snorydding", "ny", "bergens"}
    return "/".join("{}" if part in varying or part.startswith("{") else part for part in parts)


async def test_a_body_cannot_widen_its_own_entry(client: httpx.AsyncClient, keys: Keys) -> None:
    path = "/v1/brains/kommune/entries/bergens-egen"
    assert (await client.put(path, json=OWN, headers=keys["bergen curator"])).status_code == 200
    shared = {**OWN, "audience": ["*"]}
    is_problem(await client.put(path, json=shared, headers=keys["bergen curator"]), 403)
    others = {**OWN, "owner": "voss", "audience": ["voss"]}
    is_problem(await client.put(path, json=others, headers=keys["bergen curator"]), 403)


async def test_a_body_cannot_bring_back_a_shared_revision(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    path = "/v1/brains/kommune/entries/engang-delt"
    await client.put(path, json=PUBLISHED, headers=keys["curator"])
    await client.put(path, json=OWN, headers=keys["curator"])
    restore = {"revision": 1}
    headers = keys["bergen curator"]
    is_problem(await client.post(f"{path}/restore", json=restore, headers=headers), 403)


async def test_a_body_does_not_see_anothers_entries(client: httpx.AsyncClient, keys: Keys) -> None:
    hidden = {**PUBLISHED, "owner": "voss", "audience": ["voss"]}
    path = "/v1/brains/kommune/entries/voss-eige"
    await client.put(path, json=hidden, headers=keys["curator"])
    is_problem(await client.get(path, headers=keys["bergen editor"]), 404)
    is_problem(await client.get(f"{path}/revisions", headers=keys["bergen editor"]), 404)
    listed = await client.get("/v1/brains/kommune/entries?limit=200", headers=keys["bergen editor"])
    assert "voss-eige" not in {entry["id"] for entry in listed.json()["items"]}
    seen = await client.get("/v1/brains/kommune/entries?limit=200", headers=keys["curator"])
    assert "voss-eige" in {entry["id"] for entry in seen.json()["items"]}


async def test_a_wrong_key_is_refused_where_none_is_needed(client: httpx.AsyncClient) -> None:
    wrong = bearer("smsv_wrong")
    question = {"body": "bergen", "text": "hei"}
    is_problem(await client.post("/v1/ask", json=question, headers=wrong), 401)
    is_problem(await client.post("/v1/route", json={"text": "hei"}, headers=wrong), 401)
    is_problem(await client.get("/v1/bodies", headers=wrong), 401)
    is_problem(await client.post("/v1/conversations", json={"body": "bergen"}, headers=wrong), 401)


async def test_a_revoked_key_is_refused(client: httpx.AsyncClient, service: Service) -> None:
    access = Access(service.db)
    key, secret = await access.create("short-lived", "partner", "*")
    question = {"body": "bergen", "text": "hei"}
    await access.revoke(key.id)
    is_problem(await client.post("/v1/ask", json=question, headers=bearer(secret)), 401)


async def test_the_first_key_is_made_once(service: Service) -> None:
    access = Access(service.db)
    secret = await access.first_admin_key()
    assert secret is not None
    assert (await access.key_of(secret)).role == "admin"
    assert await access.first_admin_key() is None
    assert await Access(service.db, "given-in-the-settings").first_admin_key() is None


async def test_secrets_are_stored_hashed(service: Service, settings: object) -> None:
    access = Access(service.db)
    _, secret = await access.create("hashed", "reader", "*")
    files = service.settings.home_folder.glob("samsvar.db*")
    assert all(secret.encode() not in file.read_bytes() for file in files)
