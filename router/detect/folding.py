"""Text as the rules see it: folded to plain words, so that spelling matters little.

`fold("Jeg ORKER ikke meeer!!")` gives `" . jeg orker ike mer . "`. Rules are folded by the
same functions, so a rule may be written in ordinary spelling.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

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


class Splitter:
    """Finds the words in a message written without spaces: "jegvilikkemer".

    It knows the words of `texts`. A compound of one or two words is left alone.
    """

    WORD_LETTERS_MIN = 8
    PARTS_MIN = 3

    def __init__(self, texts: Iterable[str]) -> None:
        counted = Counter(word for text in texts for word in fold(text).split())
        self._words = {
            w for w, n in counted.items() if n >= 3 and w.isalpha() and (len(w) > 1 or w == "a")
        }
        self._longest = max(map(len, self._words), default=0)

    def split(self, folded: str) -> str | None:
        """`folded` with joined words apart, or None where there are none."""
        words = folded.split()
        parted = [self._parts(w) if len(w) >= self.WORD_LETTERS_MIN else None for w in words]
        if not any(parted):
            return None
        apart = " ".join(p or word for p, word in zip(parted, words, strict=True))
        return f" {apart} "

    def _parts(self, word: str) -> str | None:
        """The word in as few known words as can be."""
        if word in self._words or len(word) > 60:
            return None
        best: list[list[str] | None] = [[]] + [None] * len(word)
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - self._longest), end):
                before, piece = best[start], word[start:end]
                if before is None or piece not in self._words:
                    continue
                found = best[end]
                if found is None or len(before) + 1 < len(found):
                    best[end] = [*before, piece]
        parts = best[-1]
        return " ".join(parts) if parts and len(parts) >= self.PARTS_MIN else None
