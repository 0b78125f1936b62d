"""A notice that shows now and is about what is asked: it belongs in the reply.

Whether it is: the notice is asked as if it were a question. Where both find the same entries,
each as likely, they are about the same matter, in whatever words or language either is written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from brains import broadcasts
from brains.knowledge import Found, Knowledge, choose
from brains.model import Broadcast
from router import decide
from router.notices import Noticed
from router.state import Asked
from router.steps.retrieving import CANDIDATES, Encodes

# As many as a visitor sees.
NOTICES_MAX = 5
# From so much in common, 0 to 1, a notice and a question are about the same matter.
ALIKE_MIN = 0.75


class Noticing(msgspec.Struct, frozen=True):
    """What finding the notice needs."""

    knowledge: Knowledge
    encoder: Encodes

    async def about(self, asked: Asked, found: Sequence[Found]) -> Noticed | None:
        """The notice that is most about the question, whose candidates are `found`; if one is."""
        kept = self.knowledge.broadcasts.get(asked.body.brain or "", {}).values()
        showing = broadcasts.showing(kept, asked.body, asked.now)[:NOTICES_MAX]
        if not showing or not found or found[0].familiar < decide.ASK_FAMILIAR_MIN:
            return None
        alike = [(await self._alike(one, asked, found), one) for one in showing]
        most, one = max(alike, key=lambda pair: pair[0])
        if most < ALIKE_MIN:
            return None
        language = choose(one.texts, [asked.language])
        return Noticed(one.id, one.texts[language], language, one.ends_at)

    async def _alike(self, one: Broadcast, asked: Asked, found: Sequence[Found]) -> float:
        """How much they have in common, 0 to 1; all, where the answer is one that it leads to."""
        if one.entry is not None and found[0].id == one.entry and found[0].brain == one.brain:
            return 1.0
        text = one.texts[choose(one.texts, [asked.language])]
        vector = (await self.encoder.encode([text]))[0]
        about = self.knowledge.find(text, vector, asked.body.id, asked.now, CANDIDATES)
        return in_common(found, about)


def in_common(first: Sequence[Found], second: Sequence[Found]) -> float:
    """By how much two questions find the same (Bhattacharyya 1943), 0 to 1."""
    one, other = _parts(first), _parts(second)
    return sum(math.sqrt(part * other.get(key, 0.0)) for key, part in one.items())


def _parts(found: Sequence[Found]) -> dict[str, float]:
    total = sum(one.probability for one in found)
    return {one.key: one.probability / total for one in found} if total > 0.0 else {}
