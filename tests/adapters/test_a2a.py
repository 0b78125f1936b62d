"""The A2A SDK's own client, unmodified, asks the demo's bots: 1.0, 0.3, and HTTP+JSON."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from a2a.client import A2ACardResolver, Client, ClientConfig, ClientFactory
from a2a.client.errors import A2AClientError
from a2a.compat.v0_3.types import AgentCard as OldCard
from a2a.helpers import get_message_text, new_data_part, new_text_part
from a2a.types import (
    AgentCard,
    CancelTaskRequest,
    GetExtendedAgentCardRequest,
    GetTaskRequest,
    Message,
    Part,
    Role,
    SendMessageRequest,
    TaskPushNotificationConfig,
)
from a2a.utils import errors
from google.protobuf.json_format import MessageToDict

from adapters.a2a.adapter import A2AAdapter
from tests.adapters.conftest import ANSWERED, CRISIS, FOLLOW_UP, NAVS, UNANSWERED, VAGUE
from tests.adapters.lines import PlainLine, question
from tests.waiting import PATIENCE_S

BINDINGS = {"1.0": ("JSONRPC", "1.0"), "0.3": ("JSONRPC", "0.3"), "rest": ("HTTP+JSON", "1.0")}


class Caller:
    """A partner's program. `client` is the SDK's for one body's bot."""

    def __init__(self, http: httpx.AsyncClient, address: str, key: str) -> None:
        self.http = http
        self.address = address
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def client(
        self, of: str, binding: str = "1.0", streaming: bool = False, tenant: str = ""
    ) -> Client:
        """The SDK's client, made from the card of a body, or of all where `of` is ""."""
        base = f"{self.address}/adapters/a2a" + (f"/{of}" if of else "")
        card = await A2ACardResolver(self.http, base).get_agent_card()
        wanted = [
            one
            for one in card.supported_interfaces
            if (one.protocol_binding, one.protocol_version) == BINDINGS[binding]
            and one.tenant == tenant
        ]
        only = AgentCard()
        only.CopyFrom(card)
        del only.supported_interfaces[:]
        only.supported_interfaces.extend(wanted)
        self.http.headers.update(self.headers)
        config = ClientConfig(
            httpx_client=self.http,
            streaming=streaming,
            supported_protocol_bindings=["JSONRPC", "HTTP+JSON"],
        )
        return ClientFactory(config).create(only)


@pytest.fixture
async def caller(demo_server: str, partner_key: str) -> AsyncIterator[Caller]:
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        yield Caller(http, demo_server, partner_key)


@pytest.fixture(params=BINDINGS)
async def bergen(caller: Caller, request: pytest.FixtureRequest) -> Client:
    """Bergen's bot, by each version and binding."""
    return await caller.client("bergen", request.param)


async def say(client: Client, *parts: Part, context: str = "", **sent: Any) -> Message:
    """The one message that comes back."""
    message = Message(
        message_id=str(uuid.uuid4()), role=Role.ROLE_USER, context_id=context, parts=parts, **sent
    )
    request = SendMessageRequest(message=message)
    (came,) = [one async for one in client.send_message(request)]
    assert came.message.role == Role.ROLE_AGENT
    return came.message


async def ask(client: Client, text: str, context: str = "", **sent: Any) -> Message:
    return await say(client, new_text_part(text), context=context, **sent)


def reply(message: Message) -> Any:
    """The whole reply, as the metadata has it."""
    return MessageToDict(message.metadata)["samsvar"]


def outcome(message: Message) -> str:
    return str(reply(message)["outcome"]["type"])


def options(message: Message) -> list[Any]:
    data = [MessageToDict(part.data) for part in message.parts if part.HasField("data")]
    return list(data[0]["options"])


async def test_answers_with_its_sources(bergen: Client) -> None:
    message = await ask(bergen, ANSWERED)
    assert (outcome(message), reply(message)["body"]["name"]) == ("answered", "Bergen kommune")
    assert all(one["url"] in get_message_text(message) for one in reply(message)["sources"])
    assert reply(message)["sources"]


