"""What a body is asked most at a time of the year, as buttons."""

from __future__ import annotations

from brains.knowledge import Knowledge
from brains.model import Body
from router import choices
from router.messages import Option


def popular(knowledge: Knowledge, body: Body, month: int) -> list[Option]:
    """The popular questions of a body in a month (1-12), as buttons."""
    asked = knowledge.popular(body.id, month)
    return [
        Option(choices.of_entry(entry.brain, entry.id), entry.title or entry.questions[0])
        for entry in asked
    ]
