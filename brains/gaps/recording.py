"""What one transaction does to one brain's gaps when questions are recorded.

A question joins the gap it is most like (`Clusters.home`), or starts one. The same
text (letter case and spaces aside) always joins the same gap. An answered gap is
brought back open; a dismissed or forwarded one stays what it is and goes on counting.

However many questions came before, a batch costs the same few statements, and a
question one look-up by its text.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import sqlalchemy as sa

from brains import changes, codec
from brains.database import Transaction, insert
from brains.gaps import events, frames, heat, rows
from brains.gaps.clusters import Cluster, Clusters
from brains.gaps.recorded import Addition, Asked, added, count, folded, question_row
from brains.vectors import to_bytes

NEAREST_KEPT = 5
TEXTS_COMPARED = 64  # of a gap, before a question joins it
GAPS_TRIED_MAX = 6  # before it starts one of its own
REPORTED_ONCE = ("unhelpful", "not chosen")


class Recording:
    """Nothing of it shows in memory until `remember`."""

    def __init__(self, memory: Clusters, brain: str, version: int, fingerprint: str) -> None:
        self.memory = memory
        self.brain = brain
        self.version = version
        self._fingerprint = fingerprint
        self._scratch = Clusters(memory.affinity)
        self._touched: dict[str, Cluster] = {}
        self._changes: dict[str, Addition] = {}
        self._by_text: dict[str, str] = {}
        self._rows: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []

    async def take(self, tx: Transaction, asked: Asked) -> Cluster:
        """Decides which gap a question is in."""
        reported = await self._reported(tx, asked)
        if reported is not None:
            return reported
        key = folded(asked.text)
        id = self._by_text.get(key) or await _gap_of_text(tx, asked.brain, key)
        before = self.gap(id) if id is not None else None
        if before is None:
            near = await self._nearest(tx, asked)
            before = self.gap(near) if near is not None else None
        gap = self._joined(before, asked)
        self._touched[gap.id] = gap
        self._scratch.put(gap)
        self._by_text[key] = gap.id
        self._changes.setdefault(gap.id, Addition()).add(asked)
        self._rows.append(question_row(gap.id, asked, key))
        return gap

    async def store(self, tx: Transaction, now: dt.datetime) -> None:
        """Writes what was taken, and the clock's tick."""
        if self._touched:
            await self._store_gaps(tx)
            await tx.execute(sa.insert(rows.questions), self._rows)
            await count(tx, rows.bodies, "body", {g: c.bodies for g, c in self._changes.items()})
            await count(tx, rows.days, "day", {g: c.days for g, c in self._changes.items()})
            await self._store_priorities(tx)
            await events.add(tx, self._events)
        await rows.set_clock(tx, self.brain, self.version)
        changed = sorted({event["gap"] for event in self._events})
        await changes.append(tx, [changes.Changed("gap", self.brain, id) for id in changed], now)

    def remember(self) -> None:
        for gap in self._touched.values():
            self.memory.put(gap)
        self.memory.renew()
        self.memory.version = self.version

    def gap(self, id: str) -> Cluster | None:
        return self._touched.get(id) or self.memory.known.get(id)

    def note(self, id: str, at: dt.datetime, by: str | None, kind: str, **detail: str) -> None:
        self._events.append(events.row(id, self.brain, at, by, kind, dict(detail)))

    async def _reported(self, tx: Transaction, asked: Asked) -> Cluster | None:
        """The gap that has this already: an answer that did not help counts once a turn, choices
        that were not taken once a conversation and question."""
        if asked.conversation is None or asked.reason not in REPORTED_ONCE:
            return None
        same: dict[str, Any] = {"conversation": asked.conversation, "brain": asked.brain}
        if asked.reason == "unhelpful":
            same |= {"turn": asked.turn, "reason": asked.reason}
        else:
            same |= {"folded": folded(asked.text)}
        for row in self._rows:
            if all(row[name] == value for name, value in same.items()):
                return self.gap(row["gap"])
        column = rows.questions.c
        query = sa.select(column.gap).where(*(column[name] == same[name] for name in same))
        id = (await tx.execute(query.limit(1))).scalar()
        return self.gap(id) if id is not None else None

    async def _nearest(self, tx: Transaction, asked: Asked) -> str | None:
        """The gap that a question belongs to, if any is near enough: also where what it has in
        the same words but one is taken away."""
        less: dict[str, float] = {}
        for _ in range(GAPS_TRIED_MAX):
            homes = (one.home(asked.vector, less) for one in (self._scratch, self.memory))
            near = max((home for home in homes if home is not None), default=None)
            if near is None or near[1] in less:
                return near[1] if near is not None else None
            texts = await self._texts(tx, near[1])
            share = frames.share_apart(asked.text, texts)
            less[near[1]] = self.memory.affinity.apart * share
        return None

    async def _texts(self, tx: Transaction, gap: str) -> list[str]:
        """The newest questions of a gap, TEXTS_COMPARED at most."""
        column = rows.questions.c
        query = sa.select(column.text).where(column.gap == gap).order_by(column.id.desc())
        stored = (await tx.execute(query.limit(TEXTS_COMPARED))).scalars().all()
        return [row["text"] for row in self._rows if row["gap"] == gap] + list(stored)

    def _joined(self, before: Cluster | None, asked: Asked) -> Cluster:
        nearest = list(asked.nearest[:NEAREST_KEPT])
        if before is None:
            id = rows.new_id()
            self.note(id, asked.asked_at, None, "opened", body=asked.body)
            return Cluster(id, "open", 1, asked.vector, asked.text, asked.vector, nearest)
        if before.status == "answered":
            self.note(before.id, asked.asked_at, None, "reopened", body=asked.body)
        total = before.total + asked.vector
        three = np.stack([total / np.float32(before.size + 1), asked.vector, before.summary_vector])
        mean, own, summary = self.memory.affinity.points(three)
        closer = float(own @ mean) > float(summary @ mean)
        return Cluster(
            before.id,
            "open" if before.status == "answered" else before.status,
            before.size + 1,
            total,
            asked.text if closer else before.summary,
            asked.vector if closer else before.summary_vector,
            nearest or before.nearest,
        )

    async def _store_gaps(self, tx: Transaction) -> None:
        """New gaps whole; of old ones what a question changes."""
        column = rows.gaps.c
        query = sa.select(column.id, column.heat, column.owner_shares, column.unhelpful)
        found = await tx.execute(query.where(column.id.in_(list(self._touched))))
        known = {row.id: row for row in found}
        statement = insert(tx, rows.gaps)
        new = statement.excluded
        kept = {
            name: new[name]
            for name in (
                *("version", "status", "summary", "size", "nearest", "vector_sum"),
                *("summary_vector", "heat", "owner_shares", "unhelpful"),
            )
        }
        kept["last_seen"] = _outer(column.last_seen, new.last_seen, later=True)
        kept["first_seen"] = _outer(column.first_seen, new.first_seen, later=False)
        closed = sa.and_(column.status == "answered", new.status == "open")
        kept |= {
            name: sa.case((closed, sa.null()), else_=column[name])
            for name in ("closed_at", "closed_by")
        }
        await tx.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_=kept),
            [self._row(gap, known.get(gap.id)) for gap in self._touched.values()],
        )

    async def _store_priorities(self, tx: Transaction) -> None:
        ids = list(self._touched)
        column = rows.gaps.c
        bodies_query = sa.select(rows.bodies.c.gap, sa.func.count()).where(
            rows.bodies.c.gap.in_(ids)
        )
        found = await tx.execute(bodies_query.group_by(rows.bodies.c.gap))
        bodies = {row[0]: row[1] for row in found}
        query = sa.select(column.id, column.heat, column.size, column.unhelpful)
        values = [
            {
                "gap_id": row.id,
                "at": heat.priority(row.heat, bodies.get(row.id, 1), row.size, row.unhelpful),
            }
            for row in await tx.execute(query.where(column.id.in_(ids)))
        ]
        await tx.execute(
            sa.update(rows.gaps)
            .where(column.id == sa.bindparam("gap_id"))
            .values(priority=sa.bindparam("at")),
            values,
        )

    def _row(self, gap: Cluster, before: Any) -> dict[str, Any]:
        change = self._changes[gap.id]
        shares = codec.decode(before.owner_shares, dict[str, float]) if before else {}
        return {
            "id": gap.id,
            "brain": self.brain,
            "version": self.version,
            "status": gap.status,
            "summary": gap.summary,
            "size": gap.size,
            "first_seen": change.first_seen,
            "last_seen": change.last_seen,
            "nearest": codec.encode(gap.nearest),
            "fingerprint": self._fingerprint,
            "vector_sum": to_bytes(gap.total),
            "summary_vector": to_bytes(gap.summary_vector),
            "heat": heat.more(before.heat if before else None, change.days),
            "owner_shares": codec.encode(added(shares, change.shares)),
            "unhelpful": (before.unhelpful if before else 0) + change.unhelpful,
        }


def _outer(old: Any, new: Any, *, later: bool) -> Any:
    keeps_old = old > new if later else old < new
    return sa.case((keeps_old, old), else_=new)


async def _gap_of_text(tx: Transaction, brain: str, key: str) -> str | None:
    column = rows.questions.c
    query = sa.select(column.gap).where(column.brain == brain, column.folded == key)
    return (await tx.execute(query.limit(1))).scalar()
