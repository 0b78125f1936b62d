"""The questions of a FAQPage as entries, however they are written."""

from __future__ import annotations

import html
import re
from typing import Any

from brains import rendering
from brains.formats.ids import Ids
from brains.formats.jsonld import LANGUAGE, Graph, Node, listed
from brains.formats.languages import tag
from brains.formats.markdown import from_html, has_pictures
from brains.formats.microdata import UNMARKED
from brains.model import Entry

_TAGS = re.compile(r"<[^<>]*>")
# As pages write it before every question, and then before its answer.
_ASKS = re.compile(r"(?:Q|Spm|Spørsmål|Question)\s*[:：]\s*(?=\S)", re.IGNORECASE)
_SAYS = re.compile(
    r"\A(?:\*\*(?:A|Svar|Answer)\s*[:：]?\*\*|(?:A|Svar|Answer)(?=\s*[:：]))\s*[:：]?\s*"
)


class Reading:
    """Makes entries of one file's questions. `twice`, `more`, `beside` count what was left out.

    `graph` follows references; links that are relative start from `address`.
    """

    def __init__(self, graph: Graph, address: str, ids: Ids) -> None:
        self._graph = graph
        self._address = address
        self._ids = ids
        self._seen: set[tuple[str, str]] = set()
        self.twice = self.more = self.beside = 0

    def entry(self, question: Node, language: str) -> Entry | None:
        """None where the question has no words or no answer, or is there already."""
        names = self._names(question.get("name")) or self._names(question.get("text"))
        language = tag(self._graph.one(question.get(LANGUAGE)), language)
        answers = self._answers(question.get("acceptedAnswer"), language)
        answers = answers or self._answers(question.get("suggestedAnswer"), language)
        if not names or not answers:
            return None
        if _ASKS.match(names[0]):
            names = [_ASKS.sub("", name) for name in names]
            answers = {spoken: _SAYS.sub("", text) for spoken, text in answers.items()}
        key = (words(names[0]), words(" ".join(answers.values())))
        if key in self._seen:
            self.twice += 1
            return None
        self._seen.add(key)
        return Entry(id=self._ids.of(names[0]), questions=names, answers=answers)

    def _names(self, value: Any) -> list[str]:
        """A question in words, in every language it is asked in."""
        names = (from_text(text) for text, _ in self._graph.texts(value))
        return list(dict.fromkeys(filter(None, names)))

    def _answers(self, value: Any, language: str) -> dict[str, str]:
        """An answer by language; of several in one language the first."""
        found: dict[str, str] = {}
        for item in listed(value):
            answer = self._graph.one(item)
            told = self._told(answer if isinstance(answer, dict) else {"text": answer}, language)
            self.more += bool(told.keys() & found.keys())
            found = told | found
        return found

    def _told(self, answer: Node, language: str) -> dict[str, str]:
        """What one answer says, by language; several texts in one language are its paragraphs."""
        language = tag(self._graph.one(answer.get(LANGUAGE)), language)
        parts: dict[str, list[str]] = {}
        texts = list(self._graph.texts(answer.get("text")))
        texts = texts or list(self._graph.texts(answer.get(UNMARKED)))
        self.beside += any(has_pictures(text) for text, _ in texts)
        for text, spoken in texts:
            if markdown := from_html(text, self._address):
                parts.setdefault(tag(spoken, language), []).append(markdown)
        return {spoken: "\n\n".join(told) for spoken, told in parts.items()}


def words(text: str) -> str:
    """Its letters and digits alone, to tell whether two texts say the same."""
    return "".join(filter(str.isalnum, html.unescape(_TAGS.sub("", text)).casefold()))


def from_text(value: str) -> str:
    """A name in words: no markup, no doubled space."""
    return " ".join(rendering.plain(from_html(value)).split())
