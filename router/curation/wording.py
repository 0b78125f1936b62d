"""What a text says no more, and what it is not written in: two states of it compared. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from brains import rendering, templates
from brains.model import Texts
from router.curation.warnings import SHOWN_MAX, Reason

Certainly = Callable[[str], str | None]

# A text of so few words does not show what language it is in; one that was not longer may shrink.
WORDS_MIN = 5
LONG_WORDS = 20
SHORTENED_TO = 0.25
NORWEGIAN = frozenset({"nb", "nn"})
# Short Norwegian is often taken for these.
NEIGHBOURS = frozenset({"da", "sv"})

_FACT = re.compile(r"\{\{\s*facts\.(\w+)\s*\}\}")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)|((?:https?://|www\.)[^\s)\]>]+)")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_TELEPHONE = re.compile(r"(?<![\d.])(?:\+47 ?)?(?:\d{2}(?: ?\d{2}){3}|\d{3} \d{2} \d{3})(?![\d])")
_FIGURE = re.compile(r"\d+(?:[ .,:/–-]\d+)*")


def reasons(before: Texts, after: Texts, certainly: Certainly) -> list[Reason]:
    """Why `after` in place of `before`, Markdown by language, does harm to who reads it.

    `certainly` tells the language that a text itself says it is in.
    """
    both = [language for language in before if language in after]
    shrunk = [language for language in both if is_less(before[language], after[language])]
    items = [item for language in shrunk for item in lost(before[language], after[language])]
    changed = [language for language in after if after[language] != before.get(language)]
    foreign = [
        language for language in changed if _is_foreign(after[language], language, certainly)
    ]
    found = [
        Reason("says less", len(shrunk), list(dict.fromkeys(items))[:SHOWN_MAX]),
        Reason("wrong language", len(foreign), [], foreign),
    ]
    return [reason for reason in found if reason.count]


def is_less(before: str, after: str) -> bool:
    """Whether `after` has lost all of a kind of what `before` tells, or most of its words."""
    words = len(_words(before))
    is_short = words >= LONG_WORDS and len(_words(after)) < SHORTENED_TO * words
    return is_short or bool(lost(before, after))


def lost(before: str, after: str) -> list[str]:
    """The ways to go on (links, addresses, telephone numbers) of `before` where `after` has none,
    and likewise the figures; a fact in the text may be either."""
    kept_facts = _facts(after)
    found: list[str] = []
    for kind in (_ways, _figures):
        if not kept_facts and not kind(after):
            found += kind(before)
    if not kept_facts and not _figures(after) and not _ways(after):
        found += _facts(before)
    return list(dict.fromkeys(found))


def _facts(text: str) -> list[str]:
    return _FACT.findall(text)


def _ways(text: str) -> list[str]:
    links = [first or second for first, second in _LINK.findall(_FACT.sub(r"\1", text))]
    return [*links, *_MAIL.findall(text), *_TELEPHONE.findall(text)]


def _figures(text: str) -> list[str]:
    bare = _LINK.sub(" ", _FACT.sub(" ", text))
    return _FIGURE.findall(_TELEPHONE.sub(" ", _MAIL.sub(" ", bare)))


def _is_foreign(text: str, language: str, certainly: Certainly) -> bool:
    """Whether it says itself that it is in another language. The forms of Norwegian are one here,
    as one text may do for both."""
    plain = rendering.plain(templates.outline(text))
    if len(_words(plain)) < WORDS_MIN:
        return False
    found = certainly(plain)
    if found is None or found in NEIGHBOURS:
        return False
    return found != language and not {found, language} <= NORWEGIAN


def _words(text: str) -> Sequence[str]:
    return re.findall(r"[^\W\d_]+", text)
