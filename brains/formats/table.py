"""A spreadsheet saved as text: CSV with commas, semicolons or bars, or TSV.

See `columns` for the header row and `cells` for how rows become entries. An
export of Azure question answering as TSV is read too: nothing in it is quoted.
A list of objects in JSON is such a table as well: see `records`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice

from brains.errors import Invalid
from brains.formats import cells, columns, records
from brains.formats.cells import Cells
from brains.formats.files import File, decode
from brains.formats.findings import Findings

NAME = "table"
ENDINGS = (".csv", ".tsv", ".txt")
CELL_CHARS_MAX = 200_000
TAB = "\t"
SEPARATORS = f",;{TAB}|"

csv.field_size_limit(CELL_CHARS_MAX)


def recognises(text: str) -> bool:
    """Whether one of the first lines is a header that we can read."""
    return bool(_separator(text))


def gather(file: File, found: Findings) -> None:
    """Puts one entry a group of rows into `found`."""
    text, guessed = decode(file.data, old=True)
    if text.lstrip("\ufeff \t\r\n").startswith(("[", "{")):
        records.gather(text, file.name, found)
        return
    rows = _Rows(text)
    try:
        header, row, rest = cells.find_header(rows)
        if row is None:
            found.wrong(file.name, "There is nothing in it.")
            return
        cells.gather(header or columns.read(row.values), row, rest, file.name, found)
    except csv.Error as error:
        raise Invalid(
            "From here on it is not CSV. Look for a double quote too many or too few.",
            f"line {rows.line}",
        ) from error
    found.guessed(file.name, guessed)


class _Rows(Iterator[Cells]):
    """The rows of a text, each with the line that it begins on; `line` is the last one's."""

    def __init__(self, text: str) -> None:
        head, _, rest = text.partition("\n")
        self._skipped = 0
        mark = ""
        if head.strip().lower().startswith("sep=") and len(head.strip()) == 5:
            mark, text, self._skipped = head.strip()[4], rest, 1
        first = next(_lines(text), "")
        mark = mark or _separator(text) or max(SEPARATORS, key=first.count)
        unquoted = mark == TAB and columns.read(first.split(TAB)).qna and not _is_csv(text, mark)
        self._reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=mark,
            strict=True,
            quoting=csv.QUOTE_NONE if unquoted else csv.QUOTE_MINIMAL,
        )
        self.line = 1

    def __next__(self) -> Cells:
        self.line = self._reader.line_num + self._skipped + 1
        row = next(self._reader)
        while row and not row[-1]:
            row.pop()
        if len(row) > columns.COUNT_MAX:
            raise Invalid(
                f"It has more than {columns.COUNT_MAX} columns. Keep those that you need.",
                f"line {self.line}",
            )
        return Cells(f"line {self.line}", row)


def _lines(text: str) -> Iterator[str]:
    """The first lines with anything in them."""
    lines = (line for line in io.StringIO(text.lstrip("\ufeff"), newline=None) if line.strip())
    return islice(lines, columns.HEADER_SEARCHED_ROWS)


def _separator(text: str) -> str:
    """What stands between the columns, where a header shows it; else empty."""
    for line in _lines(text):
        for mark in SEPARATORS:
            parts = line.split(mark, columns.COUNT_MAX)[: columns.COUNT_MAX]
            names = [name.strip().strip('"') for name in parts]
            if columns.read(names).is_table:
                return mark
    return ""


def _is_csv(text: str, mark: str) -> bool:
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True):
            pass
    except csv.Error:
        return False
    return True
