"""The way of a message, on one screen.

    message -> redact -> crisis? -> wants a human? -> retrieve -> decide -> act -> record

`Pipeline.answer` is that line; each step below it is one small method, and
what a step needs is handed to it. To change the decision, see
`router.decide`; to change what an outcome says, `router.replies`; to add an
outcome, add its struct to `router.messages`, a case to `Pipeline._act` and
its reply.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from brains import facts
from brains.database import Database
from brains.errors import Invalid, UnknownEntry
from brains.gaps import Gaps
from brains.knowledge import FactMissing, Found, Knowledge
from brains.model import AskedReason, Body, Nearest
from router import choices, decide, replies
from router.asked import AskedQuestions
from router.detect.crisis import CrisisDetector
from router.detect.human import HumanDetector
from router.language import LanguageDetection
from router.messages import Crisis, Handover, Message, Reply, Unanswered
from router.redact import redact
from router.state import Asked, Memory
from router.unhelpful import UnhelpfulAnswer

Vector = npt.NDArray[np.float32]
CANDIDATES = 10
NEAREST_KEPT = 3


class Encodes(Protocol):
    async def encode(self, texts: Sequence[str], kind: str = "query") -> Vector: ...


class Pipeline(msgspec.Struct, frozen=True):
    """What the steps need. Make one for a service."""

    knowledge: Knowledge
    encoder: Encodes
    gaps: Gaps
    questions: AskedQuestions
    db: Database
    languages: LanguageDetection
    crisis: CrisisDetector
    human: HumanDetector
    wrong_rate: float
    clock: Callable[[], dt.datetime]

    async def answer(self, message: Message, memory: Memory = Memory()) -> tuple[Reply, Memory]:
        """The reply, and what to remember for the next message.

        Raises `UnknownBody`, and `Invalid` for an empty message or an unknown choice.
        """
        asked = self._receive(message, memory)
        if message.choice is not None:
            reply = await self._chosen(message.choice, asked)
            return reply, self._record(asked, reply, None, message.choice)
        vector = (await self.encoder.encode([asked.text]))[0]
        if kind := self.crisis.detect(asked.text, vector):
            reply = replies.crisis(asked.body, kind, asked.language, asked.now)
        elif self.human.detect(asked.text, vector):
            reply = replies.handover(asked.body, asked.language, asked.now)
        else:
            found = self._retrieve(asked, vector)
            decision = decide.decide(found, asked.body, self.limits())
            reply = await self._act(decision, asked, vector, found)
        return reply, self._record(asked, reply, vector)

    def limits(self) -> decide.Limits:
        return decide.Limits(self.knowledge.answer_threshold(self.wrong_rate))

    def _receive(self, message: Message, memory: Memory) -> Asked:
        """Redact, and find the language."""
        body = self.knowledge.body(message.body)
        if body.brain is None:
            raise Invalid(
                f"{body.name} has no bot in this installation: its questions are only referred "
                "to it. Ask a body that has a brain.",
                "body",
            )
        text = redact(message.text).strip()
        if not text and message.choice is None:
            raise Invalid("Write a question, or send the choice of an option.", "text")
        default = memory.language or message.language or body.language
        detected = self.languages.detect(text, default)
        return Asked(
            body,
            text,
            detected.language,
            detected.certain,
            self.clock(),
            message.conversation,
            memory,
            message.via,
        )

    def _retrieve(self, asked: Asked, vector: Vector) -> list[Found]:
        return self.knowledge.find(asked.text, vector, asked.body.id, asked.now, CANDIDATES)

    async def _act(
        self,
        decision: decide.Decision,
        asked: Asked,
        vector: Vector | None,
        found: Sequence[Found],
    ) -> Reply:
        """`vector` is None where a button was pressed: then the decision is never Unknown."""
        match decision:
            case decide.Answer(one):
                return await self._answer(one, asked, asked.body, vector)
            case decide.Refer(other, one, close):
                return await self._refer(other, one, close, asked, vector)
            case decide.AskMunicipality(brain, one):
                bodies = [body for body in self.knowledge.bodies.values() if body.brain == brain]
                return replies.ask_municipality(asked.body, one, bodies, asked.language, asked.now)
            case decide.Ask(close):
                names = {body.id: body.short_name or body.name for body in self._others(asked.body)}
                return replies.clarify(asked.body, close, names, asked.language, asked.now)
            case decide.Unknown():
                assert vector is not None
                return await self._flag(asked, vector, found)

    async def _answer(
        self, found: Found, asked: Asked, speaker: Body, vector: Vector | None
    ) -> Reply:
        """The entry's answer as `speaker` gives it, or a gap where it lacks a fact."""
        assert found.brain is not None
        answer = self.knowledge.answer(
            found.brain, found.id, speaker.id, [asked.language], asked.now
        )
        if isinstance(answer, FactMissing):
            return await self._flag_missing(found, answer.key, asked, speaker, vector)
        self._count(found, speaker, asked)
        return replies.answered(speaker, answer, asked.language, found.probability, asked.now)

    async def _refer(
        self,
        other_id: str,
        found: Found | None,
        close: Sequence[Found],
        asked: Asked,
        vector: Vector | None,
    ) -> Reply:
        """Another body's: its own answer where its brain is here, else the way there."""
        other = self.knowledge.body(other_id)
        if found is not None and found.kind == "entry" and other.brain == found.brain:
            reply = await self._answer(found, asked, other, vector)
            if isinstance(reply.outcome, Unanswered):  # it lacks a fact, and says so itself
                return reply
            return replies.referred_with_answer(asked.body, other, reply, asked.language)
        url = found.url if found is not None else None
        probability = found.probability if found else sum(one.probability for one in close)
        return replies.referred(
            asked.body, other, url, close, asked.language, min(probability, 1.0), asked.now
        )

    async def _chosen(self, choice: str, asked: Asked) -> Reply:
        """A button was pressed: what it names is certain."""
        chosen = choices.parse(choice)
        if chosen.kind == choices.HUMAN:
            return replies.handover(asked.body, asked.language, asked.now)
        if chosen.kind == choices.NONE:
            return await self._none_of_these(asked)
        try:
            return await self._chosen_found(chosen, asked)
        except (UnknownEntry, KeyError):
            return replies.choice_gone(asked.body, asked.language, asked.now)

    async def _chosen_found(self, chosen: choices.Choice, asked: Asked) -> Reply:
        if chosen.kind == "remit":
            remit = self.knowledge.remits[chosen.place][chosen.id]
            found = Found("remit", "", None, remit.topic, remit.title, remit.body, 1.0, remit.url)
            return await self._refer(remit.body, found, (), asked, None)
        found = self.knowledge.found(chosen.place, chosen.id, asked.body.id)
        if chosen.body is not None and chosen.body != asked.body.id:
            return await self._refer(self.knowledge.body(chosen.body).id, found, (), asked, None)
        return await self._act(decide.of_candidate(found, asked.body), asked, None, [found])

    async def _none_of_these(self, asked: Asked) -> Reply:
        """What was offered was wrong: the question before it is the one nobody answered."""
        if not asked.memory.question:
            return replies.choice_gone(asked.body, asked.language, asked.now)
        earlier = msgspec.structs.replace(asked, text=asked.memory.question)
        vector = (await self.encoder.encode([earlier.text]))[0]
        return await self._flag(earlier, vector, self._retrieve(earlier, vector))

    async def _flag(self, asked: Asked, vector: Vector, found: Sequence[Found]) -> Reply:
        """Nobody knows: recorded in a gap, durably, before the reply leaves."""
        gap = await self._record_gap(asked, asked.body, vector, found)
        best = found[0].probability if found else 0.0
        return replies.unanswered(asked.body, gap, None, asked.language, best, asked.now)

    async def _flag_missing(
        self, found: Found, key: str, asked: Asked, speaker: Body, vector: Vector | None
    ) -> Reply:
        """The answer is known, but not here: the body is told which fact it lacks."""
        await self._note_missing(found, key, asked, speaker)
        gap = None
        if vector is not None:
            gap = await self._record_gap(asked, speaker, vector, [found], "missing fact")
        return replies.unanswered(speaker, gap, key, asked.language, found.probability, asked.now)

    async def _record_gap(
        self,
        asked: Asked,
        body: Body,
        vector: Vector,
        found: Sequence[Found],
        reason: AskedReason = "unanswered",
    ) -> str | None:
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
            shares=self._others_shares(found, asked.body),
        )

    async def flag_unhelpful(
        self, answer: UnhelpfulAnswer, asker: str, language: str, conversation: str
    ) -> str | None:
        """The gap of a question whose answer did not help; None where its brain has gone."""
        body, speaker = self.knowledge.body(asker), self.knowledge.bodies.get(answer.speaker)
        if speaker is None or speaker.brain is None:
            return None
        vector = (await self.encoder.encode([answer.question]))[0]
        found = self.knowledge.find(answer.question, vector, asker, self.clock(), CANDIDATES)
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
            shares=self._others_shares(found, body),
        )

    def _others_shares(self, found: Sequence[Found], body: Body) -> dict[str, float]:
        """How likely the question is each other body's."""
        shares = decide.shares(found, body)
        return {
            owner: round(share, 4)
            for owner, share in shares.items()
            if owner != body.id and owner in self.knowledge.bodies
        }

    def _record(
        self, asked: Asked, reply: Reply, vector: Vector | None, choice: str | None = None
    ) -> Memory:
        """Notes the question for curating, and returns what to remember of it."""
        before = asked.memory
        question = asked.text if choice is None else before.question
        if choice is None or choice in before.offered:
            at, conversation = asked.now, asked.conversation
            self.questions.note(
                asked.body, question, asked.language, reply, at, conversation, vector
            )
        if isinstance(reply.outcome, Crisis | Handover):
            question = before.question
        language = asked.language if asked.certain_language else before.language
        return Memory(language, question, tuple(option.id for option in reply.options))

    async def _note_missing(self, found: Found, key: str, asked: Asked, speaker: Body) -> None:
        assert found.brain is not None
        async with self.db.write() as tx:
            await facts.record_missing(tx, speaker.id, key, found.brain, found.id, asked.now)

    def _count(self, found: Found, speaker: Body, asked: Asked) -> None:
        assert found.brain is not None
        self.knowledge.count_answer(found.brain, found.id, speaker.id, asked.now)

    def _others(self, body: Body) -> list[Body]:
        return [other for other in self.knowledge.bodies.values() if other.id != body.id]


def _nearest(found: Sequence[Found]) -> list[Nearest]:
    entries = [one for one in found if one.kind == "entry"][:NEAREST_KEPT]
    return [Nearest(one.id, one.title, round(one.probability, 4)) for one in entries]
