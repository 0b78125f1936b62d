"""What a body is asked most at a time of the year, as buttons."""

from __future__ import annotations

from brains.knowledge import Knowledge
from brains.model import Body
from router import choices
from router.language import LanguageDetection
from router.messages import Option
from router.titles import title_in


def popular(
    knowledge: Knowledge, languages: LanguageDetection, body: Body, language: str, month: int
) -> list[Option]:
    """The popular questions of a body in a month (1-12), as buttons in a language."""
    return [
        Option(choices.of_entry(entry.brain, entry.id), title_in(entry, language, languages))
        for entry in knowledge.popular(body.id, month)
    ]
