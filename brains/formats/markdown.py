"""HTML of an imported answer to Markdown. What Markdown cannot say is dropped, its text kept."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from brains import rendering

_BLOCKS = {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "tr"}
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*"}
_SPECIAL = re.compile(r"([\\`*_\[\]<])")


def from_html(markup: str) -> str:
    """Markdown of the same text: paragraphs, lists, links, emphasis."""
    writer = _Writer()
    writer.feed(rendering.clean(markup))
    writer.close()
    return writer.markdown()


def literal(text: str) -> str:
    """Text as an answer template that says exactly it: nothing in it is a template's."""
    return re.sub(r"\{(?=[{%#])", "{ ", text)


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._lists: list[int | None] = []
        self._links: list[str] = []

    def markdown(self) -> str:
        text = "".join(self._parts)
        text = re.sub(r"[ \t]+\n", "\n", text)
        return literal(re.sub(r"\n{3,}", "\n\n", text).strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _MARKS:
            self._parts.append(_MARKS[tag])
        elif tag == "a":
            self._links.append(given.get("href") or "")
            self._parts.append("[" if self._links[-1] else "")
        elif tag in ("ul", "ol"):
            self._parts.append("\n" if self._lists else "\n\n")
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "li":
            self._parts.append(self._marker())
        elif tag == "br":
            self._parts.append("\n")
        elif tag in _BLOCKS and not self._lists:
            self._parts.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _MARKS:
            self._parts.append(_MARKS[tag])
        elif tag == "a" and self._links:
            address = self._links.pop()
            self._parts.append(f"]({address})" if address else "")
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            self._parts.append("\n\n")
        elif tag in _BLOCKS and not self._lists:
            self._parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data)
        if not self._parts or self._parts[-1].endswith("\n"):
            text = text.lstrip()
        self._parts.append(_SPECIAL.sub(r"\\\1", text))

    def _marker(self) -> str:
        indent = "   " * max(len(self._lists) - 1, 0)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"\n{indent}- "
        self._lists[-1] = number + 1
        return f"\n{indent}{number}. "
