"""What a fix was worth: answers given by it to people who never had to report the gap.

Every later answer by the entry that closed a gap counts, where the entry was
made for it. Where an existing entry got a phrasing, a local answer or a fact,
only answers to questions that fall in the gap's cluster do. A conversation counts
once, and never one that reported the gap itself.

Counting costs a look-up in memory for each answer, by brain and entry. What
other processes fixed is taken in by the gap clock, as the clusters are.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa

from brains import tables
from brains.asked import AskedRow
from brains.database import ROWS_AT_ONCE, Transaction, insert
from brains.gaps.affinity import Affinity
from brains.vectors import Vector, from_bytes

_gaps, _questions, _spared = tables.gaps, tables.gap_questions, tables.gap_spared

NEW_ENTRY = "new"


class _Fix(NamedTuple):
    """A gap that an entry closed. `mean` is None where any answer of the entry counts."""

    gap: str
    since: dt.datetime | None
    mean: Vector | None


class Spared:
    """The fixes of all brains, as memory holds them."""

    def __init__(self, affinity: Affinity, fingerprint: str) -> None:
        self._affinity = affinity
        self._fingerprint = fingerprint
        self._versions: dict[str, int] = {}
        self._fixes: dict[tuple[str, str], dict[str, _Fix]] = {}
        self._entry_of: dict[str, tuple[str, str]] = {}

    async def count(self, tx: Transaction, asked: Sequence[AskedRow]) -> None:
        """Adds what these answered questions are worth. `tx` is a write transaction."""
        answered = [row for row in asked if row.entry is not None and row.entry_brain is not None]
        for brain in sorted({row.entry_brain or "" for row in answered}):
            await self._catch_up(tx, brain)
        hits = [(row, gap) for row in answered for gap in self._matches(row)]
        if not hits:
            return
        talks = {row.conversation for row, _ in hits if row.conversation}
        over = await _reported(tx, talks) | await self._helped(tx, talks, answered)
        worth = []
        for row, gap in hits:
            if (row.conversation, gap) not in over:
                worth.append((row, gap))
                if row.conversation is not None:
                    over.add((row.conversation, gap))
        await _add(tx, worth)

    async def _helped(
        self, tx: Transaction, talks: set[str], fresh: Sequence[AskedRow]
    ) -> set[tuple[str | None, str]]:
        """The (conversation, gap) pairs that were counted before: a visitor counts once."""
        new = Counter((row.conversation, row.entry_brain, row.entry) for row in fresh)
        column, found = tables.asked.c, set[tuple[str | None, str]]()
        for start in range(0, len(ids := sorted(talks)), ROWS_AT_ONCE):
            query = sa.select(
                column.conversation, column.entry_brain, column.entry, column.asked_at
            ).where(
                column.conversation.in_(ids[start : start + ROWS_AT_ONCE]),
                column.entry.is_not(None),
            )
            for row in await tx.execute(query.order_by(column.id.desc())):
                key = (row.conversation, row.entry_brain, row.entry)
                if new[key] > 0:
                    new[key] -= 1
                    continue
                fixes = self._fixes.get((row.entry_brain, row.entry), {}).values()
                found.update(
                    (row.conversation, fix.gap)
                    for fix in fixes
                    if fix.since is None or row.asked_at > fix.since
                )
        return found

    def _matches(self, row: AskedRow) -> list[str]:
        """The gaps that this answer is thanks to."""
        fixes = self._fixes.get((row.entry_brain or "", row.entry or ""), {})
        return [fix.gap for fix in fixes.values() if self._is_thanks_to(fix, row)]

    def _is_thanks_to(self, fix: _Fix, row: AskedRow) -> bool:
        if fix.since is not None and row.asked_at <= fix.since:
            return False
        if fix.mean is None:
            return True
        if row.vector is None or row.fingerprint != self._fingerprint:
            return False
        return self._affinity.between(row.vector, fix.mean) >= self._affinity.same_gap

    async def _catch_up(self, tx: Transaction, brain: str) -> None:
        clocks = tables.gap_clocks
        query = sa.select(clocks.c.version).where(clocks.c.brain == brain)
        version = (await tx.execute(query)).scalar() or 0
        seen = self._versions.get(brain, 0)
        if seen == version:
            return
        changed = sa.select(
            _gaps.c.id,
            _gaps.c.answered_by,
            _gaps.c.answered_how,
            _gaps.c.closed_at,
            _gaps.c.size,
            _gaps.c.vector_sum,
        ).where(_gaps.c.brain == brain, _gaps.c.version > seen, _gaps.c.answered_by.is_not(None))
        for row in await tx.execute(changed):
            self._put(brain, row)
        self._versions[brain] = version

    def _put(self, brain: str, row: Any) -> None:
        before = self._entry_of.get(row.id)
        if before is not None:
            self._fixes[before].pop(row.id, None)
        key = (brain, row.answered_by)
        mean = None
        if row.answered_how != NEW_ENTRY:
            if not row.size:
                return
            mean = from_bytes(row.vector_sum) / np.float32(row.size)
        self._fixes.setdefault(key, {})[row.id] = _Fix(row.id, row.closed_at, mean)
        self._entry_of[row.id] = key


async def _reported(tx: Transaction, conversations: set[str]) -> set[tuple[str | None, str]]:
    """The (conversation, gap) pairs in which those conversations reported something."""
    found: set[tuple[str | None, str]] = set()
    ids = sorted(conversations)
    for start in range(0, len(ids), ROWS_AT_ONCE):
        query = sa.select(_questions.c.conversation, _questions.c.gap).where(
            _questions.c.conversation.in_(ids[start : start + ROWS_AT_ONCE])
        )
        found.update((conversation, gap) for conversation, gap in await tx.execute(query))
    return found


async def _add(tx: Transaction, worth: Sequence[tuple[AskedRow, str]]) -> None:
    times: dict[tuple[str, str], list[dt.datetime]] = {}
    for row, gap in worth:
        times.setdefault((gap, row.body), []).append(row.asked_at)
    if not times:
        return
    statement = insert(tx, _spared)
    new = statement.excluded
    added = {"count": _spared.c.count + new["count"], "last_at": new.last_at}
    await tx.execute(
        statement.on_conflict_do_update(index_elements=["gap", "body"], set_=added),
        [
            {"gap": gap, "body": body, "count": len(at), "first_at": min(at), "last_at": max(at)}
            for (gap, body), at in sorted(times.items())
        ],
    )
