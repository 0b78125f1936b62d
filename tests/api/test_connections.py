"""Connections over the API: kept, looked at and tried by administrators, and by nobody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from brains import store
from brains.audit import Filter, Line, listing
from brains.model import Body
from router.service import Service
from tests.api.conftest import is_problem
from tests.federation import partners
from tests.federation.partners import LetterAdapter, Partner, partner
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/connections/skatteetaten"
SECRET = "s3cret-of-the-tax-bot"
NEVER = "http://127.0.0.1:9"

Put = Callable[..., Awaitable[httpx.Response]]


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def a_body_with_a_bot_of_its_own(service: Service) -> AsyncIterator[None]:
    """`skatteetaten`, which no test has connected yet, and the small protocol of `partners`."""
    await service.curation.add_body(
        Body(id="skatteetaten", name="Skatteetaten", kind="agency"), "test"
    )
    before = service.connections.adapters
    service.connections.adapters = {**before, "letter": LetterAdapter()}
    yield
    service.connections.adapters = before


@pytest_asyncio.fixture(loop_scope="session")
async def put(
    client: httpx.AsyncClient, keys: dict[str, dict[str, str]], service: Service
) -> AsyncIterator[Put]:
    """Connects the body, for one test."""

    async def putting(to: Partner | str, **more: Any) -> httpx.Response:
        address = to if isinstance(to, str) else to.address
        sent = {"adapter": "letter", "address": address, "time_limit_s": 2} | more
        return await client.put(PATH, json=sent, headers=keys["admin"])

    yield putting
    if "skatteetaten" in service.knowledge.connections:
        await service.connections.remove("skatteetaten")


@pytest_asyncio.fixture(loop_scope="session")
async def admin(base_url: str, keys: dict[str, dict[str, str]]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=base_url, headers=keys["admin"], timeout=PATIENCE_S
    ) as opened:
        yield opened


async def test_a_connection_is_made_changed_and_removed(
    admin: httpx.AsyncClient, put: Put, service: Service
) -> None:
    made = (await put(NEVER, secret=SECRET, settings={"tone": "warm"}, languages=["nb"])).json()
    assert (made["body"], made["name"]) == ("skatteetaten", "Skatteetaten")
    assert made["has_secret"] and made["settings"] == {"tone": "warm"} and made["enabled"]
    assert made["health"]["asked"] == 0 and made["health"]["answered_share"] is None
    listed = (await admin.get("/v1/connections")).json()
    assert [one["body"] for one in listed["items"]] == ["skatteetaten"]
    assert listed["next"] is None
    changed = (await put(NEVER, enabled=False, opening_hours={"mon": ["08:00-15:30"]})).json()
    assert changed["has_secret"], "left out keeps it"
    assert not changed["enabled"] and changed["settings"] == {}
    elsewhere = "https://elsewhere.example"
    problem = is_problem(await put(elsewhere), 400)
    assert problem["errors"][0]["pointer"] == "field secret"  # type: ignore[index]
    without = (await put(elsewhere, secret=None)).json()
    assert not without["has_secret"]
    assert (await admin.delete(PATH)).status_code == 204
    assert "skatteetaten" not in service.knowledge.connections
    is_problem(await admin.get(PATH), 404)
    is_problem(await admin.delete(PATH), 404)


async def test_a_secret_goes_to_the_partner_and_nowhere_else(
    admin: httpx.AsyncClient, put: Put, service: Service
) -> None:
    answers = [await put(NEVER, secret=SECRET), await admin.get(PATH)]
    answers += [await admin.get("/v1/connections"), await admin.post(f"{PATH}/try", json={})]
    sealed = service.connections.get("skatteetaten").sealed
    assert sealed and SECRET not in sealed
    for answer in answers:
        assert answer.status_code == 200
        assert SECRET not in answer.text and sealed not in answer.text
    line = await service.connections.line(service.connections.get("skatteetaten"))
    assert line.secret == SECRET


async def test_what_is_wrong_says_what_to_change(put: Put, admin: httpx.AsyncClient) -> None:
    for wrong, pointer in (
        ({"adapter": "fax"}, "field adapter"),
        ({"settings": {"colour": "red"}}, "field settings.colour"),
        ({"address": "ftp://bot.example"}, "field address"),
        ({"address": "https://me:pw@bot.example"}, "field address"),
        ({"address": "https://bot.example:x/"}, "field address"),
        ({"time_limit_s": 90}, "field time_limit_s"),
        ({"opening_hours": {"mon": ["nine"]}}, "field opening_hours.mon"),
        ({"unknown": ["*"]}, "field unknown[0]"),
    ):
        problem = is_problem(await put(NEVER, **wrong), 400)
        assert [one["pointer"] for one in problem["errors"]] == [pointer], problem  # type: ignore[attr-defined]
    assert "letter" in str(is_problem(await put(NEVER, adapter="fax"), 400)["detail"])
    is_problem(await put(NEVER, sealed="forged"), 400)
    sent = {"adapter": "letter", "address": NEVER}
    is_problem(await admin.put("/v1/connections/nobody", json=sent), 404)
    is_problem(await admin.post("/v1/connections/nobody/try", json={}), 404)


async def test_trying_shows_the_cleaned_reply_who_speaks_and_what_failed(
    admin: httpx.AsyncClient, put: Put
) -> None:
    await put("http://10.11.12.13")
    refused = (await admin.post(f"{PATH}/try", json={})).json()
    assert (refused["outcome"], refused["failure"]) == ("failed", "refused")
    assert "not public" in refused["detail"]
    async with partner(partners.answers(html=partners.SCRIPT, speaker="Skatti")) as bot:
        await put(bot, unknown=["vet ikke"])
        text = "Mitt nummer er 13097248022, hva nå?"
        told = (await admin.post(f"{PATH}/try", json={"text": text})).json()
    assert (told["outcome"], told["speaker"], told["failure"]) == ("answered", "Skatti", None)
    assert "Du søker" in told["text"]
    assert "steal" not in told["html"] and "<script" not in told["html"]
    assert "1309724" not in str(bot.asked), "a trial is redacted like a visitor's question"
    shown = (await admin.get(PATH)).json()["health"]
    assert shown["asked"] >= 2 and shown["last_answered"] and shown["median_milliseconds"] >= 0
    assert shown["faults"][0]["kind"] == "refused"


async def test_only_administrators_see_and_change_connections(
    client: httpx.AsyncClient, keys: dict[str, dict[str, str]], put: Put, service: Service
) -> None:
    await put(NEVER, secret=SECRET)
    sent = {"adapter": "letter", "address": "https://evil.example"}
    for who in ("partner", "reader", "editor", "curator", "bergen curator"):
        headers = keys[who]
        is_problem(await client.get("/v1/connections", headers=headers), 403)
        is_problem(await client.get(PATH, headers=headers), 403)
        is_problem(await client.put(PATH, json=sent, headers=headers), 403)
        is_problem(await client.post(f"{PATH}/try", json={}, headers=headers), 403)
        is_problem(await client.delete(PATH, headers=headers), 403)
    is_problem(await client.get("/v1/connections"), 401)
    assert service.connections.get("skatteetaten").address == NEVER


async def test_every_change_and_trial_is_in_the_log_without_words(
    admin: httpx.AsyncClient, put: Put, service: Service
) -> None:
    began = store.now()
    await put(NEVER, secret=SECRET)
    await admin.post(f"{PATH}/try", json={"text": "Hvor mye tjener naboen?"})
    await admin.delete(PATH)
    lines = await _lines(service, began)
    actions = ["connections.save", "federation.asked", "connections.try_it", "connections.remove"]
    assert [line.action for line in lines] == actions
    assert all(line.body == "skatteetaten" or line.object == "skatteetaten" for line in lines)
    assert not any(SECRET in str(line) or "naboen" in str(line) for line in lines)


async def _lines(service: Service, since: dt.datetime) -> list[Line]:
    """What the log says of connections since then, oldest first."""
    async with service.db.read() as tx:
        found = (await listing(tx, Filter(since=since))).items
    return [one for one in found[::-1] if one.action.startswith(("connections.", "federation."))]
