"""Trying a question as several bodies' visitors at once. Nothing of it is kept."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from litestar import Controller, Request, get
from litestar.params import QueryParameter

from brains.knowledge import Found
from brains.model import EVERYONE, GROUP_PREFIX
from brains.model import Body as Organisation
from router.api.parameters import BrainPath
from router.api.service import ServiceHere
from router.console import frame
from router.console.entry_links import audience_name, bodies_of, entry_url
from router.curation.ask_as import BODIES_MAX, Rehearsal
from router.messages import Crisis, Reply
from router.security.guards import needs
from router.service import Service

AnyRequest = Request[Any, Any, Any]
CHOSEN_FIRST = 3
QUESTION_CHARS_MAX = 1000
CANDIDATES_SHOWN = 5
# More than these are put together where they answer alike: nobody reads ninety answers.
SIDE_BY_SIDE_MAX = 6


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
        found = await _asked(service, words, chosen) if words else []
        return frame.page(
            request,
            "ask_as/index.html",
            title=frame.say(request, "ask_as.title"),
            area="ask_as",
            question=question,
            choices=[(body.id, body.name) for body in bodies],
            groups=[(f"{GROUP_PREFIX}{name}", name) for name in groups],
            chosen={body.id for body in chosen} | {*(asker or [])},
            groups_found=alike(found),
            everyone=EVERYONE,
            outcome_of=_outcome,
            name_of=lambda scope: audience_name(request, scope),
            entry_url=lambda id: entry_url(brain, id),
        )


class AskedHere(NamedTuple):
    """One body's reply, and the likeliest candidates that it was chosen from."""

    body: str
    reply: Reply
    candidates: list[Found]


async def _asked(service: Service, text: str, bodies: list[Organisation]) -> list[AskedHere]:
    """What each would answer. Crisis messages have no candidates: what they get is fixed."""
    replies = await Rehearsal.of(service.pipeline).ask_as(text, [body.id for body in bodies])
    vector = (await service.encoder.encode([text]))[0]
    now = service.pipeline.clock()
    return [
        AskedHere(
            one.body,
            one.reply,
            []
            if isinstance(one.reply.outcome, Crisis)
            else service.knowledge.find(text, vector, one.body, now, CANDIDATES_SHOWN),
        )
        for one in replies
    ]


def _outcome(reply: Reply) -> str:
    return str(type(reply.outcome).__struct_config__.tag)


def alike(found: list[AskedHere]) -> list[list[AskedHere]]:
    """A few each alone; of many, those that get the same answer together, the fewest first: what
    is as it should be is mostly what most get."""
    if len(found) <= SIDE_BY_SIDE_MAX:
        return [[one] for one in found]
    groups: dict[tuple[object, ...], list[AskedHere]] = {}
    for one in found:
        outcome = one.reply.outcome
        said = [getattr(outcome, name, None) for name in ("entry", "body", "missing_fact")]
        offered = [option.label for option in one.reply.options]
        key = (_outcome(one.reply), *said, *offered)
        groups.setdefault(key, []).append(one)
    return sorted(groups.values(), key=len)


def _chosen(bodies: list[Organisation], askers: list[str]) -> list[Organisation]:
    """The bodies that were ticked, themselves or by their group; the first few where none was."""
    wanted = set(askers)
    found = [
        body
        for body in bodies
        if wanted & {EVERYONE, body.id, *(GROUP_PREFIX + group for group in body.groups)}
    ]
    return (found or bodies[:CHOSEN_FIRST])[:BODIES_MAX]


handlers = [AskAsPages]
