"""A spreadsheet saved as text: CSV with commas or semicolons, or TSV.

See `columns` for the header row and `cells` for how rows become entries. An
export of Azure question answering as TSV is read too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from brains.errors import Invalid
from brains.formats import cells, columns
from brains.formats.cells import Cells
from brains.formats.files import File, decode
from brains.formats.findings import Findings

NAME = "table"
ENDINGS = (".csv", ".tsv", ".txt")
CELL_CHARS_MAX = 200_000
SEPARATORS = ",;\t"

csv.field_size_limit(CELL_CHARS_MAX)


def recognises(text: str) -> bool:
    """Whether the first line is a header that we can read."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return any(columns.read(first.split(mark)).is_table for mark in SEPARATORS)


def gather(file: File, found: Findings) -> None:
    """Puts one entry a group of rows into `found`."""
    text, guessed = decode(file.data, old=True)
    rows = _Rows(text)
    try:
        header, row, rest = cells.find_header(rows)
        if row is None:
            found.wrong(file.name, "There is nothing in it.")
            return
        cells.gather(header or columns.read(row.values), row, rest, file.name, found)
    except csv.Error as error:
        raise Invalid(
            f"From here on it is not CSV ({error}). Look for a double quote too many or too few.",
            f"line {rows.line}",
        ) from error
    if guessed:
        found.note(
            file.name, "It is not UTF-8, so it is read as Windows-1252: look at æ, ø and å below."
        )


class _Rows(Iterator[Cells]):
    """The rows of a text, each with the line that it begins on; `line` is the last one's."""

    def __init__(self, text: str) -> None:
        head, _, rest = text.partition("\n")
        self._skipped = 0
        mark = ""
        if head.strip().lower().startswith("sep=") and len(head.strip()) == 5:
            mark, text, self._skipped = head.strip()[4], rest, 1
        first = next((line for line in text.splitlines() if line.strip()), "")
        mark = mark or max(SEPARATORS, key=first.count)
        self._reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)

        self.line = 1

    def __next__(self) -> Cells:
        self.line = self._reader.line_num + self._skipped + 1
        return Cells(f"line {self.line}", next(self._reader))
