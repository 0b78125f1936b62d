"""Broadcasts over HTTP: published by who may, seen by every open widget at once, and gone.

That nothing is waited for on the way: tests/router/test_broadcasts.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from router.service import Service
from tests.api.conftest import OWN_SITE, Visitor, bearer, is_problem
from tests.fakes import FakeClock
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

Keys = dict[str, dict[str, str]]
PATH = "/v1/brains/kommune/broadcasts"
MOMENT = dt.timedelta(seconds=0.05)


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def nothing_left(client: httpx.AsyncClient, keys: Keys) -> AsyncIterator[None]:
    """Each test begins with no broadcasts."""
    yield
    for one in (await client.get(PATH, headers=keys["curator"])).json()["items"]:
        await client.delete(f"{PATH}/{one['id']}", headers=keys["curator"])


async def publish(
    client: httpx.AsyncClient, headers: dict[str, str], **fields: object
) -> dict[str, str]:
    body = {"texts": {"nb": "Kok vannet **nå**."}, **fields}
    response = await client.post(PATH, json=body, headers=headers)
    assert response.status_code == 201, response.text
    made: dict[str, str] = response.json()
    return made


async def begun(client: httpx.AsyncClient, body: str, language: str = "nb") -> list[dict[str, str]]:
    """What a new conversation shows first."""
    started = await client.post("/v1/conversations", json={"body": body, "language": language})
    notices: list[dict[str, str]] = started.json()["broadcasts"]
    return notices


@contextlib.asynccontextmanager
async def listening(
    client: httpx.AsyncClient, visitor: Visitor
) -> AsyncIterator[AsyncIterator[list[str]]]:
    """The texts of the notices that an open widget shows, each time it is told."""

    async def told(lines: AsyncIterator[str]) -> AsyncIterator[list[str]]:
        event = ""
        async for line in lines:
            if line.startswith("event:"):
                event = line.partition(":")[2].strip()
            elif line.startswith("data:") and event == "broadcasts":
                shown = json.loads(line.partition(":")[2])["broadcasts"]
                yield [notice["text"] for notice in shown]

    url = visitor.path("/events")
    async with client.stream("GET", url, headers=visitor.headers) as response:
        yield told(response.aiter_lines())


async def next_of(told: AsyncIterator[list[str]]) -> list[str]:
    return await asyncio.wait_for(anext(told), PATIENCE_S)


async def test_an_open_widget_is_told_at_once_and_again_when_it_is_withdrawn(
    client: httpx.AsyncClient, keys: Keys, visitor: Visitor
) -> None:
    async with listening(client, visitor) as told:
        assert await next_of(told) == []
        made = await publish(client, keys["curator"])
        assert await next_of(told) == ["Kok vannet nå."]
        await client.delete(f"{PATH}/{made['id']}", headers=keys["curator"])
        assert await next_of(told) == []


async def test_it_starts_and_ends_by_the_clock(
    client: httpx.AsyncClient,
    keys: Keys,
    visitor: Visitor,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = FakeClock()
    monkeypatch.setattr(service.broadcasts, "_clock", clock)
    async with listening(client, visitor) as told:
        assert await next_of(told) == []
        start, end = clock.now + MOMENT, clock.now + 2 * MOMENT
        made = await publish(
            client, keys["curator"], starts_at=start.isoformat(), ends_at=end.isoformat()
        )
        assert made["state"] == "planned"
        clock.now = start
        assert await next_of(told) == ["Kok vannet nå."]
        clock.now = end
        assert await next_of(told) == []
    (item,) = (await client.get(PATH, headers=keys["curator"])).json()["items"]
    assert item["state"] == "over"


async def test_a_widget_opened_later_gets_it_with_its_conversation(
    client: httpx.AsyncClient, keys: Keys, visitor: Visitor
) -> None:
    await publish(client, keys["curator"], level="warning")
    (notice,) = await begun(client, "bergen")
    assert (notice["level"], notice["text"]) == ("warning", "Kok vannet nå.")
    assert notice["html"] == "<p>Kok vannet <strong>nå</strong>.</p>"
    shown = (await client.get(visitor.path(), headers=visitor.headers)).json()
    assert shown["broadcasts"] == [notice]


async def test_any_page_may_ask_what_a_body_shows(client: httpx.AsyncClient, keys: Keys) -> None:
    await publish(client, keys["curator"], audience=["bergen"])
    path = "/v1/bodies/bergen/broadcasts"
    shown = await client.get(path, headers={"Origin": OWN_SITE})
    assert [notice["text"] for notice in shown.json()["items"]] == ["Kok vannet nå."]
    assert (await client.get("/v1/bodies/voss/broadcasts")).json()["items"] == []
    is_problem(await client.get("/v1/bodies/atlantis/broadcasts"), 404)
    is_problem(await client.get(path, headers={"Origin": "https://evil.example"}), 403)


async def test_it_is_in_the_visitors_language_where_there_is_one_as_answers_are(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    texts = {"nb": "Stengt", "nn": "Stengd", "en": "Closed"}
    await publish(client, keys["curator"], texts=texts)
    for language, text in {**texts, "pl": "Stengt"}.items():
        (notice,) = await begun(client, "voss", language)
        assert notice["text"] == text
    (notice,) = await begun(client, "voss", "pl")
    assert notice["language"] == "nb"


async def test_a_visitor_changes_the_language_of_a_running_conversation(
    client: httpx.AsyncClient, keys: Keys, visitor: Visitor
) -> None:
    await publish(client, keys["curator"], texts={"nb": "Stengt", "en": "Closed"})
    path, headers = visitor.path("/language"), visitor.headers
    spoken = (await client.put(path, json={"language": "en"}, headers=headers)).json()
    assert spoken["language"] == "en"
    assert [notice["text"] for notice in spoken["broadcasts"]] == ["Closed"]
    choice = {"choice": "entry:kommune/barnehage-soknad"}
    reply = await client.post(visitor.path("/messages"), json=choice, headers=headers)
    assert reply.json()["text"] == "Apply on our website."
    shown = (await client.get(visitor.path(), headers=headers)).json()
    assert shown["language"] == "en"
    is_problem(await client.put(path, json={"language": "tlh"}, headers=headers), 400)
    is_problem(await client.put(path, json={"language": "nn"}, headers=bearer("wrong")), 401)


async def test_what_it_says_is_cleaned(client: httpx.AsyncClient, keys: Keys) -> None:
    text = "<script>alert(1)</script> [x](javascript:alert(1)) [ja](https://bergen.example)"
    await publish(client, keys["curator"], texts={"nb": text})
    (notice,) = await begun(client, "bergen")
    assert "<script" not in notice["html"] and 'href="javascript' not in notice["html"]
    assert 'href="https://bergen.example"' in notice["html"]


async def test_it_offers_an_answer_with_a_button(
    client: httpx.AsyncClient, keys: Keys, visitor: Visitor
) -> None:
    await publish(client, keys["curator"], entry="snorydding")
    (notice,) = await begun(client, "bergen")
    option = notice["option"]
    assert option == {"id": "entry:kommune/snorydding", "label": "Brøyting av veier"}
    choice = {"choice": "entry:kommune/snorydding"}
    reply = await client.post(visitor.path("/messages"), json=choice, headers=visitor.headers)
    assert reply.json()["outcome"]["type"] == "answered"
    wrong = {"texts": {"nb": "x"}, "entry": "atlantis"}
    is_problem(await client.post(PATH, json=wrong, headers=keys["curator"]), 400)


async def test_a_bodys_editor_speaks_to_its_own_visitors_only(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    editor = keys["bergen editor"]
    made = await publish(client, editor, audience=["bergen"])
    assert [notice["text"] for notice in await begun(client, "bergen")] == ["Kok vannet nå."]
    assert await begun(client, "voss") == []
    for audience in (["*"], ["voss"], ["bergen", "voss"]):
        body = {"texts": {"nb": "x"}, "audience": audience}
        is_problem(await client.post(PATH, json=body, headers=editor), 403)
        path = f"{PATH}/{made['id']}"
        is_problem(await client.put(path, json=body, headers=editor), 403)
    shared = await publish(client, keys["curator"], audience=["bergen", "voss"])
    path = f"{PATH}/{shared['id']}"
    own = {"texts": {"nb": "x"}, "audience": ["bergen"]}
    is_problem(await client.put(path, json=own, headers=editor), 403)
    is_problem(await client.delete(path, headers=editor), 403)


async def test_a_bodys_editor_sees_no_other_bodys(client: httpx.AsyncClient, keys: Keys) -> None:
    of_voss = await publish(client, keys["curator"], audience=["voss"])
    both = await publish(client, keys["curator"], audience=["bergen", "voss"])
    items = (await client.get(PATH, headers=keys["bergen editor"])).json()["items"]
    assert [(item["id"], item["audience"]) for item in items] == [(both["id"], ["bergen"])]
    path = f"{PATH}/{of_voss['id']}"
    is_problem(await client.delete(path, headers=keys["bergen editor"]), 404)
    is_problem(await client.get(PATH, headers=keys["nav curator"]), 403)


async def test_a_change_shows_as_a_new_version(client: httpx.AsyncClient, keys: Keys) -> None:
    made = await publish(client, keys["curator"])
    (before,) = await begun(client, "bergen")
    path = f"{PATH}/{made['id']}"
    body = {"texts": {"nb": "Vannet er rent."}}
    changed = (await client.put(path, json=body, headers=keys["curator"])).json()
    assert changed["starts_at"] == made["starts_at"]
    (after,) = await begun(client, "bergen")
    assert (after["id"], after["text"]) == (before["id"], "Vannet er rent.")
    assert after["version"] != before["version"]
    is_problem(await client.put(f"{PATH}/none", json=body, headers=keys["curator"]), 404)


async def test_thirty_open_widgets_are_told_at_once(client: httpx.AsyncClient, keys: Keys) -> None:
    limits = httpx.Limits(max_connections=None)
    async with (
        httpx.AsyncClient(base_url=client.base_url, timeout=PATIENCE_S, limits=limits) as many,
        contextlib.AsyncExitStack() as stack,
    ):
        widgets = []
        for _ in range(30):
            started = await many.post("/v1/conversations", json={"body": "bergen"})
            widget = listening(many, Visitor(many, started.json()))
            widgets.append(await stack.enter_async_context(widget))
        assert await asyncio.gather(*(next_of(told) for told in widgets)) == [[]] * 30
        await publish(client, keys["curator"])
        shown = await asyncio.gather(*(next_of(told) for told in widgets))
        assert shown == [["Kok vannet nå."]] * 30
