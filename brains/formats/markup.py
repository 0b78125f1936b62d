"""Walking through HTML from anywhere, in time that grows with its length alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from brains.errors import Invalid

CHARS_MAX = 10 * 1024 * 1024

# What the parser raises at, instead of passing over it as browsers do.
_SECTION = re.compile(r"<!\[(?!CDATA\[|if\b|endif\b)", re.IGNORECASE)


def walk(parser: HTMLParser, text: str) -> None:
    """Feeds a page to a parser, which is not closed: what is never ended there is left out.

    Closing it would look for that end anew at every sign. Raises `Invalid`.
    """
    if len(text) > CHARS_MAX:
        size = CHARS_MAX // 2**20
        raise Invalid(f"The page is larger than {size} MiB. Save it without pictures, as HTML.")
    try:
        parser.feed(_SECTION.sub("&lt;![", text))
    except AssertionError:
        raise Invalid("This is not HTML, or not all of it. Save the page anew.") from None
