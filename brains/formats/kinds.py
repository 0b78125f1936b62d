"""What a file is, by what is in it, and by its ending where that does not tell."""

from __future__ import annotations

import json
import re

from brains.errors import Invalid
from brains.formats import azure, dialogflow, excel, faqpage, jsonl, mhtml, rasa, records, table
from brains.formats.files import File, decode

ZIP = "zip"
ZIP_ENDING = ".zip"
PEEKED_CHARS = 4000
SEND = (
    "Send a spreadsheet (.xlsx, .csv), a web page or JSON with a FAQPage, an export of Azure "
    "question answering, Rasa's YAML files, Dialogflow's zip, or JSON Lines."
)
NOTHING = f"This is nothing that we can read. {SEND}"
# What an export of Azure question answering has beside its questions.
_BESIDE = ("settings.tsv", "synonyms.tsv")
# What an ending says where the content does not.
READERS: dict[str, str] = (
    {
        ending: module.NAME
        for module in (jsonl, faqpage, azure, table, excel, rasa)
        for ending in module.ENDINGS
    }
    | dict.fromkeys(mhtml.ENDINGS, faqpage.NAME)
    | {ZIP_ENDING: ZIP}
)

_FOREIGN = (
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a text document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"bplist00", "a web archive of Safari"),
    (b"SQLite format 3", "a database"),
)
# Spreadsheets of other programs, by what is in their archives or how they begin.
_SHEETS_ZIPPED = (
    ("xl/workbook.bin", "the binary format of Excel"),
    ("Index/Document.iwa", "the format of Numbers"),
)
_SHEETS_TEXT = (("<Workbook", "the XML of old Excel"),)
_SHEETS_ENDING = {
    ".ods": "the format of LibreOffice",
    ".xls": "HTML under another name",
    ".gsheet": "Google Sheets, and the file only its address",
}
_ADDRESS_ONLY = re.compile(r"\s*https?://\S+\s*\Z")
_LINE_OF_OURS = re.compile(r'\s*\{.*"(questions|answers|id)"\s*:')
# One of these is in every JSON or page that has answers.
_WORDS = (
    *("FAQPage", "schema.org/Question", 'typeof="Question"'),
    *("qnas", "Qnas", "qnaDocuments", "qnaList", '"answer', '"questions"'),
)


def kind_of(file: File) -> str:
    """Which format a file is in, by content first. Raises `Invalid` where it is nothing we read."""
    if file.is_zip or file.data.startswith(excel.OLD_EXCEL):
        return _zipped(file)
    for mark, what in _FOREIGN:
        if file.data.startswith(mark):
            raise Invalid(f"This is {what}, which we do not read. {SEND}", file.name)
    by_ending = READERS.get(file.ending, "")
    if by_ending == jsonl.NAME:
        return by_ending
    text = _peek(file)
    rasa.refuse_old(text)
    for sign, what in _SHEETS_TEXT:
        if sign in text[:PEEKED_CHARS]:
            raise Invalid(_sheet(what))
    if file.ending in _SHEETS_ENDING and text.lstrip().startswith(("<", "{")):
        raise Invalid(_sheet(_SHEETS_ENDING[file.ending]))
    if _ADDRESS_ONLY.match(text):
        raise Invalid("This is only an address. Open the page there, save it, and send the file.")
    if text.lstrip().startswith(("{", "[")):
        return _json(text, file.ending)
    if faqpage.is_markup(text):
        return faqpage.NAME
    if by_ending == rasa.NAME or (not by_ending and rasa.recognises(text)):
        return rasa.NAME
    if table.recognises(text) or by_ending == table.NAME:
        return table.NAME
    if by_ending not in ("", ZIP):
        return by_ending
    raise Invalid(NOTHING, file.name)


def _zipped(file: File) -> str:
    if not file.is_zip or file.ending in excel.ENDINGS or excel.recognises(file):
        return excel.NAME
    raise Invalid(f"An archive in an archive is not opened. {SEND}", file.name)


def _json(text: str, ending: str) -> str:
    try:
        document = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        ours = not ending and _LINE_OF_OURS.match(text.lstrip().partition("\n")[0])
        return jsonl.NAME if ours else faqpage.NAME  # which says what is wrong with the JSON
    if dialogflow.is_cx(document):
        raise Invalid(dialogflow.CX)
    if dialogflow.is_loose(document):
        raise Invalid(dialogflow.LOOSE)
    if azure.recognises(document):
        return azure.NAME
    if isinstance(document, dict) and {"id", "questions", "answers"} <= document.keys():
        return jsonl.NAME
    if records.recognises(document):
        return table.NAME
    if ending != faqpage.ENDINGS[0] and not faqpage.recognises(document):
        raise Invalid(NOTHING)
    return faqpage.NAME


def _peek(file: File) -> str:
    """The text, to look at; empty where its encoding is wrong, for the reader to say so."""
    try:
        return decode(file.data, old=True)[0].removeprefix("\ufeff")
    except Invalid:
        return ""


def matters(file: File) -> bool:
    """Whether a file of an archive may hold answers: much else lies beside them.

    A table always may, so that one whose header is wrong is said to be.
    """
    if file.ending not in READERS and file.ending != ".md":
        return False
    text = _peek(file)
    if file.ending in (".md", ".json"):
        rasa.refuse_old(text, file.name)
    if file.ending in rasa.ENDINGS:
        return not text or rasa.matters(text)
    if file.ending == ".txt" or file.name.lower().endswith(_BESIDE):
        return table.recognises(text)
    if file.ending in faqpage.ENDINGS or file.ending == ".json":
        return not text or any(word in text for word in _WORDS)
    return True


def refuse_sheets(file: File, names: list[str]) -> None:
    """Says what to do about the spreadsheets of other programs."""
    for part, what in _SHEETS_ZIPPED:
        if part in names:
            raise Invalid(_sheet(what), file.name)
    if file.ending in _SHEETS_ENDING:
        raise Invalid(_sheet(_SHEETS_ENDING[file.ending]), file.name)


def _sheet(what: str) -> str:
    return f"This is a spreadsheet in {what}. Open it, and save it as .xlsx or .csv."
