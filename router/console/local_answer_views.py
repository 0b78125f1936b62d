"""The page of one local answer: each language beside the shared text it takes the place of."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from brains import checks, rendering
from brains.errors import Invalid, Problem, UnknownEntry, UnknownLocalAnswer
from brains.knowledge import Answer, FactMissing, title_of
from brains.model import GROUP_PREFIX, Body, Entry, LocalAnswer, Texts
from router.console import differences, forms, frame
from router.console.entry_links import audience_name, bodies_of, entry_url
from router.console.frame import AnyRequest
from router.curation.local_answers import Shadowing
from router.security.own import may_speak

TEXT = "text_"
STALE = 409


class Side(msgspec.Struct, frozen=True):
    """One language of a local answer beside the shared one; `changes` is what the shared one
    has gained and lost since the local one was written."""

    language: str
    shared: str
    written: str
    changes: list[differences.Part]


async def page(
    request: AnyRequest,
    brain: str,
    id: str,
    scope: str,
    written: Texts | None = None,
    error: Invalid | None = None,
    *,
    stale: bool = False,
) -> Any:
    """The page of one local answer; `written` is what a form says and is not saved."""
    service = frame.service(request)
    shared = _visible(request, brain, id, scope)
    kept = await _kept(request, brain, id, scope)
    texts = written if written is not None else dict(kept.local.answers) if kept else {}
    body = _preview_body(request, brain, scope)
    bodies = [body] if body else []
    return frame.page(
        request,
        "local_answers/show.html",
        title=title_of(shared),
        area="local_answers",
        status=STALE if stale else None,
        errors=forms.problems(error, _pointed),
        stale=stale,
        seen=forms.seen(texts_of(kept.local if kept else None)),
        shared=shared,
        kept=kept,
        scope=scope,
        sides=_sides(shared, kept, texts, forms.languages(bodies, shared.answers, texts)),
        previews=_previews(request, shared, body, texts) if body and written is None else [],
        organisation=body,
        may_write=may_speak(request, brain, scope),
        url=local_answers_url(brain),
        address=address_of(brain, id, scope),
        entry_url=entry_url(brain, id),
        name=audience_name(request, scope),
        facts=sorted(service.knowledge.facts.get(body.id, {})) if body else [],
        chars_max=checks.ANSWER_CHARS_MAX,
    )


def _sides(shared: Entry, kept: Shadowing | None, texts: Texts, languages: list[str]) -> list[Side]:
    then = (kept.shared_then if kept else None) or shared.answers
    return [
        Side(
            tag,
            shared.answers.get(tag, ""),
            texts.get(tag, ""),
            differences.words(then.get(tag, ""), shared.answers.get(tag, ""))
            if then.get(tag, "") != shared.answers.get(tag, "")
            else [],
        )
        for tag in languages
    ]


def _previews(
    request: AnyRequest, shared: Entry, body: Body, texts: Texts
) -> list[tuple[str, Answer | FactMissing, str]]:
    """Each text as the body's visitors would read it."""
    local_answers, found = frame.service(request).local_answers, []
    for tag in texts:
        try:
            said = local_answers.preview(shared.brain, shared.id, body.id, {tag: texts[tag]}, tag)
        except Invalid:
            continue  # the save says what is wrong
        html = rendering.html(said.markdown) if isinstance(said, Answer) else ""
        found.append((tag, said, html))
    return found


def texts_of(local: LocalAnswer | None) -> Texts:
    return dict(local.answers) if local else {}


async def _kept(request: AnyRequest, brain: str, id: str, scope: str) -> Shadowing | None:
    try:
        return await frame.service(request).local_answers.get(brain, id, scope)
    except UnknownLocalAnswer:
        return None


def _visible(request: AnyRequest, brain: str, id: str, scope: str) -> Entry:
    """The shared entry, where whoever is signed in sees it and that scope; else `UnknownEntry`."""
    service, own = frame.service(request), frame.own_body(request)
    if own is not None and scope not in service.local_answers.scopes_seen_in(own):
        raise UnknownEntry(id)
    return service.local_answers.shared(brain, id, own)


def _preview_body(request: AnyRequest, brain: str, scope: str) -> Body | None:
    """The body to read it as: its own, or the first of the group."""
    bodies = bodies_of(request, brain)
    group = scope.removeprefix(GROUP_PREFIX)
    return next((body for body in bodies if body.id == scope or group in body.groups), None)


def _pointed(problem: Problem) -> Problem:
    field = problem.pointer.rpartition("answers.")[2]
    return Problem(TEXT + field, problem.text)


def local_answers_url(brain: str) -> str:
    return f"/console/brains/{quote(brain, safe='')}/local-answers"


def address_of(brain: str, entry: str, scope: str) -> str:
    return f"{local_answers_url(brain)}/{quote(scope, safe='')}/{quote(entry, safe='')}"
