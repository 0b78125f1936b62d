"""Which entries of a brain ask the same as what is to be imported."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from brains import vectors
from brains.database import Database
from brains.imports import Staged
from brains.knowledge import Knowledge
from brains.vectors import TextEncoder
from embeddings.packaged import Progress
from router.curation import staging

PHRASINGS_TRIED = 5
ASKED_AT_ONCE = 16
CANDIDATES = 3  # another brain's entry may come first
# Shares of the progress bar.
ENCODED, COMPARED = 0.7, 0.98


class Duplicates(msgspec.Struct, frozen=True):
    """`answer_from` is the probability from which an entry would answer today."""

    db: Database
    knowledge: Knowledge
    encoder: TextEncoder
    clock: Callable[[], dt.datetime]
    answer_from: float

    async def find(
        self, brain: str, staged: list[Staged], body: str | None, progress: Progress
    ) -> None:
        """Marks new rows, by equal phrasing and by who would answer the first phrasings today."""
        known = self.knowledge.entries.get(brain, {})
        if body is not None:
            own = self.knowledge.visible(body, self.clock())
            known = {entry.id: entry for entry in own if entry.brain == brain}
        having: dict[str, set[str]] = {}
        for entry in known.values():
            for question in entry.questions:
                having.setdefault(staging.phrasing_key(question), set()).add(entry.id)
        new = [row for row in staged if row.kind == "new"]
        texts = [text for row in new for text in row.entry.questions[:PHRASINGS_TRIED]]
        answers = await self._answered_by(brain, texts, body, progress)
        for row in new:
            equal = set().union(
                *(having.get(staging.phrasing_key(text), set()) for text in row.entry.questions)
            )
            tried = row.entry.questions[:PHRASINGS_TRIED]
            counts = Counter(id for text in tried if (id := answers[text]) is not None)
            staging.mark_duplicates(row, equal, counts, len(tried), known)
            into = known.get(row.into or "")
            if body is not None and into is not None and not staging.is_own(into, body):
                row.choice, row.into = "import", None

    async def _answered_by(
        self, brain: str, texts: Sequence[str], body: str | None, progress: Progress
    ) -> dict[str, str | None]:
        """The entry that would answer each text today."""
        heard = staging.shared(progress, ENCODED, "encoding")
        known = await vectors.ensure(self.db, self.encoder, texts, "query", heard)
        threshold = self.answer_from
        wanted = list(known)
        found: dict[str, str | None] = {}
        for start in range(0, len(wanted), ASKED_AT_ONCE):
            chunk = wanted[start : start + ASKED_AT_ONCE]
            rows = np.stack([known[text] for text in chunk])
            candidates = self.knowledge.find_many(chunk, rows, body, self.clock(), CANDIDATES)
            for text, best in zip(chunk, candidates, strict=True):
                found[text] = staging.answering(best, brain, threshold)
            share = (start + len(chunk)) / len(wanted)
            progress(ENCODED + (COMPARED - ENCODED) * share, "comparing")
            await asyncio.sleep(0)
        return found
