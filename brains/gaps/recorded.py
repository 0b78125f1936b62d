"""A question on its way into a gap, and what questions add to a gap's counts."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from brains import asked as halves
from brains.database import Transaction, insert
from brains.gaps import heat
from brains.model import AskedReason, Nearest
from brains.vectors import Vector

OWNERS_KEPT = 20


class Asked(msgspec.Struct, frozen=True):
    """One question on its way into a gap. `text` is redacted already.

    `entry` and `revision` are the answer that did not help, where `reason` is
    unhelpful. `shares` is how likely the matter is each other body's, 0 to 1.
    """

    brain: str
    body: str
    text: str
    language: str
    vector: Vector
    nearest: Sequence[Nearest]
    asked_at: dt.datetime
    conversation: str | None = None
    turn: int | None = None
    reason: AskedReason = "unanswered"
    entry: str | None = None
    revision: int | None = None
    shares: Mapping[str, float] = {}


class Addition(msgspec.Struct):
    """What is added to one gap."""

    bodies: Counter[str] = msgspec.field(default_factory=Counter)
    days: Counter[str] = msgspec.field(default_factory=Counter)
    shares: dict[str, float] = msgspec.field(default_factory=dict)
    unhelpful: int = 0
    first_seen: dt.datetime | None = None
    last_seen: dt.datetime | None = None

    def add(self, asked: Asked) -> None:
        self.bodies[asked.body] += 1
        self.days[heat.day_of(asked.asked_at)] += 1
        for owner, share in asked.shares.items():
            self.shares[owner] = self.shares.get(owner, 0.0) + share
        self.unhelpful += asked.reason == "unhelpful"
        self.first_seen = min(self.first_seen or asked.asked_at, asked.asked_at)
        self.last_seen = max(self.last_seen or asked.asked_at, asked.asked_at)


def folded(text: str) -> str:
    """The digest of a text without its letter case, spaces and closing marks."""
    plain = halves.folded(text)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def added(shares: Mapping[str, float], more: Mapping[str, float]) -> dict[str, float]:
    """The sums, of the likeliest owners only: a gap's row stays small."""
    summed = {owner: shares.get(owner, 0.0) + more.get(owner, 0.0) for owner in {*shares, *more}}
    likeliest = sorted(summed, key=lambda owner: -summed[owner])[:OWNERS_KEPT]
    return {owner: round(summed[owner], 4) for owner in likeliest}


async def count(
    tx: Transaction, table: sa.Table, what: str, counts: Mapping[str, Mapping[str, int]]
) -> None:
    """Adds to the counts of `gap_bodies` or `gap_days`."""
    statement = insert(tx, table)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["gap", what],
            set_={"count": table.c["count"] + statement.excluded["count"]},
        ),
        [
            {"gap": gap, what: key, "count": count}
            for gap, of_gap in counts.items()
            for key, count in of_gap.items()
        ],
    )


def question_row(gap: str, asked: Asked, key: str) -> dict[str, Any]:
    return {
        "gap": gap,
        "brain": asked.brain,
        "body": asked.body,
        "text": asked.text,
        "folded": key,
        "language": asked.language,
        "asked_at": asked.asked_at,
        "conversation": asked.conversation,
        "turn": asked.turn,
        "reason": asked.reason,
        "entry": asked.entry,
        "revision": asked.revision,
        "vector": halves.to_bytes(asked.vector),
    }
