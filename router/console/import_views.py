"""What the pages of imports show: places in files, rows with what they may become, tabs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec

from brains.errors import Problem
from brains.imports import Import, Staged
from brains.knowledge import title_of
from brains.model import Entry
from router.console import frame, problems
from router.console.differences import Difference, between
from router.console.entry_links import Names
from router.console.frame import AnyRequest
from router.curation.imports import Picked

TABS = ("alike", "new", "changed", "unchanged", "all")
ROWS_SHOWN = 25

_PLACE = re.compile(
    r"(?P<file>.*?)(?:, )?"
    r"(?:(?:sheet (?P<sheet>.*?), )?(?P<kind>line|row|question|qna) (?P<row>\d+))?"
    r"(?:(?:, |^)(?:column|field) (?P<column>.*))?"
)


class Wrong(msgspec.Struct, frozen=True):
    """One thing to change: in which file, where in it, in which column, and what to do."""

    file: str
    place: str
    column: str
    text: str


class Option(msgspec.Struct, frozen=True):
    """What may be done with a row, as a form sends it."""

    value: str
    label: str


class Line(msgspec.Struct, frozen=True):
    """One row of the preview; `alike` are the answers that ask the same."""

    number: int
    staged: Staged
    title: str
    place: str
    options: list[Option]
    chosen: str
    differences: list[Difference]
    alike: list[Entry]


def imports_url(brain: str, rest: str = "") -> str:
    """The address of the list, or of a page below it."""
    return f"/console/brains/{quote(brain, safe='')}/imports{rest}"


def wrong(request: AnyRequest, problem: Problem) -> Wrong:
    """A problem in the words of this page."""
    found = _PLACE.fullmatch(problem.pointer)
    text = problems.worded(problem.text, frame.language(request))
    if found is None:
        return Wrong(problem.pointer, "", "", text)
    return Wrong(found["file"] or "", _place(request, found), found["column"] or "", text)


def place(request: AnyRequest, pointer: str) -> str:
    """Where a row stands, file first."""
    found = _PLACE.fullmatch(pointer)
    if found is None:
        return pointer
    return ", ".join(filter(None, (found["file"], _place(request, found))))


def tab_of(row: Staged) -> str:
    """The tab that a row is under; what asks the same as another comes first."""
    if row.duplicates or row.same_as:
        return "alike"
    return row.kind


def counts(found: Import) -> dict[str, int]:
    """How many rows each tab has."""
    number = dict.fromkeys(TABS, 0) | {"all": len(found.rows)}
    for row in found.rows:
        number[tab_of(row)] += 1
    return number


def chosen_counts(found: Import) -> dict[str, int]:
    """How many rows are to be imported, merged and left out."""
    number = {"import": 0, "merge": 0, "skip": 0}
    for row in found.rows:
        number[row.choice] += 1
    return number


def lines(
    request: AnyRequest,
    rows: Sequence[tuple[int, Staged]],
    existing: Mapping[str, Entry],
    published: Mapping[str, Entry],
    titles: Mapping[str, str],
    own: str | None,
) -> list[Line]:
    """Rows as they are shown, beside the newest and the published states of what they are like;
    an editor may add only to answers of the own body."""
    found, names = [], Names(request)
    for number, row in rows:
        targets = [] if row.kind == "new" else [row.entry.id]
        targets += [one.entry for one in row.duplicates]
        if own is not None:
            targets = [id for id in targets if id in existing and existing[id].owner == own]
        targets += [row.same_as] if row.same_as else []
        before = existing.get(row.entry.id) if row.kind == "changed" else None
        found.append(
            Line(
                number,
                row,
                title_of(row.entry),
                place(request, row.place),
                _options(request, row, targets, titles),
                f"merge:{row.into}" if row.choice == "merge" else row.choice,
                between(before, row.entry, names) if before is not None else [],
                [published[one.entry] for one in row.duplicates if one.entry in published],
            )
        )
    return found


def picked(value: str) -> Picked | None:
    """What a form's value asks for, None for nothing that it may."""
    choice, _, into = value.partition(":")
    if choice == "import":
        return Picked("import")
    if choice == "skip":
        return Picked("skip")
    return Picked("merge", into) if choice == "merge" and into else None


def picked_of(row: Staged, choice: str) -> Picked | None:
    """One choice for a row among many; a merge is with what is most alike, if anything is."""
    if choice != "merge":
        return Picked("import" if choice == "import" else "skip")
    into = row.duplicates[0].entry if row.duplicates else row.same_as
    return Picked("merge", into) if into is not None else None


def _options(
    request: AnyRequest, row: Staged, targets: Sequence[str], titles: Mapping[str, str]
) -> list[Option]:
    first = "replace" if row.kind == "changed" else "import"
    found = [Option("import", frame.say(request, f"imports.choice.{first}"))]
    for id in dict.fromkeys(targets):
        label = frame.say(request, "imports.choice.merge", title=titles.get(id, id))
        found.append(Option(f"merge:{id}", label))
    return [*found, Option("skip", frame.say(request, "imports.choice.skip"))]


def _place(request: AnyRequest, found: re.Match[str]) -> str:
    if not found["kind"]:
        return ""
    row = frame.say(request, f"imports.place.{found['kind']}", number=found["row"])
    if not found["sheet"]:
        return row
    return f"{frame.say(request, 'imports.place.sheet', name=found['sheet'])}, {row}"
