"""Which question an unhelpful answer was given to, found in its conversation."""

from __future__ import annotations

import datetime as dt

import msgspec

from brains.conversations import Turn
from router.messages import (
    Answered,
    Clarify,
    Human,
    Option,
    Outcome,
    Referred,
    Reply,
    Speaker,
    Unanswered,
)
from router.unhelpful import unhelpful_answer

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
ANSWER = Answered("snorydding", 3)


def visitor(turn: int, text: str) -> Turn:
    return Turn(turn, "visitor", text, NOW)


def bot(turn: int, outcome: Outcome, *labels: str, body: str = "bergen") -> Turn:
    return Turn(turn, "bot", "..", NOW, msgspec.json.encode(reply(outcome, *labels, body=body)))


def reply(outcome: Outcome, *labels: str, body: str = "bergen") -> Reply:
    options = [Option(f"id:{label}", label) for label in labels]
    return Reply(1, outcome, "..", "..", "nb", Speaker(body, body), Human(False), options)


def test_it_is_what_the_visitor_said_before_the_answer() -> None:
    said = [visitor(1, "hei"), bot(2, ANSWER), visitor(3, "Når brøytes det?"), bot(4, ANSWER)]
    found = unhelpful_answer(said, 4)
    assert found is not None
    assert (found.question, found.turn, found.speaker) == ("Når brøytes det?", 4, "bergen")
    assert (found.entry, found.revision, found.asked_at) == ("snorydding", 3, NOW)


def test_after_a_button_it_is_what_the_bot_asked_back_about() -> None:
    said = [
        visitor(1, "snø?"),
        bot(2, Clarify([]), "Brøyting", "Skiløyper"),
        visitor(3, "Brøyting"),
        bot(4, ANSWER),
    ]
    found = unhelpful_answer(said, 4)
    assert found is not None and found.question == "snø?"
    said[2] = visitor(3, "Brøyting av gata")  # written, not pressed
    found = unhelpful_answer(said, 4)
    assert found is not None and found.question == "Brøyting av gata"


def test_another_bodys_answer_is_that_bodys() -> None:
    inner = reply(Answered("dagpenger", 1), body="nav")
    said = [visitor(1, "dagpenger"), bot(2, Referred("nav", "nav", None, inner), body="nav")]
    found = unhelpful_answer(said, 2)
    assert found is not None and (found.speaker, found.entry) == ("nav", "dagpenger")


def test_a_notice_that_did_not_help_is_no_entrys_fault() -> None:
    said = [visitor(1, "er det stengt?"), bot(2, Answered("notice/vann", 0))]
    found = unhelpful_answer(said, 2)
    assert found is not None and found.question == "er det stengt?"
    assert (found.entry, found.revision) == (None, None)


def test_what_was_no_answer_is_none() -> None:
    said = [visitor(1, "snø?"), bot(2, Unanswered()), bot(4, ANSWER)]
    assert [unhelpful_answer(said, turn) for turn in (1, 2, 3, 4)] == [None] * 4
    assert unhelpful_answer([], 2) is None
