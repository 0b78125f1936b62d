"""How much, how often and from where: limits, origins, CORS and headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import httpx
import msgspec
import pytest

from router.api.app import create_app
from router.service import Service
from router.settings import Settings
from tests.api.conftest import OWN_SITE, Visitor, bearer, is_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")

Limited = Callable[..., httpx.AsyncClient]
# The client's own loggers, the database driver's, and one that pytest revives: uvicorn's is off.
OTHERS = ("httpx", "httpcore", "aiosqlite", "uvicorn.access")
QUESTION = {"body": "bergen", "text": "hei"}


@pytest.fixture
def limited(service: Service, settings: Settings) -> Limited:
    """A second application over the same service, with settings of its own."""

    def make(address: str = "192.0.2.1", **changes: object) -> httpx.AsyncClient:
        app = create_app(service, msgspec.structs.replace(settings, **changes))
        transport = httpx.ASGITransport(cast(Any, app), client=(address, 1))
        return httpx.AsyncClient(transport=transport, base_url="http://samsvar.test")

    return make


async def test_questions_from_one_address(
    limited: Limited, keys: dict[str, dict[str, str]]
) -> None:
    client = limited(asks_per_minute=3)
    for _ in range(3):
        assert (await client.post("/v1/ask", json=QUESTION)).status_code == 200
    refused = await client.post("/v1/ask", json=QUESTION)
    is_problem(refused, 429)
    assert 0 < int(refused.headers["retry-after"]) <= 60
    is_problem(await client.post("/v1/conversations", json={"body": "bergen"}), 429)
    keyed = await client.post("/v1/ask", json=QUESTION, headers=keys["partner"])
    assert keyed.status_code == 200


async def test_requests_with_one_key(limited: Limited, keys: dict[str, dict[str, str]]) -> None:
    client = limited(key_requests_per_minute=2)
    for _ in range(2):
        assert (await client.get("/v1/bodies", headers=keys["partner"])).status_code == 200
    is_problem(await client.get("/v1/bodies", headers=keys["partner"]), 429)
    assert (await client.get("/v1/bodies", headers=keys["reader"])).status_code == 200


async def test_guessing_keys_is_limited(limited: Limited) -> None:
    client = limited(requests_per_minute=3)
    for number in range(3):
        is_problem(await client.get("/v1/bodies", headers=bearer(f"smsv_{number}")), 401)
    is_problem(await client.get("/v1/bodies", headers=bearer("smsv_4")), 429)


async def test_messages_in_one_conversation(limited: Limited) -> None:
    client = limited(messages_per_minute=2)
    started = [
        (await client.post("/v1/conversations", json={"body": "bergen"})).json() for _ in "ab"
    ]
    first, second = (Visitor(client, one) for one in started)
    for _ in range(2):
        assert (await first.say("hei")).status_code == 200
    is_problem(await first.say("hei"), 429)
    assert (await second.say("hei")).status_code == 200


async def test_an_ipv6_network_is_one_address(service: Service, settings: Settings) -> None:
    app = create_app(service, msgspec.structs.replace(settings, asks_per_minute=1))
    statuses = []
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8:1::1"):
        transport = httpx.ASGITransport(cast(Any, app), client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://samsvar.test") as client:
            statuses.append((await client.post("/v1/ask", json=QUESTION)).status_code)
    assert statuses == [200, 429, 200]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (OWN_SITE, 200),
        ("https://WWW.bergen.example:443", 200),
        ("http://samsvar.test", 200),
        ("https://svar.example", 200),
        ("https://nav.example", 403),
        ("http://www.bergen.example", 403),
        ("https://www.bergen.example.evil.example", 403),
        ("https://evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
async def test_origins(limited: Limited, origin: str, status: int) -> None:
    client = limited(public_url="https://svar.example")
    headers = {"Origin": origin}
    assert (await client.post("/v1/ask", json=QUESTION, headers=headers)).status_code == status
    started = await client.post("/v1/conversations", json={"body": "bergen"}, headers=headers)
    assert started.status_code == (201 if status == 200 else 403)
    if status == 403:
        is_problem(started, 403)


async def test_a_conversation_keeps_to_its_bodys_sites(visitor: Visitor) -> None:
    headers = {**visitor.headers, "Origin": "https://nav.example"}
    for method, rest in (("GET", ""), ("POST", "/handover"), ("GET", "/events"), ("DELETE", "")):
        response = await visitor.client.request(method, visitor.path(rest), headers=headers)
        is_problem(response, 403)
    headers["Origin"] = OWN_SITE
    assert (await visitor.client.get(visitor.path(), headers=headers)).status_code == 200


async def test_cors_for_listed_sites_only(client: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST"}
    allowed = await client.options("/v1/conversations", headers={**asked, "Origin": OWN_SITE})
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == OWN_SITE
    assert "authorization" in allowed.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in allowed.headers

    foreign = {**asked, "Origin": "https://evil.example"}
    refused = await client.options("/v1/conversations", headers=foreign)
    is_problem(refused, 403)
    assert "access-control-allow-origin" not in refused.headers

    answered = await client.get("/v1/bodies", headers={"Origin": OWN_SITE})
    assert answered.headers["access-control-allow-origin"] == OWN_SITE
    assert "Origin" in answered.headers["vary"]


async def test_only_named_hosts(limited: Limited) -> None:
    client = limited(allowed_hosts=["svar.example"])
    is_problem(await client.get("/healthz"), 400)
    named = await client.get("/healthz", headers={"Host": "svar.example:8000"})
    assert named.status_code == 200


async def test_pages_are_protected(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert "object-src 'none'" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"]


async def test_the_log_holds_no_texts(
    client: httpx.AsyncClient, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await visitor.say("kvikksølvpølse")
    await client.get("/v1/bodies/hemmeligsted?token=hemmelig")
    ours = [record for record in caplog.records if not record.name.startswith(OTHERS)]
    logged = "\n".join(record.getMessage() for record in ours)
    assert "POST /v1/conversations/{conversation}/messages 200" in logged
    for secret in ("kvikksølvpølse", "hemmelig", visitor.id, visitor.headers["Authorization"][7:]):
        assert secret not in logged
