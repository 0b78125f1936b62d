"""schema.org FAQPage: questions and answers as search engines read them.

Reads JSON-LD (an object, a list, or an `@graph`), alone or inside a web page;
writes the page of one body in one language.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from brains import checks, rendering
from brains.errors import Invalid
from brains.formats.ids import Ids
from brains.formats.markdown import from_html
from brains.knowledge import Answer, Knowledge, title_of
from brains.model import Entry

CONTEXT = "https://schema.org"
NESTING_MAX = 20


def read(text: str, language: str = "nb") -> list[Entry]:
    """The entries of every FAQPage in JSON-LD or HTML. Raises `Invalid` where there is none."""
    scripts = _Scripts()
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        scripts.feed(text)
        scripts.close()
        documents = [_load(script, f"script {i}") for i, script in enumerate(scripts.found, 1)]
    else:
        documents = [_load(text.removeprefix("\ufeff"), "")]
    language = _tag(scripts.language, language)
    ids = Ids()
    entries = [
        entry
        for document in documents
        for page in _pages(document)
        for question in _questions(page)
        if (entry := _entry(question, _tag(page.get("inLanguage"), language), ids)) is not None
    ]
    if not entries:
        raise Invalid("There is no schema.org FAQPage with questions and answers in it.")
    for number, entry in enumerate(entries, 1):
        try:
            checks.refuse(checks.check_entry(entry))
        except Invalid as error:
            raise error.at(f"question {number}") from None
    return entries


def for_body(knowledge: Knowledge, body: str, language: str, now: dt.datetime) -> dict[str, Any]:
    """The FAQPage of what a body's visitors are told, as JSON-LD: only answers in that language."""
    entities = []
    for entry in knowledge.visible(body, now):
        answer = knowledge.answer(entry.brain, entry.id, body, [language], now)
        if isinstance(answer, Answer) and answer.language == language:
            entities.append(_question(entry, answer))
    return {
        "@context": CONTEXT,
        "@type": "FAQPage",
        "inLanguage": language,
        "publisher": {"@type": "Organization", "name": knowledge.body(body).name},
        "mainEntity": entities,
    }


def script(page: dict[str, Any]) -> str:
    """The page as an element to put into HTML; nothing in it can end the element early."""
    text = json.dumps(page, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'


def _question(entry: Entry, answer: Answer) -> dict[str, Any]:
    asked = next((q for q in entry.questions if q.endswith("?")), title_of(entry))
    return {
        "@type": "Question",
        "name": asked,
        "acceptedAnswer": {"@type": "Answer", "text": rendering.html(answer.markdown)},
    }


def _load(text: str, where: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"This is not JSON: {error}.", where) from error


def _pages(node: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > NESTING_MAX:
        return
    if isinstance(node, list):
        for item in node:
            yield from _pages(item, depth + 1)
    elif isinstance(node, dict):
        if "FAQPage" in _types(node):
            yield node
        else:
            for key in ("@graph", "mainEntity", "hasPart"):
                yield from _pages(node.get(key), depth + 1)


def _questions(page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    entities = page.get("mainEntity") or []
    for entity in entities if isinstance(entities, list) else [entities]:
        if isinstance(entity, dict) and "Question" in _types(entity):
            yield entity


def _entry(question: dict[str, Any], language: str, ids: Ids) -> Entry | None:
    """None where the question has no words or no answer."""
    name = from_text(question.get("name") or question.get("text"))
    answer = question.get("acceptedAnswer") or question.get("suggestedAnswer")
    if isinstance(answer, list):
        answer = answer[0] if answer else None
    markdown = from_html(str(answer.get("text") or "")) if isinstance(answer, dict) else ""
    if not name or not markdown:
        return None
    tag = _tag(question.get("inLanguage"), language)
    return Entry(id=ids.of(name), questions=[name], answers={tag: markdown})


def from_text(value: Any) -> str:
    """A name in words: no markup, no doubled space."""
    return " ".join(rendering.plain(from_html(str(value or ""))).split())


def _types(node: dict[str, Any]) -> list[str]:
    found = node.get("@type", [])
    return [str(t).rsplit("/", 1)[-1] for t in (found if isinstance(found, list) else [found])]


def _tag(value: Any, otherwise: str) -> str:
    """`nb-NO` and `no` are bokmål; what is not said is `otherwise`."""
    if isinstance(value, dict):
        value = value.get("alternateName") or value.get("name")
    if not isinstance(value, str) or not value.strip():
        return otherwise
    tag = value.strip().split("-")[0].split("_")[0].lower()
    return {"no": "nb"}.get(tag, tag) if tag.isalpha() and len(tag) in (2, 3) else otherwise


class _Scripts(HTMLParser):
    """Collects a page's JSON-LD, and the language it says it is in."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.language: str | None = None
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.language = given.get("lang")
        kind = (given.get("type") or "").partition(";")[0].strip().lower()
        if tag == "script" and kind == "application/ld+json":
            self._inside = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data
