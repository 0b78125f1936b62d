"""The form a notice is written in: from a notice, from what a browser sent, and to a notice."""

from __future__ import annotations

import datetime as dt

import msgspec
from litestar.datastructures import FormMultiDict

from brains import checks
from brains.errors import Problem
from brains.model import EVERYONE, Broadcast
from router.console import forms, frame
from router.console.frame import AnyRequest

TEXT = "text_"


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
        audience=[own] if own else forms.all_of(form, "audience"),
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


def pointed(problem: Problem) -> Problem:
    """A problem of the stored broadcast, pointing at the form's field."""
    field = problem.pointer.removeprefix("field ")
    names = {"starts_at": "starts", "ends_at": "ends"}
    if field.startswith("texts."):
        return Problem(TEXT + field.removeprefix("texts."), problem.text)
    return Problem(names.get(field, field.partition("[")[0]), problem.text)
