"""One question asked as the visitors of several bodies would, side by side, leaving no trace."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from brains.errors import Invalid
from brains.knowledge import Found
from brains.model import AskedReason, Body
from router.federation.referring import Referring
from router.messages import Message, Reply
from router.pipeline import Pipeline
from router.state import Asked
from router.steps.acting import Acting
from router.steps.recording import Recording
from router.steps.retrieving import Vector

BODIES_MAX = 100


class AskedAs(msgspec.Struct, frozen=True):
    """What `body`'s visitors get."""

    body: str
    reply: Reply


class _AtHome(Referring, frozen=True):
    """No partner hears of it."""

    def reaches(self, other: Body, asked: Asked) -> None:
        return None


class _Silent(Recording, frozen=True):
    """Nothing is written down."""

    async def gap(
        self,
        asked: Asked,
        body: Body,
        vector: Vector,
        found: Sequence[Found],
        reason: AskedReason = "unanswered",
    ) -> None:
        return None

    async def missing_fact(self, found: Found, key: str, asked: Asked, speaker: Body) -> None:
        pass

    def answered(self, found: Found, speaker: Body, asked: Asked) -> None:
        pass

    def asked(self, asked: Asked, question: str, reply: Reply, vector: Vector | None) -> None:
        pass


class Rehearsal(msgspec.Struct, frozen=True):
    """The way of a message, the very same, but for everything that leaves a trace."""

    pipeline: Pipeline

    @staticmethod
    def of(pipeline: Pipeline) -> Rehearsal:
        acting = pipeline.acting
        silent = Acting(
            acting.knowledge,
            _AtHome(**msgspec.structs.asdict(acting.referring)),
            _Silent(**msgspec.structs.asdict(acting.recording)),
        )
        return Rehearsal(msgspec.structs.replace(pipeline, acting=silent))

    async def ask_as(
        self, text: str, bodies: Sequence[str], language: str | None = None
    ) -> list[AskedAs]:
        """The replies in the order of `bodies`. Raises `UnknownBody`, and `Invalid` for an empty
        question, too many bodies, or one without a brain."""
        if len(bodies) > BODIES_MAX:
            raise Invalid(f"Ask as at most {BODIES_MAX} bodies at a time.", "bodies")
        found = []
        for body in dict.fromkeys(bodies):
            reply, _ = await self.pipeline.answer(Message(body, text, language=language))
            found.append(AskedAs(body, reply))
        return found
