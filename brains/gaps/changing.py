"""One change of a curator's (or of tidying) to a brain's gaps: a transaction, alone in doing so.

    async with changing(db, "kommune", "kari", now) as change:
        await work.rename(change, id, "Høner i hagen")

Every gap it sets gets the brain's next tick, so that all processes take it in
before they record the next question.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import sqlalchemy as sa

from brains import changes
from brains.database import Database, Transaction
from brains.gaps import events, rows


class Change:
    """`by` is the curator's name, None for the system."""

    def __init__(
        self, tx: Transaction, brain: str, version: int, by: str | None, at: dt.datetime
    ) -> None:
        self.tx = tx
        self.brain = brain
        self.version = version
        self.by = by
        self.at = at
        self._events: list[dict[str, Any]] = []
        self._changed: set[str] = set()

    async def row(self, id: str) -> sa.Row[Any]:
        """The gap's row as it is now. Raises `UnknownGap`."""
        return await rows.row(self.tx, id, self.brain)

    async def set(self, id: str, **values: Any) -> None:
        self._changed.add(id)
        statement = sa.update(rows.gaps).where(rows.gaps.c.id == id)
        await self.tx.execute(statement.values(version=self.version, **values))

    async def add(self, id: str, **values: Any) -> None:
        """A new gap."""
        self._changed.add(id)
        values |= {"id": id, "brain": self.brain, "version": self.version}
        await self.tx.execute(sa.insert(rows.gaps).values(**values))

    def note(self, id: str, kind: str, **detail: str | int | list[str]) -> None:
        """A line in the gap's history."""
        self._events.append(events.row(id, self.brain, self.at, self.by, kind, detail))

    async def finish(self) -> None:
        await events.add(self.tx, self._events)
        await rows.set_clock(self.tx, self.brain, self.version)
        changed = [changes.Changed("gap", self.brain, id) for id in sorted(self._changed)]
        await changes.append(self.tx, changed, self.at)


@contextlib.asynccontextmanager
async def changing(
    db: Database, brain: str, by: str | None, at: dt.datetime
) -> AsyncIterator[Change]:
    """Committed on leaving; nothing is changed on an error."""
    async with db.write() as tx:
        change = Change(tx, brain, await rows.lock_clock(tx, brain) + 1, by, at)
        yield change
        await change.finish()
