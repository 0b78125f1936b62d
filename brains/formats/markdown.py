"""HTML of an imported answer to Markdown. What Markdown cannot say is dropped, its text kept."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from brains import rendering
from brains.formats import letters

# No answer may be nearly so long. Cleaning takes the square of how deep elements are nested.
MARKUP_CHARS_MAX = 50_000
INDENTED_MAX = 8

_BLOCKS = {"p", "div", "blockquote", "pre"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_MARKS = {"strong": "**", "em": "*"}
_SHORT = re.compile(r"<(/?)([bi])(?=[\s>])", re.IGNORECASE)
_LONG = {"b": "strong", "i": "em"}
_SPECIAL = re.compile(r"[\\`*]|<(?=[A-Za-z/!?])|\](?=[(\[:]|\Z)|(?<![^\W_])_|_(?![^\W_])")
_LINE_START = re.compile(r"(?m)^(#{1,6}(?= )|[>+-](?= )|={2,}|-{2,})|^(\d+)([.)])(?= )")
_TAG = re.compile(
    r"</?(?:p|br|a|ul|ol|li|div|span|strong|b|em|i|u|h[1-6]|table|tr|td|th|font|script|style|img)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ESCAPED_TAG = re.compile(
    r"&(?:amp;)?lt;/?(?:p|br|a|ul|ol|li|div|strong|b|em|h[1-6]|table)\b", re.IGNORECASE
)
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
_INDENT = re.compile(r"(?m)^[ \t]+(?![-*\d \t])")
_PICTURE = re.compile(r"<(?:img|iframe|video|audio|object|embed)\b|!\[[^\]\n]*\]\(", re.IGNORECASE)
_MARKER = re.compile(r"\n *(?:-|\d+\.) \Z")
_PLACEHOLDER = re.compile("\ue000|\ue001")


def from_html(markup: str, base: str = "") -> str:
    """Markdown of the same text: paragraphs, headings, lists, links, emphasis, tables.

    `base` is the address that relative links start from; without it only their words stay.
    A text without elements keeps its lines, and markup that was escaped is read as markup.
    """
    if len(markup) > MARKUP_CHARS_MAX:
        return markup
    if _ESCAPED_TAG.search(markup) and not _TAG.search(markup):
        return from_html(html.unescape(markup), base)
    return _written(markup, _Writer(keeps_lines=not _TAG.search(markup)), base)


def from_mixed(text: str) -> str:
    """Markdown that may have HTML in it, as the exports of other systems do, without the HTML."""
    text = letters.lines(text)
    if _ESCAPED_TAG.search(text) and not _TAG.search(text):
        text = html.unescape(text)
    if len(text) > MARKUP_CHARS_MAX or not _TAG.search(text):
        return literal(text)
    guarded = _AUTOLINK.sub("\ue000\\1\ue001", text)
    written = _written(guarded, _Writer(keeps_lines=True, keeps_marks=True), "")
    return _PLACEHOLDER.sub(lambda mark: "<" if mark[0] == "\ue000" else ">", written)


def has_pictures(text: str) -> bool:
    """Whether there is something in HTML or Markdown that is no text, and no visitor is shown."""
    return _PICTURE.search(text) is not None


def literal(text: str) -> str:
    """Text as an answer template that says exactly it: nothing in it is a template's."""
    return re.sub(r"\{(?=[{%#])", "{ ", text)


def _written(markup: str, writer: _Writer, base: str) -> str:
    long = _SHORT.sub(lambda tag: f"<{tag[1]}{_LONG[tag[2].lower()]}", markup)
    writer.feed(rendering.clean(long, base))
    writer.close()
    return writer.markdown()


