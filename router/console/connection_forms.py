"""The form of a connection: from what a browser sent to a `Connection`, and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import msgspec
from litestar.datastructures import FormMultiDict

from brains.errors import Problem
from brains.model import Connection
from router.console import forms

SETTING = "settings_"
HOURS = "hours_"
SECRET = "secret"
REMOVE_SECRET = "remove_secret"

Say = Callable[..., str]
_WORDED = ("address", "secret", "adapter", "time_limit_s", "languages", "unknown")


def blank(adapter: str) -> Connection:
    """What an empty form shows."""
    return Connection(body="", adapter=adapter, address="")


def connection(form: FormMultiDict, before: Connection, settings: Iterable[str]) -> Connection:
    """`before` with what was written; `settings` are the adapter's own. `checks` judges it."""
    written = {key: forms.text(form, SETTING + key) for key in settings}
    return msgspec.structs.replace(
        before,
        address=forms.text(form, "address").rstrip("/"),
        settings={key: value for key, value in written.items() if value},
        time_limit_s=_seconds(forms.text(form, "time_limit_s")),
        languages=list(dict.fromkeys(forms.all_of(form, "languages"))),
        opening_hours={day: spans for day, spans in forms.opening_hours(form).items() if spans},
        unknown=[line.strip() for line in forms.text(form, "unknown").splitlines() if line.strip()],
        transcript=bool(forms.text(form, "transcript")),
    )


def secret(form: FormMultiDict) -> str | None:
    """The new secret, "" to remove the one there is, None to keep it."""
    written = forms.text(form, SECRET)
    return written or ("" if forms.text(form, REMOVE_SECRET) else None)


def fields(connection: Connection) -> dict[str, str | list[str]]:
    """What the form would send for a connection, for an undo; its secret stays as it is."""
    return {
        "adapter": connection.adapter,
        "address": connection.address,
        "time_limit_s": f"{connection.time_limit_s:g}",
        "languages": connection.languages,
        "unknown": "\n".join(connection.unknown),
        "transcript": "true" if connection.transcript else "",
        **{SETTING + key: value for key, value in connection.settings.items()},
        **{HOURS + day: ", ".join(spans) for day, spans in connection.opening_hours.items()},
    }


def pointed(problem: Problem, say: Say) -> Problem:
    """A problem of the connection, pointing at the form's field, in words of the console."""
    field = problem.pointer.rpartition("field ")[2]
    if field.startswith("opening_hours."):
        return Problem(HOURS + field.removeprefix("opening_hours."), say("bodies.wrong.hours"))
    if field.startswith("settings."):
        name = SETTING + field.removeprefix("settings.")
        return Problem(name, say("federation.wrong.setting"))
    name = field.partition("[")[0]
    return Problem(name, say(f"federation.wrong.{name}") if name in _WORDED else problem.text)


def _seconds(written: str) -> float:
    """What was meant; for what is no number one that `checks` refuses."""
    try:
        return float(written.replace(",", "."))
    except ValueError:
        return math.nan
