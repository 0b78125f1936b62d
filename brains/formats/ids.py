"""Entry ids for texts that come without one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

ID_CHARS_MAX = 80
_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "đ": "d", "ŋ": "n", "ŧ": "t", "ß": "ss"})


class Ids:
    """Gives each text an id made of its words, never the same one twice."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def reserve(self, ids: Iterable[str]) -> None:
        """Keeps ids that texts bring along from being given to others."""
        self._given.update(ids)

    def of(self, text: str) -> str:
        base = slug(text) or "entry"
        id, count = base, 1
        while id in self._given:
            count += 1
            id = f"{base}-{count}"
        self._given.add(id)
        return id


def slug(text: str) -> str:
    """`Når åpner biblioteket?` -> `nar-apner-biblioteket`; empty where nothing can be kept."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    ascii_only = plain.encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:ID_CHARS_MAX].strip("-")
