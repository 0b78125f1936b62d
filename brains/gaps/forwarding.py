"""A gap's questions on their way to another brain's gaps."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import sqlalchemy as sa

from brains import asked as halves
from brains.database import Transaction
from brains.errors import Invalid
from brains.gaps import rows, work
from brains.gaps.changing import Change
from brains.gaps.recorded import Asked
from brains.gaps.recording import Recording
from brains.knowledge import Knowledge

READ_AT_ONCE = 500
TO_BRAIN = "brain:"
_questions = rows.questions


class Forwarding(msgspec.Struct, frozen=True):
    """One transaction: gaps of `change`'s brain become another brain's, that of `recording`."""

    change: Change
    recording: Recording

    async def forward(self, id: str) -> None:
        """Records the gap's questions there, and closes it here; linked both ways.

        Raises `UnknownGap`, and `Invalid` for a gap that is part of another now.
        """
        change, recording = self.change, self.recording
        gaps: dict[str, None] = {}
        async for asked in read_copies(change.tx, id, recording.brain):
            gaps[(await recording.take(change.tx, asked)).id] = None
        for gap in gaps:
            recording.note(gap, change.at, change.by, "forwarded", brain=change.brain, gap=id)
        await work.forward(change, id, f"{TO_BRAIN}{recording.brain}", list(gaps))


def forwarded_to(knowledge: Knowledge, brain: str, to: str) -> str | None:
    """The other brain that `to` names, None where it names a body.

    Raises `Invalid` for what is neither, `UnknownBrain` and `UnknownBody`.
    """
    kind, _, name = to.partition(":")
    if kind == "brain" and name != brain:
        return knowledge.brain(name).id
    if kind == "body":
        knowledge.body(name)
        return None
    raise Invalid("Write brain:<another brain's id> or body:<a body's slug>.", "field to")


async def forwarded_brain(tx: Transaction, id: str) -> str | None:
    """The brain that a forwarded gap went to, None where it went to a body."""
    query = sa.select(rows.gaps.c.forwarded_to).where(rows.gaps.c.id == id)
    to = (await tx.execute(query)).scalar() or ""
    return to.removeprefix(TO_BRAIN) if to.startswith(TO_BRAIN) else None


def forwarded_copy(asked: Asked, brain: str) -> Asked:
    """The same question in the other brain, whose nearest entries nobody has looked up."""
    return msgspec.structs.replace(
        asked, brain=brain, nearest=(), entry=None, revision=None, shares={}
    )


async def read_copies(tx: Transaction, id: str, brain: str) -> AsyncIterator[Asked]:
    """The gap's questions that `brain` does not have yet, oldest first."""
    there = _questions.alias()
    same = sa.select(there.c.id).where(
        there.c.brain == brain,
        there.c.folded == _questions.c.folded,
        there.c.body == _questions.c.body,
        there.c.asked_at == _questions.c.asked_at,
    )
    query = sa.select(_questions).where(
        _questions.c.gap == id,
        _questions.c.vector.is_not(None),
        ~sa.exists(same.correlate(_questions)),
    )
    last = 0
    while True:
        page = query.where(_questions.c.id > last).order_by(_questions.c.id).limit(READ_AT_ONCE)
        found = (await tx.execute(page)).all()
        for row in found:
            yield Asked(
                brain=brain,
                body=row.body,
                text=row.text,
                language=row.language,
                vector=halves.from_bytes(row.vector),
                nearest=(),
                asked_at=row.asked_at,
                conversation=row.conversation,
                turn=row.turn,
                reason=row.reason,
            )
        if len(found) < READ_AT_ONCE:
            return
        last = found[-1].id
