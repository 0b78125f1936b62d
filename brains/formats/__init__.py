"""Files in and out. Every reader takes a file's text and gives entries, all of it or an error.

    jsonl      Samsvar's own format, one entry a line; reads and writes
    faqpage    schema.org FAQPage, in JSON-LD or in a web page; reads and writes
    azure      Azure custom question answering, its JSON export; reads
    table      a spreadsheet saved as CSV, with a header row; reads

A new format is a file here with `read(text, language) -> list[Entry]`, and a
line in `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from brains.errors import Invalid
from brains.formats import azure, faqpage, jsonl, table
from brains.model import Entry

Reader = Callable[[str, str], list[Entry]]

FILE_BYTES_MAX = 100 * 1024 * 1024


def _json(text: str, language: str) -> list[Entry]:
    reader = azure.read if azure.recognises(text) else faqpage.read
    return reader(text, language)


READERS: dict[str, Reader] = {
    ".jsonl": jsonl.read,
    ".ndjson": jsonl.read,
    ".json": _json,
    ".jsonld": faqpage.read,
    ".html": faqpage.read,
    ".htm": faqpage.read,
    ".csv": table.read,
}


def read(path: Path, language: str = "nb") -> list[Entry]:
    """The entries of a file, by its ending. `language` is that of texts that do not say.

    Raises `Invalid`; its pointers begin with the file's name.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise Invalid(f"Use a file that ends in {', '.join(READERS)}.", path.name)
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Invalid(f"It is larger than {FILE_BYTES_MAX // 2**20} MiB; split it.", path.name)
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Invalid(f"It cannot be read: {error.strerror}.", path.name) from error
    except UnicodeDecodeError as error:
        raise Invalid("It is not UTF-8 text. Save it as UTF-8 and try again.", path.name) from error
    try:
        return reader(text, language)
    except Invalid as error:
        raise error.at(path.name) from None
