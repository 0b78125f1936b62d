"""What is offered is called by a name in the visitor's language, where there is one."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from brains.model import Entry
from router.choices import of_entry
from router.language import LanguageDetection
from router.service import Service
from router.titles import title_in

BINS = Entry(
    id="avfall",
    title="Når avfallet blir hentet",
    questions=[
        "Når blir søppelet hentet hos meg?",
        "bosset vårt vert ikkje henta",
        "Kva dag blir bosset tømt?",
        "when is my rubbish collected",
    ],
    answers={"nb": "Hver uke."},
)
OURS = Entry(
    id="hei",
    title="Kva dag er det ope?",
    questions=["Korleis veit eg når de har ope?", "åpningstider", "What are your opening hours?"],
    answers={"nn": "Kvar dag."},
)


@pytest.fixture(scope="module")
def languages() -> LanguageDetection:
    return LanguageDetection()


@pytest.mark.parametrize(
    ("of", "language", "title"),
    [
        (BINS, "nb", "Når avfallet blir hentet"),
        (BINS, "nn", "Kva dag blir bosset tømt?"),
        (BINS, "en", "when is my rubbish collected"),
        (BINS, "pl", "Når avfallet blir hentet"),
        (OURS, "nn", "Kva dag er det ope?"),
        (OURS, "en", "What are your opening hours?"),
    ],
)
def test_a_phrasing_stands_in_where_the_title_is_in_another_language(
    languages: LanguageDetection, of: Entry, language: str, title: str
) -> None:
    assert title_in(of, language, languages) == title


def test_an_entry_without_a_title_is_called_by_a_question(languages: LanguageDetection) -> None:
    untitled = Entry(id="a", questions=["Når åpner dere?", "Kva tid opnar de?"], answers={})
    assert title_in(untitled, "nb", languages) == "Når åpner dere?"
    assert title_in(untitled, "nn", languages) == "Kva tid opnar de?"


@pytest.mark.asyncio(loop_scope="session")
async def test_popular_questions_greet_in_the_language_of_the_page(desk: Service) -> None:
    body = desk.knowledge.body("voss")
    await desk.curation.add_body(replace(body, popular=["sfo-pris"]), "test")
    try:
        nynorsk = await desk.conversations.start("voss", "nn")
        assert [one.label for one in nynorsk.popular][:1] == ["Kva kostar SFO?"]
        english = await desk.conversations.speak(nynorsk.id, nynorsk.token, "en")
        assert [one.label for one in english.popular][:1] == ["sfo-pris"], "none is English"
        await desk.conversations.speak(nynorsk.id, nynorsk.token, "nn")
        await desk.conversations.say(
            nynorsk.id, nynorsk.token, choice=of_entry("kommune", "sfo-pris")
        )
        kept = await desk.conversations.transcript(nynorsk.id, nynorsk.token)
        assert "Kva kostar SFO?" in kept, "the button's words are what was said"
    finally:
        await desk.curation.add_body(body, "test")
