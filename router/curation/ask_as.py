"""One question asked as the visitors of several bodies would, side by side, leaving no trace."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from brains.errors import Invalid
from brains.knowledge import Found
from brains.model import AskedReason, Body
from router.federation.referring import Referring
from router.messages import Message, Reply
from router.pipeline import Acted, Pipeline, Vector
from router.state import Asked, Memory

BODIES_MAX = 100


class AskedAs(msgspec.Struct, frozen=True):
    """What `body`'s visitors get."""

    body: str
    reply: Reply


class _AtHome(Referring, frozen=True):
    """No partner hears of it."""

    def reaches(self, other: Body, asked: Asked) -> None:
        return None


class Rehearsal(Pipeline, frozen=True):
    """The way of a message, the very same, but for everything that is written down."""

    @staticmethod
    def of(pipeline: Pipeline) -> Rehearsal:
        fields = msgspec.structs.asdict(pipeline)
        fields["referring"] = _AtHome(**msgspec.structs.asdict(pipeline.referring))
        return Rehearsal(**fields)

    async def ask_as(
        self, text: str, bodies: Sequence[str], language: str | None = None
    ) -> list[AskedAs]:
        """The replies in the order of `bodies`. Raises `UnknownBody`, and `Invalid` for an empty
        question, too many bodies, or one without a brain."""
        if len(bodies) > BODIES_MAX:
            raise Invalid(f"Ask as at most {BODIES_MAX} bodies at a time.", "bodies")
        found = []
        for body in dict.fromkeys(bodies):
            reply, _ = await self.answer(Message(body, text, language=language))
            found.append(AskedAs(body, reply))
        return found

    async def _record_gap(
        self,
        asked: Asked,
        body: Body,
        vector: Vector,
        found: Sequence[Found],
        reason: AskedReason = "unanswered",
    ) -> None:
        return None

    async def _note_missing(self, found: Found, key: str, asked: Asked, speaker: Body) -> None:
        pass

    def _count(self, found: Found, speaker: Body, asked: Asked) -> None:
        pass

    def _record(
        self, asked: Asked, acted: Acted, vector: Vector | None, choice: str | None = None
    ) -> Memory:
        return asked.memory
