"""Carries a decision out: the answer, a question back, another body's part, or a flag.

To add an outcome, add its struct to `router.messages`, a case to `Acting._here` and its reply
to `router.replies`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from brains.knowledge import FactMissing, Found, Knowledge
from brains.model import Body
from router import decide, replies
from router.federation.referring import Referring
from router.messages import Answered, Option, Referred, Reply, Unanswered
from router.notices import Noticed
from router.state import Asked, Partner
from router.steps.recording import Recording
from router.steps.retrieving import Vector, kept
from router.titles import titled

# A body is tried after the first one where the question is its as likely as this.
NEXT_MIN = 0.15


class Acted(NamedTuple):
    """The reply, and the partner that has the conversation after it, if any."""

    reply: Reply
    partner: Partner | None = None


class Acting(msgspec.Struct, frozen=True):
    """What carrying out needs."""

    knowledge: Knowledge
    referring: Referring
    recording: Recording

    async def go_on(
        self,
        decision: decide.Decision,
        asked: Asked,
        vector: Vector,
        found: Sequence[Found],
        notice: Noticed | None = None,
    ) -> Acted:
        """With the partner that answers for now, where the question may be its; else act. With a
        notice about what is asked, that is said first, and is an answer where there is none."""
        partner = asked.memory.partner
        if partner is None or not decide.stays(decision, partner.body):
            if notice is None:
                return await self.act(decision, asked, vector, found)
            if isinstance(decision, decide.Ask | decide.Unknown):
                return Acted(self._notice(notice, decision, asked, found))
            acted = await self.act(decision, asked, vector, found)
            return acted._replace(reply=self._with_notice(acted.reply, notice, asked))
        taken = await self.referring.follow(asked, asked.text)
        if taken.reply is not None:
            return Acted(taken.reply, taken.partner)
        if isinstance(decision, decide.Ask | decide.AskMunicipality) or not taken.tried:
            return await self.act(decision, asked, vector, found)
        return await self.in_vain(partner.body, None, (), asked, vector, found, taken.tried)

    async def act(
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
            acted = Acted(await self._here(decision, asked, vector, found))
        if isinstance(decision, decide.Answer | decide.Refer) and decision.found is not None:
            return acted._replace(reply=self._with_parts(acted.reply, decision.found, asked))
        return acted

    def _with_parts(self, reply: Reply, found: Found, asked: Asked) -> Reply:
        """The reply, and the parts that others have in the matter."""
        if not isinstance(reply.outcome, Answered | Referred):
            return reply
        options = []
        for part in found.shared:
            other = kept(self.knowledge, part.key, asked)
            if other is None or part.owner in (asked.body.id, asked.body.brain, reply.body.id):
                continue
            body = self.knowledge.bodies.get(part.owner)
            name = body.called if body else self.knowledge.brain(part.owner).name
            options.append(Option(part.key, f"{other.title} ({name})"))
        return replies.with_parts(reply, options, asked.language) if options else reply

    async def _here(
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
            case decide.Ask():
                return self._asked_back(decision, asked)
            case decide.Unknown():
                assert vector is not None
                return await self.flag(asked, vector, found)

    def _notice(
        self,
        notice: Noticed,
        decision: decide.Ask | decide.Unknown,
        asked: Asked,
        found: Sequence[Found],
    ) -> Reply:
        close = decision.close if isinstance(decision, decide.Ask) else ()
        options = self._asked_back(decide.Ask(close), asked).options[:-1] if close else []
        return replies.noticed(
            asked.body, notice, options, asked.language, found[0].probability, asked.now
        )

    def _with_notice(self, reply: Reply, notice: Noticed, asked: Asked) -> Reply:
        """Only an answer is said after the notice: what is another's is no matter of the body's."""
        if not isinstance(reply.outcome, Answered):
            return reply
        return replies.with_notice(reply, asked.body, notice, asked.language)

    def _asked_back(self, decision: decide.Ask, asked: Asked) -> Reply:
        named = titled(self.knowledge, decision.close, asked.language, self.recording.languages)
        names = {body.id: body.called for body in self._others(asked.body)}
        return replies.clarify(asked.body, named, names, asked.language, asked.now)

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
        self.recording.answered(found, speaker, asked)
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
        return await self.in_vain(other.id, one, decision.close, asked, vector, found, taken.tried)

    def _next(self, found: Sequence[Found], asked: Asked, first: Body) -> list[Body]:
        """The bodies that are tried where the first does not know."""
        shares = decide.shares(found, asked.body)
        likely = [slug for slug, share in shares.items() if share >= NEXT_MIN]
        others = {asked.body.id, first.id}
        bodies = self.knowledge.bodies
        return [bodies[slug] for slug in likely if slug in bodies and slug not in others]

    async def in_vain(
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
            await self.recording.gap(asked, asked.body, vector, found)
        url = one.url if one is not None else None
        probability = one.probability if one else sum(each.probability for each in close)
        language, now = asked.language, asked.now
        return Acted(
            replies.referred(
                asked.body, other, url, close, language, min(probability, 1.0), now, tried
            )
        )

    def handover(self, asked: Asked) -> Acted:
        """To the partner's humans while it answers, where it says how to reach them."""
        partner = asked.memory.partner
        other = self.knowledge.bodies.get(partner.body) if partner else None
        body = other if other is not None and other.contacts else asked.body
        return self.stay(replies.handover(body, asked.language, asked.now), asked)

    def stay(self, reply: Reply, asked: Asked) -> Acted:
        """Our reply; the partner, if any, goes on afterwards, and the way back stays there."""
        partner = asked.memory.partner
        if partner is None:
            return Acted(reply)
        options = [*reply.options, replies.way_back(asked.body, asked.language)]
        return Acted(msgspec.structs.replace(reply, options=options), partner)

    async def flag(self, asked: Asked, vector: Vector, found: Sequence[Found]) -> Reply:
        """Nobody knows: recorded in a gap, durably, before the reply leaves."""
        gap = await self.recording.gap(asked, asked.body, vector, found)
        best = found[0].probability if found else 0.0
        return replies.unanswered(asked.body, gap, None, asked.language, best, asked.now)

    async def _flag_missing(
        self, found: Found, key: str, asked: Asked, speaker: Body, vector: Vector | None
    ) -> Reply:
        """The answer is known, but not here: the body is told which fact it lacks."""
        await self.recording.missing_fact(found, key, asked, speaker)
        gap = None
        if vector is not None:
            gap = await self.recording.gap(asked, speaker, vector, [found], "missing fact")
        return replies.unanswered(speaker, gap, key, asked.language, found.probability, asked.now)

    def _others(self, body: Body) -> list[Body]:
        return [other for other in self.knowledge.bodies.values() if other.id != body.id]
