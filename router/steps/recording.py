"""What is written down of a message: gaps, facts that were missing, and what was asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from brains import facts
from brains.asked import AskedRow
from brains.database import Database
from brains.gaps import Gaps
from brains.knowledge import Found, Knowledge
from brains.model import AskedReason, Body, Nearest
from router import decide
from router.asked import AskedQuestions
from router.language import LanguageDetection
from router.messages import Reply
from router.state import Asked
from router.steps.retrieving import CANDIDATES, Encodes, Vector
from router.unhelpful import UnhelpfulAnswer

NEAREST_KEPT = 3


class Recording(msgspec.Struct, frozen=True):
    """Durable before the reply leaves, but for what was asked, which follows within a second."""

    knowledge: Knowledge
    encoder: Encodes
    languages: LanguageDetection
    gaps: Gaps
    questions: AskedQuestions
    db: Database

    async def gap(
        self,
        asked: Asked,
        body: Body,
        vector: Vector,
        found: Sequence[Found],
        reason: AskedReason = "unanswered",
    ) -> str | None:
        """Flags a question in the gap of a body's brain; the gap's id."""
        assert body.brain is not None
        return await self.gaps.record(
            body.brain,
            asked.body.id,
            asked.text,
            asked.language,
            vector,
            _nearest(found),
            asked.now,
            asked.conversation,
            reason=reason,
            shares=self._shares_of_others(found, asked.body),
        )

    async def unhelpful(
        self,
        answer: UnhelpfulAnswer,
        asker: str,
        language: str,
        conversation: str,
        now: dt.datetime,
    ) -> str | None:
        """The gap of a question whose answer did not help; None where its brain has gone."""
        body, speaker = self.knowledge.body(asker), self.knowledge.bodies.get(answer.speaker)
        if speaker is None or speaker.brain is None:
            return None
        vector = (await self.encoder.encode([answer.question]))[0]
        found = self.knowledge.find(answer.question, vector, asker, now, CANDIDATES)
        return await self.gaps.record(
            speaker.brain,
            asker,
            answer.question,
            self.languages.detect(answer.question, language).language,
            vector,
            _nearest(found),
            answer.asked_at,
            conversation,
            answer.turn,
            reason="unhelpful",
            entry=answer.entry,
            revision=answer.revision,
            shares=self._shares_of_others(found, body),
        )

    async def not_chosen(self, row: AskedRow, limits: decide.Limits, now: dt.datetime) -> None:
        """A question in answer to which choices were offered, and none was taken: in a gap, unless
        it would be answered by now."""
        body = self.knowledge.bodies.get(row.body)
        if body is None or body.brain is None or row.vector is None:
            return
        found = self.knowledge.find(row.text, row.vector, body.id, now, CANDIDATES)
        if not isinstance(decide.decide(found, body, limits), decide.Ask | decide.Unknown):
            return
        await self.gaps.record(
            body.brain,
            body.id,
            row.text,
            row.language,
            row.vector,
            _nearest(found),
            row.asked_at,
            row.conversation,
            reason="not chosen",
            shares=self._shares_of_others(found, body),
        )

    async def missing_fact(self, found: Found, key: str, asked: Asked, speaker: Body) -> None:
        """A body is told which fact it lacks."""
        assert found.brain is not None
        async with self.db.write() as tx:
            await facts.record_missing(tx, speaker.id, key, found.brain, found.id, asked.now)

    def answered(self, found: Found, speaker: Body, asked: Asked) -> None:
        """An answer was given: what is popular is counted."""
        assert found.brain is not None
        self.knowledge.count_answer(found.brain, found.id, speaker.id, asked.now)

    def asked(self, asked: Asked, question: str, reply: Reply, vector: Vector | None) -> None:
        """What a visitor asked, for curating."""
        self.questions.note(
            asked.body, question, asked.language, reply, asked.now, asked.conversation, vector
        )

    def _shares_of_others(self, found: Sequence[Found], body: Body) -> dict[str, float]:
        """How likely the question is each other body's."""
        shares = decide.shares(found, body)
        return {
            owner: round(share, 4)
            for owner, share in shares.items()
            if owner != body.id and owner in self.knowledge.bodies
        }


def _nearest(found: Sequence[Found]) -> list[Nearest]:
    entries = [one for one in found if one.kind == "entry"][:NEAREST_KEPT]
    return [Nearest(one.id, one.title, round(one.probability, 4)) for one in entries]
