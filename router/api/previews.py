"""What a change would do, asked before it is made: nothing is saved, and nobody reads it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, post
from litestar.params import JSONBody
from msgspec import Meta

from brains.errors import Invalid
from brains.model import Entry
from router.api.entries import Answers, EntryRequest, review_of
from router.api.local_answers import own_body
from router.api.parameters import WITH_KEY, AudiencePath, BrainPath, EntryPath
from router.api.problems import problems
from router.api.service import ServiceHere
from router.curation.local_impact import LocalImpact
from router.curation.previewed import Impact
from router.curation.review import Review
from router.jobs import Progress
from router.security.audited import UNAUDITED
from router.security.edge import slashed
from router.security.guards import key_in, needs
from router.security.own import require_scope

AnyRequest = Request[Any, Any, Any]
WRITE = problems(400, 401, 403, 404, 409, 413, 415, 429, 503)
JOB = "impact"


class PreviewRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be tried: publishing `proposed`, or without it the newest revision; retiring; or
    publishing the old `revision` again."""

    deed: Literal["publish", "retire", "restore"] = "publish"
    proposed: EntryRequest | None = None
    revision: Annotated[int, Meta(ge=1)] | None = None


class LocalPreviewRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The texts to try, Markdown a language; null is to go back to the shared ones."""

    answers: Answers | None = None


class PreviewController(Controller):
    """Needs the right to do what is tried. It takes seconds in a large brain; one key may have
    four running."""

    path = "/brains/{brain:str}/entries/{entry:str}"
    security = WITH_KEY

    @post(
        "/preview",
        status_code=200,
        guards=[needs("publish", "any body")],
        responses=WRITE,
        opt={UNAUDITED: True},
    )
    async def entry(
        self,
        request: AnyRequest,
        brain: BrainPath,
        entry: EntryPath,
        data: JSONBody[PreviewRequest],
        service: ServiceHere,
    ) -> Impact:
        """Which of the questions asked of late, and of all phrasings, would be answered better,
        worse or otherwise, and what does harm. Nothing is saved."""
        service.knowledge.brain(brain)
        review = review_of(request, service)
        proposed = await _proposed(review, brain, slashed(entry), data)

        async def work(progress: Progress) -> Impact:
            return await service.impact.preview(brain, proposed, progress, review.own_body)

        impact: Impact = await service.jobs.result(JOB, key_in(request).id, work)
        return impact

    @post(
        "/local-answers/{audience:str}/preview",
        status_code=200,
        guards=[needs("keep body", "any body")],
        responses=WRITE,
        opt={UNAUDITED: True},
    )
    async def local_answer(
        self,
        request: AnyRequest,
        brain: BrainPath,
        entry: EntryPath,
        audience: AudiencePath,
        data: JSONBody[LocalPreviewRequest],
        service: ServiceHere,
    ) -> LocalImpact:
        """Whose questions get the text, what they read today and would read, and what is lost.
        Nothing is saved."""
        require_scope(request, brain, audience)
        shared = service.local_answers.shared(brain, slashed(entry), own_body(request))
        if data.answers is not None:
            service.local_answers.check(brain, shared.id, audience, data.answers)

        async def work(progress: Progress) -> LocalImpact:
            return await service.local_impact.preview(
                brain, shared.id, audience, data.answers, progress
            )

        impact: LocalImpact = await service.jobs.result(JOB, key_in(request).id, work)
        return impact


async def _proposed(review: Review, brain: str, id: str, data: PreviewRequest) -> Entry | str:
    """What visitors would get: an entry, or the id of the one that they no longer would."""
    if data.deed == "publish" and data.proposed is not None:
        new = data.proposed.entry(brain, id)
        review.require_publish(brain, new)
        return msgspec.structs.replace(new, status="published")
    if data.proposed is not None:
        raise Invalid("Only what is to be published has a text to try.", "field proposed")
    newest = await review.get(brain, id)
    review.require_publish(brain, newest)
    if data.deed == "retire":
        return newest.id
    if data.deed == "restore" and data.revision is None:
        raise Invalid("Say which revision to bring back.", "field revision")
    old = data.revision if data.deed == "restore" else None
    shown = newest if old is None else await review.get(brain, id, old)
    return msgspec.structs.replace(shown, status="published")
