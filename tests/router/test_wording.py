"""What a text says no more, and the language it is in: seen without asking anybody."""

from __future__ import annotations

import pytest

from brains.model import Texts
from router.curation.wording import lost, reasons

LONG = (
    "Du søker om plass på nettsiden vår. Vi svarer deg så fort vi har sett på søknaden, og du får "
    "vite hvilken gruppe barnet skal gå i. Ring oss om du lurer på noe."
)


def certainly(text: str) -> str | None:
    """As if a text said itself what it is in."""
    return (
        "en" if " the " in f" {text.casefold()} " else "nb" if " du " in text.casefold() else None
    )


def kinds(before: Texts, after: Texts) -> list[str]:
    return [reason.kind for reason in reasons(before, after, certainly)]


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [
        ("Se [skjema](https://a.no/x).", "Se skjemaet.", ["https://a.no/x"]),
        ("Se https://a.no/x for mer.", "Se nettsiden.", ["https://a.no/x"]),
        ("Skriv til post@a.no.", "Skriv til oss.", ["post@a.no"]),
        ("Ring 55 56 77 88.", "Ring oss.", ["55 56 77 88"]),
        ("Det koster 250 kroner.", "Det koster penger.", ["250"]),
        ("Fristen er {{ facts.frist }}.", "Fristen går snart ut.", ["frist"]),
        ("[Søk]({{ facts.url }}).", "Søk på nettsiden.", ["url"]),
        ("Ring 55 56 77 88.", "Se [skjema](https://a.no/x).", []),
        ("Ring 55 56 77 88.", "Ring {{ facts.phone }}.", []),
        ("Det koster 250 kroner.", "Det koster {{ facts.pris }}.", []),
        ("Det koster 250 kroner.", "Det koster 260 kroner.", []),
        ("Ring 55 56 77 88 før 1. mai.", "Ring 55 56 77 88.", ["1"]),
        ("Kom innom.", "Kom innom oss.", []),
    ],
)
def test_a_text_without_any_link_or_figure_has_lost_them(
    before: str, after: str, gone: list[str]
) -> None:
    assert lost(before, after) == gone
    assert ("says less" in kinds({"nb": before}, {"nb": after})) == bool(gone)


def test_a_text_of_a_few_words_in_place_of_many_says_less() -> None:
    assert kinds({"nb": LONG}, {"nb": "Ja, det kan du."}) == ["says less"]
    assert kinds({"nb": LONG}, {"nb": LONG.rpartition(". ")[0]}) == []
    assert kinds({"nb": "Ja, det går."}, {"nb": "Ja."}) == []


@pytest.mark.parametrize(
    ("language", "text", "is_wrong"),
    [
        ("en", "Her kan du søke om plass.", True),
        ("nb", "Here is the form you need.", True),
        ("nn", "Her kan du søke om plass.", False),
        ("en", "Here is the form you need.", False),
        ("en", "Kan du?", False),
    ],
)
def test_a_text_in_another_language_than_its_field(
    language: str, text: str, is_wrong: bool
) -> None:
    assert kinds({}, {language: text}) == (["wrong language"] if is_wrong else [])
    assert kinds({language: text}, {language: text}) == [], "it was so before"
