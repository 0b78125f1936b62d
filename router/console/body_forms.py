"""The forms of an organisation: what its own people keep, and what an administrator sets."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import msgspec
from litestar.datastructures import FormMultiDict

from brains import checks
from brains.errors import Problem
from brains.model import Body, ContactPoint, Texts
from router.console import forms

GREETING = "greeting_"
LABEL = "contact_label_"
EMPTY_CONTACTS = 2
_NORWEGIAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")

Say = Callable[..., str]


class OwnPart(msgspec.Struct, kw_only=True):
    """What a body's own people keep, as it is stored."""

    bot_name: str
    greeting: Texts
    contacts: list[ContactPoint]
    opening_hours: dict[str, list[str]]
    closed_days: list[str]
    popular: list[str]


class Settings(msgspec.Struct, kw_only=True):
    """The rest, which an administrator sets."""

    name: str
    short_name: str
    kind: str
    brain: str | None
    language: str
    languages: list[str]
    groups: list[str]
    municipality_number: str | None
    places: list[str]
    website: str | None
    timezone: str
    origins: list[str]


def part_of(body: Body, part: type[OwnPart] | type[Settings]) -> OwnPart | Settings:
    """That part of a body."""
    return part(**{name: getattr(body, name) for name in part.__struct_fields__})


def with_part(body: Body, part: OwnPart | Settings) -> Body:
    """The body with that part of it changed."""
    return msgspec.structs.replace(body, **msgspec.structs.asdict(part))


def own_part(form: FormMultiDict, languages: list[str]) -> OwnPart:
    """What a browser sent; `checks` says what is wrong with it."""
    return OwnPart(
        bot_name=forms.text(form, "bot_name"),
        greeting=forms.texts(form, GREETING),
        contacts=_contacts(form, languages),
        opening_hours=forms.opening_hours(form),
        closed_days=sorted({_date(line) for line in forms.text(form, "closed_days").split()}),
        popular=list(dict.fromkeys(forms.all_of(form, "popular"))),
    )


def settings(form: FormMultiDict) -> Settings:
    """What an administrator's browser sent."""
    spoken = forms.text(form, "language") or "nb"
    return Settings(
        name=forms.text(form, "name"),
        short_name=forms.text(form, "short_name"),
        kind=forms.text(form, "kind") or "municipality",
        brain=forms.text(form, "brain") or None,
        language=spoken,
        languages=list(dict.fromkeys([spoken, *forms.all_of(form, "languages")])),
        groups=forms.text(form, "groups").replace(",", " ").split(),
        municipality_number=forms.text(form, "municipality_number") or None,
        places=list(filter(None, map(str.strip, forms.text(form, "places").split(",")))),
        website=forms.text(form, "website") or None,
        timezone=forms.text(form, "timezone") or "Europe/Oslo",
        origins=[line.rstrip("/") for line in forms.text(form, "origins").split()],
    )


def pointed(problem: Problem, say: Say) -> Problem:
    """A problem of the stored body, pointing at the form's field, in words of the console."""
    if "field " not in problem.pointer:
        return problem
    field = problem.pointer.rpartition("field ")[2]
    name = field.partition("[")[0]
    if field.startswith("opening_hours."):
        return Problem(f"hours_{field.removeprefix('opening_hours.')}", say("bodies.wrong.hours"))
    if field.startswith("closed_days"):
        return Problem(name, f"{say('bodies.wrong.date')} {problem.text}")
    if field.startswith("greeting."):
        return Problem(GREETING + field.removeprefix("greeting."), problem.text)
    if name == "contacts":
        number = int(re.sub(r"\D", "", field.partition("]")[0]) or 0) + 1
        return Problem(f"contact_value-{number}", say("bodies.wrong.contact", number=number))
    return Problem(name, say(f"bodies.wrong.{name}") if name in _WORDED else problem.text)


_WORDED = ("id", "name", "website", "origins", "groups")


def _contacts(form: FormMultiDict, languages: list[str]) -> list[ContactPoint]:
    """One a row of the form, those without a value left out."""
    kinds, values, urls = (
        [str(value).strip() for value in form.getall(f"contact_{name}", [])]
        for name in ("kind", "value", "url")
    )
    labels = {tag: [str(one).strip() for one in form.getall(LABEL + tag, [])] for tag in languages}
    found = []
    for i, (kind, value, url) in enumerate(zip(kinds, values, urls, strict=False)):
        label = {tag: said[i] for tag, said in labels.items() if i < len(said) and said[i]}
        if value or label:
            found.append(ContactPoint(kind, label, value, url or None))
    return found


def _date(written: str) -> str:
    """`24.12.2026` as `2026-12-24`; anything else as it is, for `checks` to refuse."""
    parts = _NORWEGIAN_DATE.fullmatch(written.rstrip(",;"))
    if parts is None:
        return written.rstrip(",;")
    try:
        return dt.date(int(parts[3]), int(parts[2]), int(parts[1])).isoformat()
    except ValueError:
        return written


KINDS = checks.CONTACT_KINDS
