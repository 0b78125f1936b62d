"""An answer to an unanswered question on its way: what was written, tried, and then published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from litestar.datastructures import FormMultiDict

from brains import templates
from brains.errors import Problem
from brains.formats.ids import slug
from brains.knowledge import Knowledge
from brains.model import Body, Entry, Gap
from router.console import frame
from router.console.entry_forms import EntryForm, sent, to_entry, wrong
from router.console.frame import AnyRequest
from router.console.gap_views import seen_in
from router.curation.fact_csv import Values
from router.jobs import UnknownJob

if TYPE_CHECKING:
    from router.curation.previewed import Impact


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a curator wrote for a gap. `entry` is the existing answer that gets `phrasings`, `seen`
    the last event of the gap that the page of writing showed."""

    gap: str
    how: Literal["new", "phrasing"]
    form: EntryForm
    entry: str = ""
    phrasings: list[str] = []
    seen: int | None = None


class Lacking(msgspec.Struct, frozen=True):
    """The facts that answers need and one body has not given."""

    body: Body
    needed: list[str]


class Tried(msgspec.Struct):
    """A draft, the answer it makes, and what that changes for visitors. `published` is where its
    publishing is shown, so that pressing twice publishes once."""

    draft: Draft
    proposed: Entry
    impact: Impact
    published: str = ""


def new_draft(gap: Gap, data: FormMultiDict) -> Draft:
    """A new answer as the form has it: ticked questions, and those written below them."""
    form = sent(data)
    ticked = [text for text in data.getall("question", []) if isinstance(text, str)]
    form.questions = "\n".join([*ticked, form.questions])
    return Draft(gap=gap.id, how="new", form=form, seen=seen_in(data))


def phrasing_draft(gap: Gap, data: FormMultiDict) -> Draft:
    """Ticked and written questions for an existing answer."""
    draft = new_draft(gap, data)
    entry = data.get("entry", "")
    return Draft(
        gap=gap.id,
        how="phrasing",
        form=draft.form,
        entry=entry if isinstance(entry, str) else "",
        phrasings=draft.form.lines,
        seen=draft.seen,
    )


def problems(request: AnyRequest, knowledge: Knowledge, brain: str, draft: Draft) -> list[Problem]:
    """What must be put right before it can be tried."""

    def say(key: str, **values: object) -> str:
        return frame.say(request, key, **values)

    if draft.how == "new":
        return wrong(draft.form, say)
    found = []
    if draft.entry not in knowledge.entries[brain]:
        found.append(Problem("entry", say("gaps.wrong.entry")))
    if not draft.phrasings:
        found.append(Problem("questions", say("gaps.wrong.phrasings")))
    return found


def proposed(knowledge: Knowledge, gap: Gap, draft: Draft) -> Entry:
    """The answer as visitors would get it."""
    if draft.how == "new":
        id = f"{slug(draft.form.title or gap.summary)[:80] or 'svar'}-{gap.id}"
        return to_entry(draft.form, id, gap.brain, "published", None)
    entry = knowledge.entry(gap.brain, draft.entry)
    questions = list(dict.fromkeys([*entry.questions, *draft.phrasings]))
    return msgspec.structs.replace(entry, questions=questions)


def tried(request: AnyRequest, job: str, *gaps: str) -> Tried | None:
    """What a job found out about a draft for one of these gaps; None where there is no such any
    more."""
    try:
        result: Any = frame.service(request).jobs.get(job, frame.holder(request).id).result
    except UnknownJob:
        return None
    return result if isinstance(result, Tried) and result.draft.gap in gaps else None


def is_overtaken(knowledge: Knowledge, tried: Tried) -> bool:
    """Whether the existing answer is no more the one that the draft was tried with."""
    if tried.draft.how == "new":
        return False
    now = knowledge.entries[tried.proposed.brain].get(tried.draft.entry)
    return now is None or now.revision != tried.proposed.revision


def lacking(knowledge: Knowledge, gap: Gap, only_body: str | None) -> list[Lacking]:
    """Where the nearest answers lack facts: the bodies that asked first, then by name."""
    entries = [
        entry
        for near in gap.nearest
        if (entry := knowledge.entries[gap.brain].get(near.entry)) is not None
    ]
    asked = {one.id for one in gap.bodies}
    rows = []
    for body in knowledge.bodies.values():
        if body.brain != gap.brain or only_body not in (None, body.id):
            continue
        given = frozenset(knowledge.facts.get(body.id, {}))
        keys: set[str] = set()
        for entry in entries:
            for text in knowledge.texts_in(entry, body).values():
                keys |= templates.lacking(text, given)
        if keys:
            rows.append(Lacking(body, sorted(keys)))
    return sorted(rows, key=lambda row: (row.body.id not in asked, row.body.name.casefold()))


def fact_values(data: FormMultiDict) -> Values:
    """The filled fields `fact:<body>:<key>`, by body and key."""
    found: Values = {}
    for name, value in data.multi_items():
        kind, _, rest = name.partition(":")
        body, _, key = rest.partition(":")
        if kind == "fact" and isinstance(value, str) and value.strip():
            found.setdefault(body, {})[key] = value.strip()
    return found


def local_problems(
    request: AnyRequest, knowledge: Knowledge, brain: str, draft: Draft, scope: str
) -> list[Problem]:
    """What must be put right in a body's own answer."""
    found = []
    if draft.entry not in knowledge.entries[brain]:
        found.append(Problem("entry", frame.say(request, "gaps.wrong.entry")))
    body = knowledge.bodies.get(scope)
    if body is None or body.brain != brain:
        found.append(Problem("scope", frame.say(request, "gaps.wrong.scope")))
    if not draft.form.written:
        found.append(Problem("answer_nb", frame.say(request, "gaps.wrong.answer")))
    return found


def without_id(entry: Entry) -> Entry:
    """The same, for the desk to give it a free id."""
    return msgspec.structs.replace(entry, id="")