@pytest.mark.parametrize("by", ["data", "number", "label"])
async def test_asks_what_was_meant_and_is_told(bergen: Client, by: str) -> None:
    message = await ask(bergen, VAGUE)
    offered = options(message)
    assert f"1. {offered[0]['label']}" in get_message_text(message)
    chosen = {
        "data": new_data_part({"choice": offered[0]["id"]}),
        "number": new_text_part("1"),
        "label": new_text_part(offered[0]["label"]),
    }
    done = await say(bergen, chosen[by], context=message.context_id)
    assert done.context_id == message.context_id
    assert outcome(done) == "answered"
    assert offered[0]["id"].endswith(reply(done)["outcome"]["entry"])


async def test_the_conversation_goes_on_under_the_callers_own_id(bergen: Client) -> None:
    mine = str(uuid.uuid4())
    first = await ask(bergen, ANSWERED, mine)
    second = await ask(bergen, FOLLOW_UP, mine)
    assert first.context_id == second.context_id == mine
    assert (outcome(second), reply(second)["turn"] > reply(first)["turn"]) == ("answered", True)


async def test_anothers_question_says_whose_it_is(bergen: Client) -> None:
    message = await ask(bergen, NAVS)
    assert (outcome(message), reply(message)["outcome"]["body"]) == ("referred", "nav")
    assert "NAV" in get_message_text(message)


async def test_a_crisis_gets_the_numbers_to_call(bergen: Client) -> None:
    message = await ask(bergen, CRISIS)
    assert outcome(message) == "crisis"
    assert "116 123" in get_message_text(message)
    assert "tel:116123" in [one.get("url") for one in reply(message)["outcome"]["contacts"]]


async def test_what_nobody_knows_is_said_to_be_unanswered(bergen: Client) -> None:
    assert outcome(await ask(bergen, UNANSWERED)) == "unanswered"


async def test_answers_in_the_language_that_is_asked_for(bergen: Client) -> None:
    message = await ask(bergen, "SFO", metadata={"samsvar": {"language": "en"}})
    assert reply(message)["language"] == "en"


@pytest.mark.parametrize("binding", BINDINGS)
async def test_streams_one_message(caller: Caller, binding: str) -> None:
    client = await caller.client("bergen", binding, streaming=True)
    message = await ask(client, ANSWERED)
    assert outcome(message) == "answered"


@pytest.mark.parametrize("binding", ["1.0", "rest"])
async def test_one_card_has_all_bodies_as_tenants(caller: Caller, binding: str) -> None:
    client = await caller.client("", binding, tenant="nav")
    message = await ask(client, NAVS)
    assert (outcome(message), reply(message)["body"]["id"]) == ("answered", "nav")


async def test_the_card_says_what_is_answered_and_is_read_by_both_versions(
    caller: Caller,
) -> None:
    path = f"{caller.address}/adapters/a2a/bergen"
    card = await A2ACardResolver(caller.http, path).get_agent_card()
    assert (card.name, card.capabilities.streaming) == ("Bergen kommune", True)
    assert card.security_schemes["bearer"].http_auth_security_scheme.scheme == "bearer"
    skills = {skill.id: skill for skill in card.skills}
    assert any("barnehage" in example for example in skills["barnehage"].examples)
    raw = (await caller.http.get(f"{path}/.well-known/agent-card.json")).json()
    old = OldCard.model_validate(raw)
    assert (old.url, old.protocol_version, old.preferred_transport) == (path, "0.3.0", "JSONRPC")
    assert (await caller.http.get(f"{path}x/.well-known/agent-card.json")).status_code == 404


