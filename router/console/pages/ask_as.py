"""Trying a question as several bodies' visitors at once. Nothing of it is kept."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, get
from litestar.params import QueryParameter

from brains.model import GROUP_PREFIX
from brains.model import Body as Organisation
from router.api.parameters import BrainPath
from router.api.service import ServiceHere
from router.console import frame
from router.console.entry_links import audience_name, bodies_of, entry_url
from router.security.guards import needs

AnyRequest = Request[Any, Any, Any]
BODIES_MAX = 100
CHOSEN_FIRST = 3
QUESTION_CHARS_MAX = 1000


class AskAsPages(Controller):
    """The question and whom to ask as are in the address, so that it can be shared."""

    path = "/brains/{brain:str}/ask-as"

    @get("/", guards=[needs("read", "any body")])
    async def ask(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        question: Annotated[
            str, QueryParameter(max_length=QUESTION_CHARS_MAX, required=False)
        ] = "",
        asker: Annotated[list[str] | None, QueryParameter(required=False)] = None,
    ) -> Any:
        """What each of the chosen would answer, side by side."""
        service.knowledge.brain(brain)
        bodies = bodies_of(request, brain)
        groups = sorted({group for body in bodies for group in body.groups})
        chosen = _chosen(bodies, asker or [])
        words = question.strip()
        found = await service.ask_as(words, [body.id for body in chosen]) if words else []
        return frame.page(
            request,
            "ask_as/index.html",
            title=frame.say(request, "ask_as.title"),
            area="ask_as",
            question=question,
            choices=[(body.id, body.name) for body in bodies],
            groups=[(f"{GROUP_PREFIX}{name}", name) for name in groups],
            chosen={body.id for body in chosen} | {*(asker or [])},
            found=found,
            name_of=lambda scope: audience_name(request, scope),
            entry_url=lambda id: entry_url(brain, id),
        )


def _chosen(bodies: list[Organisation], askers: list[str]) -> list[Organisation]:
    """The bodies that were ticked, themselves or by their group; the first few where none was."""
    wanted = set(askers)
    found = [
        body
        for body in bodies
        if body.id in wanted or wanted & {GROUP_PREFIX + group for group in body.groups}
    ]
    return (found or bodies[:CHOSEN_FIRST])[:BODIES_MAX]


handlers = [AskAsPages]
