"""The form a notice is written in: from a notice, from what a browser sent, and to a notice."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

import msgspec
from litestar.datastructures import FormMultiDict

from brains import checks, rendering
from brains.errors import Invalid, Problem
from brains.knowledge import title_of
from brains.model import EVERYONE, Broadcast
from router.console import forms, frame
from router.console.entry_links import bodies_of, entries_seen, scopes_seen
from router.console.frame import AnyRequest

TEXT = "text_"
ENTRIES_OFFERED = 1000
STALE = 409


class BroadcastForm(msgspec.Struct, kw_only=True):
    """Every field as text."""

    texts: dict[str, str] = {}
    level: str = "info"
    audience: list[str] = []
    entry: str = ""
    starts: str = ""
    ends: str = ""


def sent(request: AnyRequest, form: FormMultiDict) -> BroadcastForm:
    """What a browser sent. An editor's is for the own body, whatever was sent."""
    own = frame.own_body(request)
    return BroadcastForm(
        texts=forms.texts(form, TEXT),
        level=forms.text(form, "level") or "info",
        audience=[own] if own else _audience(form),
        entry=forms.text(form, "entry"),
        starts=forms.text(form, "starts"),
        ends=forms.text(form, "ends"),
    )


def filled(one: Broadcast) -> BroadcastForm:
    """The form with what a notice says in it."""
    return BroadcastForm(
        texts=dict(one.texts),
        level=one.level,
        audience=list(one.audience),
        entry=one.entry or "",
        starts=forms.moment_input(one.starts_at),
        ends=forms.moment_input(one.ends_at),
    )


def broadcast_of(request: AnyRequest, form: BroadcastForm, id: str) -> Broadcast:
    """Raises `Invalid`, in the reader's language where the form alone shows what is wrong."""
    now = frame.service(request).pipeline.clock()
    problems: list[Problem] = []
    times: dict[str, dt.datetime | None] = {}
    for name in ("starts", "ends"):
        try:
            times[name] = forms.moment(getattr(form, name))
        except forms.SkippedTime:
            problems.append(Problem(name, frame.say(request, "broadcasts.wrong.skipped")))
        except ValueError:
            problems.append(Problem(name, frame.say(request, "broadcasts.wrong.time")))
    starts, ends = times.get("starts") or now, times.get("ends")
    if ends is not None and ends <= starts:
        problems.append(Problem("ends", frame.say(request, "broadcasts.wrong.order")))
    if not form.texts:
        problems.append(Problem(f"{TEXT}nb", frame.say(request, "broadcasts.wrong.empty")))
    if not form.audience:
        problems.append(Problem("audience", frame.say(request, "broadcasts.wrong.nobody")))
    checks.refuse(problems)
    return Broadcast(
        id=id,
        texts=form.texts,
        level="warning" if form.level == "warning" else "info",
        audience=[EVERYONE] if EVERYONE in form.audience else form.audience,
        entry=form.entry or None,
        starts_at=starts,
        ends_at=ends,
    )


def refuse_past(request: AnyRequest, one: Broadcast) -> None:
    """Nobody would see what has ended already. Raises `Invalid`."""
    if one.ends_at is not None and one.ends_at <= frame.service(request).pipeline.clock():
        raise Invalid(frame.say(request, "broadcasts.wrong.past"), "ends")


def form_page(
    request: AnyRequest,
    brain: str,
    written: BroadcastForm,
    before: Broadcast | None = None,
    error: Invalid | None = None,
    *,
    preview: Broadcast | None = None,
    stale: bool = False,
) -> Any:
    """The form with what is written in it, and `preview` below it as visitors would see it."""
    bodies, known = bodies_of(request, brain), entries_seen(request, brain)
    offered = sorted(known.values(), key=title_of)[:ENTRIES_OFFERED]
    everyone = frame.may(request, "publish", brain=brain)
    return frame.page(
        request,
        "broadcasts/form.html",
        title=frame.say(request, "broadcasts.edit" if before else "broadcasts.new"),
        area="broadcasts",
        status=STALE if stale else None,
        errors=forms.problems(error, pointed),
        written=written,
        before=before,
        seen=forms.seen(before) if before else "",
        stale=stale,
        preview=preview,
        html=rendering.html,
        title_of=lambda id: title_of(known[id]) if id in known else id,
        url=broadcasts_url(brain),
        tags=forms.languages(bodies, written.texts),
        everyone=everyone,
        audiences=scopes_seen(request, brain) if everyone else [],
        entries=[(entry.id, title_of(entry)) for entry in offered],
        chars_max=checks.BROADCAST_CHARS_MAX,
    )


def broadcasts_url(brain: str) -> str:
    """The address of the list."""
    return f"/console/brains/{quote(brain, safe='')}/broadcasts"


def _audience(form: FormMultiDict) -> list[str]:
    """Everyone, or those that are ticked."""
    ticked, reach = forms.all_of(form, "audience"), forms.text(form, "reach")
    if reach == "all":
        return [EVERYONE]
    return [scope for scope in ticked if scope != EVERYONE] if reach else ticked


def pointed(problem: Problem) -> Problem:
    """A problem of the stored broadcast, pointing at the form's field."""
    field = problem.pointer.removeprefix("field ")
    names = {"starts_at": "starts", "ends_at": "ends"}
    if field.startswith("texts."):
        return Problem(TEXT + field.removeprefix("texts."), problem.text)
    return Problem(names.get(field, field.partition("[")[0]), problem.text)
