"""What visitors have confirmed to be a body's questions: to be seen, and taken back out."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, delete, get
from litestar.params import QueryParameter

from brains.errors import NotFound
from router.api.parameters import WITH_KEY, BodyPath
from router.api.problems import problems
from router.api.service import ServiceHere
from router.security.guards import needs

QUESTION_CHARS_MAX = 2000


class NotConfirmed(NotFound):
    noun = "confirmed question"


class ConfirmedList(msgspec.Struct, frozen=True):
    """Redacted questions that several visitors have shown to be the body's."""

    items: list[str]
    next: str | None = None


class ConfirmedController(Controller):
    """Needs a key of this body, or of everything."""

    path = "/bodies/{slug:str}/confirmed"
    security = WITH_KEY

    @get("/", guards=[needs("read", "body")], responses=problems(400, 401, 403, 404, 429))
    async def listing(self, slug: BodyPath, service: ServiceHere) -> ConfirmedList:
        """The questions that visitors have confirmed to be the body's."""
        service.knowledge.body(slug)
        return ConfirmedList(await service.confirming.questions(slug))

    @delete(
        "/",
        status_code=204,
        guards=[needs("keep body", "body")],
        responses=problems(400, 401, 403, 404, 429, 503),
    )
    async def remove(
        self,
        slug: BodyPath,
        service: ServiceHere,
        question: Annotated[
            str, QueryParameter(max_length=QUESTION_CHARS_MAX, description="As it is listed.")
        ],
    ) -> None:
        """Take a question back out; visitors cannot put it in again."""
        service.knowledge.body(slug)
        if not await service.confirming.remove(slug, question):
            raise NotConfirmed(question)
