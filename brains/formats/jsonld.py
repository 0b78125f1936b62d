"""JSON-LD as plain objects: one name for a property however it is written, references followed.

{"schema:name": {"@value": "When?", "@language": "nb"}}   becomes   {"name": "When?", ..}
{"@id": "#q1"}   becomes the object of that id, wherever in the documents it stands
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from brains.errors import Invalid
from brains.formats import reasons

NESTING_MAX = 20
LANGUAGE = "inLanguage"
# Where the questions of a page may be, from the usual to the rare.
_INSIDE = ("mainEntity", "hasPart", "itemListElement", "item")
_PREFIX = re.compile(r"(?:https?://schema\.org/|schema:)(?=\w)", re.IGNORECASE)
_WRAPPING = re.compile(
    r"\A\s*(?://|/\*)?\s*(?:<!\[CDATA\[|<!--)(?:\s*\*/)?|(?://|/\*)?\s*(?:\]\]>|-->)(?:\s*\*/)?\s*\Z"
)

Node = dict[str, Any]


def load(text: str, line: int = 1) -> Any:
    """A JSON document. `line` is where in its file it begins. Raises `Invalid`, its pointer a line.

    What pages put around it (comments, CDATA) is not part of it; where it was
    written with `&quot;`, quotes are meant.
    """
    text = _WRAPPING.sub(_blank, text.removeprefix("\ufeff"))
    if text.lstrip(" \t\r\n[{").startswith("&quot;"):
        text = html.unescape(text)
    try:
        document = json.loads(text, strict=False)
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Invalid("It has characters that are not text. Write it again.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno + line - 1}, column {error.colno}"
        why = reasons.of_json(error)
        raise Invalid(f"This is not JSON, or not all of it: {why}.", where) from None
    except (ValueError, RecursionError):
        raise Invalid("It is nested too deeply, or has a number that is too long.") from None
    return document


class Graph:
    """The objects of one page's documents."""

    def __init__(self, documents: Sequence[Any]) -> None:
        self._documents = [_plain(document) for document in documents]
        self._known: dict[str, Node] = {}
        for document in self._documents:
            self._learn(document)

    def pages(self) -> Iterator[Node]:
        """Every FAQPage."""
        seen: set[int] = set()
        for document in self._documents:
            yield from self._typed(document, "FAQPage", ("@graph", *_INSIDE), seen)

    def questions(self, page: Node) -> Iterator[Node]:
        """A page's questions, in its order."""
        seen: set[int] = set()
        for name in _INSIDE:
            yield from self._typed(page.get(name), "Question", _INSIDE, seen)

    def one(self, value: Any) -> Any:
        """The first where there are several, and what it refers to."""
        first = (value[0] if value else None) if isinstance(value, list) else value
        if isinstance(first, dict) and first.keys() == {"@id"}:
            return self._known.get(str(first["@id"]), first)
        return first

    def text(self, value: Any) -> tuple[str, Any]:
        """A text, and the language that it says it is in, if it does."""
        found = self.one(value)
        if isinstance(found, dict):
            return str(found.get("@value") or ""), found.get("@language")
        return str(found or ""), None

    def _typed(
        self, value: Any, kind: str, inside: tuple[str, ...], seen: set[int], depth: int = 0
    ) -> Iterator[Node]:
        """What is of a kind, once each: references may lead round in a ring."""
        if depth > NESTING_MAX:
            return
        for item in value if isinstance(value, list) else [value]:
            node = self.one(item)
            if not isinstance(node, dict | list) or id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, list):
                yield from self._typed(node, kind, inside, seen, depth + 1)
            elif kind in types(node):
                yield node
            else:
                for name in inside:
                    yield from self._typed(node.get(name), kind, inside, seen, depth + 1)

    def _learn(self, node: Any, depth: int = 0) -> None:
        """Remembers every object that has an id and says something."""
        if depth > NESTING_MAX:
            return
        for item in node if isinstance(node, list) else [node]:
            if isinstance(item, list):
                self._learn(item, depth + 1)
            elif isinstance(item, dict):
                if len(item) > 1 and isinstance(item.get("@id"), str):
                    self._known.setdefault(item["@id"], item)
                for value in item.values():
                    if isinstance(value, dict | list):
                        self._learn(value, depth + 1)


def types(node: Node) -> list[str]:
    """What an object is: `Question` for `https://schema.org/Question`."""
    found = node.get("@type", [])
    names = found if isinstance(found, list) else [found]
    return [re.split(r"[/:#]", str(name))[-1] for name in names]


def _plain(node: Any, depth: int = 0) -> Any:
    """The same with the names of properties as schema.org has them."""
    if depth > NESTING_MAX * 2:
        return None
    if isinstance(node, list):
        return [_plain(item, depth + 1) for item in node]
    if isinstance(node, dict):
        return {_PREFIX.sub("", name, 1): _plain(value, depth + 1) for name, value in node.items()}
    return node


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")
