"""The adapter `boost`: its routes, and the class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import MediaType, Response, post
from litestar.exceptions import ClientException
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from adapters.boost import asking, panel
from adapters.boost.commands import COMMANDS, NAME, Call
from adapters.boost.shapes import Answer, Command, Refused
from router.adapters import AnyRequest, Card, Desk, DeskHere, Line, Question, Told, refusals

PREFIX = "/adapters/boost"
CHAT = "api/chat/v2"
PANEL = "api/chat_panel/v2"

Tenant = Annotated[str | None, PathParameter(description="The body's slug.")]


def refuse(request: AnyRequest, error: Exception) -> Response[Refused]:
    """Any refusal in the form that front ends read."""
    refusal = request.app.state.desk.refusal(request, error)
    return Response(Refused(refusal.text), status_code=refusal.status)


class BoostAdapter:
    """boost.ai's Chat API v2."""

    name = NAME
    settings: Mapping[str, str] = asking.SETTINGS

    def routes(self) -> list[HTTPRouteHandler]:
        return [chat, chat_panel]

    async def ask(self, line: Line, question: Question) -> Told:
        """See `asking`."""
        return await asking.ask(line, question)

    async def card(self, line: Line) -> Card | None:
        """The name that the partner's chat panel shows."""
        return await asking.card(line)


@post(
    [f"{PREFIX}/{{tenant:str}}/{CHAT}", f"{PREFIX}/{CHAT}"],
    status_code=200,
    include_in_schema=False,
    exception_handlers=refusals(refuse),
)
async def chat(
    request: AnyRequest, data: JSONBody[Command], desk: DeskHere, tenant: Tenant = None
) -> Response[Answer | str]:
    """One command."""
    body = tenant or _named(desk, data)
    answer = await COMMANDS[data.command](Call(desk, desk.caller(request, body), body, data))
    if isinstance(answer, str):
        return Response(answer, media_type=MediaType.TEXT)
    return Response(answer)


@post(
    [f"{PREFIX}/{{tenant:str}}/{PANEL}", f"{PREFIX}/{PANEL}"],
    status_code=200,
    include_in_schema=False,
    exception_handlers=refusals(refuse),
)
async def chat_panel(
    request: AnyRequest, data: JSONBody[Command], desk: DeskHere, tenant: Tenant = None
) -> Response[dict[str, Any]]:
    """CONFIG, and nothing else."""
    body = tenant or _named(desk, data)
    desk.caller(request, body)
    if data.command != "CONFIG":
        raise ClientException(f"Send {data.command} to /{CHAT}.")
    return Response(panel.config(desk, body, data))


def _named(desk: Desk, asked: Command) -> str:
    """The body where the address names none: in the conversation's id, or a filter value."""
    known = {body.id for body in desk.bodies()}
    named = [(asked.conversation_id or "").rpartition(".")[0], *(asked.filter_values or [])]
    found = next((one for one in named if one in known), None)
    if found is None:
        raise ClientException(
            "filter_values names no body. Put its slug there, or in the address: "
            f"{PREFIX}/<body>/{CHAT}."
        )
    return found
