"""Entries and remits as the matcher takes them: texts, and their vectors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from brains import store, vectors
from brains.database import Database
from brains.model import EVERYONE, Entry, Remit
from brains.vectors import TextEncoder, Vector
from embeddings.matcher import Item


class Vectors(NamedTuple):
    """The vectors that are known, by text: of phrasings, and of answers."""

    queries: dict[str, Vector]
    passages: dict[str, Vector]


def key_of(brain: str, entry: str) -> str:
    """What the matcher calls an entry."""
    return matcher_key("entry", brain, entry)


def matcher_key(kind: str, whose: str, id: str) -> str:
    """What the matcher calls an `entry` of a brain, or a `remit` of a body by its topic."""
    return f"{kind}:{whose}/{id}"


def texts_of(things: Iterable[Entry | Remit]) -> tuple[list[str], list[str]]:
    """The phrasings and the answer texts of all, each once."""
    queries: dict[str, None] = {}
    passages: dict[str, None] = {}
    for thing in things:
        queries.update(dict.fromkeys(thing.questions))
        if isinstance(thing, Entry):
            passages.update(dict.fromkeys(store.passages(thing.answers)))
    return list(queries), list(passages)


def item(key: str, thing: Entry | Remit, known: Vectors) -> Item | None:
    """The matcher's item, or None where a vector is missing."""
    queries, passages = texts_of([thing])
    try:
        of_queries = [known.queries[text] for text in queries]
        of_passages = [known.passages[text] for text in passages]
    except KeyError:
        return None
    scopes = frozenset(thing.audience) if isinstance(thing, Entry) else frozenset((EVERYONE,))
    dimensions = len(of_queries[0])
    return Item(
        key=key,
        texts=queries,
        vectors=np.stack(of_queries),
        passages=np.stack(of_passages) if of_passages else np.empty((0, dimensions), np.float32),
        scopes=scopes,
    )


async def item_of(db: Database, encoder: TextEncoder, entry: Entry) -> Item:
    """The matcher's item of an entry that need not be saved: new texts are embedded."""
    queries, passages = texts_of([entry])
    known = Vectors(
        (await vectors.prepare(db, encoder, queries, "query")).known,
        (await vectors.prepare(db, encoder, passages, "passage")).known,
    )
    made = item(key_of(entry.brain, entry.id), entry, known)
    assert made is not None
    return made
