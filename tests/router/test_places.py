"""Which municipality a text means: in a question in passing, and in a reply to being asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brains.model import Body
from router.places import folded, meant, named

BODIES = [
    Body(
        id="bergen",
        name="Bergen kommune",
        short_name="Bergen",
        municipality_number="4601",
        places=["Fana", "Åsane"],
    ),
    Body(id="voss", name="Voss herad", municipality_number="4621"),
    Body(id="asker", name="Asker kommune", municipality_number="3203", places=["Slemmestad"]),
    Body(id="tromso", name="Tromsø kommune", municipality_number="5501"),
    Body(id="oslo", name="Oslo kommune", municipality_number="0301", places=["0150"]),
    Body(id="alver", name="Alver kommune", places=["Knarvik"]),
    Body(id="time", name="Time kommune", municipality_number="1121"),
    Body(id="nord-aurdal", name="Nord-Aurdal kommune"),
    Body(id="sor-aurdal", name="Sør-Aurdal kommune"),
    Body(id="vaaler-o", name="Våler kommune (Østfold)"),
    Body(id="vaaler-i", name="Våler kommune (Innlandet)"),
]


def ids(bodies: tuple[Body, ...]) -> list[str]:
    return [body.id for body in bodies]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Asker", "asker"),
        ("asker", "asker"),
        ("ASKER KOMMUNE", "asker"),
        ("Asker takk!", "asker"),
        ("jeg bor i Asker", "asker"),
        ("eg bur på Voss", "voss"),
        ("I live in Tromsø", "tromso"),
        ("æ bor i tromsø", "tromso"),
        ("tromso", "tromso"),
        ("Det er Bergen kommune det gjelder", "bergen"),
        ("3203", "asker"),
        ("kommunenummer 301", "oslo"),
        ("0150", "oslo"),
        ("1383 Asker", "asker"),
        ("Slemmestad", "asker"),
        ("vi bor i Knarvik", "alver"),
        ("aasane", "bergen"),
        ("Askr", "asker"),
        ("bregen", "bergen"),
        ("Tormsø", "tromso"),
        ("nord aurdal", "nord-aurdal"),
        ("Time", "time"),
    ],
)
def test_a_reply_names_a_municipality(text: str, expected: str) -> None:
    assert ids(meant(text, BODIES).bodies) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Våler", {"vaaler-o", "vaaler-i"}),
        ("Aurdal", {"nord-aurdal", "sor-aurdal"}),
        ("Asker eller Bergen", {"asker", "bergen"}),
    ],
)
def test_a_name_that_several_have_is_all_of_theirs(text: str, expected: set[str]) -> None:
    assert set(ids(meant(text, BODIES).bodies)) == expected


@pytest.mark.parametrize(
    ("text", "unknown", "sure"),
    [
        ("Lillestrøm", "Lillestrøm", False),
        ("jeg bor i Lillestrøm", "Lillestrøm", True),
        ("Vestre Toten kommune", "Vestre Toten", True),
        ("søppel", "søppel", False),
    ],
)
def test_a_place_that_no_body_has_is_said_back(text: str, unknown: str, sure: bool) -> None:
    found = meant(text, BODIES)
    assert (found.bodies, found.unknown, found.sure) == ((), unknown, sure)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!?",
        "vet ikke",
        "9999",
        "Hva koster SFO i Asker?",
        "når åpner biblioteket i morgen",
        "jeg vil heller vite hvordan jeg søker om dagpenger når jeg bor i Bergen og er permittert",
    ],
)
def test_a_question_is_no_reply(text: str) -> None:
    found = meant(text, BODIES)
    assert not found.bodies
    assert not found.unknown or not found.sure


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("barnehageplass i Asker", ["asker"]),
        ("barnehageplass i asker", ["asker"]),
        ("Hva koster SFO i Asker kommune?", ["asker"]),
        ("asker kommune sfo", ["asker"]),
        ("what does SFO cost in Tromsø", ["tromso"]),
        ("mormor på Slemmestad trenger hjelp", ["asker"]),
        ("Når hentes søpla hos oss på Voss?", ["voss"]),
        ("hytte i Nord-Aurdal", ["nord-aurdal"]),
        ("pris i Våler", ["vaaler-o", "vaaler-i"]),
        ("bestille time hos legen", []),
        ("Bestille time", []),
        ("jeg ringte 3203 ganger", []),
        ("Hva koster SFO?", []),
    ],
)
def test_a_question_names_a_municipality_only_where_it_does(text: str, expected: list[str]) -> None:
    assert ids(named(text, BODIES)) == expected


def test_strictly_only_where_it_says_in() -> None:
    assert named("Skal vi flytte til Voss?", BODIES)
    assert not named("Skal vi flytte til Voss?", BODIES, strictly=True)
    assert ids(named("barnehage i Voss", BODIES, strictly=True)) == ["voss"]


def test_names_are_the_same_without_accents_case_and_doubled_letters() -> None:
    assert folded("Ålesund") == folded("aalesund") == folded("ALESUND")
    assert folded("Tromsø") == folded("tromsö")


@given(st.text(max_size=200))
def test_nothing_that_is_written_breaks_it(text: str) -> None:
    assert len(meant(text, BODIES).bodies) <= len(BODIES)
    assert len(named(text, BODIES)) <= len(BODIES)
