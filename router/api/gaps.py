"""What nobody could answer: listed once for all bodies, and answered once for all.

What else a curator does with a gap is in `gap_work`.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from brains.gaps.listing import Order
from brains.gaps.overview import GapOverview
from brains.model import EVERYONE, Entry, Gap, GapEvent, GapQuestion, GapStatus, Source, Texts
from router.api.entries import QUESTIONS_MAX, READ, WRITE, Answers, Question
from router.api.parameters import WITH_KEY, BrainPath, Cursor, GapPath, Limit
from router.api.service import ServiceHere
from router.results import AnsweredGap, GapPage, SimilarGap
from router.security.guards import key_in, needs

AnyRequest = Request[Any, Any, Any]

QUESTIONS_SHOWN = 100
FACTS_MAX = 100

Name = Annotated[str, Meta(min_length=1, max_length=120)]
BodyQuery = Annotated[
    str | None,
    QueryParameter(
        name="body", required=False, max_length=120, description="Only what this body has asked."
    ),
]
TextQuery = Annotated[
    str | None, QueryParameter(required=False, max_length=200, description="Words to look for.")
]
AssigneeQuery = Annotated[
    str | None,
    QueryParameter(required=False, max_length=120, description="Only this person's, by id."),
]
ANSWERS = [needs("close gaps", "brain"), needs("publish", "brain")]


class GapDetail(Gap, frozen=True, kw_only=True):
    """A gap with its newest questions, redacted, and how many came on each of the last 28 days."""

    questions: list[GapQuestion]
    days: list[int]


class QuestionPage(msgspec.Struct, frozen=True):
    """Part of a gap's questions, newest first."""

    items: list[GapQuestion]
    next: str | None = None


class EventList(msgspec.Struct, frozen=True):
    """What was done to a gap, newest first."""

    items: list[GapEvent]
    next: str | None = None


class SimilarList(msgspec.Struct, frozen=True):
    """Open gaps that may ask the same, the most alike first."""

    items: list[SimilarGap]
    next: str | None = None


class AnswerRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The answer a gap lacked. Without `questions`, those that were asked are used."""

    answers: Answers
    questions: Annotated[list[Question], Meta(min_length=1, max_length=QUESTIONS_MAX)] | None = None
    audience: Annotated[list[Annotated[str, Meta(max_length=120)]], Meta(max_length=500)] | None = (
        None
    )
    title: Annotated[str, Meta(max_length=200)] | None = None
    sources: Annotated[list[Source], Meta(max_length=20)] | None = None


class PhrasingRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Phrasings that an existing entry lacked."""

    entry: Name
    phrasings: Annotated[list[Question], Meta(min_length=1, max_length=QUESTIONS_MAX)]


class LocalAnswerRequest(msgspec.Struct, forbid_unknown_fields=True):
    """An answer of a body's (`bergen`) or a group's (`group:vestland`) own."""

    entry: Name
    scope: Name
    answers: Answers


class GapFactsRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Facts that were missing, by body and key."""

    facts: Annotated[
        dict[Name, Annotated[dict[Name, str | Texts], Meta(min_length=1, max_length=FACTS_MAX)]],
        Meta(min_length=1, max_length=FACTS_MAX),
    ]


class GapController(Controller):
    """Needs a key of the brain, or of everything. A body's own key sees what that body asked."""

    path = "/brains/{brain:str}/gaps"
    security = WITH_KEY

    @get("/", guards=[needs("read", "any body")], responses=READ)
    async def listing(
        self,
        request: AnyRequest,
        brain: BrainPath,
        service: ServiceHere,
        status: Annotated[GapStatus | None, QueryParameter(required=False)] = None,
        asked_in: BodyQuery = None,
        text: TextQuery = None,
        assignee: AssigneeQuery = None,
        order: Annotated[Order, QueryParameter(required=False)] = "priority",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> GapPage:
        """A brain's gaps, the most urgent first; all of them, or those of one status."""
        page = await service.gap_desk.list(
            brain,
            status=status,
            body=asked_in,
            text=text or "",
            assignee=assignee,
            order=order,
            cursor=cursor,
            limit=limit,
            only_body=own_body(request),
        )
        return GapPage(list(page.items), page.next)

    @get("/overview", guards=[needs("read", "any body")], responses=READ)
    async def overview(
        self, request: AnyRequest, brain: BrainPath, service: ServiceHere
    ) -> GapOverview:
        """The gaps in numbers: opened and closed by week, time to fix, visitors spared."""
        return await service.gap_desk.overview(brain, own_body(request))

    @get("/{gap:str}", guards=[needs("read", "any body")], responses=READ)
    async def show(
        self, request: AnyRequest, brain: BrainPath, gap: GapPath, service: ServiceHere
    ) -> GapDetail:
        """One gap, with its newest questions. A merged one says in `merged_into` where they are."""
        desk, only = service.gap_desk, own_body(request)
        found = await desk.get(brain, gap, only)
        page = await desk.questions(brain, gap, None, QUESTIONS_SHOWN, only)
        days = await desk.days(brain, gap, only_body=only)
        fields = {name: getattr(found, name) for name in Gap.__struct_fields__}
        return GapDetail(**fields, questions=list(page.items), days=list(days))

    @get("/{gap:str}/questions", guards=[needs("read", "any body")], responses=READ)
    async def questions(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        service: ServiceHere,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> QuestionPage:
        """A gap's questions, newest first, a part at a time."""
        only = own_body(request)
        await service.gap_desk.get(brain, gap, only)
        page = await service.gap_desk.questions(brain, gap, cursor, limit, only)
        return QuestionPage(list(page.items), page.next)

    @get("/{gap:str}/events", guards=[needs("read", "brain")], responses=READ)
    async def events(self, brain: BrainPath, gap: GapPath, service: ServiceHere) -> EventList:
        """What was done to a gap, by whom and when."""
        return EventList(list(await service.gap_desk.events(brain, gap)))

    @get("/{gap:str}/similar", guards=[needs("read", "brain")], responses=READ)
    async def similar(self, brain: BrainPath, gap: GapPath, service: ServiceHere) -> SimilarList:
        """Open gaps that may ask the same: merge them, if they do."""
        return SimilarList(list(await service.gap_desk.similar(brain, gap)))

    @post("/{gap:str}/answer", status_code=200, guards=ANSWERS, responses=WRITE)
    async def answer(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        data: JSONBody[AnswerRequest],
        service: ServiceHere,
    ) -> AnsweredGap:
        """Publish the missing answer, ask the gap's questions again, and close it if all are
        answered: for every body at once."""
        entry = Entry(
            id="",
            title=data.title or "",
            questions=data.questions or [],
            answers=data.answers,
            audience=data.audience or [EVERYONE],
            sources=data.sources or [],
        )
        return await service.gap_desk.answer_new(brain, gap, entry, key_in(request).name)

    @post("/{gap:str}/phrasing", status_code=200, guards=ANSWERS, responses=WRITE)
    async def phrasing(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        data: JSONBody[PhrasingRequest],
        service: ServiceHere,
    ) -> AnsweredGap:
        """Give an existing entry the phrasings it lacked, and ask the gap's questions again."""
        by = key_in(request).name
        return await service.gap_desk.answer_phrasing(brain, gap, data.entry, data.phrasings, by)

    @post("/{gap:str}/local-answer", status_code=200, guards=ANSWERS, responses=WRITE)
    async def local_answer(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        data: JSONBody[LocalAnswerRequest],
        service: ServiceHere,
    ) -> AnsweredGap:
        """Give a body or a group its own answer, and ask the gap's questions again."""
        by = key_in(request).name
        return await service.gap_desk.answer_local(
            brain, gap, data.entry, data.scope, data.answers, by, unread=True
        )

    @post(
        "/{gap:str}/facts",
        status_code=200,
        guards=[needs("close gaps", "brain"), needs("set facts", "brain")],
        responses=WRITE,
    )
    async def facts(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        data: JSONBody[GapFactsRequest],
        service: ServiceHere,
    ) -> AnsweredGap:
        """Give the facts that were missing, and ask the gap's questions again."""
        return await service.gap_desk.answer_fact(brain, gap, data.facts, key_in(request).name)

    @post(
        "/{gap:str}/ask-again",
        status_code=200,
        guards=[needs("close gaps", "brain")],
        responses=WRITE,
    )
    async def ask_again(
        self, request: AnyRequest, brain: BrainPath, gap: GapPath, service: ServiceHere
    ) -> AnsweredGap:
        """Ask the gap's questions again, and close it if all are answered now."""
        return await service.gap_desk.ask_again(brain, gap, key_in(request).name)


def own_body(request: AnyRequest) -> str | None:
    """The one body whose questions the key may see, None where it may see all."""
    body: str | None = request.app.state.access.own_body(key_in(request))
    return body
