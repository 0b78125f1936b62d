"""Phrasings for an entry, taken from what visitors really asked.

Questions it answered without being sure of them, or was chosen for; and questions
that nobody answered whose nearest entry it is. What it has already, almost to the
letter, is left out, and so is what a curator dismissed.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from brains.asked import AskedRow, folded
from brains.database import Database
from brains.gaps import dismissed
from brains.knowledge import Knowledge, item_of, key_of
from brains.vectors import TextEncoder, Vector
from router.asked import AskedQuestions

SUGGESTED_MAX = 30
# The entry knows such a question well already.
KNOWN_FROM = 0.97
# Of what was not answered, the least probability of the entry that is worth looking at.
NEAR_FROM = 0.15
# Cosine from which two questions are one.
SAME_COSINE = 0.985
AT_ONCE = 32


class Suggestion(msgspec.Struct, frozen=True):
    """A question that visitors asked `count` times in `bodies`; `probability` is the entry's."""

    text: str
    count: int
    bodies: list[str]
    probability: float
    language: str
    was_answered: bool


class Suggestions(msgspec.Struct, frozen=True):
    db: Database
    knowledge: Knowledge
    encoder: TextEncoder
    asked: AskedQuestions
    clock: Callable[[], dt.datetime]

    async def suggest(
        self, brain: str, entry_id: str, only_body: str | None = None
    ) -> list[Suggestion]:
        """The most asked first. With `only_body`, from that body's own visitors alone.

        Raises `UnknownEntry` where visitors do not get the entry.
        """
        entry = self.knowledge.entry(brain, entry_id)
        item = await item_of(self.db, self.encoder, entry)
        own = await self.asked.of_entry(brain, entry_id, body=only_body)
        unsure = [
            (row, row.probability)
            for row in own
            if row.helpful is not False
            and (row.outcome == "chosen" or row.probability < KNOWN_FROM)
        ]
        recent = await self.asked.recent(brain, body=only_body)
        missed = await self._near(key_of(brain, entry_id), _unanswered(recent))
        async with self.db.read() as tx:
            refused = await dismissed.among(tx, brain, [row.text for row, _ in missed])
        missed = [pair for pair in missed if pair[0].text not in refused]
        known = {folded(text) for text in entry.questions}
        found = [pair for pair in [*unsure, *missed] if folded(pair[0].text) not in known]
        return await asyncio.to_thread(_grouped, found, item.vectors)

    async def _near(self, key: str, rows: Sequence[AskedRow]) -> list[tuple[AskedRow, float]]:
        """Those whose likeliest candidate the entry is."""
        by_body: dict[str, list[AskedRow]] = {}
        for row in rows:
            if row.body in self.knowledge.bodies:
                by_body.setdefault(row.body, []).append(row)
        near: list[tuple[AskedRow, float]] = []
        for body, asked in by_body.items():
            for start in range(0, len(asked), AT_ONCE):
                part = asked[start : start + AT_ONCE]
                vectors = np.stack([row.vector for row in part if row.vector is not None])
                texts = [row.text for row in part]
                found = self.knowledge.find_many(texts, vectors, body, self.clock(), 1)
                near += [
                    (row, best[0].probability)
                    for row, best in zip(part, found, strict=True)
                    if best and best[0].key == key and best[0].probability >= NEAR_FROM
                ]
                await asyncio.sleep(0)
        return near


def _unanswered(rows: Sequence[AskedRow]) -> list[AskedRow]:
    return [row for row in rows if row.outcome in ("unanswered", "clarify")]


def _grouped(found: Sequence[tuple[AskedRow, float]], known: Vector) -> list[Suggestion]:
    """Equal questions of all bodies as one, without those that are nearly phrasings already."""
    groups: list[list[tuple[AskedRow, float]]] = []
    centres: list[Vector] = []
    for row, probability in sorted(found, key=lambda pair: -pair[0].count):
        assert row.vector is not None
        if float((known @ row.vector).max(initial=-1.0)) >= SAME_COSINE:
            continue
        alike = np.array(centres) @ row.vector if centres else np.zeros(0)
        if len(alike) and alike.max() >= SAME_COSINE:
            groups[int(alike.argmax())].append((row, probability))
        else:
            groups.append([(row, probability)])
            centres.append(row.vector)
    made = [_suggestion(group) for group in groups]
    return sorted(made, key=lambda one: (-one.count, -one.probability))[:SUGGESTED_MAX]


def _suggestion(group: Sequence[tuple[AskedRow, float]]) -> Suggestion:
    first, probability = group[0]
    return Suggestion(
        first.text,
        sum(row.count for row, _ in group),
        sorted({row.body for row, _ in group}),
        round(probability, 4),
        first.language,
        any(row.entry is not None for row, _ in group),
    )
