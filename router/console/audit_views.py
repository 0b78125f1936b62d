"""The audit log as it is read: each line a sentence, with a link to what it was about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from urllib.parse import quote

import msgspec

from brains.audit import Line
from brains.errors import NotFound
from brains.knowledge import choose, title_of
from brains.model import Body
from router.console import dates, fact_parts, frame, wording
from router.console.broadcast_form import broadcasts_url
from router.console.entry_links import audience_name, entry_url
from router.console.frame import AnyRequest
from router.console.pages.profile import place

THING_CHARS_MAX = 80
# Whoever is none of these came by the command line or from another installation.
PERSON, KEY = "person_", "key_"
# Those that are nobody's name.
_WHO = {"-": "stranger", "operator": "operator", "command line": "command_line"}
# What a line was about: what it is called, and its address.
Thing = tuple[str, str]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A line: `did` goes on from `who`, `how` is console, key or program; `url` may be empty."""

    at: dt.datetime
    clock: str
    who: str
    how: str
    did: str
    thing: str = ""
    url: str = ""
    place: str = ""
    details: Sequence[tuple[str, str]] = ()


def told(
    request: AnyRequest, lines: Iterable[Line], names: Mapping[str, str], now: dt.datetime
) -> list[tuple[str, list[Told]]]:
    """The lines of each day. `names` are those of people and keys, by id."""
    tongue = frame.language(request)
    return [
        (_day(request, day, now), [_told(request, line, names) for line in of_day])
        for day, of_day in groupby(lines, lambda line: dates.day(line.at, tongue, now))
    ]


def areas(request: AnyRequest) -> list[tuple[str, str]]:
    """The kinds of lines, for the filter."""
    named: dict[str, str] = wording.texts("audit", frame.language(request))["area"]
    return [
        ("", frame.say(request, "common.all")),
        *((f"{one}.", text) for one, text in sorted(named.items(), key=lambda one: one[1])),
    ]


def _told(request: AnyRequest, line: Line, names: Mapping[str, str]) -> Told:
    thing, url = _thing(request, line, names)
    by_id = line.by_id or ""
    how = "console" if by_id.startswith(PERSON) else "key" if by_id.startswith(KEY) else "program"
    return Told(
        at=line.at,
        clock=dates.clock(line.at),
        who=_worded(request, f"audit.known.{_WHO.get(line.by, '')}", line.by),
        how="" if line.by in _WHO else how,
        did=_did(request, line.action),
        thing=thing[:THING_CHARS_MAX],
        url=url,
        place=_place(request, line),
        details=[
            (_worded(request, f"audit.detail.{key}", key), _detail(request, key, value))
            for key, value in line.detail.items()
            if value not in (None, "")
        ],
    )


def _did(request: AnyRequest, action: str) -> str:
    """`Changed facts` as it goes on from a name."""
    said = _worded(request, f"audit.did.{action}", action)
    return said[:1].lower() + said[1:]


def _thing(request: AnyRequest, line: Line, names: Mapping[str, str]) -> Thing:
    """What it was done to and where that is; no address where nobody can go there."""
    noun = line.action.partition(".")[0]
    if noun in ("people", "keys"):
        known = line.object in names
        path = f"people/{quote(line.object)}" if noun == "people" else "keys"
        return names.get(line.object, ""), f"/console/{path}" if known else ""
    of_brain, of_body = _IN_A_BRAIN.get(noun), _OF_A_BODY.get(noun)
    if of_brain and line.brain and line.object:
        return of_brain(request, line.brain, line.object)
    bodies = frame.service(request).knowledge.bodies
    if of_body and line.body in bodies:
        return bodies[line.body].name, f"/console/{of_body}/{quote(line.body, safe='')}"
    return bodies[line.object].name if line.object in bodies else line.object, ""


def _entry(request: AnyRequest, brain: str, id: str) -> Thing:
    entry = frame.service(request).knowledge.entries.get(brain, {}).get(id)
    return title_of(entry) if entry else id, entry_url(brain, id)


def _fact(request: AnyRequest, brain: str, key: str) -> Thing:
    name = fact_parts.name_of(request, key)
    return name, f"{fact_parts.facts_url(brain)}/{quote(key, safe='')}"


def _local_answer(request: AnyRequest, brain: str, object: str) -> Thing:
    scope, _, id = object.partition("/")
    path = f"{quote(scope, safe='')}/{quote(id, safe='')}"
    url = f"/console/brains/{quote(brain, safe='')}/local-answers/{path}"
    return f"{_entry(request, brain, id)[0]}, {audience_name(request, scope)}", url


def _notice(request: AnyRequest, brain: str, id: str) -> Thing:
    """The beginning of what it says, where it is still there."""
    try:
        texts = frame.service(request).broadcasts.get(brain, id).texts
    except NotFound:
        return "", ""
    return f"«{texts[choose(texts, [frame.language(request)])]}»", broadcasts_url(brain)


def _gap(request: AnyRequest, brain: str, id: str) -> Thing:
    url = f"/console/brains/{quote(brain, safe='')}/gaps/{quote(id.partition('/')[0], safe='')}"
    return frame.say(request, "audit.see.gaps"), url


def _import(request: AnyRequest, brain: str, id: str) -> Thing:
    url = f"/console/brains/{quote(brain, safe='')}/imports/{quote(id, safe='')}"
    return frame.say(request, "audit.see.imports"), url


_IN_A_BRAIN: dict[str, Callable[[AnyRequest, str, str], Thing]] = {
    "entries": _entry,
    "review": _entry,
    "facts": _fact,
    "local_answers": _local_answer,
    "broadcasts": _notice,
    "gaps": _gap,
    "imports": _import,
}
_OF_A_BODY = {"bodies": "bodies", "connections": "federation"}


def _place(request: AnyRequest, line: Line) -> str:
    """The organisation, or the knowledge base where it was all of it."""
    knowledge = frame.service(request).knowledge
    body: Body | None = knowledge.bodies.get(line.body or "")
    if body is not None:
        return "" if line.action.startswith(("bodies.", "connections.")) else body.name
    if line.body:
        return line.body
    brain = knowledge.brains.get(line.brain or "")
    return brain.name if brain else line.brain or ""


def _detail(request: AnyRequest, key: str, value: str | int | bool | None) -> str:
    if isinstance(value, bool):
        return frame.say(request, "common.yes" if value else "common.no")
    if key == "scope":
        return place(request, str(value))
    if key == "audience":
        return ", ".join(audience_name(request, one) for one in str(value).split(", "))
    if key == "until":
        return dates.moment(dt.datetime.fromisoformat(str(value)), frame.language(request))
    if key == "role":
        return _worded(request, f"common.roles.{value}", str(value))
    said = str(value)
    name = said.replace(" ", "_")
    return _worded(request, f"audit.value.{name}", said) if name.isidentifier() else said


def _day(request: AnyRequest, day: str, now: dt.datetime) -> str:
    tongue = frame.language(request)
    for days, said in ((0, "audit.today"), (1, "audit.yesterday")):
        if day == dates.day(now - dt.timedelta(days=days), tongue, now):
            return f"{frame.say(request, said)}, {day}"
    return day


def _worded(request: AnyRequest, key: str, otherwise: str) -> str:
    """The text, where there is one."""
    return frame.say(request, key) if wording.has(key, frame.language(request)) else otherwise
