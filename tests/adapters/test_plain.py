"""Replies as text, and what a visitor means who has no buttons."""

from __future__ import annotations

import pytest

from adapters import plain
from router.messages import Answered, Human, Option, Reply, Source, Speaker

OPTIONS = [Option("a", "Bytte skole"), Option("b", "Skolerute og ferier."), Option("none", "Nei")]


def reply(**parts: object) -> Reply:
    given: dict[str, object] = {
        "turn": 2,
        "outcome": Answered("skole", 1),
        "text": "Svaret.",
        "html": "<p>Svaret.</p>",
        "language": "nb",
        "body": Speaker("bergen", "Bergen kommune"),
        "human": Human(False),
    }
    return Reply(**(given | parts))  # type: ignore[arg-type]


def test_a_reply_is_its_text_its_options_and_its_sources() -> None:
    assert plain.as_text(reply()) == "Svaret."
    sources = [Source("Loven", "https://lov.example/1"), Source("Mer", "https://x.example")]
    assert plain.as_text(reply(options=OPTIONS, sources=sources)) == (
        "Svaret.\n\n1. Bytte skole\n2. Skolerute og ferier.\n3. Nei\n\n"
        "- [Loven](https://lov.example/1)\n- [Mer](https://x.example)"
    )


def test_a_link_stays_a_link_whatever_is_in_it() -> None:
    odd = Source("Lov [2005]", "https://no.example/Skole_(Bergen)")
    assert plain.links([odd]) == r"- [Lov \[2005\]](https://no.example/Skole_%28Bergen%29)"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1", "a"),
        (" 2. ", "b"),
        ("(3)", "none"),
        ("２", "b"),
        ("«bytte skole»", "a"),
        ("BYTTE SKOLE!", "a"),
        ("skolerute og ferier", "b"),
        ("nei", "none"),
        ("0", None),
        ("4", None),
        ("-1", None),
        ("1 2", None),
        ("Hvordan bytter jeg skole?", None),
        ("", None),
        ("?", None),
        ("9" * 10_000, None),
    ],
)
def test_an_option_is_named_by_number_or_label(said: str, meant: str | None) -> None:
    assert plain.chosen(said, OPTIONS) == meant


def test_nothing_is_chosen_where_nothing_is_offered() -> None:
    assert plain.chosen("1", []) is None
    assert plain.chosen("", [Option("a", "!")]) is None
