"""What an adapter is, what it is given, and which are installed.

An adapter speaks one foreign protocol. Reading one is reading all: a `name`,
and `routes()`, whose handlers turn what comes in into a `Message` and the
`Reply` into what goes out. A handler that declares `desk: DeskHere` is given
the `Desk`, which is all of the router that an adapter sees. A distribution
names its adapters under the entry point group `samsvar.adapters`.

    a foreign request -> desk.caller (whose key?) -> desk.talk (which conversation?)
                      -> talk.say -> Reply -> a foreign response

Refusals are exceptions with a text for whoever called, see `desk.refusal`.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from typing import Annotated, Any, Protocol

import msgspec
from litestar import Request
from litestar.params import Dependency
from litestar.types import ControllerRouterHandler

from router.messages import Message, Reply, Started, Turn

GROUP = "samsvar.adapters"

AnyRequest = Request[Any, Any, Any]


class Served(msgspec.Struct, frozen=True):
    """A body that answers here, as directories and agent cards present it."""

    id: str
    name: str
    language: str
    languages: list[str]
    website: str | None


class Refusal(msgspec.Struct, frozen=True):
    """Why something was refused, for the protocol's own error: HTTP status, what to change."""

    status: int
    text: str


class Talk(Protocol):
    """One conversation with a body's bot. `started` is set where it began just now."""

    id: str
    started: Started | None

    async def say(self, text: str = "", choice: str | None = None) -> Reply:
        """A message, or the id of an option that was offered."""

    async def feedback(self, turn: int, helpful: bool, comment: str | None = None) -> None:
        """Whether the reply of that turn helped."""

    async def turns(self) -> list[Turn]:
        """All that was said."""

    async def transcript(self) -> str:
        """All that was said, as plain text."""

    async def erase(self) -> None:
        """Remove it and everything said in it."""


class Desk(Protocol):
    """The router, as an adapter sees it."""

    def bodies(self) -> list[Served]:
        """Every body whose bot answers here, by name."""

    def caller(self, request: AnyRequest, body: str) -> str:
        """Who calls: the id of the key in `Authorization: Bearer`, or `public` without one.

        Raises for a wrong key, an unknown body, and a web page that is not the body's.
        """

    async def caller_with(self, request: AnyRequest, body: str, secret: str) -> str:
        """As `caller`, where the protocol carries the key elsewhere."""

    async def ask(self, message: Message) -> Reply:
        """One stateless question."""

    async def start(
        self, adapter: str, caller: str, external: str, body: str, language: str | None = None
    ) -> Talk:
        """A new conversation, known from now on by the caller's own id for it."""

    async def talk(
        self, adapter: str, caller: str, external: str, body: str, language: str | None = None
    ) -> Talk:
        """The conversation that the caller knows by its own id `external`; a new one if none."""

    async def find(self, adapter: str, caller: str, external: str, body: str) -> Talk | None:
        """The same, None where there is none."""

    async def bind(self, adapter: str, caller: str, external: str, body: str, talk: Talk) -> None:
        """The caller knows the conversation by this id too."""

    def refusal(self, request: AnyRequest, error: Exception) -> Refusal:
        """What to say to the caller about any exception; a fault of ours is logged."""


DeskHere = Annotated[Desk, Dependency(skip_validation=True)]


class Adapter(Protocol):
    """One foreign protocol."""

    name: str

    def routes(self) -> Sequence[ControllerRouterHandler]:
        """The handlers, each with its whole path, under `/adapters/<name>/`."""


def installed() -> list[Adapter]:
    """Every installed adapter, by name."""
    points = sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: point.name)
    return [point.load()() for point in points]
