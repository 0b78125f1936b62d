"""The table of facts, kept: what is in it, what a fact is called, and files in and out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec

from brains import facts, store
from brains.database import Database
from brains.knowledge import Knowledge, scopes_of
from brains.model import Body, Fact, Texts
from router.curation import fact_csv, fact_table
from router.curation.fact_table import Table, label_of


class FactChange(msgspec.Struct, frozen=True):
    """A value that a file gives: where it goes, and what is there now."""

    body: str
    key: str
    before: str | Texts | None
    after: str | Texts


class Facts(msgspec.Struct, frozen=True):
    """Errors are those of `brains.errors`."""

    db: Database
    knowledge: Knowledge
    clock: Callable[[], dt.datetime]

    def bodies(self, brain: str, only: str | None = None) -> Sequence[Body]:
        """The bodies that answer from a brain, or only that one of them, by name."""
        users = (body for body in self.knowledge.bodies.values() if body.brain == brain)
        return sorted((b for b in users if only in (None, b.id)), key=lambda body: body.name)

    async def table(self, brain: str, only: str | None = None, of: Collection[str] = ()) -> Table:
        """All facts of a brain, in all its bodies, or in one, or in those with a scope `of`."""
        self.knowledge.brain(brain)
        async with self.db.read() as tx:
            asked = await facts.asked_for(tx, brain)
        shown = [
            body
            for body in self.bodies(brain, only)
            if not of or not scopes_of(body).isdisjoint(of)
        ]
        return fact_table.build(self.knowledge, shown, brain, asked, self.clock())

    async def set(self, values: fact_csv.Values) -> int:
        """Gives facts their values, by body and key, all or none; how many changed."""
        given = [
            Fact(body, key, value, label_of(self.knowledge, key))
            for body, by_key in values.items()
            for key, value in by_key.items()
        ]
        changed = await store.save_facts(self.db, given)
        await self.knowledge.catch_up()
        return changed

    async def name(self, brain: str, key: str, label: Texts) -> None:
        """Says what a fact is called, in every body that has it."""
        named = [
            msgspec.structs.replace(fact, label=label)
            for body in self.bodies(brain)
            if (fact := self.knowledge.facts.get(body.id, {}).get(key)) is not None
        ]
        await store.save_facts(self.db, named)
        await self.knowledge.catch_up()

    def read_csv(self, text: str, bodies: Iterable[str]) -> Sequence[FactChange]:
        """What a file would change. Raises `Invalid` with line and column."""
        values = fact_csv.read(text, set(bodies))
        changes = [
            FactChange(body, key, self._value(body, key), value)
            for body, by_key in values.items()
            for key, value in by_key.items()
        ]
        return [change for change in changes if change.before != change.after]

    def _value(self, body: str, key: str) -> str | Texts | None:
        fact = self.knowledge.facts.get(body, {}).get(key)
        return None if fact is None else fact.value
