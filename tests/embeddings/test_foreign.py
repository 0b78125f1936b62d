"""Whether a question is anybody's: a lead over the background, calibrated on the brain itself."""

from __future__ import annotations

import numpy as np
import pytest

from embeddings import foreign
from embeddings.fitting import Background
from embeddings.matcher import Item, Matcher
from tests.fakes import FakeEncoder

ENCODER = FakeEncoder(256)
TOPICS = ("barnehage", "søppeltømming", "byggesak", "parkering", "skoleskyss", "bibliotek")
WAYS = ("hvordan søker jeg om {}", "{} i kommunen", "pris på {}", "når er {} åpent")
STRANGE = ("oppskrift på {}", "hvem vant {} i fjor", "laste ned {} på mobilen")
MATTERS = ("lapskaus", "cupfinalen", "spotify", "sjakk", "gitar", "pepperkaker", "netflix")
PHRASINGS = [[way.format(topic) for way in WAYS] for topic in TOPICS]
BACKGROUND = [way.format(matter) for way in STRANGE for matter in MATTERS]


def fitted(background: list[str]) -> foreign.Foreign:
    vectors = ENCODER.encode_now([text for texts in PHRASINGS for text in texts])
    classes = np.repeat(np.arange(len(TOPICS)), len(WAYS)).astype(np.intp)
    strange = ENCODER.encode_now(background) if background else vectors[:0]
    return foreign.fit(vectors, classes, strange)


def somebodys(fit: foreign.Foreign, text: str) -> float:
    vector = ENCODER.encode_now([text])
    own = ENCODER.encode_now([text for texts in PHRASINGS for text in texts])
    return float(fit.somebodys(vector, (vector @ own.T).max(axis=1))[0])


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_like_a_phrasing_is_somebodys(topic: str) -> None:
    assert somebodys(fitted(BACKGROUND), f"hvordan søker vi om {topic} i kommunen") > 0.8


@pytest.mark.parametrize("matter", ["brunost", "håndball", "en film"])
def test_what_is_like_the_background_is_nobodys(matter: str) -> None:
    assert somebodys(fitted(BACKGROUND), f"laste ned {matter} på mobilen i fjor") < 0.3


@pytest.mark.parametrize("background", [[], BACKGROUND[:1]])
def test_without_a_background_everything_may_be_somebodys(background: list[str]) -> None:
    assert somebodys(fitted(background), "laste ned en film på mobilen") == 1.0


def matcher(phrasings: list[list[str]]) -> Matcher:
    background = Background(BACKGROUND, ENCODER.encode_now(BACKGROUND))
    made = Matcher(ENCODER.dimensions, background)
    for number, texts in enumerate(phrasings):
        vectors = ENCODER.encode_now(texts)
        made.put(Item(str(number), texts, vectors, vectors[:0]))
    made.adopt(made.fit())
    return made


def asked(made: Matcher, text: str) -> float:
    return made.search(text, ENCODER.encode_now([text])[0])[0].somebodys


def test_a_search_says_it_with_every_candidate() -> None:
    made = matcher(PHRASINGS)
    found = made.search("pris på bibliotek nå", ENCODER.encode_now(["pris på bibliotek nå"])[0])
    assert len({one.somebodys for one in found}) == 1
    assert asked(made, PHRASINGS[0][0]) >= 0.99
    assert asked(made, "oppskrift på lapskaus i kveld") < 0.5


def test_a_brain_that_answers_what_the_background_asks_loses_nothing() -> None:
    recipes = [way.format(matter) for way in STRANGE for matter in ("lapskaus", "pepperkaker")]
    cook = matcher([*PHRASINGS, recipes])
    text = "oppskrift på lapskaus i kveld"
    assert asked(cook, text) > asked(matcher(PHRASINGS), text)


FIRST = ("berg", "fjell", "sund", "dal", "vik", "nes", "øy", "strand", "li")
TOWNS = [f"{first}{last}" for first in FIRST for last in TOPICS]
MANY = [[way.format(town) for way in (*WAYS, "hvem kjenner {}", "kart over {}")] for town in TOWNS]


@pytest.mark.parametrize(
    ("phrasings", "text", "familiar"),
    [
        (MANY, "hvordan søker vi om fjellparkering", True),
        (MANY, "xyz qwerty 12345 zzz", False),
        (PHRASINGS, "xyz qwerty 12345 zzz", True),
    ],
    ids=["like what is held", "unlike all of it", "a brain too small to know"],
)
def test_a_strange_question_is_one_that_a_brains_own_phrasings_never_look_like(
    phrasings: list[list[str]], text: str, familiar: bool
) -> None:
    found = matcher(phrasings).search(text, ENCODER.encode_now([text])[0])
    (share,) = {one.familiar for one in found}
    assert share > 0.5 if familiar else share < 0.01