class _Writer(HTMLParser):
    """Writes what it is fed. `keeps_lines` keeps line breaks; `keeps_marks` Markdown's own signs.

    What is open lies on a stack of buffers: the whole, an emphasis, a link, a cell.
    """

    def __init__(self, keeps_lines: bool = False, keeps_marks: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self._keeps_lines = keeps_lines
        self._keeps_marks = keeps_marks
        self._buffers: list[list[str]] = [[]]
        self._lists: list[int | None] = []
        self._links: list[str] = []
        self._rows: list[list[str]] = []
        self._tables = 0

    def markdown(self) -> str:
        while len(self._buffers) > 1:
            self._add("".join(self._buffers.pop()))
        text = "".join(self._buffers[0])
        text = re.sub(r"[ \t]+\n", "\n", text)
        return literal(re.sub(r"\n{3,}", "\n\n", text).strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _MARKS:
            self._buffers.append([])
        elif tag == "a":
            self._links.append(dict(attrs).get("href") or "")
            self._buffers.append([])
        elif tag in ("ul", "ol"):
            self._add("" if self._lists else "\n\n")
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "li":
            self._add(self._marker())
        elif tag == "br":
            self._add("\n" + self._indent())
        elif tag == "table":
            self._tables += 1
        elif tag == "tr" and self._tables == 1:
            self._rows.append([])
        elif tag in ("td", "th") and self._tables == 1:
            self._buffers.append([])
        elif tag in _HEADINGS:
            self._block()
            self._add("" if self._lists or self._tables else "### ")
        elif tag in _BLOCKS:
            self._block()

    def handle_endtag(self, tag: str) -> None:
        if tag in _MARKS and len(self._buffers) > 1:
            self._marked(_MARKS[tag])
        elif tag == "a" and self._links and len(self._buffers) > 1:
            self._linked(self._links.pop())
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            self._add("" if self._lists else "\n\n")
        elif tag in ("td", "th") and self._tables == 1 and len(self._buffers) > 1:
            cell = "".join(self._buffers.pop())
            if self._rows:
                self._rows[-1].append(" ".join(cell.split()).replace("|", "\\|"))
        elif tag == "table" and self._tables:
            self._tables -= 1
            if not self._tables:
                self._add(_table(self._rows))
                self._rows = []
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._block()

    def handle_data(self, data: str) -> None:
        text = data if self._keeps_lines else re.sub(r"\s+", " ", data)
        if self._keeps_lines and not self._keeps_marks:
            text = _INDENT.sub("", text)
        at_start = self._at_line_start()
        if (at_start or self._after_marker()) and not self._keeps_lines:
            text = text.lstrip()
        if not self._keeps_marks:
            text = _SPECIAL.sub(r"\\\g<0>", text)
            if at_start and not self._keeps_lines:
                text = _LINE_START.sub(_escaped_start, text)
        self._add(text)

    def _add(self, text: str) -> None:
        if text:
            self._buffers[-1].append(text)

    def _at_line_start(self) -> bool:
        written = self._buffers[-1]
        return len(self._buffers) == 1 and (not written or written[-1].endswith("\n"))

    def _after_marker(self) -> bool:
        """Whether a list item has just begun."""
        written = self._buffers[-1]
        return bool(self._lists) and bool(written) and _MARKER.search(written[-1]) is not None

    def _block(self) -> None:
        """What begins or ends a paragraph; within a list item, a line of the item."""
        if not self._lists:
            self._add("\n\n")
        elif not "".join(self._buffers[-1][-1:]).rstrip(" ").endswith(("-", ".", "\n")):
            self._add("\n" + self._indent())

    def _indent(self) -> str:
        return "   " * min(len(self._lists), INDENTED_MAX)

    def _marked(self, mark: str) -> None:
        inside = "".join(self._buffers.pop())
        words = inside.strip()
        if not words or "\n" in words:
            self._add(inside)
            return
        before, after = inside[: len(inside) - len(inside.lstrip())], inside[len(inside.rstrip()) :]
        self._add(f"{before}{mark}{words}{mark}{after}")

    def _linked(self, address: str) -> None:
        words = " ".join("".join(self._buffers.pop()).split())
        address = address.replace(" ", "%20").replace("(", "%28").replace(")", "%29")
        self._add(f"[{words}]({address})" if address and words else words or address)

    def _marker(self) -> str:
        indent = "   " * min(max(len(self._lists) - 1, 0), INDENTED_MAX)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"\n{indent}- "
        self._lists[-1] = number + 1
        return f"\n{indent}{number}. "


def _escaped_start(found: re.Match[str]) -> str:
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}"


def _table(rows: list[list[str]]) -> str:
    """A Markdown table, its first row the header; one column is lines."""
    rows = [row for row in rows if any(row)]
    width = max(map(len, rows), default=0)
    if width < 2:
        return "\n\n" + "\n\n".join(cell for row in rows for cell in row) + "\n\n"
    lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
    return "\n\n" + "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]) + "\n\n"
