"""Readability of answers: what is marked, where, and what is not. The texts are made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.curation.plain_language import Mark, check, lacks_nynorsk, level


def texts(marks: list[Mark]) -> list[str]:
    return [mark.text for mark in marks]


def test_lix_is_words_a_sentence_and_the_share_of_long_words() -> None:
    # 8 words, 2 sentences, 2 words of more than six letters: 4 + 25.
    found = check("Du må søke barnehageplass nå. Fristen er mars.", "nb")
    assert (found.words, found.sentences) == (8, 2)
    assert found.lix == 8 / 2 + 100 * 2 / 8
    assert found.level == "very easy"


@pytest.mark.parametrize(
    ("lix", "name"),
    [(29, "very easy"), (30, "easy"), (40, "medium"), (50, "difficult"), (60, "very difficult")],
)
def test_levels(lix: float, name: str) -> None:
    assert level(lix) == name


def test_facts_addresses_and_code_are_not_words() -> None:
    found = check(
        "Se {{ facts.nettside_for_alle }}, [skjema](https://eksempel.example/et/langt/skjema), "
        "post@eksempel.example og `kodeord` {% if facts.a %}nå{% endif %}.",
        "nb",
    )
    assert found.words == 4  # Se, skjema, og, nå


def test_list_items_and_headings_are_sentences_of_their_own() -> None:
    found = check("# Slik søker du\n\nDu trenger\n- pass\n- bilde\n\n1. Gå inn\n2. Skriv", "nb")
    assert found.sentences == 6


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Det koster ca. 45 kr. Betal nå.", 2),
        ("Det koster 45 kr. per dag.", 1),
        ("Vi har bøker, filmer m.m. Velkommen.", 2),
        ("Bøker m.m. finner du hos oss.", 1),
        ("Se bl.a. Voss, jf. Bergen og evt. Oslo.", 1),
        ("Møtet er 3.5.2026 kl. 12. Velkommen.", 2),
        ("Han sa: «Kom hit.» Så gikk han.", 3),
        ("Hun heter A. B. Hansen. Ring.", 2),
        ("Åpent kl. 8–15.30. Ring 55 55 55 55. Vi svarer!", 3),
        ("Les [reglene](https://a.example/x.y?z=1). Send {{ facts.skjema }}. Ferdig.", 3),
    ],
)
def test_what_ends_a_sentence(text: str, sentences: int) -> None:
    assert check(text, "nb").sentences == sentences


@pytest.mark.parametrize(
    "text",
    ["Møt opp kl. 12.30 i dag.", "Se f.eks. skjema nr. 4 nå.", "Fristen er 1. mars i år."],
)
def test_abbreviations_and_dates_do_not_end_a_sentence(text: str) -> None:
    assert check(text, "nb").sentences == 1


def test_a_long_sentence_is_marked_where_it_is() -> None:
    long = " ".join(["ord"] * 20) + " slutt."
    markdown = f"Kort først. {long} Kort igjen."
    found = check(markdown, "nb").long_sentences
    assert [(mark.text, mark.words) for mark in found] == [(long, 21)]
    assert markdown[found[0].start : found[0].end] == long
    assert check(" ".join(["ord"] * 20) + ".", "nb").long_sentences == []


def test_a_very_long_paragraph_is_marked() -> None:
    found = check("Hei.\n\n" + "Dette er en setning. " * 25, "nb")
    assert [mark.words for mark in found.long_paragraphs] == [100]


@pytest.mark.parametrize(
    ("text", "passives"),
    [
        ("Søknaden behandles av kommunen.", ["behandles"]),
        ("Skjemaet må sendes inn, og svar gis i mai.", ["sendes", "gis"]),
        ("Saken ble avgjort i går.", ["ble avgjort"]),
        ("Søknaden blir ikke behandlet.", ["blir ikke behandlet"]),
        ("Vi **behandler** søknaden.", []),
        ("Det finnes plass, og barna trives og lykkes.", []),
        ("Det synes og kjennes slik; vi møtes og høres.", []),
        ("Kommunenes regler og deres frister gjelder fremdeles.", []),
        ("Det blir kaldt og mørkt, og du blir fornøyd.", []),
        ("Johannes bor i Moldes gate.", []),
    ],
)
def test_passives_in_bokmal(text: str, passives: list[str]) -> None:
    found = check(text, "nb").passives
    assert texts(found) == passives
    assert all(text[mark.start : mark.end] == mark.text for mark in found)


@pytest.mark.parametrize(
    ("text", "passives"),
    [
        ("Søknaden må sendast inn.", ["sendast"]),
        ("Saka vart avgjord i går.", ["vart avgjord"]),
        ("Søknaden blir behandla av kommunen.", ["blir behandla"]),
        ("Det finnast plass, og barna kan trivast.", []),
        ("Det er oftast raskast å ringe.", []),
        ("Det blir bra.", []),
    ],
)
def test_passives_in_nynorsk(text: str, passives: list[str]) -> None:
    assert texts(check(text, "nn").passives) == passives


@pytest.mark.parametrize(
    ("language", "text", "said", "instead"),
    [
        ("nb", "Vi skriver vedrørende saken.", "vedrørende", "om"),
        ("nb", "Dette er I  henhold til loven.", "I  henhold til", "etter, ifølge"),
        ("nb", "Vi har igangsatt arbeidet.", "igangsatt", "startet"),
        ("nb", "Vi ber deg ettersende kvittering.", "ettersende", "sende senere"),
        ("nn", "Vi skriv vedrørande saka.", "vedrørande", "om"),
        ("nn", "Samtlege må søkje.", "Samtlege", "alle"),
    ],
)
def test_officialese_has_the_plain_word_beside_it(
    language: str, text: str, said: str, instead: str
) -> None:
    found = check(text, language).officialese
    assert [(mark.text, mark.instead) for mark in found] == [(said, instead)]
    assert text[found[0].start : found[0].end] == said


def test_words_that_only_contain_officialese_are_left_alone() -> None:
    assert check("Komedien og jf-laget i grunnetasjen.", "nb").officialese == []


@pytest.mark.parametrize("text", ["her", "Klikk her", "les mer", "Les meir.", "denne siden"])
def test_link_texts_that_say_nothing(text: str) -> None:
    markdown = f"Vil du søke, se [{text}](https://eksempel.example)."
    found = check(markdown, "nb").vague_links
    assert texts(found) == [text]
    assert markdown[found[0].start : found[0].end] == text


def test_a_link_text_that_says_where_it_leads() -> None:
    assert check("[søk om plass her](https://a.example)", "nb").vague_links == []


def test_of_english_only_the_length_of_sentences_is_judged() -> None:
    found = check("Click [here](https://a.example). " + "word " * 22 + "end.", "en")
    assert found.lix is None and found.level is None
    assert len(found.long_sentences) == 1 and found.marks == 1


def test_an_empty_text_has_nothing_to_mend() -> None:
    for text in ("", "   ", "{{ facts.a }}", "1 2 3"):
        found = check(text, "nb")
        assert (found.words, found.lix, found.marks) == (0, None, 0)


def test_missing_nynorsk() -> None:
    assert lacks_nynorsk({"nb": "Hei på deg"})
    assert lacks_nynorsk({"nb": "Hei på deg", "nn": " Hei på deg "})
    assert not lacks_nynorsk({"nb": "Jeg", "nn": "Eg"})
    assert not lacks_nynorsk({"en": "Hello"})


@given(st.text(alphabet="abc æøå.!?:\n#-*_`[](){}%|>1<@\0", max_size=200))
def test_whatever_is_written_marks_are_in_the_text(markdown: str) -> None:
    found = check(markdown, "nb")
    for marks in (
        found.long_sentences,
        found.long_paragraphs,
        found.passives,
        found.officialese,
        found.vague_links,
    ):
        assert all(markdown[mark.start : mark.end] == mark.text for mark in marks)


SENTENCES = Path(__file__).with_name("plain_sentences.txt")
_MARKED = re.compile(r"\[([po]+) ([^\]]+)\]")


class Judged(NamedTuple):
    """A sentence, and the last words of what is to be marked in it."""

    text: str
    passives: list[str]
    officialese: list[str]


def judged(language: str) -> Iterator[Judged]:
    """The sentences of the file in one language, in its order."""
    _, _, part = SENTENCES.read_text("utf-8").partition(f"== {language}\n")
    for line in part.partition("\n== ")[0].splitlines():
        if line.strip():
            marks = [(found[1], found[2].split()[-1]) for found in _MARKED.finditer(line)]
            passives, words = ([word for kind, word in marks if one in kind] for one in "po")
            yield Judged(_MARKED.sub(lambda found: found[2], line), passives, words)


@pytest.mark.parametrize("kind", ["passives", "officialese"])
@pytest.mark.parametrize("language", ["nb", "nn"])
@pytest.mark.parametrize("half", [0, 1])
def test_what_is_marked_in_many_sentences_is_what_people_marked(
    half: int, language: str, kind: str
) -> None:
    right = marked = wanted = 0
    for one in list(judged(language))[half::2]:
        found = [text.split()[-1] for text in texts(getattr(check(one.text, language), kind))]
        gold = getattr(one, kind)
        marked, wanted = marked + len(found), wanted + len(gold)
        right += sum(word in gold for word in found)
    assert wanted >= 5
    assert right / marked >= 0.92 and right / wanted >= 0.92
