"""What the database says, in one snapshot, about everything or about what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from brains import changes, entries, vectors
from brains.database import Transaction
from brains.documents import SHELVES, Documents, Key
from brains.knowledge.items import Vectors, texts_of
from brains.model import Change, Entry, Remit

T = TypeVar("T", bound=msgspec.Struct)


class Snapshot(NamedTuple):
    """The keys that changed by kind, and the rows by key, absent where removed.

    `number` is that of the last change in it.
    """

    keys: dict[str, set[Key]]
    documents: dict[str, dict[Key, Any]]
    entries: dict[tuple[str, str], Entry]
    vectors: Vectors
    number: int

    def changed(self, kind: str, struct: type[T]) -> list[tuple[Key, T | None]]:
        """The documents of a kind, in order of key; None for one that is removed."""
        documents = self.documents.get(kind, {})
        return [(key, documents.get(key)) for key in sorted(self.keys.get(kind, ()))]

    def findable(self) -> list[tuple[str, Key]]:
        """The kinds and keys of the entries and remits that changed, in order."""
        return [
            (kind, key) for kind in ("entry", "remit") for key in sorted(self.keys.get(kind, ()))
        ]


async def everything(tx: Transaction, fingerprint: str) -> Snapshot:
    """All there is, with the vectors of the encoder with that fingerprint."""
    number = await changes.last(tx)
    shelves: tuple[Documents[Any], ...] = SHELVES
    documents: dict[str, dict[Key, Any]] = {
        shelf.kind: {shelf.key(item): item for item in await shelf.all(tx)} for shelf in shelves
    }
    live = {(entry.brain, entry.id): entry for entry in await entries.live(tx)}
    keys: dict[str, set[Key]] = {kind: set(items) for kind, items in documents.items()}
    known = await _vectors(tx, fingerprint, live.values(), documents["remit"].values())
    return Snapshot(keys | {"entry": set(live)}, documents, live, known, number)


async def since(tx: Transaction, fingerprint: str, feed: Sequence[Change]) -> Snapshot:
    """What lines of the change feed name, as it is now."""
    keys: dict[str, set[Key]] = {}
    shelves: dict[str, Documents[Any]] = {shelf.kind: shelf for shelf in SHELVES}
    for line in feed:
        if line.kind == "entry":
            keys.setdefault("entry", set()).add((str(line.brain), line.key))
        elif line.kind in shelves:
            key = shelves[line.kind].key_of(line.brain, line.key)
            keys.setdefault(line.kind, set()).add(key)
    documents = {
        kind: await shelves[kind].get(tx, wanted)
        for kind, wanted in keys.items()
        if kind != "entry"
    }
    pairs = [(key[0], key[1]) for key in keys.get("entry", ())]
    live = {(entry.brain, entry.id): entry for entry in await entries.live(tx, pairs)}
    remits = documents.get("remit", {}).values()
    known = await _vectors(tx, fingerprint, live.values(), remits)
    return Snapshot(keys, documents, live, known, feed[-1].number)


async def _vectors(
    tx: Transaction, fingerprint: str, live: Iterable[Entry], remits: Iterable[Remit]
) -> Vectors:
    queries, passages = texts_of([*live, *remits])
    return Vectors(
        await vectors.load(tx, fingerprint, "query", queries),
        await vectors.load(tx, fingerprint, "passage", passages),
    )
