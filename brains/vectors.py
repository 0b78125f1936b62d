"""Vectors of texts, computed once and kept by encoder fingerprint, kind and the text's SHA-256.

A vector is float32 of the encoder's dimensions, of length 1, stored as
little-endian bytes. Kind is `query` for phrasings and `passage` for answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from brains.database import ROWS_AT_ONCE, Database, Transaction, insert_missing
from brains.tables import vectors

Kind = Literal["query", "passage"]
Vector = NDArray[np.float32]
Progress = Callable[[int, int], None]  # done, total

ENCODE_AT_ONCE = 256


class TextEncoder(Protocol):
    """What encodes texts: `embeddings.batching.BatchingEncoder`, or a test's stand-in."""

    @property
    def fingerprint(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    async def encode(self, texts: Sequence[str], kind: Kind = "query") -> Vector: ...


class Prepared(NamedTuple):
    """Vectors ready to be stored: `known` by text, and which of the texts are `new`."""

    fingerprint: str
    kind: Kind
    known: dict[str, Vector]
    new: list[str]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def to_bytes(vector: Vector) -> bytes:
    return np.ascontiguousarray(vector, dtype="<f4").tobytes()


def from_bytes(data: bytes) -> Vector:
    return np.frombuffer(data, dtype="<f4")


async def load(
    tx: Transaction, fingerprint: str, kind: Kind, texts: Iterable[str]
) -> dict[str, Vector]:
    """The stored vectors of those texts that have one."""
    texts_by_digest = {digest(text): text for text in texts}
    digests = list(texts_by_digest)
    found: dict[str, Vector] = {}
    for start in range(0, len(digests), ROWS_AT_ONCE):
        rows = await tx.execute(
            sa.select(vectors.c.digest, vectors.c.data).where(
                vectors.c.fingerprint == fingerprint,
                vectors.c.kind == kind,
                vectors.c.digest.in_(digests[start : start + ROWS_AT_ONCE]),
            )
        )
        found.update((texts_by_digest[key], from_bytes(data)) for key, data in rows)
    return found


async def prepare(
    db: Database,
    encoder: TextEncoder,
    texts: Iterable[str],
    kind: Kind,
    progress: Progress | None = None,
) -> Prepared:
    """Vectors of all texts, computing those not stored yet. Writes nothing: see `store`."""
    wanted = list(dict.fromkeys(texts))
    async with db.read() as tx:
        known = await load(tx, encoder.fingerprint, kind, wanted)
    # Those of about a length are encoded together: a batch takes the time of its longest.
    new = sorted((text for text in wanted if text not in known), key=len)
    for start in range(0, len(new), ENCODE_AT_ONCE):
        batch = new[start : start + ENCODE_AT_ONCE]
        known.update(zip(batch, await encoder.encode(batch, kind), strict=True))
        if progress is not None:
            progress(start + len(batch), len(new))
    return Prepared(encoder.fingerprint, kind, known, new)


async def store(tx: Transaction, prepared: Prepared) -> None:
    """Stores the new vectors, in the transaction of the change that needs them."""
    rows = [
        {
            "fingerprint": prepared.fingerprint,
            "kind": prepared.kind,
            "digest": digest(text),
            "data": to_bytes(prepared.known[text]),
        }
        for text in prepared.new
    ]
    await insert_missing(tx, vectors, rows)


async def ensure(
    db: Database,
    encoder: TextEncoder,
    texts: Iterable[str],
    kind: Kind,
    progress: Progress | None = None,
) -> dict[str, Vector]:
    """Vectors of all texts, computing and storing those not stored yet."""
    prepared = await prepare(db, encoder, texts, kind, progress)
    if prepared.new:
        async with db.write(aside=True) as tx:
            await store(tx, prepared)
    return prepared.known
