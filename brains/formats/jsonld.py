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
from brains.formats.languages import tag

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
        document = json.loads(text, strict=False, object_pairs_hook=once)
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


def once(pairs: list[tuple[str, Any]]) -> Node:
    """An object of JSON. Raises `Invalid` where a name is there twice and says two things."""
    found: Node = {}
    for name, value in pairs:
        if found.setdefault(name, value) != value:
            raise Invalid(f"“{name}” is there twice. Keep one.")
    return found


class Graph:
    """The objects of one page's documents."""

    def __init__(self, documents: Sequence[Any]) -> None:
        self._documents = [_plain(document) for document in documents]
        self._known: dict[str, Node] = {}
        self._spoken: dict[str, Any] = {}
        for document in self._documents:
            self._learn(document)

    def pages(self) -> Iterator[Node]:
        """Every FAQPage, whatever it is a part of."""
        yield from self._typed(self._documents, "FAQPage", None, set())

    def questions(self, page: Node) -> Iterator[Node]:
        """A page's questions, in its order."""
        seen: set[int] = set()
        for name in _INSIDE:
            yield from self._typed(page.get(name), "Question", _INSIDE, seen)

    def loose(self) -> Iterator[Node]:
        """Every question, also those of no page."""
        yield from self._typed(self._documents, "Question", None, set())

    def language(self) -> Any:
        """What everything here that names a language names; None where they differ."""
        return next(iter(self._spoken.values())) if len(self._spoken) == 1 else None

    def one(self, value: Any) -> Any:
        """The first where there are several, and what it refers to."""
        first = (value[0] if value else None) if isinstance(value, list) else value
        if isinstance(first, dict) and first.keys() == {"@id"}:
            return self._known.get(str(first["@id"]), first)
        return first

    def texts(self, value: Any) -> Iterator[tuple[str, Any]]:
        """The texts of a property, each with the language that it says it is in, if it does."""
        for item in listed(value):
            found = self.one(item)
            said = found if isinstance(found, dict) else {"@value": found}
            text = said.get("@value")
            if isinstance(text, str | int | float) and str(text).strip():
                yield str(text), said.get("@language")

    def _typed(
        self, there: Any, kind: str, inside: tuple[str, ...] | None, seen: set[int], depth: int = 0
    ) -> Iterator[Node]:
        """What is of a kind, once each: references may lead round in a ring.

        `inside` are the properties to look into; None is all of them.
        """
        if depth > NESTING_MAX:
            return
        for item in listed(there):
            node = item if isinstance(item, list) else self.one(item)
            if not isinstance(node, dict | list) or id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, list):
                yield from self._typed(node, kind, inside, seen, depth + 1)
            elif kind in types(node):
                yield node
            else:
                within = (
                    list(node.values()) if inside is None else [node.get(name) for name in inside]
                )
                for value in within:
                    yield from self._typed(value, kind, inside, seen, depth + 1)

    def _learn(self, node: Any, depth: int = 0) -> None:
        """Remembers every object that has an id and says something, and every language named."""
        if depth > NESTING_MAX:
            return
        for item in node if isinstance(node, list) else [node]:
            if isinstance(item, list):
                self._learn(item, depth + 1)
            elif isinstance(item, dict):
                if len(item) > 1 and isinstance(item.get("@id"), str):
                    self._known.setdefault(item["@id"], item)
                for one in listed(item.get(LANGUAGE)):
                    self._spoken.setdefault(tag(one, ""), one)
                for value in item.values():
                    if isinstance(value, dict | list):
                        self._learn(value, depth + 1)


def listed(value: Any) -> list[Any]:
    """The values of a property, of which there may be one, several or none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


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
