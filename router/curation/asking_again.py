"""A gap's questions asked again, in the bodies where they were asked: what closes a gap.

They go the way of a message from retrieval on: find, decide, answer. An answer
that lacks a fact is none. Another body's answer counts, where that body gives it
at once. Where the answer had not helped, only another one will do: another entry,
a later revision, or a text that was changed for that body since.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from brains.database import Database
from brains.errors import UnknownEntry
from brains.gaps import asking
from brains.gaps.asking import Recorded
from brains.knowledge import Answer, Found, Knowledge
from brains.model import GROUP_PREFIX, Body
from brains.vectors import TextEncoder, Vector
from router import decide

# A gap with more different questions than this (a body and a text each) is asked its newest.
QUESTIONS_MAX = 20_000
AT_ONCE = 16  # searched before visitors get their turn


class Changed(msgspec.Struct, frozen=True):
    """Answers of `entry` (None: of any) say something else since in these bodies and groups."""

    entry: str | None
    scopes: frozenset[str]


class Result(msgspec.Struct, frozen=True):
    """What one question got: the answer's brain and entry, where it helps."""

    question: Recorded
    fixed: bool
    brain: str | None = None
    entry: str | None = None


class AskingAgain(msgspec.Struct, frozen=True):
    """Reads, asks and judges; storing is for `GapDesk`."""

    db: Database
    knowledge: Knowledge
    encoder: TextEncoder
    limits: Callable[[], decide.Limits]
    clock: Callable[[], dt.datetime]

    async def ask(
        self, gap: str, changed: Sequence[Changed], never_asked_again: bool = False
    ) -> list[Result]:
        """All of a gap's questions, or those that came since it was last asked again."""
        async with self.db.read() as tx:
            questions = await asking.distinct(
                tx, gap, QUESTIONS_MAX, never_asked_again=never_asked_again
            )
        results: list[Result] = []
        by_body = sorted(questions, key=lambda one: one.body)
        for start in range(0, len(by_body), AT_ONCE):
            chunk = by_body[start : start + AT_ONCE]
            results += self._results(chunk, await self._vectors(chunk), changed)
            await asyncio.sleep(0)
        return results

    async def _vectors(self, questions: Sequence[Recorded]) -> Vector:
        """Stored vectors, made where there is none: shape (questions, d)."""
        async with self.db.read() as tx:
            known = await asking.vectors_of(tx, questions)
        lacking = [one for one in questions if one.ids[0] not in known]
        if lacking:
            made = await self.encoder.encode([one.text for one in lacking], "query")
            known |= {one.ids[0]: vector for one, vector in zip(lacking, made, strict=True)}
        return np.stack([known[one.ids[0]] for one in questions])

    def _results(
        self, questions: Sequence[Recorded], vectors: Vector, changed: Sequence[Changed]
    ) -> list[Result]:
        now, limits = self.clock(), self.limits()
        results = []
        for question, vector in zip(questions, vectors, strict=True):
            body = self.knowledge.bodies.get(question.body)
            if body is None:  # it has left, and nobody is there to be answered
                results.append(Result(question, True))
                continue
            found = self.knowledge.find(question.text, vector, body.id, now)
            one, speaker = self._answering(decide.decide(found, body, limits), body)
            answer = self._answer(one, speaker, question.language, now)
            if one is None or answer is None or not _helps(question, body, answer, changed):
                results.append(Result(question, False))
            else:
                results.append(Result(question, True, one.brain, answer.entry))
        return results

    def _answering(self, decision: decide.Decision, body: Body) -> tuple[Found | None, Body]:
        """The entry that would answer, and the body that would speak."""
        match decision:
            case decide.Answer(found):
                return found, body
            case decide.Refer(other, Found(kind="entry") as found):
                speaker = self.knowledge.bodies.get(other)
                if speaker is not None and speaker.brain == found.brain:
                    return found, speaker
        return None, body

    def _answer(
        self, found: Found | None, speaker: Body, language: str, now: dt.datetime
    ) -> Answer | None:
        if found is None or found.brain is None:
            return None
        try:
            answer = self.knowledge.answer(found.brain, found.id, speaker.id, [language], now)
        except UnknownEntry:
            return None
        return answer if isinstance(answer, Answer) else None


def _helps(question: Recorded, body: Body, answer: Answer, changed: Sequence[Changed]) -> bool:
    """Whether this answer is not the one that did not help."""
    if question.reason != "unhelpful" or question.entry != answer.entry:
        return True
    if question.revision is None or answer.revision > question.revision:
        return True
    scopes = {body.id, *(GROUP_PREFIX + group for group in body.groups)}
    return any(one.entry in (None, answer.entry) and one.scopes & scopes for one in changed)
