"""A local answer on its way: tried in a job, looked at, and only then given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from brains import rendering
from brains.errors import Invalid, Problem
from brains.knowledge import title_of
from brains.model import LocalAnswer, Texts
from router.console import forms, frame, impact_views
from router.console.differences import words
from router.console.entry_links import audience_name
from router.console.flashes import Undo
from router.console.frame import AnyRequest
from router.console.local_answer_views import TEXT, address_of, local_answers_url, texts_of
from router.jobs import UnknownJob

if TYPE_CHECKING:
    from router.curation.local_impact import LocalImpact
    from router.curation.local_readings import Reading
    from router.jobs import Progress

QUICK_SECONDS = 1.0


class Tried(msgspec.Struct):
    """What a job found out about a text, or with None about going back to the shared one.

    `seen` tells what was answered there when it was tried, `revision` is the shared answer's.
    `gap` is the unanswered question that it is to answer, `gap_seen` the last event of it that
    was shown. `given` is where its giving is shown, so that pressing twice gives once.
    """

    entry: str
    scope: str
    texts: Texts | None
    seen: str
    revision: int
    impact: LocalImpact
    gap: str = ""
    gap_seen: int | None = None
    given: str = ""


async def try_out(
    request: AnyRequest,
    brain: str,
    id: str,
    scope: str,
    texts: Texts | None,
    *,
    gap: str = "",
    gap_seen: int | None = None,
) -> Any:
    """Begin to try it, and go where it can be watched, or to the result where it was quick.

    Raises `Invalid` for texts that could not be saved.
    """
    service = frame.service(request)
    shared = service.knowledge.entry(brain, id)
    if texts is not None:
        service.local_answers.check(brain, id, scope, texts)
    seen = seen_of(kept(request, brain, id, scope))

    async def work(progress: Progress) -> Tried:
        impact = await service.local_impact.preview(brain, id, scope, texts, progress)
        return Tried(id, scope, texts, seen, shared.revision, impact, gap, gap_seen)

    then = f"{address_of(brain, id, scope)}/publish?job={{id}}"
    job = service.jobs.start("impact", frame.holder(request).id, work, then)
    await service.jobs.wait(job, QUICK_SECONDS)
    return frame.redirect(job.then if job.state == "done" else f"/console/jobs/{job.id}")


def tried_in(request: AnyRequest, job: str, brain: str, id: str, scope: str) -> Tried | None:
    """What the job found out, as long as neither text has been changed; else None."""
    found = found_in(request, job, brain, id, scope)
    if found is None or found.given:
        return found
    is_new = found.seen == seen_of(kept(request, brain, id, scope))
    shared = frame.service(request).knowledge.entry(brain, id)
    return found if is_new and found.revision == shared.revision else None


def found_in(request: AnyRequest, job: str, brain: str, id: str, scope: str) -> Tried | None:
    """The same, whatever has been changed since."""
    try:
        found = frame.service(request).jobs.get(job, frame.holder(request).id).result
    except UnknownJob:
        return None
    if not isinstance(found, Tried):
        return None
    about = (found.impact.brain, found.entry, found.scope)
    return found if about == (brain, id, scope) else None


def kept(request: AnyRequest, brain: str, id: str, scope: str) -> LocalAnswer | None:
    """What is answered there now."""
    return frame.service(request).knowledge.local_answers.get((brain, id), {}).get(scope)


def seen_of(local: LocalAnswer | None) -> str:
    return forms.seen(texts_of(local))


def undoing(brain: str, id: str, scope: str, before: LocalAnswer | None, after: Texts) -> Undo:
    """Takes back what was done last: what was answered before is again."""
    fields = forms.fields(TEXT, texts_of(before))
    fields["revision"] = str(before.revision if before else 0)
    fields[forms.SEEN] = forms.seen(after)
    return Undo(f"{address_of(brain, id, scope)}/undo", fields)


def look(
    request: AnyRequest, brain: str, tried: Tried, job: str, problems: list[Problem] | None = None
) -> frame.ConsolePage:
    """Who gets the text, what they read today and would read, and what is lost by it."""
    service, impact = frame.service(request), tried.impact
    shared = service.knowledge.entry(brain, tried.entry)
    is_back = tried.texts is None
    name = audience_name(request, tried.scope)
    return frame.page(
        request,
        "local_answers/look.html",
        title=frame.say(
            request,
            "local_answers.look.back_title" if is_back else "local_answers.look.title",
            title=title_of(shared),
            name=name,
        ),
        area="local_answers",
        errors=problems or [],
        impact=impact,
        reasons=impact_views.reasons(request, brain, impact.reasons),
        readings=[(one, _part(one)) for one in impact.readings],
        name_of=lambda scope: audience_name(request, scope),
        html=rendering.html,
        shared_title=title_of(shared),
        is_back=is_back,
        name=name,
        job=job,
        url=local_answers_url(brain),
        address=address_of(brain, tried.entry, tried.scope),
    )


def reason_needed(request: AnyRequest) -> list[Problem]:
    return [Problem("reason", frame.say(request, "entries.impact.reason_needed"))]


def _part(one: Reading) -> Any:
    """The differences, where there is a text on both sides."""
    return words(one.before, one.after) if one.before and one.after else []


def refuse_empty(request: AnyRequest, texts: Texts) -> None:
    """Raises `Invalid`."""
    if not texts:
        raise Invalid(frame.say(request, "local_answers.wrong.empty"), "field answers.nb")
