"""Excel workbooks (.xlsx): every visible sheet that has a header row.

Cells become text: what a formula last gave, dates as 2026-03-01, shares as
25 %, other numbers without a needless `.0`. Cells that are merged downwards
are filled downwards, so that one answer beside five questions is the answer to
all five. Rows that are hidden are left out, as hidden sheets are.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import struct
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import openpyxl
from openpyxl.utils.cell import range_boundaries

from brains.errors import Invalid
from brains.formats import cells, columns
from brains.formats.cells import Cells
from brains.formats.files import EMPTY_ZIP, UNPACKED_BYTES_MAX, File
from brains.formats.findings import Findings

NAME = "excel"
ENDINGS = (".xlsx", ".xlsm")
MERGES_MAX = 50_000
WORKBOOK = "xl/workbook.xml"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_MERGED = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]{0,200}?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"'
)
_HIDDEN = re.compile(rb'<(?:\w+:)?row\s(?=[^>]*?\shidden="(?:1|true)")[^>]*?\br="(\d{1,7})"')
_FORMULA = re.compile(
    rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3}\d{1,7})"[^>]*>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
DAMAGED = "It cannot be read as an Excel workbook. Open it in Excel and save it anew as .xlsx."


class _Merge(NamedTuple):
    """A merged area, in columns and rows from 1, its ends included."""

    left: int
    top: int
    right: int
    bottom: int


class _Layout(msgspec.Struct):
    """What a sheet says beside its cells, which openpyxl passes over when streaming.

    `merges` by row; `hidden` rows; `unsolved` cells, a formula that was never calculated each.
    """

    merges: list[_Merge]
    hidden: set[int]
    unsolved: dict[int, str]


def recognises(file: File) -> bool:
    """Whether a zip archive is a workbook."""
    try:
        return WORKBOOK in zipfile.ZipFile(io.BytesIO(file.data)).namelist()
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, OSError):
        return False


def gather(file: File, found: Findings) -> None:
    """Puts the entries of every sheet into `found`."""
    if file.data.startswith(OLD_EXCEL):
        raise Invalid(
            "It is in Excel's old format, or locked with a password. Save it as .xlsx, without one."
        )
    if file.data.startswith(EMPTY_ZIP) or not recognises(file):
        raise Invalid(DAMAGED)
    _refuse_bomb(file)
    try:
        _read_sheets(file, found)
    except Invalid:
        raise
    except Exception as error:  # openpyxl raises whatever its parts do
        raise Invalid(DAMAGED) from error


def _refuse_bomb(file: File) -> None:
    """`zipfile` gives no more of a member than its size says, so the sizes are the limit."""
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        if sum(member.file_size for member in archive.infolist()) > UNPACKED_BYTES_MAX:
            raise Invalid(
                f"Unpacked, it is larger than {UNPACKED_BYTES_MAX // 2**20} MiB. Split it, and "
                "remove pictures."
            )


def _read_sheets(file: File, found: Findings) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and validations, which nobody reads here
        book = openpyxl.load_workbook(
            io.BytesIO(file.data), read_only=True, data_only=True, keep_links=False
        )
    skipped, sheets = [], 0
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                skipped.append(sheet.title)
                continue
            layout = _layout(file, sheet)
            rows = _rows(sheet, layout, found, file.name)
            header, row, rest = cells.find_header(rows)
            if header is None or row is None:
                skipped.append(sheet.title)
                continue
            sheets += 1
            cells.gather(header, row, rest, file.name, found)
            if layout.hidden:
                found.note(
                    f"{file.name}, sheet {sheet.title}",
                    f"Hidden rows, left out: {len(layout.hidden)}.",
                )
    finally:
        book.close()
    if not sheets:
        found.wrong(
            file.name,
            "No visible sheet has a header row with the columns question and answer "
            "(or spørsmål and svar).",
        )
    elif skipped:
        names = ", ".join(f"“{name}”" for name in skipped)
        found.note(file.name, f"Sheets that are hidden or have no header row are left out: {names}")


def _rows(sheet: Any, layout: _Layout, found: Findings, place: str) -> Iterator[Cells]:
    """Each row as text; merged cells carry their value down."""
    carried: dict[int, tuple[int, Any]] = {}
    waiting = iter(layout.merges)
    merge = next(waiting, None)
    for number, line in enumerate(sheet.iter_rows(max_col=columns.COUNT_MAX), 1):
        row: list[Any] = [_value(cell) for cell in line]
        while merge is not None and merge.top <= number:
            if merge.left <= len(row):
                carried[merge.left - 1] = (merge.bottom, row[merge.left - 1])
            merge = next(waiting, None)
        for column, (bottom, value) in list(carried.items()):
            if number > bottom:
                del carried[column]
            elif row[column] is None:
                row[column] = value
        if number in layout.hidden:
            continue
        where = f"sheet {sheet.title}, row {number}"
        texts = [_text(value) for value in row]
        for value in texts:
            if value in _ERRORS:
                found.wrong(f"{place}, {where}", f"A cell has the error {value}. Mend its formula.")
        if number in layout.unsolved:
            found.wrong(
                f"{place}, {where}",
                f"The formula in {layout.unsolved[number]} has no result. Open the file in Excel "
                "and save it, or write the text itself.",
            )
        while texts and not texts[-1]:
            texts.pop()
        yield Cells(where, texts)


def _layout(file: File, sheet: Any) -> _Layout:
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        markup = archive.read(sheet._worksheet_path)
    areas = [match[1].decode() for match in _MERGED.finditer(markup)]
    if len(areas) > MERGES_MAX:
        raise Invalid(f"It has more than {MERGES_MAX} merged cells. Split them.")
    merges = (_Merge(*range_boundaries(area)) for area in areas)
    unsolved = [match[1].decode() for match in _FORMULA.finditer(markup)]
    return _Layout(
        sorted((merge for merge in merges if merge.bottom > merge.top), key=lambda one: one.top),
        {int(match[1]) for match in _HIDDEN.finditer(markup)},
        {int(re.sub(r"\D", "", cell)): cell for cell in reversed(unsolved)},
    )


def _value(cell: Any) -> Any:
    """What a cell says; a share as people read it."""
    value = cell.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and "%" in str(cell.number_format):
        return f"{round(value * 100, 2):g} %"
    return value


_ERRORS = {"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