async def test_there_are_no_tasks_no_push_and_no_other_card(bergen: Client) -> None:
    with pytest.raises(errors.TaskNotFoundError):
        await bergen.get_task(GetTaskRequest(id="t"))
    with pytest.raises(errors.TaskNotFoundError):
        await bergen.cancel_task(CancelTaskRequest(id="t"))
    with pytest.raises(errors.TaskNotFoundError, match="contextId"):
        await ask(bergen, ANSWERED, task_id="t")
    with pytest.raises(errors.PushNotificationNotSupportedError):
        await bergen.create_task_push_notification_config(
            TaskPushNotificationConfig(task_id="t", id="p", url="https://partner.example")
        )
    assert (await bergen.get_extended_agent_card(GetExtendedAgentCardRequest())).name


async def test_refuses_with_what_to_change(bergen: Client) -> None:
    with pytest.raises(errors.InvalidParamsError, match="empty"):
        await ask(bergen, " ")
    with pytest.raises(errors.InvalidParamsError, match="at most 500"):
        await ask(bergen, ANSWERED, "c" * 501)
    with pytest.raises(errors.ContentTypeNotSupportedError, match="Send text"):
        await say(bergen, Part(url="https://partner.example/picture.png"))


async def test_a_question_that_goes_round_is_refused(bergen: Client) -> None:
    with pytest.raises(errors.InvalidParamsError, match="loop"):
        await ask(bergen, ANSWERED, metadata={"samsvar": {"via": ["bergen", "nav"]}})
    with pytest.raises(errors.InvalidParamsError, match="via"):
        await ask(bergen, ANSWERED, metadata={"samsvar": {"via": 3}})


async def test_a_wrong_key_is_refused_and_none_is_a_visitor(
    caller: Caller, demo_server: str
) -> None:
    client = await caller.client("bergen")
    assert outcome(await ask(client, ANSWERED)) == "answered"
    caller.http.headers["Authorization"] = "Bearer smsv_wrong"
    with pytest.raises(A2AClientError, match="401"):
        await ask(client, ANSWERED)
    del caller.http.headers["Authorization"]
    assert outcome(await ask(client, ANSWERED)) == "answered"


@pytest.mark.parametrize("settings", [{}, {"version": "0.3"}])
async def test_one_samsvar_reads_anothers_reply_whole(
    demo_server: str, partner_key: str, settings: dict[str, str]
) -> None:
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        line = PlainLine(f"{demo_server}/adapters/a2a/bergen", http, partner_key, settings)
        asked = question(VAGUE, sender="nav", via=("nav",))
        told = await A2AAdapter().ask(line, asked)
        assert (told.kind, told.speaker) == ("clarify", "Bergen kommune")
        one = told.options[0]
        chosen = question(one.label, choice=one.id, state=told.state, sender="nav", via=("nav",))
        done = await A2AAdapter().ask(line, chosen)
    assert done.kind == "answered"
    assert done.reply is not None and done.reply.html == done.html


async def test_two_callers_with_one_id_have_two_conversations(
    caller: Caller, demo_server: str
) -> None:
    mine = str(uuid.uuid4())
    keyed = await ask(await caller.client("bergen"), VAGUE, mine)
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        stranger = await Caller(http, demo_server, "").client("bergen")
        first = await ask(stranger, VAGUE, mine)
    assert reply(keyed)["turn"] == reply(first)["turn"]


DEEP = json.loads("[" * 200 + "]" * 200)
MESSAGE = {"messageId": "m", "role": "ROLE_USER", "parts": [{"text": ANSWERED}]}
OLD_MESSAGE = {"messageId": "m", "role": "user", "parts": [{"kind": "text", "text": ANSWERED}]}


def call(method: str, params: Any, version: str | None, at: str = "/bergen") -> tuple[Any, ...]:
    headers = {} if version is None else {"A2A-Version": version}
    return at, {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}, headers


