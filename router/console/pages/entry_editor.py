"""Where an answer is written: the form, what stands beside it, and saving."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import QueryParameter

from brains.errors import Conflict, Invalid, Problem, SamsvarError
from brains.knowledge import title_of
from brains.model import GROUP_PREFIX, Entry
from router.api.parameters import BrainPath, EntryPath
from router.api.service import ServiceHere
from router.console import differences, entry_forms, frame, writing
from router.console.entry_forms import EntryForm
from router.console.entry_links import Names, bodies_of, entries_url, entry_url, review_of
from router.console.pages.entry_impact import Deed, try_out
from router.console.problems import worded
from router.curation import nynorsk, plain_language
from router.curation.review import Review
from router.curation.suggestions import Suggestion
from router.security.audited import UNAUDITED
from router.security.edge import slashed
from router.security.guards import needs
from router.service import Service

AnyRequest = Request[Any, Any, Any]
SAVING = {"save": "draft", "publish": "draft", "submit": "in_review"}
SUGGESTIONS_SHOWN = 8


class Both(msgspec.Struct, frozen=True):
    """Two people wrote at once: what one was about to save, and what the other changed before."""

    mine: Entry
    they_changed: list[differences.Difference]


class EditorPages(Controller):
    """A new answer, and an old one."""

    path = "/brains/{brain:str}"

    @get("/new-entry", guards=[needs("draft", "any body")])
    async def new(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        question: Annotated[str, QueryParameter(max_length=500, required=False)] = "",
    ) -> Any:
        """An empty form, `question` its first phrasing."""
        service.knowledge.brain(brain)
        own = frame.own_body(request)
        form = EntryForm(questions=question, owner=own or "")
        if own:
            form.audience = [own]
        return await _page(request, service, brain, form, None)

    @post("/new-entry", guards=[needs("draft", "any body")])
    async def create(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """Save it for the first time."""
        service.knowledge.brain(brain)
        return await _take(request, service, brain, None)

    @get("/entries/{entry:str}/edit", guards=[needs("draft", "any body")])
    async def edit(
        self,
        request: AnyRequest,
        service: ServiceHere,
        brain: BrainPath,
        entry: EntryPath,
        suggest: Annotated[bool, QueryParameter(required=False)] = False,
    ) -> Any:
        """The form with the newest state in it; with `suggest`, phrasings from real questions."""
        review = review_of(request)
        newest = await review.get(brain, slashed(entry))
        review.require_draft(brain, newest)
        form = entry_forms.of_entry(newest)
        suggestions = await _suggestions(request, service, brain, newest, form) if suggest else None
        return await _page(request, service, brain, form, newest, suggestions=suggestions)

    @post("/entries/{entry:str}/edit", guards=[needs("draft", "any body")])
    async def save(
        self, request: AnyRequest, service: ServiceHere, brain: BrainPath, entry: EntryPath
    ) -> Any:
        """Save it, or do what one of the form's other buttons says."""
        review = review_of(request)
        newest = await review.get(brain, slashed(entry))
        review.require_draft(brain, newest)
        return await _take(request, service, brain, newest)

    @post("/writing", guards=[needs("draft", "any body")], opt={UNAUDITED: True})
    async def writing(self, request: AnyRequest, service: ServiceHere, brain: BrainPath) -> Any:
        """What stands beside the form, for what is in it now: the page's script asks."""
        data = await request.form()
        form = entry_forms.sent(data)
        chosen = data.get("preview_body", "")
        return frame.page(
            request,
            "entries/writing.html",
            title="",
            area="entries",
            **beside(request, service, brain, form, str(chosen)),
        )


async def _take(request: AnyRequest, service: Service, brain: str, newest: Entry | None) -> Any:
    """One press of a button in the form."""
    data = await request.form()
    form, action = entry_forms.sent(data), str(data.get("action", "save"))
    chosen = str(data.get("preview_body", ""))
    if action not in SAVING:
        request.state.audit = {"action": "entries.look"}
        problems: list[Problem] = []
        try:
            form = await _helped(form, action)
        except SamsvarError as error:
            problems = [Problem(f"{entry_forms.ANSWER}nn", _worded(request, error))]
        return await _page(request, service, brain, form, newest, problems, chosen=chosen)
    problems = entry_forms.wrong(form, lambda key, **values: frame.say(request, key, **values))
    if problems:
        return await _page(request, service, brain, form, newest, problems, chosen=chosen)
    review = review_of(request)
    id = newest.id if newest else await service.curation.free_id(brain, form.title or form.lines[0])
    status: Literal["draft", "in_review"] = "in_review" if action == "submit" else "draft"
    entry = entry_forms.to_entry(form, id, brain, status, await _base(review, brain, newest, form))
    try:
        saved = await review.save(brain, entry, form.revision, form.note)
    except Invalid as error:
        found = entry_forms.by_field(error.problems, frame.language(request))
        return await _page(request, service, brain, form, newest, found, chosen=chosen)
    except Conflict:
        theirs, base = await review.get(brain, id), await _base(review, brain, newest, form)
        both = Both(entry, differences.between(base, theirs, Names(request)))
        return await _page(request, service, brain, form, theirs, both=both, chosen=chosen)
    if action == "publish":
        return await try_out(request, service, brain, saved.id, Deed("publish", saved.revision))
    return _saved(request, saved, action)


def _worded(request: AnyRequest, error: SamsvarError) -> str:
    return worded(str(error), frame.language(request))


