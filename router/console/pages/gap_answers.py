"""Answering an unanswered question: written, tried, published, and asked again.

What changes which questions an answer gets (a new answer, a phrasing) is tried
before it is published. Afterwards all that was asked is asked again, and the
page of the result says what still fails.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.params import QueryParameter
from litestar.response import Redirect

from brains.errors import Conflict, Invalid, Problem
from brains.gaps.events import Unseen
from brains.model import Gap
from router.api.parameters import BrainPath, GapPath
from router.api.service import ServiceHere
from router.console import frame, gap_answers, gap_views, local_trials
from router.console.gap_answers import Tried
from router.console.gap_forms import looked_over, written
from router.console.gap_views import followed, gap_url, gaps_url, seen_in
from router.curation.taking_back import can_be_taken_back, take_back
from router.jobs import Progress, UnknownJob
from router.results import AnsweredGap
from router.security.audited import UNAUDITED
from router.security.guards import key_in, needs
from router.service import Service

AnyRequest = Request[Any, Any, Any]
Answering = Callable[[], Awaitable[AnsweredGap]]

QUICK_SECONDS = 1.0
ANSWERS = [needs("close gaps", "brain"), needs("publish", "brain")]

Short = Annotated[str, QueryParameter(required=False, max_length=200)]


class GapAnswers(Controller):
    """For curators."""

    path = "/brains/{brain:str}/gaps/{gap:str}"
    guards = ANSWERS

    @get("/answer")
    async def write(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        gap: GapPath,
        how: Short = "new",
        entry: Short = "",
        find: Short = "",
        job: Short = "",
    ) -> Any:
        """The form; `job` is a draft that was tried, to go on writing."""
        found = await followed(service, brain, gap)
        await service.gap_desk.touch(brain, found.id)
        tried = gap_answers.tried(request, job, gap, found.id) if job else None
        draft = tried.draft if tried else None
        return await written(
            request, service, found, draft.how if draft else how, draft, entry=entry, find=find
        )

    @post("/answer/try", opt={UNAUDITED: True})
    async def try_out(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """See what it would change, before anybody gets it."""
        found, data = await followed(service, brain, gap), await request.form()
        make = (
            gap_answers.phrasing_draft if data.get("how") == "phrasing" else gap_answers.new_draft
        )
        draft = make(found, data)
        wrong = gap_answers.problems(request, service.knowledge, brain, draft)
        if wrong:
            return await written(request, service, found, draft.how, draft, wrong)
        proposed = gap_answers.proposed(service.knowledge, found, draft)

        async def work(progress: Progress) -> Tried:
            return Tried(draft, proposed, await service.impact.preview(brain, proposed, progress))

        return await _begin(
            request, service, "impact", work, f"{gap_url(found)}/answer/look?job={{id}}"
        )

    @get("/answer/look")
    async def look(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        gap: GapPath,
        job: Short = "",
    ) -> Any:
        """The answer as visitors will see it, and what it changes."""
        found = await followed(service, brain, gap)
        tried = gap_answers.tried(request, job, gap, found.id)
        if tried is None:
            frame.flash(request, "gaps.try_again", kind="warning")
            return frame.redirect(f"{gap_url(found)}/answer")
        return looked_over(request, found, tried, job, [], tried.draft.seen)

    @post("/answer/publish")
    async def publish(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """Publish what was tried in `job`, and ask again."""
        found, data = await followed(service, brain, gap), await request.form()
        job, reason = str(data.get("job", "")), str(data.get("reason", "")).strip()
        tried = gap_answers.tried(request, job, gap, found.id)
        if tried is None:
            frame.flash(request, "gaps.try_again", kind="warning")
            return frame.redirect(f"{gap_url(found)}/answer")
        if tried.published:
            return frame.redirect(tried.published)
        if gap_answers.is_overtaken(service.knowledge, tried):
            frame.flash(request, "gaps.try_again", kind="warning")
            return frame.redirect(f"{gap_url(found)}/answer?job={job}")
        by, draft, desk = key_in(request).name, tried.draft, service.gap_desk

        async def again(wrong: list[Problem]) -> Any:
            seen = await desk.last_event(found.id)
            return looked_over(request, found, tried, job, wrong, seen)

        unseen = await _unseen(request, service, found, seen_in(data))
        if unseen is not None:
            return await again([unseen])
        if tried.impact.harmful and not reason:
            return await again([Problem("reason", frame.say(request, "gaps.wrong.harm"))])
        if reason:
            request.state.audit = {"detail": {"reason": reason}}

        async def work() -> AnsweredGap:
            try:
                if draft.how == "phrasing":
                    added = draft.phrasings
                    return await desk.answer_phrasing(brain, found.id, draft.entry, added, by)
                entry = gap_answers.without_id(tried.proposed)
                return await desk.answer_new(brain, found.id, entry, by)
            except BaseException:
                tried.published = ""
                raise

        tried.published = gap_url(found)
        shown = await answer_and_ask(request, service, found, work, again)
        if tried.published and isinstance(shown, Redirect):
            tried.published = str(shown.url)
        return shown

    @post("/answer/local", opt={UNAUDITED: True})
    async def local(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """See what one body's own answer to an existing one would change, before it is given."""
        found, data = await followed(service, brain, gap), await request.form()
        draft = gap_answers.phrasing_draft(found, data)
        scope, texts = str(data.get("scope", "")), draft.form.written
        wrong = gap_answers.local_problems(request, service.knowledge, brain, draft, scope)

        async def again(problems: list[Problem]) -> Any:
            return await written(
                request, service, found, "local", draft, problems, entry=draft.entry, scope=scope
            )

        unseen = await _unseen(request, service, found, draft.seen)
        if wrong or unseen:
            return await again([*wrong, *([unseen] if unseen else [])])
        try:
            return await local_trials.try_out(
                request, brain, draft.entry, scope, texts, gap=found.id, gap_seen=draft.seen
            )
        except Invalid as error:
            return await again(list(error.problems))

    @post("/answer/fact")
    async def fact(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """The missing facts of some bodies."""
        found, data = await followed(service, brain, gap), await request.form()
        values = gap_answers.fact_values(data)

        async def again(problems: list[Problem]) -> Any:
            return await written(request, service, found, "fact", None, problems, values=values)

        if not values:
            return await again([Problem("facts", frame.say(request, "gaps.wrong.facts"))])
        unseen = await _unseen(request, service, found, seen_in(data))
        if unseen is not None:
            return await again([unseen])
        desk, by = service.gap_desk, key_in(request).name
        return await answer_and_ask(
            request, service, found, lambda: desk.answer_fact(brain, found.id, values, by), again
        )

    @post("/ask-again")
    async def ask_again(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """Nothing new, but perhaps something else has been published meanwhile."""
        found, by = await followed(service, brain, gap), key_in(request).name
        return await answer_and_ask(
            request, service, found, lambda: service.gap_desk.ask_again(brain, found.id, by), None
        )

    @get("/result")
    async def result(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        gap: GapPath,
        job: Short = "",
    ) -> Any:
        """How many are answered now, and which are not."""
        done = _done(request, service, job, gap)
        if done is None:
            return frame.redirect(f"{gaps_url(brain)}/{gap}")
        waiting = await service.gap_desk.list(brain, limit=2)
        following = next((one for one in waiting.items if one.id != gap), None)
        return frame.page(
            request,
            "gaps/result.html",
            title=frame.say(
                request, "gaps.result.closed" if not done.still else "gaps.result.not_yet"
            ),
            area="gaps",
            done=done,
            gap=done.gap,
            url=gap_url(done.gap),
            list_url=gaps_url(brain),
            next_url=gap_url(following) if following else "",
            job=job,
            undoable=can_be_taken_back(done),
            views=gap_views,
        )

    @post("/answer/undo")
    async def take_back(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, gap: GapPath
    ) -> Any:
        """Take the answer back that was published in `job`."""
        done = _done(request, service, str((await request.form()).get("job", "")), gap)
        try:
            if done is None:
                raise Conflict("The answer is not in memory any more.")
            await take_back(service.gap_desk, brain, done, key_in(request).name)
        except Conflict:
            frame.flash(request, "gaps.answer_changed_since", kind="warning")
        else:
            frame.flash(request, "gaps.done.taken_back")
        return frame.redirect(f"{gaps_url(brain)}/{gap}")


def _done(request: AnyRequest, service: Service, job: str, gap: str) -> AnsweredGap | None:
    """How a job of whoever is signed in answered this gap; None where there is no such any more."""
    try:
        done = service.jobs.get(job, frame.holder(request).id).result
    except UnknownJob:
        return None
    return done if isinstance(done, AnsweredGap) and done.gap.id == gap else None


async def _unseen(
    request: AnyRequest, service: Service, gap: Gap, seen: int | None
) -> Problem | None:
    """What somebody else did to the gap since the event that the form's page showed."""
    try:
        await service.gap_desk.refuse_unseen(gap.id, seen, key_in(request).name)
    except Unseen as error:
        known = await gap_views.names(service)
        return Problem("", gap_views.meanwhile(request, error.event, known))
    return None


async def _begin(
    request: AnyRequest,
    service: Service,
    kind: str,
    work: Callable[[Progress], Awaitable[Any]],
    then: str,
    refused: Callable[[list[Problem]], Any] | None = None,
) -> Any:
    """Start it; quick work needs no page of progress. `refused` shows what was wrong."""
    job = service.jobs.start(kind, key_in(request).id, work, then)
    await service.jobs.wait(job, QUICK_SECONDS)
    if isinstance(job.failure, Invalid) and refused is not None:
        shown = refused(list(job.failure.problems))
        return await shown if isinstance(shown, Awaitable) else shown
    return frame.redirect(job.then if job.state == "done" else f"/console/jobs/{job.id}")


async def answer_and_ask(
    request: AnyRequest,
    service: Service,
    gap: Gap,
    work: Answering,
    refused: Callable[[list[Problem]], Any] | None,
) -> Any:
    """Answer and ask again, then show how that went."""

    async def run(progress: Progress) -> AnsweredGap:
        progress(0.1, "asking again")
        return await work()

    then = f"{gap_url(gap)}/result?job={{id}}"
    return await _begin(request, service, "ask again", run, then, refused)


handlers = [GapAnswers]