REFUSED = {
    "no version": (call("SendMessage", {"message": MESSAGE}, None), -32009),
    "a later version": (call("SendMessage", {"message": MESSAGE}, "2.0"), -32009),
    "old in new": (call("message/send", {"message": OLD_MESSAGE}, "1.0"), -32009),
    "no such method": (call("Sing", {}, "1.0"), -32601),
    "an unknown body": (call("SendMessage", {"message": MESSAGE}, "1.0", "/nowhere"), -32602),
    "no tenant": (call("SendMessage", {"message": MESSAGE}, "1.0", ""), -32602),
    "two bodies": (call("SendMessage", {"message": MESSAGE, "tenant": "nav"}, "1.0"), -32602),
    "no message": (call("SendMessage", {}, "1.0"), -32602),
    "wrong types": (call("SendMessage", {"message": {"parts": 3}}, "1.0"), -32602),
    "old, wrong types": (call("message/send", {"message": {"parts": 3}}, None), -32602),
    "params of text": (call("SendMessage", "Hei", "1.0"), -32600),
    "too long": (
        call("SendMessage", {"message": {**MESSAGE, "parts": [{"text": "a" * 1001}]}}, "1.0"),
        -32602,
    ),
    "data without a choice": (
        call("SendMessage", {"message": {**MESSAGE, "parts": [{"data": [3]}]}}, "1.0"),
        -32602,
    ),
    "deep": (
        call("SendMessage", {"message": {**MESSAGE, "parts": [{"data": DEEP}]}}, "1.0"),
        -32602,
    ),
    "only pictures wanted": (
        call(
            "SendMessage",
            {"message": MESSAGE, "configuration": {"acceptedOutputModes": ["image/png"]}},
            "1.0",
        ),
        -32005,
    ),
    "no list": (call("ListTasks", {}, "1.0"), -32004),
    "no other card": (call("agent/getAuthenticatedExtendedCard", {}, None), -32004),
}


@pytest.mark.parametrize(("sent", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_errors_are_json_rpcs(
    demo: httpx.Client, sent: tuple[str, Any, dict[str, str]], code: int
) -> None:
    at, content, headers = sent
    response = demo.post(f"/adapters/a2a{at}", json=content, headers=headers)
    error = response.json()["error"]
    assert (response.status_code, response.json()["id"]) in ((200, 7), (200, None))
    assert error["code"] == code
    assert error["message"]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"3", b"[" * 10_000, b'{"id":"\\ud800"}'])
def test_what_is_no_json_rpc_is_refused_as_json_rpc(demo: httpx.Client, raw: bytes) -> None:
    response = demo.post("/adapters/a2a/bergen", content=raw)
    assert response.status_code == 200
    assert response.json()["error"]["code"] in (-32700, -32600)


def test_what_is_too_large_is_refused_as_json_rpc(demo: httpx.Client) -> None:
    response = demo.post("/adapters/a2a/bergen", content=b"[" * 100_000)
    assert (response.status_code, response.json()["error"]["code"]) == (413, -32600)


def test_the_rest_of_http_json_is_refused_in_its_form(demo: httpx.Client) -> None:
    new = {"A2A-Version": "1.0"}
    for path, sent, headers, status, reason in (
        ("nowhere/message:send", {"message": MESSAGE}, new, 400, "INVALID_PARAMS"),
        ("bergen/message:send", {"message": 3}, new, 400, "INVALID_PARAMS"),
        ("bergen/message:stream", {"message": MESSAGE}, {}, 400, "VERSION_NOT_SUPPORTED"),
        ("bergen/tasks/t:subscribe", {}, new, 404, "TASK_NOT_FOUND"),
        ("bergen/tasks/t/pushNotificationConfigs", {}, new, 400, "PUSH_NOTIFICATION_NOT_SUPPORTED"),
        ("bergen/tasks", {}, new, 400, "UNSUPPORTED_OPERATION"),
    ):
        response = demo.post(f"/adapters/a2a/{path}", json=sent, headers=headers)
        assert response.status_code == status, path
        assert response.json()["error"]["details"][0]["reason"] == reason, path
