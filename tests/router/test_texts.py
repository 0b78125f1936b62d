"""What the bot itself says: the same texts with the same places in every language."""

from __future__ import annotations

import ast
import string
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from router import replies
from router.messages import OutcomeType
from router.texts import DEFAULT, day_name, language_name, languages, say

FOLDER = Path(__file__).parents[2] / "router" / "texts"
REQUIRED = {
    "nb",
    "nn",
    "en",
    "pl",
    "uk",
    "ru",
    "ar",
    "so",
    "de",
    "fr",
    "es",
    "sv",
    "da",
    "lt",
    "ti",
}
# The texts each outcome cannot do without.
OF_OUTCOME = {
    "answered": ["other_language"],
    "clarify": ["clarify_one", "clarify_many", "clarify_municipality", "none_of_these"],
    "referred": ["referred", "referred_answer", "referred_link", "referred_contact"],
    "handover": ["handover", "handover_open", "handover_closed", "handover_no_contacts"],
    "crisis": [],  # its texts are in router/detect/replies
    "unanswered": ["unanswered", "unanswered_missing", "offer_human", "talk_to_human"],
}


def read(language: str) -> dict[str, Any]:
    """The whole file of a language."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))


def places(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def said_keys() -> set[str]:
    """Every key that some module of the router says."""
    found = set()
    for file in (FOLDER.parent).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "say":
                constants = (one for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant))
                found |= {one.value for one in constants if isinstance(one.value, str)}
    return found


ENGLISH = read("en")
EVERY = sorted(languages())


def test_every_language_that_is_detected_has_a_file() -> None:
    assert languages() >= REQUIRED


@pytest.mark.parametrize("language", EVERY)
def test_the_same_keys_as_english(language: str) -> None:
    assert read(language).keys() == ENGLISH.keys()


@pytest.mark.parametrize("language", EVERY)
def test_the_same_places_as_english(language: str) -> None:
    texts = read(language)
    for key, text in ENGLISH.items():
        if isinstance(text, str):
            assert places(texts[key]) == places(text), key
            assert texts[key].strip() == texts[key] != "", key


@pytest.mark.parametrize("language", EVERY)
def test_days_and_names_of_languages(language: str) -> None:
    assert len({day_name(day, language) for day in range(7)}) == 7
    names = [language_name(tag, language) for tag in ("nb", "nn", "en")]
    assert len(set(names)) == 3 and not set(names) & {"nb", "nn", "en"}


def test_every_text_that_is_said_is_there_and_no_other() -> None:
    spoken = said_keys() & ENGLISH.keys()
    assert ENGLISH.keys() - spoken == {"days", "languages"}


@pytest.mark.parametrize("outcome", get_args(OutcomeType))
@pytest.mark.parametrize("language", EVERY)
def test_every_outcome_has_its_texts(outcome: str, language: str) -> None:
    assert callable(getattr(replies, outcome))
    for key in OF_OUTCOME[outcome]:
        filled = say(key, language, **dict.fromkeys(places(ENGLISH[key]), "Bergen"))
        assert filled and "{" not in filled


def test_an_unknown_language_gets_bokmal_and_an_unknown_key_an_error() -> None:
    assert say("unanswered", "tlh") == say("unanswered", DEFAULT) == read("nb")["unanswered"]
    assert language_name("tlh", "en") == "tlh"
    with pytest.raises(KeyError):
        say("no_such_text", "nb")


def test_values_with_braces_are_only_text() -> None:
    assert "{other}" in say("greeting", "en", body="{other}")
