"""What the demo's visitors asked in the weeks before, so that its curators find work waiting.

Asked through the pipeline with its clock set back: what it could not answer is
in the gaps, and what it could is among the questions that curating is tried
against.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from router import choices
from router.demo.load import FOLDER
from router.messages import Clarify, Message
from router.pipeline import Pipeline

FILE = FOLDER / "visitors.jsonl"


class Visit(msgspec.Struct, frozen=True):
    """A question to a body, at an hour (UTC) of a day so many days ago.

    `unmet`: the visitor presses “something else” where the bot asks what was meant.
    """

    days_ago: Annotated[int, Meta(ge=0, le=60)]
    hour: Annotated[int, Meta(ge=0, le=23)]
    body: str
    text: str
    unmet: bool = False

    def at(self, now: dt.datetime) -> dt.datetime:
        """When that was; never later than `now`."""
        day = now - dt.timedelta(days=self.days_ago)
        return min(now, day.replace(hour=self.hour, minute=0, second=0, microsecond=0))


def read() -> list[Visit]:
    """The visits, oldest first."""
    return [msgspec.json.decode(line, type=Visit) for line in FILE.read_text("utf-8").splitlines()]


async def ask(pipeline: Pipeline, brain: str) -> None:
    """Ask all of it once; nothing where the brain's bodies have been asked something already."""
    if await pipeline.recording.questions.recent(brain, 1):
        return
    visits = read()
    await pipeline.encoder.encode([visit.text for visit in visits])  # together, and remembered
    now = pipeline.clock()
    for visit in visits:
        at = visit.at(now)
        then = msgspec.structs.replace(pipeline, clock=lambda at=at: at)
        reply, memory = await then.answer(Message(visit.body, visit.text))
        if visit.unmet and isinstance(reply.outcome, Clarify):
            await then.answer(Message(visit.body, choice=choices.NONE), memory)
    await pipeline.recording.questions.flush()
