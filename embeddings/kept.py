"""Vectors of the texts that come with this program, kept for the next new installation's start.

    kept = KeptVectors(encoder, default_cache())
    vectors = await kept.encode(texts)          # only what no start before this one has encoded
    await asyncio.to_thread(kept.save)

The file lies beside the built encoder and is a cache of the same kind: one an
encoder, replaced in one move, and made again where it is damaged or gone. Never
give it what a visitor or a curator wrote: it outlives their installation.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import filelock
import numpy as np
import numpy.typing as npt

log = logging.getLogger(__name__)

Vectors = npt.NDArray[np.float32]
Kind = Literal["query", "passage"]
DIGEST_BYTES = 32
LOCK_SECONDS_MAX = 30
LENGTH_TOLERANCE = 0.01


class Encodes(Protocol):
    """What `embeddings.batching.BatchingEncoder` offers."""

    fingerprint: str
    dimensions: int

    async def encode(self, texts: Sequence[str], kind: Kind = "query") -> Vectors: ...


class KeptVectors:
    """An encoder that remembers, in a folder, what it has encoded. Without one it forgets."""

    def __init__(self, encoder: Encodes, folder: Path | None) -> None:
        self.fingerprint = encoder.fingerprint
        self.dimensions = encoder.dimensions
        self._encoder = encoder
        name = hashlib.sha256(encoder.fingerprint.encode()).hexdigest()[:16]
        self._file = folder / f"vectors-{name}.npz" if folder is not None else None
        self._known: dict[bytes, Vectors] | None = None
        self._new: dict[bytes, Vectors] = {}

    async def encode(self, texts: Sequence[str], kind: Kind = "query") -> Vectors:
        """Unit vectors of shape (len(texts), dimensions)."""
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        if self._known is None:
            self._known = await asyncio.to_thread(self._read)
        wanted = [(_digest(text, kind), text) for text in texts]
        missing = {digest: text for digest, text in wanted if digest not in self._known}
        if missing:
            vectors = await self._encoder.encode(list(missing.values()), kind)
            fresh = dict(zip(missing, vectors, strict=True))
            self._known |= fresh
            self._new |= fresh
        return np.stack([self._known[digest] for digest, _ in wanted])

    def save(self) -> None:
        """Keep what was encoded since the last time. Blocks; where it cannot, it says so and ends.

        What other processes have kept meanwhile stays.
        """
        if self._file is None or not self._new:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self._file.with_suffix(".lock"), timeout=LOCK_SECONDS_MAX):
                for left in self._file.parent.glob(f"{self._file.stem}*.writing"):
                    left.unlink(missing_ok=True)  # of a process that was killed
                self._write(self._file, self._read() | self._new)
        except (OSError, filelock.Timeout) as error:
            log.warning("vectors could not be kept for the next new installation: %s", error)
        self._new = {}

    def _read(self) -> dict[bytes, Vectors]:
        if self._file is None or not self._file.exists():
            return {}
        try:
            with np.load(self._file) as stored:
                digests, vectors = stored["digests"], stored["vectors"]
            self._check(digests, vectors)
        except Exception as error:  # whatever a damaged file makes the libraries raise
            log.warning("%s is damaged and is made again: %s", self._file, error)
            return {}
        return {digest.tobytes(): vector for digest, vector in zip(digests, vectors, strict=True)}

    def _check(self, digests: npt.NDArray[np.uint8], vectors: Vectors) -> None:
        if digests.dtype != np.uint8 or digests.shape[1:] != (DIGEST_BYTES,):
            raise ValueError("its digests have another form")
        if vectors.dtype != np.float32 or vectors.shape != (len(digests), self.dimensions):
            raise ValueError("its vectors have another form")
        if not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=LENGTH_TOLERANCE):
            raise ValueError("its vectors are not of length 1")

    def _write(self, path: Path, known: dict[bytes, Vectors]) -> None:
        digests = np.frombuffer(b"".join(known), np.uint8).reshape(len(known), DIGEST_BYTES)
        vectors = np.stack(list(known.values())).astype(np.float32, copy=False)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=path.stem, suffix=".writing", delete=False
        ) as file:
            try:
                np.savez(file, digests=digests, vectors=vectors)
            except BaseException:
                Path(file.name).unlink()
                raise
        Path(file.name).replace(path)


def _digest(text: str, kind: Kind) -> bytes:
    return hashlib.sha256(f"{kind} {text}".encode("utf-8", "surrogatepass")).digest()
