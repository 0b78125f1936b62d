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
COUNT_MAX = 200
# Kinds that several columns may be.
SEVERAL = ("question", "phrasings")

# How people call their columns, after `_folded`.
_CALLED = {
    "id": "id",
    "question": "question questions q spm sporsmal sporsmalet sporsmalstekst query prompt "
    "sporgsmal fraga frage",
    "phrasings": "phrasings phrasing variants variations utterances examples synonyms "
    "formuleringer formulering varianter eksempler treningsfraser synonymer",
    "title": "title tittel overskrift",
    "topic": "topic topics category subject tema emne kategori omrade fagomrade tjeneste",
    "owner": "owner eier",
    "source": "source kilde url lenke link nettadresse",
    "language": "language sprak malform",
    "metadata": "metadata",
}
_NAMES = {name: kind for kind, names in _CALLED.items() for name in names.split()} | {
    "training phrases": "phrasings",
    "tjenesteomrade": "topic",
}
# What people note beside their answers, and visitors have no use for.
_ASIDE = {
    *("nr", "no", "number", "nummer", "row", "rad", "status", "version", "versjon"),
    *("date", "dato", "created", "opprettet", "updated", "modified", "endret", "oppdatert"),
    *("last updated", "last modified", "sist endret", "sist oppdatert", "endret av", "updated by"),
    *("author", "forfatter", "responsible", "ansvarlig", "redaktor", "contact", "kontakt"),
    *("kontaktperson", "department", "avdeling", "enhet", "seksjon"),
    *("comment", "comments", "kommentar", "kommentarer", "notes", "note", "notat", "merknad"),
    *("keywords", "keyword", "nokkelord", "stikkord", "tags", "subcategory", "underkategori"),
    *("views", "visninger", "active", "aktiv", "enabled"),
}
_LANGUAGES = {
    "bokmal": "nb",
    "norsk": "nb",
    "norwegian": "nb",
    "nynorsk": "nn",
    "engelsk": "en",
    "english": "en",
    "samisk": "se",
    "nordsamisk": "se",
}
_ANSWER = re.compile(
    r"(?:answers?|svar|svaret|svartekst|a|answer text|responses?|reply|antwort)"
    r"(?: ([a-z]+(?:-[a-z0-9]+)?))?\Z"
)
_QUESTION = re.compile(
    r"(?:question|sporsmal)(?: ?\d+)?(?: (?:[a-z]{2}|bokmal|nynorsk|engelsk|english|samisk))?\Z"
)
_OTHER_WORDS = re.compile(
    r"(?:alternate|alternative|alternativt?|andre|flere|similar|other) "
    r"(?:questions?|phrasings?|sporsmal|formuleringer?|ord)(?: ?\d+)?\Z|alternativer\Z"
)
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
_OLD_QNA = ["question", "answer", "source", "metadata"]
_LETTERS = str.maketrans({"ø": "o", "å": "a", "ä": "a", "ö": "o", "æ": "ae", "é": "e"})


class Header(msgspec.Struct, frozen=True):
    """`kinds` says of each column what it is, "" where it is not read; `names` how it is called.

    An answer is `answer` or `answer_<language>`. `qna` is an export of Azure.
    """

    kinds: list[str]
    names: list[str]
    qna: bool = False

    @property
    def is_table(self) -> bool:
        asked = "question" in self.kinds or "phrasings" in self.kinds
        return asked and any(is_answer(kind) for kind in self.kinds)

    @property
    def aside(self) -> list[str]:
        """The columns that are not read, as they are called."""
        pairs = zip(self.kinds, self.names, strict=True)
        return [name for kind, name in pairs if not kind and name and not name.startswith("#")]

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
    folded = [_folded(name) for name in names]
    if QNA_MARK in folded or folded == _OLD_QNA:
        return Header([_QNA.get(name, "") for name in folded], names, qna=True)
    return Header([_kind(name) for name in folded], names)


def problems(header: Header) -> list[Problem]:
    """What to change in a header row, pointing at columns."""
    if not any(header.kinds):
        return [Problem("", MISSING)]
    found = []
    for number, (kind, name) in enumerate(zip(header.kinds, header.names, strict=True), 1):
        if not kind and _is_unknown(name) and not header.qna:
            advice = f"There is no such column. Use {KNOWN}, or begin its name with # to skip it."
            found.append(Problem(f"column {name[:80]}", advice))
        if kind and kind not in SEVERAL and kind in header.kinds[: number - 1]:
            found.append(Problem(f"column {name[:80]}", "There are two such columns. Keep one."))
    if not found and not header.is_table:
        found.append(Problem("", MISSING))
    return found


def _is_unknown(name: str) -> bool:
    """Whether a column's name is neither ours nor one of those that are passed over."""
    return bool(name) and not name.startswith("#") and _folded(name) not in _ASIDE


def _kind(name: str) -> str:
    """What a column is, by its folded name; "" for what is not read."""
    if name in _NAMES:
        return _NAMES[name]
    if _OTHER_WORDS.match(name):
        return "phrasings"
    if _QUESTION.match(name):
        return "question"
    if name in _LANGUAGES:
        return f"answer_{_LANGUAGES[name]}"
    if answer := _ANSWER.match(name):
        language = _LANGUAGES.get(answer[1] or "", answer[1] or "")
        return f"answer_{language}" if language else "answer"
    return ""


def _folded(name: str) -> str:
    """`Svar (bokmål):` -> `svar bokmal`: letters of ASCII, one space between words."""
    return " ".join(re.sub(r"[\s_(/)\-:*?.]+", " ", name.casefold().translate(_LETTERS)).split())
