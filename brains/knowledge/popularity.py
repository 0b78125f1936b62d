"""How often each entry answers, and so what is asked most in a month."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection

from brains import usage
from brains.database import Database
from brains.model import Body
from brains.usage import Used


class Popularity:
    """Counts in memory, stored when `flush` is called."""

    def __init__(self, used: dict[Used, int]) -> None:
        self._used = used
        self._unsaved: Counter[Used] = Counter()

    def count(self, brain: str, entry: str, body: str, at: dt.datetime) -> None:
        """Counts one answer given."""
        used = Used(brain, entry, body, at.month)
        self._used[used] = self._used.get(used, 0) + 1
        self._unsaved[used] += 1

    def most_asked(self, body: Body, month: int, available: Collection[str]) -> list[str]:
        """The available entries of its brain that are asked in a month (1-12), most asked first.

        What the body's own visitors ask counts twice.
        """
        counts: Counter[str] = Counter()
        for used, count in self._used.items():
            if used.brain == body.brain and used.month == month and used.entry in available:
                counts[used.entry] += count * (2 if used.body == body.id else 1)
        return sorted(counts, key=lambda id: (-counts[id], id))

    async def flush(self, db: Database) -> None:
        """Stores what was counted since the last time."""
        counts, self._unsaved = self._unsaved, Counter()
        if not counts:
            return
        try:
            async with db.write(aside=True) as tx:
                await usage.add(tx, counts)
        except BaseException:
            self._unsaved.update(counts)
            raise
