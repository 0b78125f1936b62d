"""What forms have in common: texts in several languages, times, who it is for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from litestar.datastructures import FormMultiDict

from brains import codec
from brains.errors import Invalid, Problem
from brains.model import Body, Texts
from router.console.dates import OSLO
from router.opening import DAYS

LANGUAGES = ("nb", "nn", "en")
FIELD_CHARS_MAX = 20_000
SEEN = "seen"
SEEN_CHARS = 16


class SkippedTime(ValueError):
    """No clock in Norway shows that time: summer time begins then."""


def text(form: FormMultiDict, name: str) -> str:
    """One field as it was written, without space around it."""
    value = form.get(name, "")
    return value.strip()[:FIELD_CHARS_MAX] if isinstance(value, str) else ""


def all_of(form: FormMultiDict, name: str) -> list[str]:
    """Every value of a field that comes several times."""
    return [value for value in form.getall(name, []) if isinstance(value, str) and value]


def texts(form: FormMultiDict, prefix: str) -> Texts:
    """The texts that say something, by language: `text_nb`, `text_nn`."""
    found = {
        name.removeprefix(prefix): text(form, name) for name in form if name.startswith(prefix)
    }
    return {language: said for language, said in found.items() if said}


def fields(prefix: str, values: Mapping[str, str]) -> dict[str, str | list[str]]:
    """The fields that `texts` reads, for an undo."""
    return {f"{prefix}{language}": said for language, said in values.items()}


def seen(value: Any) -> str:
    """What a form says it was written from, in its hidden field `seen`."""
    return codec.digest_of(value)[:SEEN_CHARS]


def stale(form: FormMultiDict, now: Any) -> bool:
    """Whether what the form was written from has been changed by somebody since."""
    written_from = text(form, SEEN)
    return bool(written_from) and written_from != seen(now)


def problems(
    error: Invalid | None, pointed: Callable[[Problem], Problem] = lambda problem: problem
) -> list[Problem]:
    """What is wrong, each problem pointing at its field of the form."""
    return [pointed(problem) for problem in error.problems] if error else []


def opening_hours(form: FormMultiDict) -> dict[str, list[str]]:
    """Each day's spans, as written in `hours_mon` and the others: `08:00 – 12:00, 13:00-15:30`."""
    return {
        day: [
            span.replace(" ", "").replace("–", "-")
            for span in re.split(r"[,;]", text(form, f"hours_{day}"))
            if span.strip()
        ]
        for day in DAYS
    }


def languages(bodies: Iterable[Body], *kept: Mapping[str, str]) -> list[str]:
    """The languages to ask for: the usual three, the bodies' others, and those already written."""
    more = [language for body in bodies for language in body.languages]
    return list(dict.fromkeys([*LANGUAGES, *more, *(tag for one in kept for tag in one)]))


def moment_input(at: dt.datetime | None) -> str:
    """A time as `<input type=datetime-local>` takes it."""
    return "" if at is None else at.astimezone(OSLO).strftime("%Y-%m-%dT%H:%M")


def moment(written: str) -> dt.datetime | None:
    """The time meant, in Norway where it does not say; None for nothing.

    Raises `SkippedTime` for one in the hour that is left out when summer time begins,
    ValueError for what is no time.
    """
    if not written:
        return None
    at = dt.datetime.fromisoformat(written)
    if at.tzinfo is not None:
        return at.astimezone(dt.UTC)
    meant = at.replace(tzinfo=OSLO).astimezone(dt.UTC)
    if meant.astimezone(OSLO).replace(tzinfo=None) != at:
        raise SkippedTime(written)
    return meant
