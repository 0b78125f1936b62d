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
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from brains import facts
from brains.database import Database
from brains.errors import Invalid, UnknownEntry
from brains.gaps import Gaps
from brains.knowledge import FactMissing, Found, Knowledge
from brains.model import AskedReason, Body, Nearest
from router import choices, decide, places, replies
from router.asked import AskedQuestions
from router.detect.crisis import CrisisDetector
from router.detect.human import HumanDetector
from router.federation import referring, way
from router.federation.referring import Referring
from router.language import LanguageDetection
from router.messages import (
    Answered,
    Candidate,
    Clarify,
    Crisis,
    Handover,
    Message,
    Option,
    Referred,
    Reply,
    Unanswered,
)
from router.popular import popular
from router.redact import redact
from router.state import Asked, Memory, Partner
from router.unhelpful import UnhelpfulAnswer

Vector = npt.NDArray[np.float32]
CANDIDATES = 10
NEAREST_KEPT = 3
# A body is tried after the first one where the question is its as likely as this.
NEXT_MIN = 0.15


class Encodes(Protocol):
    async def encode(self, texts: Sequence[str], kind: str = "query") -> Vector: ...


class Acted(NamedTuple):
    """The reply, and the partner that has the conversation after it, if any."""

    reply: Reply
    partner: Partner | None = None


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
    referring: Referring
    wrong_rate: float
    clock: Callable[[], dt.datetime]

    async def answer(self, message: Message, memory: Memory = Memory()) -> tuple[Reply, Memory]:
        """The reply, and what to remember for the next message.

        Raises `UnknownBody`, and `Invalid` for an empty message or an unknown choice.
        """
        asked = self._receive(message, memory)
        if message.choice is not None:
            acted = await self._chosen(message.choice, asked)
            return acted.reply, self._record(asked, acted, None, message.choice)
        vector = (await self.encoder.encode([asked.text]))[0]
        if kind := self.crisis.detect(asked.text, vector):
            acted = Acted(replies.crisis(asked.body, kind, asked.language, asked.now))
        elif self.human.detect(asked.text, vector):
            acted = self._stay(self._handover(asked), asked)
        else:
            found = self._retrieve(asked, vector)
            decision = decide.decide(found, asked.body, self.limits())
            if (replied := await self._where(decision, asked)) is not None:
                return replied
            acted = await self._go_on(self._placed(decision, asked), asked, vector, found)
        return acted.reply, self._record(asked, acted, vector)

    def limits(self) -> decide.Limits:
        return decide.Limits(self.knowledge.answer_threshold(self.wrong_rate))

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

    def _retrieve(self, asked: Asked, vector: Vector) -> list[Found]:
        found = self.knowledge.find(asked.text, vector, asked.body.id, asked.now, CANDIDATES)
        return [one for one in found if not (one.many and one.owner in asked.body.groups)]

    async def _where(self, decision: decide.Decision, asked: Asked) -> tuple[Reply, Memory] | None:
        """The reply to a place, where one was asked for and the message is one."""
        key, now = asked.memory.pending, asked.now
        if not key or (found := self._kept(key, asked)) is None:
            return None
        members = self.knowledge.members(found.owner or found.brain or "")
        meant = places.meant(asked.text, members)
        if len(meant.bodies) == 1:
            choice = choices.of_found(found, meant.bodies[0].id)
            acted = await self._chosen(choice, msgspec.structs.replace(asked, text=""))
            return acted.reply, self._record(asked, acted, None, choice)
        if not meant.bodies and not (
            meant.unknown and (meant.sure or isinstance(decision, decide.Unknown))
        ):
            return None
        reply = replies.ask_municipality(
            asked.body,
            found,
            meant.bodies or members,
            asked.language,
            now,
            asked.memory.member,
            meant.unknown,
            several=bool(meant.bodies),
        )
        offered = tuple(option.id for option in reply.options)
        return reply, msgspec.structs.replace(asked.memory, offered=offered)

    def _kept(self, key: str, asked: Asked) -> Found | None:
        """The candidate of a button, if it is there still."""
        chosen = choices.parse(key)
        try:
            if chosen.kind == "remit":
                return self.knowledge.found_remit(chosen.place, chosen.id)
            return self.knowledge.found(chosen.place, chosen.id, asked.body.id)
        except (UnknownEntry, KeyError):
            return None

    def _placed(self, decision: decide.Decision, asked: Asked) -> decide.Decision:
        """The decision where the question says which municipality it is about."""
        match decision:
            case decide.AskMunicipality(place, found):
                members = self.knowledge.members(place)
                said = places.named(asked.text, members)
                if len(said) > 1:
                    return decide.AskMunicipality(place, found, tuple(one.id for one in said))
            case decide.Answer(found):
                members = self.knowledge.members(found.brain or "")
                said = places.named(asked.text, members, strictly=True)
                if asked.body in said or len(said) > 1:
                    return decision
            case _:
                return decision
        return decide.Refer(said[0].id, found) if said else decision

    async def _go_on(
        self, decision: decide.Decision, asked: Asked, vector: Vector, found: Sequence[Found]
    ) -> Acted:
        """With the partner that answers for now, where the question may be its; else act."""
        partner = asked.memory.partner
        if partner is None or not decide.stays(decision, partner.body):
            return await self._act(decision, asked, vector, found)
        taken = await self.referring.follow(asked, asked.text)
        if taken.reply is not None:
            return Acted(taken.reply, taken.partner)
        if isinstance(decision, decide.Ask | decide.AskMunicipality) or not taken.tried:
            return await self._act(decision, asked, vector, found)
        return await self._in_vain(partner.body, None, (), asked, vector, found, taken.tried)

    async def _act(
        self,
        decision: decide.Decision,
        asked: Asked,
        vector: Vector | None,
        found: Sequence[Found],
    ) -> Acted:
        """`vector` is None where a button was pressed: then the decision is never Unknown."""
        if isinstance(decision, decide.Refer):
            acted = await self._refer(decision, asked, vector, found)
        else:
            acted = Acted(await self._act_here(decision, asked, vector, found))
        if isinstance(decision, decide.Answer | decide.Refer) and decision.found is not None:
            return acted._replace(reply=self._shared(acted.reply, decision.found, asked))
        return acted

    def _shared(self, reply: Reply, found: Found, asked: Asked) -> Reply:
        """The reply, and the parts that others have in the matter."""
        if not isinstance(reply.outcome, Answered | Referred):
            return reply
        options = []
        for part in found.shared:
            other = self._kept(part.key, asked)
            if other is None or part.owner in (asked.body.id, asked.body.brain, reply.body.id):
                continue
            body = self.knowledge.bodies.get(part.owner)
            name = (body.short_name or body.name) if body else self.knowledge.brain(part.owner).name
            options.append(Option(part.key, f"{other.title} ({name})"))
        return replies.with_parts(reply, options, asked.language) if options else reply

    async def _act_here(
        self,
        decision: decide.Here,
        asked: Asked,
        vector: Vector | None,
        found: Sequence[Found],
    ) -> Reply:
        match decision:
            case decide.Answer(one):
                return await self._answer(one, asked, asked.body, vector)
            case decide.AskMunicipality(place, one, among):
                bodies = self.knowledge.members(place)
                if among:
                    bodies = [body for body in bodies if body.id in among]
                return replies.ask_municipality(
                    asked.body,
                    one,
                    bodies,
                    asked.language,
                    asked.now,
                    asked.memory.member,
                    several=bool(among),
                )
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
        decision: decide.Refer,
        asked: Asked,
        vector: Vector | None,
        found: Sequence[Found],
    ) -> Acted:
        """Another body's: its own answer where its brain is here, its bot's where that can be
        asked, else the way there."""
        other, one = self.knowledge.body(decision.body), decision.found
        if one is not None and one.kind == "entry" and other.brain == one.brain:
            reply = await self._answer(one, asked, other, vector)
            if isinstance(reply.outcome, Unanswered):  # it lacks a fact, and says so itself
                return Acted(reply)
            return Acted(replies.referred_with_answer(asked.body, other, reply, asked.language))
        text = asked.text or asked.memory.question or (one.title if one is not None else "")
        taken = await self.referring.take(asked, [other, *self._next(found, asked, other)], text)
        if taken.reply is not None:
            return Acted(taken.reply, taken.partner)
        return await self._in_vain(other.id, one, decision.close, asked, vector, found, taken.tried)

    def _next(self, found: Sequence[Found], asked: Asked, first: Body) -> list[Body]:
        """The bodies that are tried where the first does not know."""
        shares = decide.shares(found, asked.body)
        likely = [slug for slug, share in shares.items() if share >= NEXT_MIN]
        others = {asked.body.id, first.id}
        bodies = self.knowledge.bodies
        return [bodies[slug] for slug in likely if slug in bodies and slug not in others]

    async def _in_vain(
        self,
        other_id: str,
        one: Found | None,
        close: Sequence[Found],
        asked: Asked,
        vector: Vector | None,
        found: Sequence[Found],
        tried: Sequence[replies.Tried],
    ) -> Acted:
        """The way to another body, whose bot cannot be asked or does not know. What it does not
        know is flagged."""
        other = self.knowledge.body(other_id)
        if vector is not None and any(one.unknown for one in tried):
            await self._record_gap(asked, asked.body, vector, found)
        url = one.url if one is not None else None
        probability = one.probability if one else sum(each.probability for each in close)
        language, now = asked.language, asked.now
        return Acted(
            replies.referred(
                asked.body, other, url, close, language, min(probability, 1.0), now, tried
            )
        )

    def _handover(self, asked: Asked) -> Reply:
        """To the partner's humans while it answers, where it says how to reach them."""
        partner = asked.memory.partner
        other = self.knowledge.bodies.get(partner.body) if partner else None
        body = other if other is not None and other.contacts else asked.body
        return replies.handover(body, asked.language, asked.now)

    def _stay(self, reply: Reply, asked: Asked) -> Acted:
        """Our reply; the partner, if any, goes on afterwards, and the way back stays there."""
        partner = asked.memory.partner
        if partner is None:
            return Acted(reply)
        options = [*reply.options, replies.way_back(asked.body, asked.language)]
        return Acted(msgspec.structs.replace(reply, options=options), partner)

    async def _chosen(self, choice: str, asked: Asked) -> Acted:
        """A button was pressed: what it names is certain."""
        chosen = choices.parse(choice)
        match chosen.kind:
            case choices.HUMAN:
                return self._stay(self._handover(asked), asked)
            case choices.NONE:
                return Acted(await self._none_of_these(asked))
            case choices.BACK:
                return Acted(self._back(asked))
            case choices.SHARE | choices.PARTNER:
                return await self._chosen_of_partner(choice, asked)
        try:
            return await self._chosen_found(chosen, asked)
        except (UnknownEntry, KeyError):
            return Acted(replies.choice_gone(asked.body, asked.language, asked.now))

    async def _chosen_found(self, chosen: choices.Choice, asked: Asked) -> Acted:
        if chosen.kind == "remit":
            found = self.knowledge.found_remit(chosen.place, chosen.id)
        else:
            found = self.knowledge.found(chosen.place, chosen.id, asked.body.id)
        decision = decide.of_candidate(found, asked.body)
        if chosen.body is not None and chosen.body != asked.body.id:
            decision = decide.Refer(self.knowledge.body(chosen.body).id, found)
        return await self._act(decision, asked, None, [found])

    async def _chosen_of_partner(self, choice: str, asked: Asked) -> Acted:
        """One of the partner's own options, or that it may read what was said."""
        partner = asked.memory.partner
        if partner is None:
            return Acted(replies.choice_gone(asked.body, asked.language, asked.now))
        if choice == choices.SHARE:
            shared = msgspec.structs.replace(partner, shared=True)
            memory = msgspec.structs.replace(asked.memory, partner=shared)
            asked = msgspec.structs.replace(asked, memory=memory)
            taken = await self.referring.follow(asked, asked.memory.question)
        else:
            option = referring.chosen(partner, choice)
            if option is None:
                gone = replies.choice_gone(asked.body, asked.language, asked.now)
                return self._stay(gone, asked)
            taken = await self.referring.follow(asked, option.label, option.id)
        if taken.reply is not None:
            return Acted(taken.reply, taken.partner)
        return await self._in_vain(partner.body, None, (), asked, None, (), taken.tried)

    def _back(self, asked: Asked) -> Reply:
        options = popular(self.knowledge, asked.body, asked.now.month)
        return replies.back(asked.body, options, asked.language, asked.now)

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
        self, asked: Asked, acted: Acted, vector: Vector | None, choice: str | None = None
    ) -> Memory:
        """Notes the question for curating, and returns what to remember of it."""
        before, reply = asked.memory, acted.reply
        question = asked.text if choice is None else before.question
        pressed = choice in before.offered or _is_of(choice, before.pending)
        if choice is None or pressed:
            at, conversation = asked.now, asked.conversation
            self.questions.note(
                asked.body, question, asked.language, reply, at, conversation, vector
            )
        if isinstance(reply.outcome, Crisis | Handover):
            question = before.question
        language = asked.language if asked.certain_language else before.language
        offered = tuple(option.id for option in reply.options)
        pending = choices.asked_where(option.id for option in _candidates(reply))
        member = choices.parse(choice).body if choice is not None else None
        member = member or before.member
        taken = question if acted.partner is not None and before.partner is None else ""
        return Memory(language, question, offered, acted.partner, pending, member, taken)

    async def _note_missing(self, found: Found, key: str, asked: Asked, speaker: Body) -> None:
        assert found.brain is not None
        async with self.db.write() as tx:
            await facts.record_missing(tx, speaker.id, key, found.brain, found.id, asked.now)

    def _count(self, found: Found, speaker: Body, asked: Asked) -> None:
        assert found.brain is not None
        self.knowledge.count_answer(found.brain, found.id, speaker.id, asked.now)

    def _others(self, body: Body) -> list[Body]:
        return [other for other in self.knowledge.bodies.values() if other.id != body.id]


def _is_of(choice: str | None, pending: str) -> bool:
    """Whether a choice answers what a place was asked for."""
    return bool(choice and pending) and str(choice).startswith(f"{pending}@")


def _candidates(reply: Reply) -> list[Candidate]:
    return reply.outcome.candidates if isinstance(reply.outcome, Clarify) else []


def _nearest(found: Sequence[Found]) -> list[Nearest]:
    entries = [one for one in found if one.kind == "entry"][:NEAREST_KEPT]
    return [Nearest(one.id, one.title, round(one.probability, 4)) for one in entries]
