"""HTML microdata and RDFa as the objects that JSON-LD would say.

Microdata is `itemscope`, `itemtype` and `itemprop`; RDFa is `typeof`, and
`property` or `rel`.
"""

from __future__ import annotations

import html
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import msgspec

DEPTH_MAX = 200
# How many properties may be inside one another: each keeps the markup of all that are in it.
WRITTEN_MAX = 10
# The property of an answer whose text is not marked as such.
UNMARKED = "unmarked"
_VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input"),
    *("link", "meta", "source", "track", "wbr"),
}
_UNREAD = {"svg", "noscript", "template", "style", "script"}
_SMALL = {"span", "i", "b", "em", "small", "sup"}


class _Open(msgspec.Struct):
    """An element that is open: the item it begins, or the properties its markup is.

    `hides` where people do not read what is in it, as of a picture of an arrow.
    """

    tag: str
    item: dict[str, Any] | None = None
    of: dict[str, Any] | None = None
    properties: list[str] = []
    markup: list[str] = msgspec.field(default_factory=list)
    hides: bool = False


class Microdata(HTMLParser):
    """Feed it a page; `items` are those that are no property of another."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[dict[str, Any]] = []
        self._open: list[_Open] = []
        self._written: list[_Open] = []
        self._tags: Counter[str] = Counter()
        self._hiding = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        outer = next((one.item for one in reversed(self._open) if one.item is not None), None)
        said = given.get("itemprop") or given.get("property") or given.get("rel") or ""
        element = _Open(tag, properties=said.split())
        if "itemscope" in given or "typeof" in given:
            self._begin(
                element, (given.get("itemtype") or given.get("typeof") or "").split(), outer
            )
        elif element.properties and outer is not None:
            content = given.get("content")
            if content is not None:
                _add(outer, element.properties, html.escape(content))
            elif tag not in _VOID:
                element.of = outer
        kept = tag not in _VOID and len(self._open) < DEPTH_MAX
        element.hides = kept and element.of is None and _is_hidden(tag, given)
        self._hiding += element.hides
        self._write(self.get_starttag_text() or "")
        if kept:
            self._open.append(element)
            self._tags[tag] += 1
        if len(self._written) == WRITTEN_MAX:
            element.of = None
        if kept and element.of is not None:
            self._written.append(element)

    def _begin(self, element: _Open, types: list[str], outer: dict[str, Any] | None) -> None:
        """An item, as a property of the one around it or by itself.

        What an answer says is often not marked: all that is in it is its text then.
        """
        element.item, names = {"@type": types}, element.properties
        if names and outer is not None:
            _add(outer, names, element.item)
        else:
            self.items.append(element.item)
        if any(name.endswith("Answer") for name in (*types, *names)):
            element.of, element.properties = element.item, [UNMARKED]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._tags[tag]:
            return
        while self._open:
            closed = self._open.pop()
            self._tags[closed.tag] -= 1
            if closed.of is not None:
                self._written.pop()
                _add(closed.of, closed.properties, "".join(closed.markup).strip())
            self._write(f"</{closed.tag}>")
            self._hiding -= closed.hides
            if closed.tag == tag:
                break

    def handle_data(self, data: str) -> None:
        self._write(html.escape(data, quote=False))

    def _write(self, markup: str) -> None:
        if not self._hiding:
            for one in self._written:
                one.markup.append(markup)


def _add(item: dict[str, Any], names: list[str], value: Any) -> None:
    for name in names:
        item.setdefault(name, []).append(value)


def _is_hidden(tag: str, given: dict[str, str | None]) -> bool:
    """Whether nobody is to read an element: whole panels are, while they are folded in."""
    return tag in _UNREAD or (tag in _SMALL and given.get("aria-hidden") == "true")
