"""Text as the rules see it: folded to plain words, so that spelling matters little.

`fold("Jeg ORKER ikke meeer!!")` gives `" . jeg orker ike mer . "`. Rules are folded by the
same functions, so a rule may be written in ordinary spelling.
"""

from __future__ import annotations

import re
import unicodedata

TEXT_CHARS_MAX = 4000

_LETTERS = str.maketrans(
    {
        "ø": "o",
        "æ": "ae",
        "œ": "o",
        "ð": "d",
        "đ": "d",
        "ł": "l",
        "ı": "i",
        "ى": "ي",
        "ة": "ه",
        "ٱ": "ا",
        "ـ": "",
        "گ": "ك",
        "ک": "ك",
        "ی": "ي",
        "'": "",
        "’": "",
        "‘": "",
        "ʼ": "",
        "´": "",
        "`": "",
    }
)
_ELLIPSIS = re.compile(r"\.{2,}|…")
_SENTENCE_END = re.compile(r"[.!?;:؟。\u1362\u1367]+")
_NOT_WORD = re.compile(r"[^\w.]+|_+")
_REPEATED = re.compile(r"([^\W\d])\1+")
_GETS = re.compile(r"\bfår\b")  # or it would fold to "far", father
_SPACES = re.compile(r" {2,}")


def letters(text: str) -> str:
    """`text` in lower case, without accents, double letters or invisible characters."""
    composed = unicodedata.normalize("NFKC", text)[:TEXT_CHARS_MAX].casefold()
    plain = _GETS.sub("fær", composed).translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", plain)
    kept = "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf", "Me"))
    return _REPEATED.sub(r"\1", kept.translate(_LETTERS).replace("oe", "o"))


def fold(text: str) -> str:
    """The words of `text`, one space apart; `.` stands before, after and between sentences.

    Only the first `TEXT_CHARS_MAX` characters count. Any string is accepted.
    """
    marked = _SENTENCE_END.sub(" . ", _ELLIPSIS.sub(" ", text[:TEXT_CHARS_MAX]))
    words = _NOT_WORD.sub(" ", letters(marked))
    return _SPACES.sub(" ", f" . {words} . ").replace(" . . ", " . ")
