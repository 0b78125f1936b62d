"""Which entries of a brain ask the same as what is to be imported."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from brains import vectors
from brains.database import Database
from brains.imports import Duplicate, Staged
from brains.knowledge import Knowledge, title_of
from brains.model import Entry
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
        known = self._known(brain, body)
        having = _having(known)
        new = [row for row in staged if row.kind == "new"]
        texts = [text for row in new for text in row.entry.questions[:PHRASINGS_TRIED]]
        answers = await self._answered_by(brain, texts, body, progress)
        for row in new:
            equal = _equal(row, having)
            tried = row.entry.questions[:PHRASINGS_TRIED]
            counts = Counter(id for text in tried if (id := answers[text]) is not None)
            staging.mark_duplicates(row, equal, counts, len(tried), known)
            into = known.get(row.into or "")
            if body is not None and into is not None and not staging.is_own(into, body):
                row.choice, row.into = "import", None

    def added(self, brain: str, staged: list[Staged], body: str | None) -> int:
        """Marks new rows that an entry has an equal phrasing of by now; returns how many."""
        known = self._known(brain, body)
        having = _having(known)
        number = 0
        for row in staged:
            if row.kind != "new" or row.choice != "import":
                continue
            seen = {one.entry for one in row.duplicates}
            more = sorted(_equal(row, having) - seen - {row.entry.id})
            found = [Duplicate(id, title_of(known[id]), True, 0, 0) for id in more]
            row.duplicates = [*found, *row.duplicates][: staging.DUPLICATES_SHOWN]
            number += bool(more)
        return number

    def _known(self, brain: str, body: str | None) -> dict[str, Entry]:
        """The entries that who imports may see."""
        if body is None:
            return self.knowledge.entries.get(brain, {})
        own = self.knowledge.visible(body, self.clock())
        return {entry.id: entry for entry in own if entry.brain == brain}

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


def _having(known: Mapping[str, Entry]) -> dict[str, set[str]]:
    """The entries that have each phrasing."""
    having: dict[str, set[str]] = {}
    for entry in known.values():
        for question in entry.questions:
            having.setdefault(staging.phrasing_key(question), set()).add(entry.id)
    return having


def _equal(row: Staged, having: Mapping[str, set[str]]) -> set[str]:
    keys = map(staging.phrasing_key, row.entry.questions)
    return set().union(*(having.get(key, set()) for key in keys))
