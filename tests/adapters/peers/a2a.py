"""Frida on A2A: an agent built on the SDK's server side, of 1.0 or of 0.3.

She knows dagpenger (a message with a link), asks back what "penger" is meant to be (a task that
wants input, with options), thinks about "lenge" for a while (a task that works), breaks down at
"feil", turns "nei" down, and says so where she does not know. Every message, and the key it came
with, is kept.
"""

from __future__ import annotations

import asyncio
from typing import Any

from a2a.helpers import get_message_text, new_data_part, new_message, new_task_from_user_message
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.context import ServerCallContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import (
    create_agent_card_routes,
    create_jsonrpc_routes,
    create_rest_routes,
)
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import (
    AgentCapabilities,
    AgentCard,
    AgentInterface,
    AgentProvider,
    AgentSkill,
    Message,
    Part,
    SendMessageRequest,
    Task,
)
from google.protobuf.json_format import MessageToDict
from starlette.applications import Starlette

ANSWER = "Du søker om dagpenger på nav.no."
PAGE = "https://www.nav.no/dagpenger"
WHICH = "Hva slags penger mener du?"
OPTIONS = [{"id": "d", "label": "Dagpenger"}, {"id": "s", "label": "Sykepenger"}]
UNKNOWN = "Det vet jeg ikke."
THOUGHT = "<p>Nå har jeg tenkt.</p>"
TURNED_DOWN = "Det svarer jeg ikke på."


class Frida(AgentExecutor):
    """`came` has what was asked, oldest first."""

    def __init__(self) -> None:
        self.came: list[tuple[Message, str | None]] = []

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        asked = context.message
        assert asked is not None
        headers = context.call_context.state["headers"]
        self.came.append((asked, headers.get("authorization")))
        text = get_message_text(asked).casefold()
        if context.current_task is not None:
            chosen = [MessageToDict(part.data) for part in asked.parts if part.HasField("data")]
            task = TaskUpdater(event_queue, context.task_id or "", context.context_id or "")
            await task.add_artifact([Part(text=f"Om {chosen[0]['choice']}: {ANSWER}")])
            await task.complete()
        elif "dagpenger" in text:
            parts = [
                Part(text=ANSWER),
                Part(url=PAGE, filename="Dagpenger", media_type="text/html"),
            ]
            await event_queue.enqueue_event(new_message(parts, context_id=context.context_id))
        elif any(word in text for word in ("penger", "lenge", "feil", "nei")):
            await self._as_task(text, context, event_queue)
        else:
            said = new_message([Part(text=UNKNOWN)], context_id=context.context_id)
            await event_queue.enqueue_event(said)

    async def _as_task(self, text: str, context: RequestContext, queue: EventQueue) -> None:
        assert context.message is not None
        await queue.enqueue_event(new_task_from_user_message(context.message))
        task = TaskUpdater(queue, context.task_id or "", context.context_id or "")
        if "penger" in text:
            data = new_data_part({"options": OPTIONS}, media_type="application/json")
            await task.requires_input(new_message([Part(text=WHICH), data]))
        elif "lenge" in text:
            await task.start_work()
            await asyncio.sleep(0.2)
            await task.add_artifact([Part(text=THOUGHT, media_type="text/html")])
            await task.complete()
        elif "feil" in text:
            await task.failed(new_message([Part(text="Jeg er ødelagt.")]))
        else:
            await task.reject(new_message([Part(text=TURNED_DOWN)]))

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        raise NotImplementedError


class _AtOnce(DefaultRequestHandler):
    """Does not wait for a task that takes long."""

    async def on_message_send(
        self, params: SendMessageRequest, context: ServerCallContext
    ) -> Task | Message:
        if "lenge" in get_message_text(params.message):
            params.configuration.return_immediately = True
        return await super().on_message_send(params, context)


def card(*interfaces: tuple[str, str, str]) -> AgentCard:
    """What Frida publishes about herself; an interface is an address, a binding, a version."""
    return AgentCard(
        name="Frida",
        description="Svarer på spørsmål til NAV.",
        version="1",
        provider=AgentProvider(organization="NAV", url="https://www.nav.no"),
        capabilities=AgentCapabilities(streaming=True),
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        supported_interfaces=[
            AgentInterface(url=url, protocol_binding=binding, protocol_version=version)
            for url, binding, version in interfaces
        ],
        skills=[
            AgentSkill(
                id="dagpenger",
                name="Dagpenger",
                description="Penger til den som mister jobben",
                tags=["dagpenger"],
                examples=["Hvordan søker jeg dagpenger?", "Hvor mye er dagpengene?"],
            ),
            AgentSkill(id="syk", name="Sykepenger", description="Når du er syk", tags=["syk"]),
        ],
    )


def frida(published: AgentCard) -> Starlette:
    """The agent, at `/rpc` and `/rest`. `app.state.frida` is she."""
    agent = Frida()
    handler = _AtOnce(agent, InMemoryTaskStore(), published)
    routes: list[Any] = [
        *create_agent_card_routes(published),
        *create_jsonrpc_routes(handler, "/rpc", enable_v0_3_compat=True),
        *create_rest_routes(handler, path_prefix="/rest"),
    ]
    app = Starlette(routes=routes)
    app.state.frida = agent
    return app
