"""What a Direct Line token survives and what it does not: restarts, revoked keys, time, origins."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from adapters.directline import tokens
from adapters.directline.adapter import DirectLineAdapter
from router.api.app import create_app
from router.security.access import Access
from router.service import Service
from tests.api.conftest import OWN_SITE, bearer, served
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOMAIN = "/adapters/directline/bergen/v3/directline"
STRANGER = "https://stranger.example"
HUMAN = {"type": "message", "value": {"choice": "human"}}


@pytest_asyncio.fixture(loop_scope="session")
async def http(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that has just started."""
    app = create_app(service, service.settings, [DirectLineAdapter()])
    async with (
        served(app) as address,
        httpx.AsyncClient(base_url=f"{address}{DOMAIN}", timeout=PATIENCE_S) as client,
    ):
        yield client


async def begun(http: httpx.AsyncClient, headers: dict[str, str] | None = None) -> dict[str, str]:
    response = await http.post("conversations", headers=headers)
    assert response.status_code == 201, response.text
    found: dict[str, str] = response.json()
    return found


def activities(started: dict[str, str]) -> str:
    return f"conversations/{started['conversationId']}/activities"


async def test_a_watermark_and_a_token_survive_a_restart(
    service: Service, http: httpx.AsyncClient
) -> None:
    started = await begun(http)
    headers = bearer(started["token"])
    await http.post(activities(started), json=HUMAN, headers=headers)
    seen = (await http.get(activities(started), headers=headers)).json()
    assert len(seen["activities"]) == int(seen["watermark"]) == 4
    again = create_app(service, service.settings, [DirectLineAdapter()])
    async with (
        served(again) as address,
        httpx.AsyncClient(base_url=address + DOMAIN, timeout=PATIENCE_S) as later,
    ):
        path = f"{activities(started)}?watermark={seen['watermark']}"
        assert (await later.get(path, headers=headers)).json()["activities"] == []
        posted = await later.post(activities(started), json=HUMAN, headers=headers)
        new = (await later.get(path, headers=headers)).json()["activities"]
        assert new[0]["id"] == posted.json()["id"]
        assert new[1]["replyToId"] == posted.json()["id"]
        all = (await later.get(activities(started), headers=headers)).json()["activities"]
        assert [one["id"] for one in all[:4]] == [one["id"] for one in seen["activities"]]


async def test_a_token_ends_with_the_key_that_it_was_made_with(
    service: Service, http: httpx.AsyncClient
) -> None:
    access = Access(service.db)
    key, secret = await access.create("partner", "partner", "*")
    started = await begun(http, bearer(secret))
    headers = bearer(started["token"])
    assert (await http.get(activities(started), headers=headers)).is_success
    await access.revoke(key.id)
    refused = await http.get(activities(started), headers=headers)
    assert refused.status_code == 403
    assert (await http.post("tokens/refresh", headers=headers)).status_code == 403


async def test_a_token_expires(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = time.time() - tokens.EXPIRES_SECONDS - 60
    monkeypatch.setattr(tokens, "_now", lambda: int(long_ago))
    started = await begun(http)
    refused = await http.get(activities(started), headers=bearer(started["token"]))
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "TokenExpired"


async def test_pages_that_the_body_lists_may_use_web_chat(http: httpx.AsyncClient) -> None:
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-ms-bot-agent",
    }
    allowed = await http.options("conversations", headers={"Origin": OWN_SITE, **asked})
    assert allowed.headers["access-control-allow-origin"] == OWN_SITE
    assert "x-ms-bot-agent" in allowed.headers["access-control-allow-headers"]
    started = await begun(http, {"Origin": OWN_SITE})
    headers = {**bearer(started["token"]), "Origin": STRANGER}
    assert (await http.get(activities(started), headers=headers)).status_code == 403
    assert (await http.post("conversations", headers={"Origin": STRANGER})).status_code == 403
