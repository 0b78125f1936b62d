"""What people upload: named files, text in some encoding, zip archives.

Nothing is ever written to disk, and names are only labels: a path in an
archive cannot lead anywhere. Everything has a limit, counted on what comes
out of an archive, not on what it says about itself.
"""

from __future__ import annotations

import codecs
import io
import re
import struct
import zipfile
import zlib
from pathlib import PurePosixPath

import msgspec

from brains.errors import Invalid

FILES_MAX = 20_000
UNPACKED_BYTES_MAX = 100 * 1024 * 1024
NAME_CHARS_MAX = 200
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
READ_AT_ONCE = 64 * 1024

# Whatever `zipfile` raises for an archive that is not one.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError),
    *(EOFError, OSError, ValueError, RuntimeError),
)
_MARKED = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WINDOWS = "Windows-1252"
_OF_UTF8 = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_OLD = {"cp1252": WINDOWS, "mac_roman": "Mac OS Roman"}
# Python's codecs that are no encoding of letters, or not of whole files.
_BINARY = {"utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}


class File(msgspec.Struct, frozen=True):
    """One file as it came. `name` is what errors call it."""

    name: str
    data: bytes

    @property
    def ending(self) -> str:
        """`.xlsx` of `Svar 2026.XLSX`; empty where there is none."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def is_zip(self) -> bool:
        return self.data.startswith((ZIP, EMPTY_ZIP))


def named(name: str, data: bytes) -> File:
    """A file under the last part of its name, whatever else the sender's system put there."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return File(_printable(last).strip()[-NAME_CHARS_MAX:] or "file", data)


def decode(data: bytes, *, old: bool = False, said: str = "") -> tuple[str, str]:
    """The text, and the encoding it had to be taken for where it is not UTF-8.

    UTF-8 with or without its mark, UTF-16 and UTF-32 with theirs; with `old`
    also what older spreadsheets and pages save. `said` is the encoding that a
    page says it is in. Raises `Invalid`, its pointer a line.
    """
    encoding = next((name for mark, name in _MARKED if data.startswith(mark)), "utf-8")
    guessed = ""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if not old or encoding != "utf-8" or b"\0" in data or _is_nearly_utf8(data):
            where = f"line {data.count(10, 0, error.start) + 1}"
            raise Invalid("It is not UTF-8 text. Save it as UTF-8 and try again.", where) from None
        text, guessed = _told(data, said) or _guessed(data)
    zero = text.find("\0")
    if zero >= 0:
        raise Invalid(
            "It has NUL characters, which no text has. Save it anew, as text in UTF-8.",
            f"line {text.count(chr(10), 0, zero) + 1}",
        )
    return text, guessed


def unpack(file: File) -> list[File]:
    """The files of a zip archive, in its order, named by their paths there. Raises `Invalid`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(file.data))
        members = [member for member in archive.infolist() if not member.is_dir()]
    except _DAMAGE as error:
        raise Invalid(
            "The zip archive is damaged or not all there. Make it again.", file.name
        ) from error
    if len(members) > FILES_MAX:
        raise Invalid(f"The archive has {len(members)} files; the most is {FILES_MAX}.", file.name)
    unpacked, left = [], UNPACKED_BYTES_MAX
    for member in members:
        path = _printable(member.filename)[-NAME_CHARS_MAX:]
        data = _read(archive, member, left, file.name, path)
        left -= len(data)
        unpacked.append(File(path, data))
    return unpacked


def _read(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int, name: str, path: str
) -> bytes:
    where = f"{name}, {path}"
    if member.flag_bits & 1:
        raise Invalid("It is locked with a password. Make the archive without one.", where)
    parts, size = [], 0
    try:
        with archive.open(member) as stream:
            while part := stream.read(READ_AT_ONCE):
                size += len(part)
                if size > most:
                    raise Invalid(
                        f"Unpacked, the archive is larger than {UNPACKED_BYTES_MAX // 2**20} MiB. "
                        "Split it.",
                        name,
                    )
                parts.append(part)
    except _DAMAGE as error:
        raise Invalid("It is damaged. Make the archive again.", where) from error
    return b"".join(parts)


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).encode("utf-8", "replace").decode()


def _is_nearly_utf8(data: bytes) -> bool:
    """Whether more of its letters are those of UTF-8 than are not: some bytes are damaged then."""
    wrong = data.decode("utf-8", "replace").count("\ufffd") - data.count("\ufffd".encode())
    return len(_OF_UTF8.findall(data)) > wrong


def _told(data: bytes, said: str) -> tuple[str, str] | None:
    """The text in the encoding that it says it is in; browsers take Latin-1 for Windows-1252."""
    try:
        name = codecs.lookup(said).name
        if name in _BINARY:
            return None
        return data.decode("cp1252" if name == "iso8859-1" else name), ""
    except (LookupError, UnicodeDecodeError):
        return None


def _guessed(data: bytes) -> tuple[str, str]:
    """Windows-1252 or, where that has fewer Norwegian letters, what older Macs save."""
    texts = {}
    for encoding, name in _OLD.items():
        try:
            texts[name] = data.decode(encoding)
        except UnicodeDecodeError as error:
            if encoding == "cp1252":
                line = data.count(10, 0, error.start) + 1
    best = max(texts, key=lambda name: sum(map(texts[name].count, "æøå")))
    if best != WINDOWS and not any(letter in texts[best] for letter in "æøå"):
        raise Invalid(
            "Its letters are in an encoding we do not know. Save it as UTF-8 and try again.",
            f"line {line}",
        )
    return texts[best], best
