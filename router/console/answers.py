"""An answer as it looks: as it is written, or as one body's visitors get it."""

from __future__ import annotations

import re

from brains import rendering
from brains.errors import Invalid
from brains.knowledge import FactMissing, Knowledge
from brains.model import Body, Entry

_FACT = re.compile(r"\{\{\s*facts\.(\w+)\s*\}\}")
_MARKED = re.compile(r"‹(\w+)›")


def given(knowledge: Knowledge, entry: Entry, language: str, body: Body | None) -> tuple[str, str]:
    """An answer as HTML, with a body's facts where there is one; or "", and the fact it lacks."""
    text = entry.answers[language]
    if body is None:
        return as_written(text), ""
    try:
        said = knowledge.worded(entry, {language: text}, body.id, [language])
    except Invalid:
        return as_written(text), ""
    if isinstance(said, FactMissing):
        return "", said.key
    return rendering.html(said.markdown), ""


def as_written(text: str) -> str:
    """An answer as HTML, with the names of its facts where their values will be."""
    marked = _FACT.sub(r"‹\1›", text)
    return _MARKED.sub(r"<code>\1</code>", rendering.html(marked))
