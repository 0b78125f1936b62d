"""Files in and out. What people already have becomes entries: all of it, or an error.

    jsonl        Samsvar's own format, one entry a line; reads and writes
    faqpage      schema.org FAQPage, in JSON-LD or in a web page; reads and writes
    azure        Azure question answering and QnA Maker, as JSON
    rasa         Rasa projects, YAML files together
    dialogflow   Dialogflow ES agents, a zip
    table        a spreadsheet saved as text, CSV or TSV, with a header row
    excel        Excel workbooks

    kinds        what a file is, and what to do about one that we do not read
    files        what was uploaded: names, encodings, archives; mhtml: pages that were saved
    findings     what reading finds: entries with their places, problems, notes
    columns      header rows; cells: rows to entries, for table and excel; records: a table as JSON
    metadata     what stands beside question and answer
    questions    those of a FAQPage as entries; responses: what a Rasa bot answers with
    jsonld, markup, microdata, markdown, yaml_nodes, languages, letters, ids, reasons
                 shared by readers

`read` tells what a file is by what is in it, and by its ending where that
does not tell. A new format is a module with `NAME` and `gather`, and a line
in `kinds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from brains.errors import Invalid
from brains.formats import azure, dialogflow, excel, faqpage, jsonl, mhtml, rasa, table
from brains.formats.files import File, named, unpack
from brains.formats.findings import Contents, Findings, Row
from brains.formats.kinds import READERS, SEND, kind_of, matters, refuse_sheets

__all__ = ["FORMATS", "READERS", "Contents", "File", "Row", "from_disk", "named", "read"]

FILE_BYTES_MAX = 100 * 1024 * 1024
UPLOAD_FILES_MAX = 50
SEVERAL = "several"
SHOWN_MAX = 10

Gather = Callable[[File, Findings], None]
_ONE: dict[str, Gather] = {
    module.NAME: module.gather for module in (jsonl, faqpage, azure, table, excel)
}
_TOGETHER: dict[str, Callable[[Sequence[File], Findings], None]] = {
    rasa.NAME: rasa.gather,
    dialogflow.NAME: dialogflow.gather,
}
FORMATS = (*_ONE, *_TOGETHER)
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
            found.refused(error, "" if error.pointer else file.name)
    return kinds


def _kinds(file: File, format: str | None, found: Findings) -> list[tuple[str, File]]:
    if not file.data.strip():
        raise Invalid("There is nothing in it.", file.name)
    if file.is_zip and not excel.recognises(file) and format != excel.NAME:
        return _unpacked(file, format, found)
    if mhtml.recognises(file):
        file = mhtml.page(file)
    return [(format or kind_of(file), file)]


def _unpacked(file: File, format: str | None, found: Findings) -> list[tuple[str, File]]:
    """The files of an archive that mean something to us."""
    members = [one for one in unpack(file) if not _is_not_meant(one.name)]
    refuse_sheets(file, [one.name for one in members])
    placed = [File(f"{file.name}, {one.name}", one.data) for one in members]
    if dialogflow.recognises([one.name for one in members]):
        agent = [File(f"{file.name}, {m.name}", m.data) for m in members if m.ending == ".json"]
        return [(dialogflow.NAME, one) for one in agent or placed]
    known, skipped = [], []
    for one in placed:
        ending = one.ending
        if one.is_zip and not excel.recognises(one):
            skipped.append(one.name)
        elif one.data.strip() and (format or matters(one)) and ending in READERS:
            known.append(
                (format or kind_of(one), mhtml.page(one) if mhtml.recognises(one) else one)
            )
        else:
            skipped.append(one.name)
    if not known:
        raise Invalid(f"There is nothing in the archive that we read. {SEND}", file.name)
    if skipped:
        names = [name.removeprefix(f"{file.name}, ") for name in skipped[:SHOWN_MAX]]
        more = f" and {len(skipped) - SHOWN_MAX} more" if len(skipped) > SHOWN_MAX else ""
        found.note(file.name, f"Other files in the archive, left out: {', '.join(names)}{more}.")
    return known


def _is_not_meant(path: str) -> bool:
    name = path.rpartition("/")[2]
    return path.startswith(_NOT_MEANT[0]) or name.startswith(_NOT_MEANT[1:])
