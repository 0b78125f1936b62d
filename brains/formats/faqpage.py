"""schema.org FAQPage: questions and answers as search engines read them.

Reads JSON-LD (an object, a list, or an `@graph`), alone or inside a web page,
and a page's microdata; writes the page of one body in one language.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from brains import rendering
from brains.errors import Invalid
from brains.formats import microdata
from brains.formats.files import File, decode
from brains.formats.findings import Findings
from brains.formats.ids import Ids
from brains.formats.languages import tag
from brains.formats.markdown import from_html
from brains.knowledge import Answer, Knowledge, title_of
from brains.model import Entry

NAME = "faqpage"
ENDINGS = (".jsonld", ".html", ".htm")
CONTEXT = "https://schema.org"
NESTING_MAX = 20


def recognises(document: Any) -> bool:
    """Whether a JSON document has a FAQPage in it."""
    return any(True for _ in _pages(document))


def gather(file: File, found: Findings) -> None:
    """Puts the entries of every FAQPage in JSON-LD or HTML into `found`."""
    text, _ = decode(file.data, old=True)
    if is_markup(text):
        pages, language = _in_markup(text, found)
    else:
        pages, language = list(_pages(_load(text))), found.language
    number = skipped = 0
    for page in pages:
        for question in _questions(page):
            number += 1
            entry = _entry(question, tag(_one(page.get("inLanguage")), language), found.ids)
            if entry is None:
                skipped += 1
            else:
                found.add(f"{file.name}, question {number}", entry)
    if number == skipped:
        found.wrong(file.name, "There is no schema.org FAQPage with questions and answers in it.")
    elif skipped:
        found.note(file.name, f"Questions without words or answer, left out: {skipped}.")


def is_markup(text: str) -> bool:
    """Whether a text is HTML, or a part of a page."""
    return text.lstrip().startswith("<") or "itemscope" in text


def _in_markup(text: str, found: Findings) -> tuple[list[dict[str, Any]], str]:
    """The FAQPages of a web page: those in scripts or, where there are none, in its markup."""
    scripts = _Scripts()
    scripts.feed(text)
    scripts.close()
    documents = [_load(script) for script in scripts.found if "FAQPage" in script]
    pages = [page for document in documents for page in _pages(document)]
    if not any(True for page in pages for _ in _questions(page)):
        reader = microdata.Microdata()
        reader.feed(text)
        reader.close()
        pages = list(_pages(reader.items))
    return pages, tag(scripts.language, found.language)


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


def _load(text: str) -> Any:
    try:
        document = json.loads(text.removeprefix("\ufeff"), strict=False)
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Invalid("It has characters that are not text. Write it again.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Invalid(f"This is not JSON, or not all of it ({error.msg}).", where) from None
    except (ValueError, RecursionError) as error:
        raise Invalid(f"This is not JSON that we can read ({error}).") from None
    return document


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
    name = from_text(_one(question.get("name")) or _one(question.get("text")))
    answer = _one(question.get("acceptedAnswer")) or _one(question.get("suggestedAnswer"))
    markdown = from_html(str(_one(answer.get("text")) or "")) if isinstance(answer, dict) else ""
    if not name or not markdown:
        return None
    spoken = tag(_one(question.get("inLanguage")), language)
    return Entry(id=ids.of(name), questions=[name], answers={spoken: markdown})


def _one(value: Any) -> Any:
    """The first where there are several."""
    return (value[0] if value else None) if isinstance(value, list) else value


def from_text(value: Any) -> str:
    """A name in words: no markup, no doubled space."""
    return " ".join(rendering.plain(from_html(str(value or ""))).split())


def _types(node: dict[str, Any]) -> list[str]:
    found = node.get("@type", [])
    return [str(t).rsplit("/", 1)[-1] for t in (found if isinstance(found, list) else [found])]


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
