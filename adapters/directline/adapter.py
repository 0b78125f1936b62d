"""The adapter itself: its routes, and the calls to bots on Azure."""

from __future__ import annotations

from collections.abc import Mapping

from litestar.handlers import HTTPRouteHandler

from adapters.directline import calling, serving
from router.adapters import Card, Line, Question, Told


class DirectLineAdapter:
    """The adapter `directline`."""

    name = "directline"
    settings: Mapping[str, str] = calling.SETTINGS

    def routes(self) -> list[HTTPRouteHandler]:
        """See `serving`."""
        return serving.routes()

    async def ask(self, line: Line, question: Question) -> Told:
        """See `calling`."""
        return await calling.ask(line, question)

    async def card(self, line: Line) -> Card | None:
        """Bots publish nothing about themselves here."""
        return None
