"""Text without what nobody sees: web pages and spreadsheets are full of it.

A soft hyphen or a mark of width zero inside a word keeps it from being found,
and a sign that turns the direction of what follows can show another text than
the one that is there. What joins letters or pictures (U+200C, U+200D) stays, and so
does NUL, for `brains.checks` to refuse.
"""

from __future__ import annotations

_UNSEEN = (
    *(range(0x01, 0x09), range(0x0E, 0x20), range(0x7F, 0x85), range(0x86, 0xA0)),
    *(range(0xAD, 0xAE), range(0x200B, 0x200C), range(0x202A, 0x202F), range(0x2060, 0x2061)),
    *(range(0x2066, 0x206A), range(0xFEFF, 0xFF00), range(0xFFF9, 0xFFFD), range(0xFFFE, 0x10000)),
)
_BREAKS = "\v\f\x85\u2028\u2029"
_TABLE = {code: None for span in _UNSEEN for code in span} | {ord(sign): "\n" for sign in _BREAKS}


def lines(text: str) -> str:
    """The text, its lines ended by `\\n` alone."""
    return text.translate(_TABLE).replace("\r\n", "\n").replace("\r", "\n")


def line(text: str) -> str:
    """The text on one line, its words apart by one space."""
    return " ".join(text.translate(_TABLE).split())