async def _base(review: Review, brain: str, newest: Entry | None, form: EntryForm) -> Entry | None:
    """The state the form was made from."""
    if newest is None or form.revision in (0, newest.revision):
        return newest
    return await review.get(brain, newest.id, form.revision)


def _saved(request: AnyRequest, saved: Entry, action: str) -> Any:
    url = entry_url(saved.brain, saved.id)
    done = {"save": "entries.done.saved", "submit": "entries.done.submitted"}[action]
    frame.flash(request, done, title=title_of(saved))
    return frame.redirect(f"{url}/edit" if action == "save" else url)


async def _helped(form: EntryForm, action: str) -> EntryForm:
    """The form after a button that saves nothing: `check`, `nynorsk`, `phrase:…`, `add:se`."""
    answers = dict(form.answers)
    if action == "nynorsk":
        answers["nn"] = await nynorsk.draft(answers.get("nb", ""))
    elif action.startswith("add:") and action[4:] in entry_forms.MORE_LANGUAGES:
        answers.setdefault(action[4:], "")
    elif action.startswith("phrase:"):
        lines = [*form.lines, action.removeprefix("phrase:")]
        return msgspec.structs.replace(form, questions="\n".join(dict.fromkeys(lines)))
    return msgspec.structs.replace(form, answers=answers)


async def _page(
    request: AnyRequest,
    service: Service,
    brain: str,
    form: EntryForm,
    newest: Entry | None,
    problems: list[Problem] | None = None,
    both: Both | None = None,
    chosen: str = "",
    suggestions: list[Suggestion] | None = None,
) -> Any:
    """The form. With `both`: `newest` was saved first, and there is a choice between the two."""
    review, bodies = review_of(request), bodies_of(request, brain)
    own = frame.own_body(request)
    choices = await service.catalogue.choices(brain, lambda one: review.sees(one.entry))
    title = title_of(newest) if newest else frame.say(request, "entries.new")
    if both is not None and newest is not None:
        form = msgspec.structs.replace(form, revision=newest.revision)
    return frame.page(
        request,
        "entries/edit.html",
        title=title,
        area="entries",
        status=409 if both is not None else 400 if problems else 200,
        errors=problems or [],
        form=form,
        unsaved=request.method == "POST",
        entry=newest,
        theirs=differences.between(newest, both.mine, Names(request)) if both else None,
        they_changed=both.they_changed if both else [],
        topics=choices.topics,
        owners=[("", frame.say(request, "entries.no_owner"))] * (own is None)
        + [(body.id, body.name) for body in bodies],
        audiences=_audiences(request, brain) if own is None else [],
        own_body=own,
        more_languages=[tag for tag in entry_forms.MORE_LANGUAGES if tag not in form.languages],
        may_publish=_may_publish(review, brain, form, newest),
        suggestions=suggestions,
        may_suggest=_is_live(service, brain, newest),
        keys=writing.keys(service.knowledge, bodies, frame.language(request)),
        can_nynorsk=nynorsk.available(),
        action_url=entry_url(brain, newest.id, "/edit")
        if newest
        else f"/console/brains/{brain}/new-entry",
        url=entry_url(brain, newest.id) if newest else entries_url(brain),
        list_url=entries_url(brain),
        **beside(request, service, brain, form, chosen),
    )


def beside(
    request: AnyRequest, service: Service, brain: str, form: EntryForm, chosen: str
) -> dict[str, Any]:
    """What the panel beside the form shows."""
    bodies = bodies_of(request, brain)
    body = next((one for one in bodies if one.id == chosen), None)
    return {
        "drafts": writing.drafts(service.knowledge, form, body),
        "phrasing_count": len(form.lines),
        "phrasings_wanted": writing.PHRASINGS_WANTED,
        "lacks_nynorsk": plain_language.lacks_nynorsk(form.written),
        "preview_body": body,
        "preview_bodies": [(one.id, one.name) for one in bodies],
    }


def _audiences(request: AnyRequest, brain: str) -> list[tuple[str, str]]:
    """Groups and bodies of the brain, to choose from."""
    bodies = bodies_of(request, brain)
    groups = sorted({group for body in bodies for group in body.groups})
    named = [
        (GROUP_PREFIX + group, frame.say(request, "entries.group", name=group)) for group in groups
    ]
    return named + [(body.id, body.name) for body in bodies]


def _may_publish(review: Review, brain: str, form: EntryForm, newest: Entry | None) -> bool:
    asked = Entry(
        id="new", questions=[], answers={}, owner=form.owner or None, audience=form.audience
    )
    return review.may("publish", brain, asked, *([newest] if newest else []))


def _is_live(service: Service, brain: str, newest: Entry | None) -> bool:
    """Whether visitors get it, so that there are questions that it answered."""
    return newest is not None and newest.id in service.knowledge.entries.get(brain, {})


async def _suggestions(
    request: AnyRequest, service: Service, brain: str, newest: Entry, form: EntryForm
) -> list[Suggestion]:
    """Real questions that are no phrasing yet."""
    if not _is_live(service, brain, newest):
        return []
    own = frame.own_body(request)
    found = await service.suggestions.suggest(brain, newest.id, only_body=own)
    there = {line.casefold() for line in form.lines}
    return [one for one in found if one.text.casefold() not in there][:SUGGESTIONS_SHOWN]


handlers = [EditorPages]
