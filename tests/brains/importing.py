"""The example files of `tests/data/imports`, and how tests make archives and workbooks of them."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from pathlib import Path

import openpyxl

from brains import formats
from brains.formats import Contents, File

FILES = Path(__file__).parents[1] / "data" / "imports"


def example(name: str) -> File:
    """One of the example files."""
    return File(name, (FILES / name).read_bytes())


def folder(name: str) -> list[File]:
    """The files of an example folder, as if they were uploaded together."""
    paths = sorted(path for path in (FILES / name).rglob("*") if path.is_file())
    return [File(path.relative_to(FILES / name).as_posix(), path.read_bytes()) for path in paths]


def zipped(files: list[File], name: str = "arkiv.zip") -> File:
    """A zip archive of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(file.name, file.data)
    return File(name, buffer.getvalue())


def agent() -> File:
    """The example Dialogflow agent, as its console exports it."""
    return zipped(folder("dialogflow"), "fjordvik-bot.zip")


def workbook(sheets: dict[str, list[list[object]]] | None = None, name: str = "svar.xlsx") -> File:
    """An Excel file of rows by sheet; without, the one that curators really send."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in (_usual() if sheets is None else sheets).items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if sheets is None and title == "Barnehage":
            sheet.merge_cells("A1:C1")
            sheet.merge_cells("B4:B6")
    if sheets is None:
        book["Lister"].sheet_state = "hidden"
    buffer = io.BytesIO()
    book.save(buffer)
    return File(name, buffer.getvalue())


def page_of(*nodes: object, lang: str = "nb", head: str = "") -> File:
    """A web page with JSON-LD, as publishing systems write it."""
    text = json.dumps({"@context": "https://schema.org", "@graph": list(nodes)})
    script = f'<script type="application/ld+json" class="graph">{text}</script>'
    page = f'<!DOCTYPE html><html lang="{lang}"><head>{head}{script}</head><body></body></html>'
    return File("side.html", page.encode())


def asked(name: str, text: str, **more: str) -> dict[str, object]:
    """A question of JSON-LD with its answer."""
    answer = {"@type": "Answer", "text": text}
    return {"@type": "Question", "name": name, "acceptedAnswer": answer, **more}


def _usual() -> dict[str, list[list[object]]]:
    return {
        "Les meg": [["Dette er svarene våre."], ["Spør Kari."]],
        "Barnehage": [
            ["Svar om barnehage, våren 2026"],
            [],
            ["Spørsmål", "Svar", "Tema"],
            ["Når starter barnehageåret?", "15. august.", "barnehage"],
            ["barnehagestart", None, None],
            ["Når begynner barna i barnehagen?", None, None],
            [None, None, None],
            ["Når er fristen?", dt.datetime(2026, 3, 1), "barnehage"],
        ],
        "Gebyr": [
            ["id", "question", "answer_nb", "answer_en"],
            ["feiegebyr", "Hva koster feiing?", 412.0, 412],
            [2026, "Hvilket år er det?", "2026", 12.5],
        ],
        "Lister": [["spørsmål", "svar"], ["skjult?", "ja"]],
    }


def read(*files: File, **options: str) -> Contents:
    """What `brains.formats` reads of files."""
    return formats.read(files, **options)
