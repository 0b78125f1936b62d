"""A spreadsheet saved as CSV, with a header row.

Columns: `question` and `answer`, and any of `id`, `title`, `topic`, `owner`,
and `answer_nb`, `answer_nn`, … for answers in several languages. Rows with the
same id, or without one and with the same answers, are phrasings of one entry;
a cell may also hold several, a line each.
"""

from __future__ import annotations

import csv
import io

from brains import checks
from brains.errors import Invalid, Problem
from brains.formats.ids import Ids
from brains.formats.markdown import literal
from brains.model import Entry, Texts

COLUMNS = ("id", "question", "title", "topic", "owner")
ANSWER = "answer"
FIELD_CHARS_MAX = 200_000


def read(text: str, language: str = "nb") -> list[Entry]:
    """One entry a group of rows. Raises `Invalid`, with pointers like `line 3, field question`."""
    csv.field_size_limit(FIELD_CHARS_MAX)
    sample = text[:10_000].partition("\n")[0]
    delimiter = max(",;\t", key=sample.count)
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    header = [name.strip().lower() for name in rows.fieldnames or []]
    rows.fieldnames = header
    _check_header(header)
    ids = Ids()
    found: dict[object, tuple[int, Entry]] = {}
    problems: list[Problem] = []
    try:
        for row in rows:
            _take(row, language, ids, found, rows.line_num, problems)
    except csv.Error as error:
        raise Invalid(f"This is not CSV: {error}.", f"line {rows.line_num}") from error
    for number, entry in found.values():
        problems += [
            Problem(f"line {number}, {p.pointer}", p.text) for p in checks.check_entry(entry)
        ]
    checks.refuse(problems)
    return [entry for _, entry in found.values()]


def _check_header(header: list[str]) -> None:
    for name in header:
        if name not in COLUMNS and name != ANSWER and not name.startswith(f"{ANSWER}_"):
            known = ", ".join((*COLUMNS, ANSWER, "answer_nb, answer_nn, …"))
            raise Invalid(f"There is no such column. Use {known}.", f"line 1, column {name}")
    if "question" not in header or not any(name.startswith(ANSWER) for name in header):
        raise Invalid("The header row needs at least the columns question and answer.", "line 1")


def _take(
    row: dict[str, str],
    language: str,
    ids: Ids,
    found: dict[object, tuple[int, Entry]],
    number: int,
    problems: list[Problem],
) -> None:
    cells = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
    if not any(cells.values()):
        return
    questions = [line.strip() for line in cells["question"].splitlines() if line.strip()]
    if not questions:
        problems.append(Problem(f"line {number}, field question", "The question is empty."))
        return
    answers = _answers(cells, language)
    id = cells.get("id", "")
    key: object = id or tuple(sorted(answers.items()))
    if key in found:
        found[key][1].questions.extend(questions)
        return
    entry = Entry(
        id=id or ids.of(cells.get("title") or questions[0]),
        questions=questions,
        answers=answers,
        title=cells.get("title", ""),
        topic=cells.get("topic", ""),
        owner=cells.get("owner") or None,
    )
    found[key] = (number, entry)


def _answers(cells: dict[str, str], language: str) -> Texts:
    return {
        name.partition("_")[2] or language: literal(text)
        for name, text in cells.items()
        if name.startswith(ANSWER) and text
    }
