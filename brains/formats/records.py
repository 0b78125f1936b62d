"""A table kept as JSON: a list of flat objects, each a row, their names the columns.

[{"question": "..", "answer": "..", "category": ".."}, ..]      or {"faqs": [..]}
"""

from __future__ import annotations

from typing import Any

from brains.formats import cells, columns
from brains.formats.cells import Cells
from brains.formats.columns import Header
from brains.formats.findings import Findings
from brains.formats.jsonld import load


def recognises(document: Any) -> bool:
    """Whether the names of a list's objects are the header of a table."""
    return columns.read(_names(_listed(document))).is_table


def gather(text: str, name: str, found: Findings) -> None:
    """Puts one entry a row, or a group of rows, into `found`. `name` is the file's."""
    rows = _listed(load(text))
    names = _names(rows)
    kinds = columns.read(names).kinds
    once = [
        kind if kind in columns.SEVERAL or kind not in kinds[:number] else ""
        for number, kind in enumerate(kinds)
    ]
    kept = Header(once, ["" if not kind else one for one, kind in zip(names, once, strict=True)])
    if other := [one for one, kind in zip(names, once, strict=True) if not kind]:
        found.note(name, f"Columns left out: {', '.join(other)}.")
    values = ([_text(row.get(one)) for one in names] for row in rows)
    numbered = (Cells(f"row {number}", row) for number, row in enumerate(values, 1))
    cells.gather(kept, Cells("", names), numbered, name, found)


def _listed(document: Any) -> list[dict[str, Any]]:
    """The objects of the list that a document is or, alone among texts and numbers, has."""
    if isinstance(document, dict):
        document = next((one for one in document.values() if isinstance(one, list)), None)
    if not isinstance(document, list):
        return []
    return [row for row in document if isinstance(row, dict)]


def _names(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))[: columns.COUNT_MAX]


def _text(value: Any) -> str:
    """A cell: a list is one phrasing a line; what has parts of its own is no text."""
    if isinstance(value, list):
        return "\n".join(text for one in value if (text := _text(one)))
    if value is None or isinstance(value, dict | bool):
        return ""
    return str(value)
