"""What a body's bot answers, in short: its entries by topic, for manifests and agent cards."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, zip_longest

from brains.model import Entry
from router.adapters import Topic

QUESTIONS_MAX = 20


def topics_of(entries: Iterable[Entry], body: str) -> list[Topic]:
    """The topics in order of id, an entry that is in none as a topic of its own.

    What other bodies own is left out. A topic's questions are first one of each of its
    entries, then another of each, so that few of them still tell of all.
    """
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.owner in (None, body):
            groups.setdefault(entry.topic or entry.id, []).append(entry)
    return [_topic(id, groups[id]) for id in sorted(groups)]


def _topic(id: str, entries: list[Entry]) -> Topic:
    alone = len(entries) == 1 and entries[0].title
    title = alone or id.replace("-", " ").replace("/", " ").capitalize()
    by_turns = zip_longest(*(entry.questions for entry in entries))
    questions = (question for turn in by_turns for question in turn if question)
    return Topic(id, title, tuple(islice(questions, QUESTIONS_MAX)))
