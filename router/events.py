"""What happens in a conversation, told at once to every page that shows it.

`publish` is called by whoever changes a conversation; `listen` is what the
server-sent events of the API read. Listeners are told on a best-effort basis:
what was said is in the database, and a page that missed something asks again
from the last turn it saw.

Conversations share a fixed number of channels, so that nothing grows with the
number of conversations ever held.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, Literal

import msgspec
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.base import ChannelsBackend
from litestar.channels.backends.memory import MemoryChannelsBackend

CHANNELS = 256
BACKLOG_MAX = 1000

EventKind = Literal["reply", "agent", "typing", "state"]


class Event(msgspec.Struct, frozen=True):
    """One thing that happened. `turn` is the turn it belongs to, for catching up later."""

    conversation: str
    event: EventKind
    data: msgspec.Raw
    turn: int | None = None


class Events:
    """Tells the listeners of a conversation; `plugin` is what the web application starts."""

    def __init__(self, backend: ChannelsBackend) -> None:
        self.plugin = ChannelsPlugin(
            backend,
            channels=[f"conversations:{number}" for number in range(CHANNELS)],
            subscriber_max_backlog=BACKLOG_MAX,
        )

    @classmethod
    def in_memory(cls) -> Events:
        """Events that reach the listeners of this process only."""
        return cls(MemoryChannelsBackend())

    def publish(
        self, conversation: str, event: EventKind, data: Any, turn: int | None = None
    ) -> None:
        """Tell every listener of `conversation`. Does nothing where no web application runs."""
        raw = msgspec.Raw(msgspec.json.encode(data))
        message = msgspec.json.encode(Event(conversation, event, raw, turn))
        try:
            self.plugin.publish(message, _channel(conversation))
        except RuntimeError:
            return

    @asynccontextmanager
    async def listen(self, conversation: str) -> AsyncIterator[AsyncIterator[Event]]:
        """A stream of the conversation's events from now on, for as long as the context lasts."""
        async with (
            self.plugin.start_subscription(_channel(conversation)) as subscriber,
            aclosing(subscriber.iter_events()) as payloads,
        ):
            yield _only(conversation, payloads)


async def _only(conversation: str, payloads: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    async for payload in payloads:
        event = msgspec.json.decode(payload, type=Event)
        if event.conversation == conversation:
            yield event


def _channel(conversation: str) -> str:
    return f"conversations:{zlib.crc32(conversation.encode()) % CHANNELS}"
