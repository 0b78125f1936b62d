"""`POST /adapters/openfloor/{body}`, and partners that are asked the same way."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from adapters.openfloor import calling, shapes
from adapters.openfloor.floor import Floor
from adapters.openfloor.identity import PREFIX
from adapters.openfloor.seat import NAME
from router.adapters import AnyRequest, Card, DeskHere, Line, Question, Told


class OpenFloorAdapter:
    """The adapter `openfloor`."""

    name = NAME
    settings: Mapping[str, str] = calling.SETTINGS

    def routes(self) -> list[HTTPRouteHandler]:
        return [floor]

    async def ask(self, line: Line, question: Question) -> Told:
        """See `router.adapters.Calls`."""
        return await calling.ask(line, question)

    async def card(self, line: Line) -> Card | None:
        """What the partner's manifest says."""
        return await calling.card(line)


@post(f"{PREFIX}/{{slug:str}}", status_code=200, include_in_schema=False)
async def floor(
    request: AnyRequest, slug: str, data: JSONBody[shapes.Payload], desk: DeskHere
) -> shapes.Payload:
    """One envelope to the body's bot. The protocol has no errors: they are problem details."""
    caller = desk.caller(request, slug)
    body = next((one for one in desk.bodies() if one.id == slug), None)
    if body is None:
        raise NotFoundException(f"“{slug}” has no bot here that an envelope could be sent to.")
    envelope = data.open_floor
    return await Floor(desk, caller, desk.address(request), body, envelope).answer()
