"""The header row of a table: which column is what, in English or Norwegian."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from brains.errors import Problem

KNOWN = "id, question, title, topic, owner, source, answer, answer_nb, answer_nn, …"
MISSING = (
    "There should be a header row with at least the columns question and answer "
    "(or spørsmål and svar)."
)
HEADER_SEARCHED_ROWS = 10

_NAMES = {
    "id": "id",
    "question": "question",
    "questions": "question",
    "spørsmål": "question",
    "title": "title",
    "tittel": "title",
    "overskrift": "title",
    "topic": "topic",
    "category": "topic",
    "tema": "topic",
    "emne": "topic",
    "kategori": "topic",
    "owner": "owner",
    "eier": "owner",
    "source": "source",
    "kilde": "source",
}
_LANGUAGES = {
    "bokmål": "nb",
    "nynorsk": "nn",
    "engelsk": "en",
    "english": "en",
    "samisk": "se",
    "nordsamisk": "se",
}
_ANSWER = re.compile(r"(?:answer|answers|svar)(?:[\s_(/-]+([a-zæøå]+(?:-[a-z0-9]+)?)\)?)?\Z")
_NUMBERED = re.compile(r"(question|spørsmål)[\s_]*\d+\Z")
# What an export of Azure question answering has beside question and answer.
QNA_MARK = "qnaid"
_QNA = {
    "question": "question",
    "answer": "answer",
    "source": "source",
    "metadata": "metadata",
    "iscontextonly": "follow_up",
    QNA_MARK: "id",
}


class Header(msgspec.Struct, frozen=True):
    """`kinds` says of each column what it is, "" where it is not read; `names` how it is called.

    An answer is `answer` or `answer_<language>`. `qna` is an export of Azure.
    """

    kinds: list[str]
    names: list[str]
    qna: bool = False

    @property
    def is_table(self) -> bool:
        return "question" in self.kinds and any(is_answer(kind) for kind in self.kinds)

    def column(self, kind: str) -> str:
        """How the column for `kind` is called in this file."""
        for known, name in zip(self.kinds, self.names, strict=True):
            if known == kind:
                return name
        return kind


def is_answer(kind: str) -> bool:
    return kind == "answer" or kind.startswith("answer_")


def read(cells: Sequence[str]) -> Header:
    """The header that a row of cells is; see `problems` for what is wrong with it."""
    names = [" ".join(cell.split()) for cell in cells]
    lower = [name.casefold() for name in names]
    if QNA_MARK in lower:
        return Header([_QNA.get(name, "") for name in lower], names, qna=True)
    return Header([_kind(name) for name in lower], names)


def problems(header: Header) -> list[Problem]:
    """What to change in a header row, pointing at columns."""
    if not any(header.kinds):
        return [Problem("", MISSING)]
    found = []
    for number, (kind, name) in enumerate(zip(header.kinds, header.names, strict=True), 1):
        if not kind and name and not header.qna and not name.startswith("#"):
            advice = f"There is no such column. Use {KNOWN}, or begin its name with # to skip it."
            found.append(Problem(f"column {name[:80]}", advice))
        if kind and kind != "question" and kind in header.kinds[: number - 1]:
            found.append(Problem(f"column {name[:80]}", "There are two such columns. Keep one."))
    if not found and not header.is_table:
        found.append(Problem("", MISSING))
    return found


def _kind(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    if _NUMBERED.match(name):
        return "question"
    if answer := _ANSWER.match(name):
        language = _LANGUAGES.get(answer[1] or "", answer[1] or "")
        return f"answer_{language}" if language else "answer"
    return ""
