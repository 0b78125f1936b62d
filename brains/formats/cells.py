"""Rows of cells to entries: what CSV and Excel have in common.

Rows with the same id, or without one and with the same answers, are phrasings
of one entry; a cell may also hold several, a line each. An export of Azure
question answering (columns Question, Answer, …, QnaId) is a table too; its
answers write line breaks as backslash and n.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

import msgspec

from brains.errors import Problem
from brains.formats import columns, metadata, responses
from brains.formats.columns import Header
from brains.formats.findings import Findings
from brains.formats.languages import tag
from brains.formats.markdown import from_mixed, has_pictures
from brains.model import Entry, Source, Texts

ROWS_MAX = 100_000
# Between the phrasings of one cell.
_BETWEEN = {"question": re.compile(r"[\n|]"), "phrasings": re.compile(r"[\n|;]")}


class Cells(NamedTuple):
    """One row: `place` is `line 3`, or `sheet Ark1, row 3`."""

    place: str
    values: Sequence[str]


def find_header(rows: Iterator[Cells]) -> tuple[Header | None, Cells | None, Iterator[Cells]]:
    """The header within the first rows, its row, and the rows after it.

    None, and the first row with anything in it, where none of them is a header.
    """
    first: Cells | None = None
    looked = list(islice((row for row in rows if any(row.values)), columns.HEADER_SEARCHED_ROWS))
    for number, row in enumerate(looked):
        first = first or row
        header = columns.read(row.values)
        if header.is_table:
            return header, row, chain(looked[number + 1 :], rows)
    return None, first, rows


def gather(header: Header, at: Cells, rows: Iterable[Cells], place: str, found: Findings) -> None:
    """Puts one entry a group of rows into `found`. `place` is the file, and its sheet."""
    problems = columns.problems(header)
    for problem in problems:
        found.wrong(_join(place, at.place, problem.pointer), problem.text)
    if not problems:
        if header.aside and not header.qna:
            found.note(_join(place, at.place), f"Columns left out: {', '.join(header.aside)}.")
        reading = _Reading(header, place, found)
        for number, row in enumerate((row for row in rows if any(row.values)), 1):
            if number > ROWS_MAX:
                found.wrong(place, f"It has more than {ROWS_MAX} rows. Split it.")
                break
            reading.take(row)
        reading.finish()


class _Group(msgspec.Struct):
    """The rows of one entry."""

    place: str
    id: str
    questions: list[str]
    answers: Texts
    title: str
    topic: str
    owner: str | None
    sources: list[Source]


class _Reading:
    def __init__(self, header: Header, place: str, found: Findings) -> None:
        self._header = header
        self._place = place
        self._found = found
        self._groups: dict[object, _Group] = {}
        self._follow_ups = 0
        self._words = 0
        self._beside = 0

    def take(self, row: Cells) -> None:
        """One row of the table, below its header."""
        where = _join(self._place, row.place)
        if any(row.values[len(self._header.kinds) :]):
            self._found.wrong(
                where,
                "It has more cells than the header row. Put text that has the separator "
                "in it between double quotes.",
            )
            return
        pairs = list(zip(self._header.kinds, row.values, strict=False))
        cells = {kind: value.strip() for kind, value in pairs if kind not in columns.SEVERAL}
        questions = [
            text
            for kind, value in pairs
            if kind in columns.SEVERAL
            for text in _phrasings(value, _BETWEEN[kind])
        ]
        if self._header.qna and (not questions or cells.get("follow_up", "").lower() == "true"):
            self._follow_ups += 1
            return
        if not questions:
            self._found.wrong(self._column(where, "question"), "The question is empty.")
            return
        self._group(where, cells, questions)

    def finish(self) -> None:
        """Gives what was gathered to the findings."""
        self._found.ids.reserve(group.id for group in self._groups.values() if group.id)
        for group in self._groups.values():
            self._add(group)
        if self._follow_ups:
            self._found.note(
                self._place,
                f"Follow-ups without questions of their own, left out: {self._follow_ups}.",
            )
        if self._words:
            self._found.note(
                self._place, f"Sources that are no web address, left out: {self._words}."
            )
        if self._beside:
            self._found.note(self._place, f"{responses.BESIDE}: {self._beside}.")

    def _group(self, where: str, cells: dict[str, str], questions: list[str]) -> None:
        answers = self._answers(cells)
        if not answers and "id" not in self._header.kinds:
            self._found.wrong(self._column(where, "answers"), "The answer is empty.")
        id = cells.get("id", "")
        if id and self._header.qna:
            id = f"qna-{id}"
        key: object = id or (tuple(sorted(answers.items())) if answers else where)
        group = self._groups.get(key)
        if group is None:
            topic = (
                metadata.category(cells["metadata"])
                if "metadata" in cells
                else cells.get("topic", "")
            )
            self._groups[key] = _Group(
                where,
                id,
                questions,
                answers,
                cells.get("title", ""),
                topic,
                cells.get("owner") or None,
                self._sources(cells),
            )
            return
        group.questions.extend(questions)
        for language, text in answers.items():
            if group.answers.setdefault(language, text) != text:
                self._found.wrong(
                    self._column(where, f"answers.{language}"),
                    f"The id “{id}” has another answer in {group.place}. Keep one of the two, or "
                    "give this row another id.",
                )

    def _add(self, group: _Group) -> None:
        if not group.answers:
            if "id" in self._header.kinds:
                self._found.wrong(self._column(group.place, "answers"), "The answer is empty.")
            return
        entry = Entry(
            id=group.id or self._found.ids.of(group.title or group.questions[0]),
            questions=group.questions,
            answers=group.answers,
            title=group.title,
            topic=group.topic,
            owner=group.owner,
            sources=group.sources,
        )
        self._found.add(group.place, entry, self._named)

    def _answers(self, cells: dict[str, str]) -> Texts:
        texts = {}
        spoken = tag(cells.get("language"), self._found.language)
        for kind, text in cells.items():
            if columns.is_answer(kind) and text:
                if self._header.qna:
                    text = text.replace("\\n", "\n").replace("\\t", "\t")
                self._beside += has_pictures(text)
                texts[kind.partition("_")[2] or spoken] = from_mixed(text)
        return texts

    def _sources(self, cells: dict[str, str]) -> list[Source]:
        said = cells.get("source", "")
        if self._header.qna:
            return metadata.named_source(said)
        sources = metadata.written_source(said)
        self._words += bool(said) and not sources
        return sources

    def _named(self, problem: Problem) -> Problem:
        """A problem of an entry's field, as one of this table's column."""
        field = problem.pointer.removeprefix("field ")
        return Problem(self._column("", field), problem.text)

    def _column(self, where: str, field: str) -> str:
        name, _, language = field.partition(".")
        name = name.partition("[")[0]
        kind = {"questions": "question", "answers": "answer", "sources": "source"}.get(name, name)
        if kind == "answer" and f"answer_{language}" in self._header.kinds:
            kind = f"answer_{language}"
        elif kind == "answer" and "answer" not in self._header.kinds:
            kind = next(known for known in self._header.kinds if columns.is_answer(known))
        return _join(where, f"column {self._header.column(kind)}")


def _phrasings(cell: str, between: re.Pattern[str]) -> list[str]:
    return [text for part in between.split(cell) if (text := " ".join(part.split()))]


def _join(*parts: str) -> str:
    return ", ".join(filter(None, parts))
