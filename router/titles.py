"""What an entry is called on a button, in the visitor's language.

An entry has one title, in the language its curators write. Its phrasings are in all languages
that people ask in: where the title is in another one, a phrasing in the visitor's is shown.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from brains.knowledge import Found, Knowledge, title_of
from brains.model import Entry
from router.language import LanguageDetection
from router.texts import DEFAULT


def title_in(entry: Entry, language: str, languages: LanguageDetection) -> str:
    """The title, or the first question in `language` where that is not the title's.

    The title stays where no phrasing is certainly in `language`.
    """
    title = title_of(entry)
    if language == DEFAULT or languages.certainly(title) == language:
        return title
    questions = sorted(entry.questions, key=lambda text: not text.endswith("?"))
    return next((text for text in questions if languages.certainly(text) == language), title)


def titled(
    knowledge: Knowledge, found: Sequence[Found], language: str, languages: LanguageDetection
) -> list[Found]:
    """Candidates whose entries are called what they are in `language`."""
    named = []
    for one in found:
        entry = knowledge.entries.get(one.brain or "", {}).get(one.id)
        title = title_in(entry, language, languages) if entry is not None else one.title
        named.append(msgspec.structs.replace(one, title=title))
    return named
