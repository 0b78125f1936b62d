"""The tools: what each takes and gives, and what it says in words.

Structured content is our own `Reply` and `RouteResult`; the words beside it say
the same to a model that reads no structured content.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from litestar.exceptions import ClientException

from adapters.mcp import shapes, words
from adapters.mcp.shapes import Ask, Asked, AskOne, Bodies, Route, schema
from router.adapters import AnyRequest, Desk, Served, Talk
from router.messages import RouteResult

NAME = "mcp"
ID_BYTES = 16

T = TypeVar("T")
Result = tuple[str, dict[str, Any]]


class ToolFailed(Exception):
    """A call was refused. The text says what to change."""


class ToolSpec(msgspec.Struct, frozen=True):
    """A tool as it is listed. `takes` and `gives` are JSON schemas of objects."""

    name: str
    title: str
    description: str
    takes: dict[str, Any]
    gives: dict[str, Any]
    reads_only: bool = True


def _specs(ask: type[AskOne]) -> dict[str, ToolSpec]:
    listed = [
        ToolSpec("ask", words.ASK_TITLE, words.ASK, schema(ask), schema(Asked), False),
        ToolSpec("route", words.ROUTE_TITLE, words.ROUTE, schema(Route), schema(RouteResult)),
        ToolSpec("bodies", words.BODIES_TITLE, words.BODIES, schema(Bodies), schema(shapes.Listed)),
    ]
    return {tool.name: tool for tool in listed}


OF_ALL_BODIES = _specs(Ask)
OF_ONE_BODY = _specs(AskOne)


class Toolbox:
    """The tools for one request; of one body where its address names it."""

    def __init__(self, desk: Desk, request: AnyRequest, body: str | None) -> None:
        self._desk = desk
        self._request = request
        self._body = body
        self.tools = OF_ALL_BODIES if body is None else OF_ONE_BODY

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Result:
        """What the tool says, and the same as JSON. Raises `ToolFailed`."""
        run = {"ask": self._ask, "route": self._route, "bodies": self._bodies}[name]
        try:
            return await run(arguments)
        except Exception as error:
            raise ToolFailed(self._desk.refusal(self._request, error).text) from error

    async def _ask(self, arguments: Mapping[str, Any]) -> Result:
        asked = _read(arguments, Ask if self._body is None else AskOne)
        body = asked.body if isinstance(asked, Ask) else self._body or ""
        caller = self._desk.caller(self._request, body)
        talk, conversation = await self._conversation(caller, body, asked)
        reply = await talk.say(asked.text, asked.choice)
        given = Asked(conversation=conversation, **msgspec.structs.asdict(reply))
        return words.of_reply(given), msgspec.to_builtins(given)

    async def _conversation(self, caller: str, body: str, asked: AskOne) -> tuple[Talk, str]:
        """Ids are ours, and random: callers without a key have nothing else that is their own."""
        if asked.conversation is None:
            id = secrets.token_urlsafe(ID_BYTES)
            return await self._desk.start(NAME, caller, id, body, asked.language), id
        found = await self._desk.find(NAME, caller, asked.conversation, body)
        if found is None:
            raise ClientException(
                "There is no such conversation with this body. Leave `conversation` out to begin "
                "one; the reply has its id."
            )
        return found, asked.conversation

    async def _route(self, arguments: Mapping[str, Any]) -> Result:
        asked = _read(arguments, Route)
        self._desk.caller(self._request, self._body)
        found = await self._desk.route(asked.text, self._body, asked.municipality)
        names = {body.id: body.name for body in self._desk.bodies()}
        return words.of_route(found, names), msgspec.to_builtins(found)

    async def _bodies(self, arguments: Mapping[str, Any]) -> Result:
        asked = _read(arguments, Bodies)
        self._desk.caller(self._request, self._body)
        found = [body for body in self._desk.bodies() if _named(body, asked.name or "")]
        return words.of_bodies(found), msgspec.to_builtins(shapes.Listed(found))


def _named(body: Served, name: str) -> bool:
    return name.strip().casefold() in f"{body.name} {body.id}".casefold()


def _read(arguments: Mapping[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(arguments, kind)
    except msgspec.ValidationError as error:
        raise ClientException(f"The arguments do not fit: {error}.") from None
