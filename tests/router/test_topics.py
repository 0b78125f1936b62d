"""What a body says that it answers."""

from __future__ import annotations

from brains.model import Entry
from router.topics import QUESTIONS_MAX, topics_of


def entry(id: str, questions: int = 2, **more: str) -> Entry:
    """An entry that is asked for as `<id>?`, `<id>??` and so on."""
    asked = [id + "?" * n for n in range(1, questions + 1)]
    return Entry(id=id, questions=asked, answers={"nb": "Svar."}, **more)


def test_entries_of_a_topic_are_one_and_each_is_heard_before_any_is_heard_again() -> None:
    entries = [entry("a", topic="veg-og-sno"), entry("b", 3, topic="veg-og-sno")]
    (topic,) = topics_of(entries, "bergen")
    assert (topic.id, topic.title) == ("veg-og-sno", "Veg og sno")
    assert topic.questions == ("a?", "b?", "a??", "b??", "b???")


def test_an_entry_without_a_topic_is_one_by_its_title() -> None:
    (topic,) = topics_of([entry("alarm", title="Trygghetsalarm")], "bergen")
    assert (topic.id, topic.title) == ("alarm", "Trygghetsalarm")


def test_what_others_own_is_not_ours() -> None:
    entries = [entry("a", owner="nav"), entry("b", owner="bergen"), entry("c")]
    assert [topic.id for topic in topics_of(entries, "bergen")] == ["b", "c"]


def test_a_topics_questions_are_no_more_than_a_card_can_hold() -> None:
    (topic,) = topics_of([entry("a", QUESTIONS_MAX * 2)], "bergen")
    assert len(topic.questions) == QUESTIONS_MAX
