"""schema.org FAQPage: questions and answers as search engines read them.

Reads JSON-LD, alone or inside a web page, and a page's microdata or RDFa;
writes the page of one body in one language.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import msgspec

from brains import rendering
from brains.formats import microdata
from brains.formats.files import File, decode
from brains.formats.findings import Findings
from brains.formats.ids import Ids
from brains.formats.jsonld import LANGUAGE, Graph, Node, load
from brains.formats.languages import tag
from brains.formats.markdown import from_html
from brains.formats.markup import walk
from brains.knowledge import Answer, Knowledge, title_of
from brains.model import Entry

NAME = "faqpage"
ENDINGS = (".jsonld", ".html", ".htm", ".xhtml")
CONTEXT = "https://schema.org"
HEAD_BYTES = 4096

_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.I
)
_IN_MARKUP = ("itemscope", "typeof=", "application/ld+json")
_OF_PAGES = ("FAQPage", "Question")


class _Page(msgspec.Struct):
    """What a file says: its objects, the language and the address it says it has."""

    graph: Graph
    language: str
    address: str = ""


def recognises(document: Any) -> bool:
    """Whether a JSON document has a FAQPage in it."""
    return any(True for _ in Graph([document]).pages())


def gather(file: File, found: Findings) -> None:
    """Puts the entries of every FAQPage in JSON-LD or HTML into `found`."""
    charset = _CHARSET.search(file.data[:HEAD_BYTES])
    text, guessed = decode(file.data, old=True, said=charset[1].decode() if charset else "")
    if is_markup(text):
        read = _in_markup(text, found)
    else:
        read = _Page(Graph([load(text)]), found.language)
    number = skipped = 0
    for page in read.graph.pages():
        for question in read.graph.questions(page):
            number += 1
            spoken = tag(read.graph.one(page.get(LANGUAGE)), read.language)
            entry = _entry(read, question, spoken, found.ids)
            if entry is None:
                skipped += 1
            else:
                found.add(f"{file.name}, question {number}", entry)
    if number == skipped:
        found.wrong(file.name, "There is no schema.org FAQPage with questions and answers in it.")
    elif skipped:
        found.note(file.name, f"Questions without words or answer, left out: {skipped}.")
    found.guessed(file.name, guessed)


def is_markup(text: str) -> bool:
    """Whether a text is HTML, or a part of a page."""
    return text.lstrip("\ufeff \t\r\n").startswith("<") or any(mark in text for mark in _IN_MARKUP)


def _in_markup(text: str, found: Findings) -> _Page:
    """The objects of a web page: those in scripts or, where those have no questions, in markup."""
    scripts = _Scripts()
    walk(scripts, text)
    wanted = [one for one in scripts.found if any(name in one[1] for name in _OF_PAGES)]
    graph = Graph([load(script, line) for line, script in wanted])
    if not any(True for page in graph.pages() for _ in graph.questions(page)):
        reader = microdata.Microdata()
        walk(reader, text)
        graph = Graph([reader.items])
    return _Page(graph, tag(scripts.language, found.language), scripts.address)


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


def _entry(read: _Page, question: Node, language: str, ids: Ids) -> Entry | None:
    """None where the question has no words or no answer."""
    name = from_text(read.graph.text(question.get("name"))[0])
    name = name or from_text(read.graph.text(question.get("text"))[0])
    answer = read.graph.one(question.get("acceptedAnswer"))
    answer = answer or read.graph.one(question.get("suggestedAnswer"))
    if not isinstance(answer, dict):
        answer = {"text": answer}
    text, spoken = read.graph.text(answer.get("text"))
    markdown = from_html(text, read.address)
    if not name or not markdown:
        return None
    said = read.graph.one(answer.get(LANGUAGE)) or read.graph.one(question.get(LANGUAGE))
    return Entry(
        id=ids.of(name),
        questions=[name],
        answers={tag(spoken or said, language): markdown},
    )


def from_text(value: str) -> str:
    """A name in words: no markup, no doubled space."""
    return " ".join(rendering.plain(from_html(value)).split())


class _Scripts(HTMLParser):
    """Collects a page's JSON-LD with the line each begins on, its language and its address."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self.language: str | None = None
        self.address = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html" and self.language is None:
            self.language = given.get("lang") or given.get("xml:lang")
        kind = (given.get("type") or "").partition(";")[0].strip().lower()
        if tag == "script" and kind == "application/ld+json":
            self._inside = True
            self.found.append((0, ""))
        elif tag == "base" or (tag == "link" and given.get("rel") == "canonical"):
            self._found_at(given.get("href") or "")
        elif tag == "meta" and given.get("property") == "og:url":
            self._found_at(given.get("content") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            line, text = self.found[-1]
            self.found[-1] = (line or self.getpos()[0], text + data)

    def _found_at(self, address: str) -> None:
        try:
            is_web = urlsplit(address).scheme in ("http", "https")
        except ValueError:
            return
        if is_web and not self.address:
            self.address = address
