"""JSON Lines, one entry a line: Samsvar's own format.

    {"id":"..","questions":[".."],"answers":{"nb":".."},"title":"..","owner":null,"audience":["*"]}

Only `id`, `questions` and one answer are required. Reading is strict: an
unknown field, a wrong type or a doubled id is an error that names line and
field, and nothing is read by halves.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable

import msgspec

from brains.errors import Invalid, Problem
from brains.formats import reasons
from brains.formats.files import File, decode
from brains.formats.findings import Findings
from brains.formats.jsonld import once
from brains.model import EVERYONE, Entry, Source, Status, Texts


class Line(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The fields of a line, in the order they are written."""

    id: str
    title: str = ""
    topic: str = ""
    owner: str | None = None
    audience: list[str] = msgspec.field(default_factory=lambda: [EVERYONE])
    questions: list[str]
    answers: Texts
    sources: list[Source] = []
    valid_from: dt.datetime | None = None
    valid_until: dt.datetime | None = None
    status: Status = "published"


NAME = "jsonl"
ENDINGS = (".jsonl", ".ndjson")
_FIELDS = ", ".join(Line.__struct_fields__)
_decoder = msgspec.json.Decoder(Line)


def read(text: str) -> list[Entry]:
    """Every entry of the text. Raises `Invalid` with all that is wrong: `line 3, field title`."""
    found = Findings()
    _gather(text, "", found)
    found.refuse()
    return found.entries


def gather(file: File, found: Findings) -> None:
    """Puts every line's entry into `found`. Every answer says its own language."""
    _gather(decode(file.data)[0], file.name, found)


def _gather(text: str, name: str, found: Findings) -> None:
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{name}, line {number}" if name else f"line {number}"
        try:
            entry = Entry(**msgspec.structs.asdict(_decoder.decode(line)))
            json.loads(line, object_pairs_hook=once)
        except Invalid as error:
            found.refused(error, where)
        except UnicodeEncodeError:
            found.wrong(where, "It has characters that are not text. Write it again.")
        except (msgspec.MsgspecError, RecursionError) as error:
            problem = _problem(where, str(error))
            found.wrong(problem.pointer, problem.text)
        else:
            found.add(where, entry, as_is=True)


def write(entries: Iterable[Entry]) -> str:
    """One line an entry, in the order given; reading it gives the same entries."""
    return "".join(_line(entry) for entry in entries)


def _line(entry: Entry) -> str:
    line = Line(**{name: getattr(entry, name) for name in Line.__struct_fields__})
    return msgspec.json.encode(line).decode() + "\n"


_UNKNOWN = re.compile(r"Object contains unknown field `(.+?)`(?: - at `\$\.?(.*?)`)?$")


def _problem(where: str, message: str) -> Problem:
    if unknown := _UNKNOWN.search(message):
        within = unknown[2] or ""
        known = "title, url" if within.startswith("sources") else _FIELDS
        name = ".".join(filter(None, (within, unknown[1])))
        return Problem(f"{where}, field {name}", f"There is no such field. Use {known}.")
    if message.startswith(("JSON is malformed", "Input data was truncated", "maximum recursion")):
        return Problem(where, "This is not one JSON object on one line.")
    problem = reasons.of_type(message)
    return Problem(f"{where}, field {problem.pointer}" if problem.pointer else where, problem.text)
