"""Files in and out. What people already have becomes entries: all of it, or an error.

    jsonl        Samsvar's own format, one entry a line; reads and writes
    faqpage      schema.org FAQPage, in JSON-LD or in a web page; reads and writes
    azure        Azure question answering and QnA Maker, as JSON
    rasa         Rasa projects, YAML files together
    dialogflow   Dialogflow ES agents, a zip
    table        a spreadsheet saved as text, CSV or TSV, with a header row
    excel        Excel workbooks

    files        what was uploaded: names, encodings, archives
    findings     what reading finds: entries with their places, problems, notes
    columns      header rows; cells: rows to entries, for table and excel
    markdown, microdata, yaml_nodes, languages, ids    what the readers share

`read` tells what a file is by what is in it, and by its ending where that
does not tell. A new format is a module with `NAME` and `gather`, and a line
in `_kind`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from brains.errors import Invalid
from brains.formats import azure, dialogflow, excel, faqpage, jsonl, rasa, table
from brains.formats.files import File, decode, named, unpack
from brains.formats.findings import Contents, Findings, Row

__all__ = ["FORMATS", "READERS", "Contents", "File", "Row", "from_disk", "named", "read"]

FILE_BYTES_MAX = 100 * 1024 * 1024
UPLOAD_FILES_MAX = 50
ZIP = "zip"
ZIP_ENDING = ".zip"
SEVERAL = "several"

Gather = Callable[[File, Findings], None]
_ONE: dict[str, Gather] = {
    module.NAME: module.gather for module in (jsonl, faqpage, azure, table, excel)
}
_TOGETHER: dict[str, Callable[[Sequence[File], Findings], None]] = {
    rasa.NAME: rasa.gather,
    dialogflow.NAME: dialogflow.gather,
}
FORMATS = (*_ONE, *_TOGETHER)
# What an ending says where the content does not.
READERS: dict[str, str] = {
    ending: module.NAME
    for module in (jsonl, faqpage, azure, table, excel, rasa)
    for ending in module.ENDINGS
} | {ZIP_ENDING: ZIP}

_FOREIGN = (
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a text document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
)
_LINE_OF_OURS = re.compile(r'\s*\{.*"(questions|answers|id)"\s*:')
_NOT_MEANT = ("__MACOSX/", ".", "Thumbs.db")


def from_disk(paths: Iterable[Path]) -> list[File]:
    """Files under their names. Raises `Invalid` for one that cannot be read."""
    files = []
    for path in paths:
        try:
            if path.stat().st_size > FILE_BYTES_MAX:
                size = FILE_BYTES_MAX // 2**20
                raise Invalid(f"It is larger than {size} MiB; split it.", path.name)
            files.append(named(path.name, path.read_bytes()))
        except OSError as error:
            raise Invalid(f"It cannot be read: {error.strerror}.", path.name) from error
    return files


def read(files: Sequence[File], language: str = "nb", format: str | None = None) -> Contents:
    """What the files of one upload hold together, in the order given.

    `language` is that of texts that do not say; `format`, one of `FORMATS`,
    goes before what the content says. Raises `Invalid` with everything that
    is wrong; its pointers begin with the file's name.
    """
    if len(files) > UPLOAD_FILES_MAX:
        raise Invalid(f"Send at most {UPLOAD_FILES_MAX} files at a time, or a zip of them.")
    found = Findings(language)
    kinds = _sorted(files, format, found)
    for kind, group in kinds.items():
        if kind in _TOGETHER:
            _TOGETHER[kind](group, found)
            continue
        for file in group:
            try:
                _ONE[kind](file, found)
            except Invalid as error:
                found.refused(error, file.name)
    found.refuse()
    if not found.rows:
        raise Invalid("There are no questions and answers in it.", files[0].name if files else "")
    return Contents(next(iter(kinds)) if len(kinds) == 1 else SEVERAL, found.rows, found.notes)


def _sorted(files: Sequence[File], format: str | None, found: Findings) -> dict[str, list[File]]:
    """The files by what they are; archives are unpacked, once."""
    kinds: dict[str, list[File]] = {}
    for file in files:
        try:
            for kind, one in _kinds(file, format, found):
                kinds.setdefault(kind, []).append(one)
        except Invalid as error:
            found.refused(error)
    return kinds


def _kinds(file: File, format: str | None, found: Findings) -> list[tuple[str, File]]:
    if not file.data.strip():
        raise Invalid("There is nothing in it.", file.name)
    if file.is_zip and not excel.recognises(file) and format != excel.NAME:
        return _unpacked(file, format, found)
    return [(format or _kind(file), file)]


def _unpacked(file: File, format: str | None, found: Findings) -> list[tuple[str, File]]:
    """The files of an archive that mean something to us."""
    members = [one for one in unpack(file) if not _is_not_meant(one.name)]
    placed = [File(f"{file.name}, {one.name}", one.data) for one in members]
    if dialogflow.recognises([one.name for one in members]):
        agent = [File(f"{file.name}, {m.name}", m.data) for m in members if m.ending == ".json"]
        return [(dialogflow.NAME, one) for one in agent or placed]
    known, skipped = [], []
    for one in placed:
        ending = one.ending
        if one.is_zip and not excel.recognises(one):
            skipped.append(one.name)
        elif ending in READERS and one.data.strip():
            known.append((format or _kind(one), one))
        else:
            skipped.append(one.name)
    if not known:
        raise Invalid(f"There is nothing in the archive that we read. {_what()}", file.name)
    if skipped:
        found.note(file.name, f"Other files in the archive, left out: {len(skipped)}.")
    return known


def _is_not_meant(path: str) -> bool:
    name = path.rpartition("/")[2]
    return path.startswith(_NOT_MEANT[0]) or name.startswith(_NOT_MEANT[1:])


def _kind(file: File) -> str:
    """Which format a file is in, by content first. Raises `Invalid` where it is nothing we read."""
    if file.is_zip or file.data.startswith(excel.OLD_EXCEL):
        return _zipped(file)
    for mark, what in _FOREIGN:
        if file.data.startswith(mark):
            raise Invalid(f"This is {what}, which we do not read. {_what()}", file.name)
    by_ending = READERS.get(file.ending, "")
    if by_ending == jsonl.NAME:
        return by_ending
    text = _peek(file)
    if text.lstrip().startswith(("{", "[")):
        return _json(text, file.ending)
    if faqpage.is_markup(text):
        return faqpage.NAME
    if by_ending == rasa.NAME or (not by_ending and rasa.recognises(text)):
        return rasa.NAME
    if table.recognises(text) or by_ending == table.NAME:
        return table.NAME
    if by_ending in _ONE:
        return by_ending
    raise Invalid(f"This is nothing that we can read. {_what()}", file.name)


def _zipped(file: File) -> str:
    if not file.is_zip or file.ending in excel.ENDINGS or excel.recognises(file):
        return excel.NAME
    raise Invalid(f"An archive in an archive is not opened. {_what()}", file.name)


def _json(text: str, ending: str) -> str:
    try:
        document = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        ours = not ending and _LINE_OF_OURS.match(text.lstrip().partition("\n")[0])
        return jsonl.NAME if ours else faqpage.NAME  # which says what is wrong with the JSON
    if azure.recognises(document):
        return azure.NAME
    if isinstance(document, dict) and {"id", "questions", "answers"} <= document.keys():
        return jsonl.NAME
    return faqpage.NAME


def _peek(file: File) -> str:
    """The text, to look at; empty where its encoding is wrong, for the reader to say so."""
    try:
        return decode(file.data, old=True)[0].removeprefix("\ufeff")
    except Invalid:
        return ""


def _what() -> str:
    return (
        "Send a spreadsheet (.xlsx, .csv), a web page or JSON with a FAQPage, an export of Azure "
        "question answering, Rasa's YAML files, Dialogflow's zip, or JSON Lines."
    )
