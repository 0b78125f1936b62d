"""What a hostile or broken client sends: a clear 4xx each time, and the service goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.api.conftest import Visitor, is_problem
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

JSON = {"Content-Type": "application/json"}
DEEP = b"[" * 100_000
# U+FDFA grows to 18 characters when it is normalised.
GROWS = "\ufdfa"


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def goes_on(client: httpx.AsyncClient) -> AsyncIterator[None]:
    """After each test the service still answers."""
    yield
    assert (await client.get("/readyz")).json() == {"status": "ready"}


async def ask(client: httpx.AsyncClient, content: bytes, **headers: str) -> httpx.Response:
    """One raw request to /v1/ask."""
    return await client.post("/v1/ask", content=content, headers={**JSON, **headers})


async def test_a_message_of_one_megabyte(client: httpx.AsyncClient, visitor: Visitor) -> None:
    is_problem(await client.post("/v1/ask", json={"body": "bergen", "text": "a" * 1_000_000}), 413)
    is_problem(await visitor.say("a" * 1_000_000), 413)


async def test_a_large_body_without_a_length(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'{"body":"bergen","text":"'
        for _ in range(200):
            yield b"a" * 1024
        yield b'"}'

    response = await client.post("/v1/ask", content=endless(), headers=JSON)
    is_problem(response, 413)


async def test_too_long_names_the_limit(client: httpx.AsyncClient, visitor: Visitor) -> None:
    for response in (
        await client.post("/v1/ask", json={"body": "bergen", "text": "å" * 1001}),
        await client.post("/v1/route", json={"text": "å" * 1001}),
        await client.post("/v1/ask", json={"body": "bergen", "text": GROWS * 2000}),
        await visitor.say(GROWS * 2000),
    ):
        assert "1000" in str(is_problem(response, 400)["detail"])


async def test_text_that_grows_is_answered(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/ask", json={"body": "bergen", "text": GROWS * 1000})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"body":"bergen"}',
        b'{"body":"bergen","text":null}',
        b'{"body":"bergen","text":["a"]}',
        b'{"body":"bergen","text":"\xff\xfe"}',
        b'{"body":"bergen","text":"\xed\xa0\x80"}',
        b'{"body":"bergen","text":"\\ud800"}',
        b'{"body":"bergen","text":"\\ud800\\u0041"}',
        b'{"body":"bergen","text":"   \\u0000 \\u200b\\u0007"}'.replace(b"\\u200b", b""),
        b'{"body":"bergen\\u0000","text":"hei"}',
        b'{"body":"bergen","text":"hei","language":"../../etc"}',
        b'{"body":"bergen","text":"hei","via":"bergen"}',
        b'{"body":"bergen","text":"hei","x":' + b"[" * 50_000,
        b'{"body":"bergen","text":"hei"}garbage',
        b'{"body":"bergen","text":"hei","wrong":1}',
        DEEP[:60_000],
        b'{"body":' * 5_000,
        b'{"body":"bergen","text":1e999}',
    ],
)
async def test_what_cannot_be_read(client: httpx.AsyncClient, content: bytes) -> None:
    is_problem(await ask(client, content), 400)


async def test_deep_json_is_refused_everywhere(
    client: httpx.AsyncClient, visitor: Visitor, keys: dict[str, dict[str, str]]
) -> None:
    is_problem(await ask(client, DEEP), 413)
    for path, headers in (
        ("/v1/conversations", {}),
        (visitor.path("/messages"), visitor.headers),
        (visitor.path("/feedback"), visitor.headers),
        ("/v1/route", {}),
    ):
        response = await client.post(path, content=DEEP[:60_000], headers={**JSON, **headers})
        is_problem(response, 400)
    imported = await client.post("/v1/brains/kommune/import", content=DEEP, headers=keys["admin"])
    is_problem(imported, 400)
    page = await client.post(
        "/v1/brains/kommune/import?format=faqpage", content=DEEP, headers=keys["admin"]
    )
    is_problem(page, 400)


async def test_an_unknown_field_is_named(client: httpx.AsyncClient) -> None:
    response = await ask(client, b'{"body":"bergen","text":"hei","treshold":0.1}')
    assert "treshold" in str(is_problem(response, 400)["detail"])


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_other_content(client: httpx.AsyncClient, kind: str) -> None:
    response = await ask(client, b'{"body":"bergen","text":"hei"}', **{"Content-Type": kind})
    is_problem(response, 415)


async def test_control_characters_are_taken_out(visitor: Visitor) -> None:
    await visitor.say("hei\x00 \u202ealt\x07 \x1b[31msammen")
    shown = (await visitor.client.get(visitor.path(), headers=visitor.headers)).json()
    assert shown["turns"][0]["text"] == "hei alt [31msammen"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/bodies/%00",
        "/v1/bodies/%FF%FE",
        "/v1/bodies/" + "a" * 5000,
        "/v1/bodies/..%2F..%2Fetc%2Fpasswd",
        "/v1/bodies/bergen/popular?month=0",
        "/v1/bodies/bergen/popular?month=x",
        "/v1/conversations/%00",
        "/v1/nothing/here",
        "/%E0%A4%A",
    ],
)
async def test_addresses_that_are_none(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(
        path, headers={"Authorization": "Bearer x"} if "conv" in path else {}
    )
    assert response.status_code in (400, 404)
    is_problem(response, response.status_code)


async def test_wrong_method(client: httpx.AsyncClient) -> None:
    response = await client.put("/v1/ask", json={})
    is_problem(response, 405)


async def test_not_even_http(base_url: str) -> None:
    host, _, port = base_url.removeprefix("http://").partition(":")
    for sent in (b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\nHost: a\r\n" + b"x" * 100_000):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(sent + b"\r\n\r\n")
        assert b"500" not in await asyncio.wait_for(reader.read(200), PATIENCE_S)
        writer.close()


async def test_no_error_tells_about_the_inside(client: httpx.AsyncClient) -> None:
    for response in (await client.get("/v1/nope"), await ask(client, b"{")):
        assert "Traceback" not in response.text and "site-packages" not in response.text
        assert response.headers["x-content-type-options"] == "nosniff"
