"""The table of facts as CSV, for a spreadsheet and back.

Columns: `fact`, `label`, `language`, and one a body, named by its slug. A fact
has a row without a language for values that are the same in all, and a row a
language for those that are not. An empty cell changes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping

from brains import checks
from brains.errors import Invalid, Problem
from brains.model import Fact, Texts
from router.curation.fact_table import Table

FACT, LABEL, LANGUAGE = "fact", "label", "language"
CELL_CHARS_MAX = 10_000
# What a spreadsheet would take for a formula, if somebody's value began with it.
FORMULA_MARKS = ("=", "@", "\t", "\r")
Values = dict[str, dict[str, str | Texts]]


def write(table: Table, language: str) -> str:
    """The whole table. `language` is of the labels. Begins with a mark that Excel wants."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    bodies = [column.body.id for column in table.columns]
    writer.writerow([FACT, LABEL, LANGUAGE, *bodies])
    for row in table.rows:
        label = row.label.get(language) or next(iter(row.label.values()), "")
        values = {body: row.cells[body].value for body in bodies}
        for tag in _tags(values.values()):
            cells = [_safe(_in(values[body], tag)) for body in bodies]
            writer.writerow([row.key, _safe(label), tag, *cells])
    return "\ufeff" + out.getvalue()


def read(text: str, bodies: Collection[str]) -> Values:
    """Values by body and fact. Raises `Invalid` with pointers like `line 3, column bergen`."""
    csv.field_size_limit(CELL_CHARS_MAX)
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    rows = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=max(";,\t", key=head.count), strict=True
    )
    try:
        names = [name.strip() for name in rows.fieldnames or []]
        rows.fieldnames = names
        _check_header(names, bodies)
        found: Values = {}
        problems: list[Problem] = []
        for row in rows:
            problems += _take(row, rows.line_num, [name for name in names if name in bodies], found)
    except csv.Error as error:
        raise Invalid(f"This is not CSV: {error}.", f"line {rows.line_num}") from error
    checks.refuse(problems)
    return found


def _check_header(names: list[str], bodies: Collection[str]) -> None:
    if FACT not in names:
        raise Invalid(f"The first row has no column called “{FACT}”.", "line 1")
    for name in names:
        if name not in (FACT, LABEL, LANGUAGE) and name not in bodies:
            raise Invalid("There is no body called that here.", f"line 1, column {name}")
        if names.count(name) > 1:
            raise Invalid("There are two columns called that.", f"line 1, column {name}")


def _take(
    row: Mapping[str | None, str | list[str] | None],
    line: int,
    bodies: Iterable[str],
    found: Values,
) -> Iterable[Problem]:
    if None in row:
        yield Problem(f"line {line}", "The row has more cells than there are columns.")
        return
    key, tag = _cell(row, FACT), _cell(row, LANGUAGE)
    for body in bodies:
        value = _cell(row, body)
        if not value:
            continue
        where = f"line {line}, column {body}"
        given: str | Texts = {tag: value} if tag else value
        for problem in checks.check_fact(Fact(body, key, given)):
            inner = FACT if problem.pointer == "field key" else LANGUAGE if tag else body
            yield Problem(f"line {line}, column {inner}", problem.text)
            return
        before = found.setdefault(body, {}).get(key)
        if before is None:
            found[body][key] = given
        elif isinstance(before, dict) and isinstance(given, dict) and tag not in before:
            before.update(given)
        else:
            yield Problem(where, "There is a value for this already, in a row further up.")


def _tags(values: Iterable[str | Texts | None]) -> list[str]:
    """The rows a fact needs: the empty tag for values that are the same in all languages."""
    kept = [value for value in values if value is not None]
    tags = sorted({tag for value in kept if isinstance(value, dict) for tag in value})
    return ["", *tags] if not tags or any(isinstance(value, str) for value in kept) else tags


def _in(value: str | Texts | None, tag: str) -> str:
    if isinstance(value, dict):
        return value.get(tag, "")
    return value or "" if tag == "" else ""


def _cell(row: Mapping[str | None, str | list[str] | None], name: str) -> str:
    value = row.get(name)
    text = value.strip() if isinstance(value, str) else ""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_MARKS) else text


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_MARKS) else text
