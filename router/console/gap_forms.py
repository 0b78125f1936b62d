"""The pages where an answer to an unanswered question is written, and looked over."""

from __future__ import annotations

from urllib.parse import urlencode

from brains import rendering
from brains.errors import Problem
from brains.model import Gap
from router.console import frame, gap_answers, gap_views, impact_views
from router.console.differences import in_order
from router.console.entry_forms import EntryForm
from router.console.entry_links import audience_name, bodies_of, entry_url
from router.console.frame import AnyRequest
from router.console.gap_answers import Draft, Tried
from router.console.gap_views import gap_url, gaps_url, title_of
from router.console.pages.entry_editor import beside
from router.console.search import find_entries
from router.curation.fact_csv import Values
from router.service import Service

HOWS = ("new", "phrasing", "local", "fact")
PHRASINGS_TICKED = 15
QUESTIONS_SHOWN = 100


async def written(
    request: AnyRequest,
    service: Service,
    gap: Gap,
    how: str,
    draft: Draft | None = None,
    problems: list[Problem] | None = None,
    *,
    entry: str = "",
    find: str = "",
    scope: str = "",
    values: Values | None = None,
    preview_body: str = "",
) -> frame.ConsolePage:
    """The page where an answer is written, in one of four ways."""
    how = how if how in HOWS else "new"
    page = await service.gap_desk.wordings(gap.brain, gap.id, None, QUESTIONS_SHOWN)
    texts = gap_views.phrasings(gap, page.items)
    form = draft.form if draft else EntryForm(title=title_of(gap))
    chosen = service.knowledge.entries[gap.brain].get(draft.entry if draft else entry)
    ticked = form.lines if draft else texts[:PHRASINGS_TICKED]
    if how == "local" and chosen and draft is None:
        form = EntryForm(answers=dict(chosen.answers))
    bodies = bodies_of(request, gap.brain)
    asked = {one.id for one in gap.bodies}
    return frame.page(
        request,
        "gaps/answer.html",
        title=frame.say(request, "gaps.answering"),
        area="gaps",
        errors=problems or [],
        gap=gap,
        question=title_of(gap),
        url=gap_url(gap),
        list_url=gaps_url(gap.brain),
        how=how,
        hows=[(one, f"{gap_url(gap)}/answer?{urlencode({'how': one})}") for one in HOWS],
        form=form,
        texts=texts,
        ticked=ticked,
        others="\n".join(line for line in form.lines if line not in texts) if draft else "",
        chosen=chosen,
        chosen_url=entry_url(gap.brain, chosen.id) if chosen else "",
        find=find,
        found=find_entries(service, gap.brain, find) if find.strip() else [],
        scope=scope or next((body.id for body in bodies if body.id in asked), ""),
        scopes=[(body.id, body.name) for body in bodies],
        audiences=_audiences(request, gap.brain),
        lacking=gap_answers.lacking(service.knowledge, gap, None) if how == "fact" else [],
        values=values or {},
        seen=await service.gap_desk.last_event(gap.id),
        views=gap_views,
        **beside(request, service, gap.brain, form, preview_body),
    )


def looked_over(
    request: AnyRequest, gap: Gap, tried: Tried, job: str, problems: list[Problem], seen: int | None
) -> frame.ConsolePage:
    """The page before publishing. `seen` is the last event of the gap that the writer knows of."""
    answers = tried.proposed.answers
    return frame.page(
        request,
        "gaps/look.html",
        title=frame.say(request, "gaps.look.title"),
        area="gaps",
        errors=problems,
        seen=seen,
        gap=gap,
        question=title_of(gap),
        url=gap_url(gap),
        list_url=gaps_url(gap.brain),
        tried=tried,
        **impact_views.shown(request, gap.brain, tried.impact, tried.proposed),
        proposed=tried.proposed,
        job=job,
        shown={tag: rendering.html(answers[tag]) for tag in in_order(answers)},
        audience=[audience_name(request, scope) for scope in tried.proposed.audience],
        views=gap_views,
    )


def _audiences(request: AnyRequest, brain: str) -> list[tuple[str, str]]:
    """Groups and bodies of the brain, to choose from."""
    bodies = bodies_of(request, brain)
    groups = sorted({f"group:{group}" for body in bodies for group in body.groups})
    scopes = [*groups, *(body.id for body in bodies)]
    return [(scope, audience_name(request, scope)) for scope in scopes]
