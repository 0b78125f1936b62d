"""A web page that a browser saved as one file (.mhtml): the page itself is taken out of it."""

from __future__ import annotations

import email
import html
from email.message import Message

from brains.formats.files import File

ENDINGS = (".mhtml", ".mht")
HEAD_BYTES = 2048
# Among the first ones is the page; the others are its pictures.
PARTS_MAX = 20
_WORDS = (b"MIME-Version:", b"multipart/related")


def recognises(file: File) -> bool:
    """Whether it is such a file."""
    head = file.data[:HEAD_BYTES]
    return all(word in head for word in _WORDS)


def page(file: File) -> File:
    """The page, with the address it was saved from; the file as it is where it holds none."""
    head = file.data[: file.data.find(b"\n\n") + 1 or None][:HEAD_BYTES]
    boundary = email.message_from_bytes(head.split(b"\r\n\r\n")[0]).get_boundary()
    parts = file.data.split(f"--{boundary}".encode(), PARTS_MAX) if boundary else []
    for one in parts[1:PARTS_MAX]:
        part = email.message_from_bytes(one.lstrip(b"\r\n"))
        data = part.get_payload(decode=True)
        if part.get_content_type() in ("text/html", "application/xhtml+xml") and data:
            return File(file.name, _marks(part) + bytes(data))
    return file


def _marks(part: Message) -> bytes:
    """What the part's own headers say, as the page would say it."""
    charset = part.get_content_charset() or "utf-8"
    address = str(part.get("Content-Location") or "")
    base = f'<base href="{html.escape(address)}">' if address else ""
    return f'<meta charset="{html.escape(charset)}">{base}'.encode("ascii", "replace")
