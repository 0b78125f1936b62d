"""Asking a partner's agent, by the SDK's own client over the line's guarded one.

The agent card says where and how to ask, as far as that is at the registered
host. It is read once a conversation, and kept with the ids in the state.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
from a2a.client import A2ACardResolver
from a2a.client.client import ClientCallContext
from a2a.client.transports.base import ClientTransport
from a2a.client.transports.jsonrpc import JsonRpcTransport
from a2a.client.transports.rest import RestTransport
from a2a.compat.v0_3.jsonrpc_transport import CompatJsonRpcTransport
from a2a.types import (
    AgentCard,
    AgentInterface,
    GetTaskRequest,
    Message,
    Part,
    Role,
    SendMessageRequest,
    Task,
)
from a2a.utils.constants import VERSION_HEADER
from a2a.utils.errors import A2AError, TaskNotFoundError
from google.protobuf.json_format import ParseDict

from adapters.a2a import rpc, told
from adapters.a2a.messages import DATA, METADATA, TEXT, About
from router.adapters import Card, Line, PartnerFailed, Question, Told, Topic

POLL_S = 0.5
POLLS_MAX = 60
STATE_CHARS_MAX = 4000

# The bindings that are spoken, the best first.
TRANSPORTS: dict[tuple[str, str], Callable[..., ClientTransport]] = {
    ("JSONRPC", "1"): JsonRpcTransport,
    ("HTTP+JSON", "1"): RestTransport,
    ("JSONRPC", "0"): CompatJsonRpcTransport,
}


class State(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How the partner is asked, and by which ids it knows the conversation."""

    url: str
    binding: str
    version: str
    tenant: str = ""
    context: str = ""
    task: str = ""


async def ask(line: Line, question: Question) -> Told:
    """See `router.adapters.Calls`."""
    async with _failing():
        state = await _state(line, question)
        transport = TRANSPORTS[state.binding, _major(state.version)](
            line.http, AgentCard(), state.url, is_shared_httpx=True
        )
        context = ClientCallContext(service_parameters=_headers(line, state.version))
        try:
            result = await transport.send_message(_request(question, state), context=context)
        except TaskNotFoundError:  # the partner has forgotten what it asked about
            state = msgspec.structs.replace(state, task="")
            result = await transport.send_message(_request(question, state), context=context)
        if result.HasField("message"):
            message = result.message
            return _kept(told.by_message(message), state, message.context_id, "")
        task = await _ended(transport, result.task, state, context)
        said = told.by_task(task)
        open_task = task.id if said.kind == "clarify" else ""
        return _kept(said, state, task.context_id, open_task)


async def card(line: Line) -> Card:
    """See `router.adapters.Calls`."""
    async with _failing():
        published = await _published(line)
    return Card(
        name=published.name,
        description=published.description,
        website=published.provider.url or None,
        topics=tuple(
            Topic(skill.id, skill.name, tuple(skill.examples) or (skill.name,))
            for skill in published.skills
        ),
    )


async def _state(line: Line, question: Question) -> State:
    """What was kept with the last reply; at first, what the agent card says."""
    if question.state:
        return msgspec.json.decode(question.state, type=State)
    tenant = line.settings.get("tenant", "")
    if version := line.settings.get("version"):
        if _major(version) not in ("0", "1"):
            raise PartnerFailed("the setting “version” is neither 1.0 nor 0.3")
        return State(url=line.address, binding="JSONRPC", version=version, tenant=tenant)
    known = [
        one
        for one in (await _published(line)).supported_interfaces
        if (one.protocol_binding, _major(_version(one))) in TRANSPORTS
        and tenant in ("", one.tenant)
    ]
    if not known:
        raise PartnerFailed("the agent card names no interface that is spoken here")
    order = list(TRANSPORTS)
    best = min(known, key=lambda one: order.index((one.protocol_binding, _major(_version(one)))))
    return State(
        url=_own(line, best.url),
        binding=best.protocol_binding,
        version=_version(best),
        tenant=best.tenant,
    )


async def _published(line: Line) -> AgentCard:
    resolver = A2ACardResolver(line.http, line.address)
    headers = _headers(line, rpc.NEW)
    return await resolver.get_agent_card(http_kwargs={"headers": headers})


def _own(line: Line, url: str) -> str:
    """The address that a card names, where it is at the registered host; else the registered."""
    ours, theirs = httpx.URL(line.address), httpx.URL(url)
    same = (ours.scheme, ours.host, ours.port) == (theirs.scheme, theirs.host, theirs.port)
    return url if same else line.address


def _version(interface: AgentInterface) -> str:
    return interface.protocol_version or rpc.NEW


def _major(version: str) -> str:
    return version.split(".")[0]


def _headers(line: Line, version: str) -> dict[str, str]:
    key = {"Authorization": f"Bearer {line.secret}"} if line.secret else {}
    return {VERSION_HEADER: version, **key}


def _request(question: Question, state: State) -> SendMessageRequest:
    parts = [Part(text=question.text or question.choice or "", media_type=TEXT)]
    if question.choice is not None:
        parts.append(_data({"choice": question.choice}))
    if question.transcript:
        parts.append(_data({"transcript": msgspec.to_builtins(question.transcript)}))
    message = Message(
        message_id=str(uuid.uuid4()),
        context_id=state.context,
        task_id=state.task,
        role=Role.ROLE_USER,
        parts=parts,
    )
    about = About(question.language, question.sender, question.sender_name, question.via)
    ParseDict({METADATA: msgspec.to_builtins(about)}, message.metadata)
    return SendMessageRequest(message=message, tenant=state.tenant)


def _data(data: dict[str, Any]) -> Part:
    part = Part(media_type=DATA)
    ParseDict(data, part.data)
    return part


async def _ended(
    transport: ClientTransport, task: Task, state: State, context: ClientCallContext
) -> Task:
    """The task when it runs no more: it is asked for, again and again, a while."""
    for _ in range(POLLS_MAX):
        if task.status.state not in told.RUNNING:
            return task
        await asyncio.sleep(POLL_S)
        wanted = GetTaskRequest(id=task.id, tenant=state.tenant)
        task = await transport.get_task(wanted, context=context)
    raise PartnerFailed("the task did not end")


def _kept(said: Told, state: State, context: str, task: str) -> Told:
    """With the ids for what is asked next; a partner may leave the context out."""
    kept = msgspec.structs.replace(state, context=context or state.context, task=task)
    written = msgspec.json.encode(kept).decode()
    if len(written) > STATE_CHARS_MAX:
        raise PartnerFailed("the ids of its conversation are too long")
    return msgspec.structs.replace(said, state=written)


@asynccontextmanager
async def _failing() -> AsyncIterator[None]:
    """What the SDK raises, as what the router knows. Its texts may quote the visitor: none is
    passed on."""
    try:
        yield
    except A2AError as error:
        if isinstance(error.__cause__, httpx.HTTPError):
            raise error.__cause__ from None
        raise PartnerFailed(f"it refused: {type(error).__name__}") from None
    except (*rpc.MALFORMED, httpx.InvalidURL):
        raise PartnerFailed("its reply is not A2A") from None
