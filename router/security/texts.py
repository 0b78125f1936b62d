"""A visitor's text, made safe to keep and to compare, or refused with what to change."""

from __future__ import annotations

import unicodedata

from brains.errors import Invalid

KEPT_CONTROLS = "\n\t"
# Control characters and lone surrogates.
DROPPED_CATEGORIES = frozenset({"Cc", "Cs"})
# Marks that change the direction of the text around them, and so what a reader sees.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str, chars_max: int, pointer: str = "text") -> str:
    """`text` in NFC, without control characters, trimmed.

    Raises `Invalid` when it is longer than `chars_max` characters, or when
    nothing is left.
    """
    if len(text) > chars_max:
        raise Invalid(
            f"The text has {len(text)} characters; at most {chars_max} are read. Shorten it.",
            pointer,
        )
    kept = "".join(character for character in text.replace("\r\n", "\n") if _keeps(character))
    cleaned = unicodedata.normalize("NFC", kept).strip()
    if not cleaned:
        raise Invalid("The text is empty. Send what the visitor asks.", pointer)
    return cleaned


def _keeps(character: str) -> bool:
    if character in KEPT_CONTROLS:
        return True
    if character in DIRECTION_MARKS:
        return False
    return unicodedata.category(character) not in DROPPED_CATEGORIES
