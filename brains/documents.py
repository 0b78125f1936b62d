"""Tables of whole structs: brains, bodies, local answers, facts and remits.

A row is a key and the struct as JSON. They all behave alike: `put` writes
what differs and says so in the change feed, `remove` removes, `get` and `all`
read. What may be put is for `brains.store` to decide.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

import msgspec
import sqlalchemy as sa

from brains import changes, codec, tables
from brains.database import ROWS_AT_ONCE, Transaction, upsert
from brains.model import Body, Brain, Broadcast, Connection, Fact, LocalAnswer, Remit

T = TypeVar("T", bound=msgspec.Struct)
Key = tuple[str, ...]


class Documents(Generic[T]):
    """One such table. A key is the values of the table's primary key, in its order."""

    def __init__(self, table: sa.Table, struct: type[T], kind: changes.Kind) -> None:
        self.kind = kind
        self._table = table
        self._struct = struct
        self._columns = [column.name for column in table.primary_key]
        self._in_brain = "brain" in self._columns

    def key(self, item: T) -> Key:
        return tuple(str(getattr(item, name)) for name in self._columns)

    def key_of(self, change_brain: str | None, change_key: str) -> Key:
        """The key a line of the change feed means."""
        parts = tuple(change_key.split(" "))
        return (str(change_brain), *parts) if self._in_brain else parts

    async def all(self, tx: Transaction) -> list[T]:
        rows = await tx.execute(sa.select(self._table.c.document).order_by(*self._primary_key))
        return [codec.decode(document, self._struct) for (document,) in rows]

    async def get(self, tx: Transaction, keys: Iterable[Key]) -> dict[Key, T]:
        """Those of the keys that exist."""
        stored = await self._stored(tx, list(keys))
        return {key: codec.decode(document, self._struct) for key, document in stored.items()}

    async def where(self, tx: Transaction, **equal: str) -> list[T]:
        """All with these values in their key, e.g. `where(tx, body="bergen")`."""
        query = sa.select(self._table.c.document).filter_by(**equal).order_by(*self._primary_key)
        return [codec.decode(document, self._struct) for (document,) in await tx.execute(query)]

    async def put(self, tx: Transaction, items: Sequence[T], at: dt.datetime) -> list[T]:
        """Writes those that differ from what is stored, and returns them."""
        await changes.lock(tx)
        new = {self.key(item): item for item in items}
        stored = await self._stored(tx, list(new))
        changed = {
            key: document
            for key, item in new.items()
            if (document := codec.encode(item)) != stored.get(key)
        }
        await upsert(
            tx,
            self._table,
            [self._row(key) | {"document": document} for key, document in changed.items()],
        )
        await changes.append(tx, [self._changed(key) for key in changed], at)
        return [new[key] for key in changed]

    async def remove(self, tx: Transaction, key: Key, at: dt.datetime) -> bool:
        """Whether there was one to remove."""
        await changes.lock(tx)
        result = await tx.execute(sa.delete(self._table).filter_by(**self._row(key)))
        if not result.rowcount:
            return False
        await changes.append(tx, [self._changed(key)], at)
        return True

    @property
    def _primary_key(self) -> list[sa.Column[str]]:
        return [self._table.c[name] for name in self._columns]

    async def _stored(self, tx: Transaction, keys: list[Key]) -> dict[Key, str]:
        found: dict[Key, str] = {}
        at_once = ROWS_AT_ONCE // len(self._columns)
        for start in range(0, len(keys), at_once):
            query = sa.select(*self._primary_key, self._table.c.document).where(
                sa.tuple_(*self._primary_key).in_(keys[start : start + at_once])
            )
            for *key, document in await tx.execute(query):
                found[tuple(key)] = document
        return found

    def _row(self, key: Key) -> dict[str, str]:
        return dict(zip(self._columns, key, strict=True))

    def _changed(self, key: Key) -> changes.Changed:
        brain, rest = (key[0], key[1:]) if self._in_brain else (None, key)
        return changes.Changed(self.kind, brain, " ".join(rest))


class Shelves(NamedTuple):
    brains: Documents[Brain]
    bodies: Documents[Body]
    local_answers: Documents[LocalAnswer]
    facts: Documents[Fact]
    remits: Documents[Remit]
    broadcasts: Documents[Broadcast]
    connections: Documents[Connection]


SHELVES = Shelves(
    brains=Documents(tables.brains, Brain, "brain"),
    bodies=Documents(tables.bodies, Body, "body"),
    local_answers=Documents(tables.local_answers, LocalAnswer, "local_answer"),
    facts=Documents(tables.facts, Fact, "fact"),
    remits=Documents(tables.remits, Remit, "remit"),
    broadcasts=Documents(tables.broadcasts, Broadcast, "broadcast"),
    connections=Documents(tables.connections, Connection, "connection"),
)
BRAINS, BODIES, LOCAL_ANSWERS, FACTS, REMITS, BROADCASTS, CONNECTIONS = SHELVES
