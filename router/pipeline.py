"""The way of a message, on one screen.

    message -> redact -> crisis? -> wants a human? -> retrieve -> decide -> act -> record

`Pipeline.answer` is that line. What a step needs is handed to it; those that
need more than a function are in `router/steps/`. To change the decision, see
`router.decide`; to change what an outcome says, `router.replies`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import msgspec

from brains.errors import Invalid
from brains.knowledge import Knowledge
from router import choices, decide, replies
from router.detect.crisis import CrisisDetector
from router.detect.human import HumanDetector
from router.federation import way
from router.language import LanguageDetection
from router.messages import Candidate, Clarify, Crisis, Handover, Message, Reply
from router.redact import redact
from router.state import Asked, Memory
from router.steps.acting import Acted, Acting
from router.steps.naming import named
from router.steps.noticing import Noticing
from router.steps.placing import Placed, Placing
from router.steps.pressing import Pressing
from router.steps.recording import Recording
from router.steps.retrieving import Encodes, Vector, retrieve


class Pipeline(msgspec.Struct, frozen=True):
    """What the steps need. Make one for a service."""

    knowledge: Knowledge
    encoder: Encodes
    languages: LanguageDetection
    crisis: CrisisDetector
    human: HumanDetector
    acting: Acting
    wrong_rate: float
    clock: Callable[[], dt.datetime]

    async def answer(self, message: Message, memory: Memory = Memory()) -> tuple[Reply, Memory]:
        """The reply, and what to remember for the next message.

        Raises `UnknownBody`, and `Invalid` for an empty message or an unknown choice.
        """
        asked = self._receive(message, memory)
        if message.choice is not None:
            acted = await self._pressing.press(message.choice, asked)
            return acted.reply, self._record(asked, acted, None, message.choice)
        vector = (await self.encoder.encode([asked.text]))[0]
        if kind := self.crisis.detect(asked.text, vector):
            acted = Acted(replies.crisis(asked.body, kind, asked.language, asked.now))
        elif self.human.detect(asked.text, vector):
            acted = self.acting.handover(asked)
        else:
            found = retrieve(self.knowledge, asked, vector)
            decision = decide.decide(found, asked.body, self.limits())
            if (placed := await self._placing.place(decision, asked)) is not None:
                return placed.acted.reply, self._record_place(asked, placed)
            decision = named(self.knowledge, decision, asked.text, asked.body)
            notice = await self._noticing.about(asked, found)
            acted = await self.acting.go_on(decision, asked, vector, found, notice)
        return acted.reply, self._record(asked, acted, vector)

    def limits(self) -> decide.Limits:
        return decide.Limits(self.knowledge.answer_threshold(self.wrong_rate))

    @property
    def recording(self) -> Recording:
        return self.acting.recording

    @property
    def _pressing(self) -> Pressing:
        return Pressing(self.knowledge, self.encoder, self.acting)

    @property
    def _noticing(self) -> Noticing:
        return Noticing(self.knowledge, self.encoder)

    @property
    def _placing(self) -> Placing:
        return Placing(self.knowledge, self._pressing)

    def _receive(self, message: Message, memory: Memory) -> Asked:
        """Redact, and find the language. Raises for a question that goes round in a loop, too."""
        body = self.knowledge.body(message.body)
        way.check(message.body, message.via)
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

    def _record(
        self, asked: Asked, acted: Acted, vector: Vector | None, choice: str | None = None
    ) -> Memory:
        """Notes the question for curating, and returns what to remember of it."""
        before, reply = asked.memory, acted.reply
        question = asked.text if choice is None else before.question
        pressed = choice in before.offered or _is_of(choice, before.pending)
        if choice is None or pressed:
            self.recording.asked(asked, question, reply, vector)
        if isinstance(reply.outcome, Crisis | Handover):
            question = before.question
        language = asked.language if asked.certain_language else before.language
        offered = tuple(option.id for option in reply.options)
        pending = choices.asked_where(option.id for option in _candidates(reply))
        member = choices.parse(choice).body if choice is not None else None
        member = member or before.member
        taken = question if acted.partner is not None and before.partner is None else ""
        return Memory(language, question, offered, acted.partner, pending, member, taken)

    def _record_place(self, asked: Asked, placed: Placed) -> Memory:
        """A place is the button that it stands for; one that is not known changes nothing."""
        if placed.choice is not None:
            return self._record(asked, placed.acted, None, placed.choice)
        offered = tuple(option.id for option in placed.acted.reply.options)
        return msgspec.structs.replace(asked.memory, offered=offered)


def _is_of(choice: str | None, pending: str) -> bool:
    """Whether a choice answers what a place was asked for."""
    return bool(choice and pending) and str(choice).startswith(f"{pending}@")


def _candidates(reply: Reply) -> list[Candidate]:
    return reply.outcome.candidates if isinstance(reply.outcome, Clarify) else []
