"""What nobody could answer: listed once for all bodies, and closed once for all."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from brains.model import Gap, GapQuestion, GapStatus, Source
from router.api.entries import QUESTIONS_MAX, READ, WRITE, Answers, Question
from router.api.parameters import WITH_KEY, BrainPath, Cursor, GapPath, Limit
from router.api.service import ServiceHere
from router.results import AnsweredGap, GapPage
from router.security.guards import key_in, needs

AnyRequest = Request[Any, Any, Any]

QUESTIONS_SHOWN = 100


class GapDetail(Gap, frozen=True, kw_only=True):
    """A gap with its newest questions, redacted."""

    questions: list[GapQuestion]


class AnswerRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The answer a gap lacked. Without `questions`, those that were asked are used."""

    answers: Answers
    questions: Annotated[list[Question], Meta(min_length=1, max_length=QUESTIONS_MAX)] | None = None
    audience: Annotated[list[Annotated[str, Meta(max_length=120)]], Meta(max_length=500)] | None = (
        None
    )
    title: Annotated[str, Meta(max_length=200)] | None = None
    sources: Annotated[list[Source], Meta(max_length=20)] | None = None


class GapController(Controller):
    """Gaps hold every body's questions: needs a key of the brain, or of everything."""

    path = "/brains/{brain:str}/gaps"
    security = WITH_KEY

    @get("/", guards=[needs("read", "brain")], responses=READ)
    async def listing(
        self,
        brain: BrainPath,
        service: ServiceHere,
        status: Annotated[GapStatus | None, QueryParameter(required=False)] = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> GapPage:
        """A brain's gaps, most asked first; all of them, or those of one status."""
        service.knowledge.brain(brain)
        return await service.curation.gaps(brain, status, cursor, limit)

    @get("/{gap:str}", guards=[needs("read", "brain")], responses=READ)
    async def show(self, brain: BrainPath, gap: GapPath, service: ServiceHere) -> GapDetail:
        """One gap, with its questions."""
        found = await service.curation.gap(brain, gap)
        questions = await service.curation.gap_questions(brain, gap, QUESTIONS_SHOWN)
        fields = {name: getattr(found, name) for name in Gap.__struct_fields__}
        return GapDetail(**fields, questions=questions)

    @post(
        "/{gap:str}/answer",
        status_code=200,
        guards=[needs("close gaps", "brain"), needs("publish", "brain")],
        responses=WRITE,
    )
    async def answer(
        self,
        request: AnyRequest,
        brain: BrainPath,
        gap: GapPath,
        data: JSONBody[AnswerRequest],
        service: ServiceHere,
    ) -> AnsweredGap:
        """Publish the missing answer and close the gap, for every body at once."""
        return await service.curation.answer_gap(
            brain,
            gap,
            data.answers,
            key_in(request).name,
            data.questions,
            data.audience,
            data.title,
            data.sources,
        )

    @post(
        "/{gap:str}/dismiss",
        status_code=200,
        guards=[needs("close gaps", "brain")],
        responses=WRITE,
    )
    async def dismiss(
        self, request: AnyRequest, brain: BrainPath, gap: GapPath, service: ServiceHere
    ) -> Gap:
        """Close the gap without an answer: it is nobody's matter."""
        return await service.curation.dismiss_gap(brain, gap, key_in(request).name)
