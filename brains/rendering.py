"""Markdown to cleaned HTML, or to plain text.

Answers are written by curators of many bodies and shown inside other
websites, so what comes out holds only harmless elements, and links only to
the web, mail and telephone.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

LINK_SCHEMES = {"https", "http", "mailto", "tel"}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "a"),
    *("ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(
    ["table", "strikethrough"]
)


@functools.lru_cache(maxsize=2048)
def html(markdown: str) -> str:
    """Cleaned HTML. Links open in a new window and cannot reach the page they came from."""
    return clean(_markdown.render(markdown)).strip()


def clean(markup: str, base: str = "") -> str:
    """HTML from anywhere, with only harmless elements and links left.

    Links that are relative lose their address, or are taken to start from `base`.
    """
    return nh3.clean(
        markup,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=LINK_SCHEMES,
        url_relative=("rewrite_with_base", base) if base else "deny",
        link_rel="noopener",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


@functools.lru_cache(maxsize=2048)
def plain(markdown: str) -> str:
    """Plain text: paragraphs apart, lists with dashes or numbers, link addresses in brackets."""
    return _Plain().text(_markdown.parse(markdown))


class _Plain:
    """Walks the blocks once. `_lists` has each open list's next number, None for dashes."""

    def __init__(self) -> None:
        self._lists: list[int | None] = []
        self._marker = ""
        self._lines: list[str] = []

    def text(self, tokens: list[Token]) -> str:
        for token in tokens:
            self._take(token)
        return "\n".join(self._lines).strip()

    def _take(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                self._lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                if not self._lists:
                    self._break()
            case "list_item_open":
                self._marker = self._next_marker()
            case "inline":
                self._put("".join(_inline(token.children or [])))
            case "fence" | "code_block":
                self._put(token.content.rstrip("\n"))
                self._break()
            case "paragraph_close" | "heading_close" | "tr_close" if not self._lists:
                self._break()

    def _next_marker(self) -> str:
        indent = "  " * (len(self._lists) - 1)
        number = self._lists[-1]
        if number is None:
            return f"{indent}- "
        self._lists[-1] = number + 1
        return f"{indent}{number}. "

    def _put(self, text: str) -> None:
        self._lines.append(self._marker + text)
        self._marker = ""

    def _break(self) -> None:
        if self._lines and self._lines[-1]:
            self._lines.append("")


def _inline(tokens: list[Token]) -> Iterator[str]:
    addresses: list[str] = []
    shown: list[str] = []
    for token in tokens:
        if token.type == "link_open":
            addresses.append(str(token.attrGet("href") or ""))
            shown.clear()
        elif token.type == "link_close":
            address = addresses.pop()
            if address.removeprefix("mailto:").removeprefix("tel:") != "".join(shown):
                yield f" ({address})"
        elif token.type in ("softbreak", "hardbreak"):
            yield "\n"
        elif token.type == "image":
            yield token.content
        elif token.content:
            shown.append(token.content)
            yield token.content
