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
_VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input"),
    *("link", "meta", "source", "track", "wbr"),
}


class _Open(msgspec.Struct):
    """An element that is open: the item it begins, or the property its markup is."""

    tag: str
    item: dict[str, Any] | None = None
    of: dict[str, Any] | None = None
    property: str = ""
    markup: list[str] = msgspec.field(default_factory=list)


class Microdata(HTMLParser):
    """Feed it a page; `items` are those that are no property of another."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[dict[str, Any]] = []
        self._open: list[_Open] = []
        self._written: list[_Open] = []
        self._tags: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._write(self.get_starttag_text() or "")
        outer = next((one.item for one in reversed(self._open) if one.item is not None), None)
        said = given.get("itemprop") or given.get("property") or given.get("rel") or ""
        names = said.split()
        element = _Open(tag)
        if "itemscope" in given or "typeof" in given:
            element.item = {"@type": (given.get("itemtype") or given.get("typeof") or "").split()}
            if names and outer is not None:
                outer.setdefault(names[0], []).append(element.item)
            else:
                self.items.append(element.item)
        elif names and outer is not None:
            content = given.get("content")
            if content is not None:
                outer.setdefault(names[0], []).append(html.escape(content))
            elif tag not in _VOID:
                element.of, element.property = outer, names[0]
        if tag not in _VOID and len(self._open) < DEPTH_MAX:
            self._open.append(element)
            self._tags[tag] += 1
            if element.of is not None:
                self._written.append(element)

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
                text = "".join(closed.markup).strip()
                closed.of.setdefault(closed.property, []).append(text)
            if closed.tag == tag:
                break
        self._write(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._write(html.escape(data, quote=False))

    def _write(self, markup: str) -> None:
        for one in self._written:
            one.markup.append(markup)
