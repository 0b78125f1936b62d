"""MCP's own Python client, unmodified, in the newest revision of the protocol and an older one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
import msgspec
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from router.messages import Reply, RouteResult
from tests.adapters.conftest import ANSWERED, CRISIS, NAVS, VAGUE
from tests.waiting import PATIENCE_S

NEWEST, OLDER = "auto", "legacy"
PROBES = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}


@asynccontextmanager
async def connected(
    address: str, mode: str = NEWEST, key: str | None = None
) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=PATIENCE_S) as http,
        Client(streamable_http_client(address, http_client=http), mode=mode) as client,
    ):
        yield client


async def asked(client: Client, **arguments: Any) -> tuple[Reply, str, dict[str, Any]]:
    """The reply in our own shape, the words beside it, and the structured content."""
    result = await client.call_tool("ask", arguments)
    assert not result.is_error, result.content
    found: dict[str, Any] = result.structured_content
    return msgspec.convert(found, Reply), result.content[0].text, found


@pytest.fixture
def address(demo_server: str) -> str:
    return f"{demo_server}/adapters/mcp"


@pytest.mark.parametrize(
    ("mode", "revision"), [(NEWEST, "2026-07-28"), (OLDER, "2025-11-25")], ids=[NEWEST, OLDER]
)
async def test_tells_its_tools_and_answers_in_both_revisions(
    address: str, partner_key: str, mode: str, revision: str
) -> None:
    async with connected(address, mode, partner_key) as client:
        assert client.protocol_version == revision
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"ask", "route", "bodies"}
        assert all(tool.description and tool.output_schema for tool in tools.values())
        assert "body" in tools["ask"].input_schema["required"]
        reply, words, _ = await asked(client, body="bergen", text=ANSWERED)
        assert reply.body.name == "Bergen kommune"
        assert reply.text in words
        assert all(source.url in words for source in reply.sources)


async def test_asks_what_was_meant_and_goes_on_in_the_same_conversation(address: str) -> None:
    async with connected(address) as client:
        reply, words, found = await asked(client, body="bergen", text=VAGUE)
        option = reply.options[0]
        assert f"{option.label}: choice={option.id}" in words
        assert found["conversation"] in words
        chosen, _, next = await asked(
            client, body="bergen", choice=option.id, conversation=found["conversation"]
        )
        assert chosen.outcome.__struct_config__.tag == "answered"
        assert chosen.turn > reply.turn
        assert next["conversation"] == found["conversation"]


async def test_anothers_question_is_answered_in_its_name(address: str) -> None:
    async with connected(address) as client:
        reply, words, _ = await asked(client, body="bergen", text=NAVS)
        assert reply.body.id == "nav"
        assert words.startswith("NAV (referred):")


async def test_a_crisis_is_passed_on_complete(address: str) -> None:
    async with connected(address) as client:
        reply, words, _ = await asked(client, body="bergen", text=CRISIS)
        contacts = reply.outcome.contacts  # type: ignore[union-attr]
        assert reply.text in words
        assert all(contact.value in words for contact in contacts)


async def test_tells_whose_question_it_is(address: str) -> None:
    async with connected(address) as client:
        result = await client.call_tool("route", {"text": NAVS, "municipality": "bergen"})
        found = msgspec.convert(result.structured_content, RouteResult)
        assert found.body == "nav"
        assert "NAV (id nav)" in result.content[0].text


async def test_lists_bodies_by_a_part_of_their_name(address: str) -> None:
    async with connected(address) as client:
        result = await client.call_tool("bodies", {"name": "berg"})
        bodies = result.structured_content["bodies"]
        assert "bergen" in [body["id"] for body in bodies]
        assert all("berg" in f"{body['id']} {body['name']}".lower() for body in bodies)


async def test_an_address_of_one_body_needs_no_body(address: str) -> None:
    async with connected(f"{address}/nav") as client:
        ask = next(tool for tool in (await client.list_tools()).tools if tool.name == "ask")
        assert "body" not in ask.input_schema["properties"]
        reply, _, _ = await asked(client, text=NAVS)
        assert (reply.body.id, reply.outcome.__struct_config__.tag) == ("nav", "answered")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"body": "nowhere", "text": ANSWERED}, "nowhere"),
        ({"text": ANSWERED}, "missing required field `body`"),
        ({"body": "bergen"}, "empty"),
        ({"body": "bergen", "text": 5}, "`str`"),
        ({"body": "bergen", "text": "hei", "colour": "red"}, "colour"),
        ({"body": "bergen", "text": "hei", "conversation": "somebody-elses"}, "Leave `conv"),
        ({"body": "bergen", "choice": "entry:"}, "options"),
    ],
    ids=["unknown body", "no body", "empty", "a number", "unknown", "conversation", "choice"],
)
async def test_a_call_that_does_not_fit_is_a_tool_error_that_says_what_to_change(
    address: str, arguments: dict[str, Any], says: str
) -> None:
    async with connected(address) as client:
        result = await client.call_tool("ask", arguments)
        assert result.is_error
        assert says in result.content[0].text


async def test_a_wrong_key_is_never_as_if_there_were_none(address: str) -> None:
    async with connected(address, key="smsv_wrong") as client:
        for name, arguments in (
            ("ask", {"body": "bergen", "text": ANSWERED}),
            ("route", {"text": NAVS}),
        ):
            result = await client.call_tool(name, arguments)
            assert result.is_error
            assert "unknown or revoked" in result.content[0].text


async def test_what_is_not_there_is_refused(address: str) -> None:
    async with connected(address) as client:
        with pytest.raises(MCPError, match="no such tool"):
            await client.call_tool("delete_everything", {})
    refused = pytest.RaisesExc(MCPError, match="nowhere")
    with pytest.RaisesGroup(refused, flatten_subgroups=True):
        async with connected(f"{address}/nowhere", OLDER):
            pass


async def test_any_host_name_of_the_service_will_do(address: str) -> None:
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    async with httpx.AsyncClient(
        headers={**PROBES, "host": "svar.bergen.example"}, timeout=PATIENCE_S
    ) as http:
        response = await http.post(address, json=listing)
    assert len(response.json()["result"]["tools"]) == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'{"jsonrpc":"2.0","id":1}',
        b"[" * 20_000,
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":7}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":'
        b'{"body":"bergen\\ud800","text":"hei"}}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":'
        b'{"body":"bergen","text":"hei \\ud800","conversation":"\\ud800"}}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask\\ud800"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/list","pad":"' + b"x" * 100_000 + b'"}',
    ],
    ids=lambda content: content[:60].decode(),
)
async def test_hostile_input_is_no_fault_of_ours(address: str, content: bytes) -> None:
    headers = {**PROBES, "content-type": "application/json"}
    for revision in ("2025-06-18", "2026-07-28"):
        headers["mcp-protocol-version"] = revision
        async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
            response = await http.post(address, content=content, headers=headers)
        assert response.status_code < 500, response.text
        assert "Something went wrong" not in response.text
