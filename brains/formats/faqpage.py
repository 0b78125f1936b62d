"""schema.org FAQPage: questions and answers as search engines read them.

Reads JSON-LD, alone or inside a web page, and a page's microdata or RDFa;
writes the page of one body in one language.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import msgspec

from brains import rendering
from brains.formats import microdata, responses
from brains.formats.files import File, decode
from brains.formats.findings import Findings
from brains.formats.jsonld import LANGUAGE, Graph, Node, load
from brains.formats.languages import tag
from brains.formats.markup import walk
from brains.formats.questions import Reading, words
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
    """What a file says: its questions, each with the language of what it is in.

    `graph` follows their references. `address` is the one that a page says it has.
    """

    graph: Graph
    questions: list[tuple[Node, str]]
    address: str = ""


def recognises(document: Any) -> bool:
    """Whether a JSON document has a FAQPage in it, or a question."""
    graph = Graph([document])
    return any(True for found in (graph.pages(), graph.loose()) for _ in found)


def gather(file: File, found: Findings) -> None:
    """Puts the entries of every FAQPage in JSON-LD or HTML into `found`."""
    charset = _CHARSET.search(file.data[:HEAD_BYTES])
    text, guessed = decode(file.data, old=True, said=charset[1].decode() if charset else "")
    page = _in_markup(text, found) if is_markup(text) else _in_json(text, found)
    read = Reading(page.graph, page.address, found.ids)
    number = skipped = 0
    for number, (question, spoken) in enumerate(page.questions, 1):
        entry = read.entry(question, spoken)
        if entry is None:
            skipped += 1
        else:
            found.add(f"{file.name}, question {number}", entry)
    if number == skipped:
        found.wrong(file.name, "There is no schema.org FAQPage with questions and answers in it.")
    for count, what in (
        (skipped - read.twice, "Questions without words or answer, left out"),
        (read.twice, "Questions that are there twice with the same answer, left out"),
        (read.more, "Further answers to the same question, left out"),
        (read.beside, responses.BESIDE),
    ):
        if count:
            found.note(file.name, f"{what}: {count}.")
    found.guessed(file.name, guessed)


def is_markup(text: str) -> bool:
    """Whether a text is HTML, or a part of a page."""
    return text.lstrip("\ufeff \t\r\n").startswith("<") or any(mark in text for mark in _IN_MARKUP)


def _in_json(text: str, found: Findings) -> _Page:
    graph = Graph([load(text)])
    return _Page(graph, _questions([graph], tag(graph.language(), found.language)))


def _in_markup(text: str, found: Findings) -> _Page:
    """The questions of a web page: those in scripts and, where they are others, in its markup."""
    scripts = _Scripts()
    walk(scripts, text)
    wanted = [one for one in scripts.found if any(name in one[1] for name in _OF_PAGES)]
    graph = Graph([load(script, line) for line, script in wanted])
    reader = microdata.Microdata()
    walk(reader, text)
    language = tag(scripts.language or graph.language(), found.language)
    questions = _questions([graph, Graph([reader.items])], language)
    return _Page(graph, questions, scripts.address)


def _questions(graphs: Sequence[Graph], language: str) -> list[tuple[Node, str]]:
    """Those of every FAQPage or, where there is none, all; with the language each is in.

    A page says the same several times, in a script and in its markup: of a graph only those are
    taken that no graph before it has.
    """
    found: list[tuple[Node, str]] = []
    any_page = any(True for graph in graphs for _ in graph.pages())
    said: set[str] = set()
    for graph in graphs:
        asked = [
            (question, tag(graph.one(page.get(LANGUAGE)), language))
            for page in graph.pages()
            for question in graph.questions(page)
        ]
        if not any_page:
            asked = [(question, language) for question in graph.loose()]
        names = [{words(name) for name, _ in graph.texts(one.get("name"))} for one, _ in asked]
        found += [one for one, name in zip(asked, names, strict=True) if said.isdisjoint(name)]
        said.update(*names)
    return found


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
