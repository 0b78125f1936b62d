"""A button was pressed: what it names is certain."""

from __future__ import annotations

import msgspec

from brains.errors import UnknownEntry
from brains.knowledge import Knowledge
from router import choices, decide, replies
from router.federation import referring
from router.messages import Reply
from router.popular import popular
from router.state import Asked
from router.steps.acting import Acted, Acting
from router.steps.naming import named
from router.steps.retrieving import Encodes, of_choice, retrieve


class Pressing(msgspec.Struct, frozen=True):
    """What a button needs."""

    knowledge: Knowledge
    encoder: Encodes
    acting: Acting

    async def press(self, choice: str, asked: Asked) -> Acted:
        """Raises `Invalid` for what never was a button, and `UnknownBody`."""
        chosen = choices.parse(choice)
        match chosen.kind:
            case choices.HUMAN:
                return self.acting.handover(asked)
            case choices.NONE:
                return Acted(await self._none_of_these(asked))
            case choices.BACK:
                return Acted(self._back(asked))
            case choices.SHARE | choices.PARTNER:
                return await self._of_partner(choice, asked)
        try:
            return await self._found(chosen, asked)
        except (UnknownEntry, KeyError):
            return Acted(replies.choice_gone(asked.body, asked.language, asked.now))

    async def _found(self, chosen: choices.Choice, asked: Asked) -> Acted:
        found = of_choice(self.knowledge, chosen, asked)
        decision = decide.of_candidate(found, asked.body)
        decision = named(self.knowledge, decision, asked.memory.question, asked.body)
        if chosen.body is not None and chosen.body != asked.body.id:
            decision = decide.Refer(self.knowledge.body(chosen.body).id, found)
        return await self.acting.act(decision, asked, None, [found])

    async def _of_partner(self, choice: str, asked: Asked) -> Acted:
        """One of the partner's own options, or that it may read what was said."""
        partner = asked.memory.partner
        if partner is None:
            return Acted(replies.choice_gone(asked.body, asked.language, asked.now))
        if choice == choices.SHARE:
            shared = msgspec.structs.replace(partner, shared=True)
            memory = msgspec.structs.replace(asked.memory, partner=shared)
            asked = msgspec.structs.replace(asked, memory=memory)
            taken = await self.acting.referring.follow(asked, asked.memory.question)
        else:
            option = referring.chosen(partner, choice)
            if option is None:
                gone = replies.choice_gone(asked.body, asked.language, asked.now)
                return self.acting.stay(gone, asked)
            taken = await self.acting.referring.follow(asked, option.label, option.id)
        if taken.reply is not None:
            return Acted(taken.reply, taken.partner)
        return await self.acting.in_vain(partner.body, None, (), asked, None, (), taken.tried)

    def _back(self, asked: Asked) -> Reply:
        languages = self.acting.recording.languages
        options = popular(self.knowledge, languages, asked.body, asked.language, asked.now.month)
        return replies.back(asked.body, options, asked.language, asked.now)

    async def _none_of_these(self, asked: Asked) -> Reply:
        """What was offered was wrong: the question before it is the one nobody answered."""
        if not asked.memory.question:
            return replies.choice_gone(asked.body, asked.language, asked.now)
        earlier = msgspec.structs.replace(asked, text=asked.memory.question)
        vector = (await self.encoder.encode([earlier.text]))[0]
        return await self.acting.flag(earlier, vector, retrieve(self.knowledge, earlier, vector))
