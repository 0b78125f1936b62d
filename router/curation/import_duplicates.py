"""Which entries of a brain ask the same as what is to be imported, and which rows of it do.

Rows and entries are held side by side, and told alike by what they are asked and what they
answer (`overlap`). In a brain too small for that, an entry that answers the phrasings of a row
today asks the same.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from brains import vectors
from brains.database import Database
from brains.imports import Duplicate, Staged
from brains.knowledge import Knowledge, key_of, title_of
from brains.knowledge.items import Vectors, item, texts_of
from brains.model import Entry
from brains.vectors import TextEncoder
from embeddings.packaged import Progress
from router.curation import staging
from router.curation.overlap import PERHAPS_FROM, SAME_FROM, Alike
from router.curation.staging import Likeness
from router.curation.twins import Twins, alike

PHRASINGS_TRIED = 5
ASKED_AT_ONCE = 16
CANDIDATES = 3  # another brain's entry may come first
# Standard deviations by which the answers of two with an equal phrasing have to be alike, beside
# all the evidence: “Hva koster det?” is asked of many things.
ANSWERS_FROM = 2.5
# Shares of the progress bar.
ENCODED, ASKED, COMPARED = 0.7, 0.84, 0.98


class Duplicates(msgspec.Struct, frozen=True):
    """`answer_from` is the probability from which an entry would answer today."""

    db: Database
    knowledge: Knowledge
    encoder: TextEncoder
    twins: Twins
    clock: Callable[[], dt.datetime]
    answer_from: float

    async def find(
        self, brain: str, staged: list[Staged], body: str | None, progress: Progress
    ) -> None:
        """Marks new rows, by what is alike and by who would answer the first phrasings today."""
        new = [row for row in staged if row.kind == "new"]
        if not new:
            return
        known = self._known(brain, body)
        texts = await self._vectors(new, progress)
        answers = await self._answered_by(brain, new, texts, body, progress)
        rows, knows = await self._alike(brain, new, known, texts, progress)
        having = _having(known)
        for number, row in enumerate(new):
            tried = row.entry.questions[:PHRASINGS_TRIED]
            counts = Counter(id for text in tried if (id := answers[text]) is not None)
            found = rows.entries[number]
            for id in _equal(row, having):
                found.setdefault(id, Likeness(True, not knows))
            if not knows:
                answering = {id for id, count in counts.items() if count * 2 >= len(tried)}
                found |= {id: Likeness(False, False) for id in answering - found.keys()}
            _mark_same(row, rows.earlier.get(number, {}), knows)
            staging.mark_duplicates(row, found, counts, len(tried), known)
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

    async def _vectors(self, rows: Sequence[Staged], progress: Progress) -> Vectors:
        """Those of all phrasings and answers, which importing them needs too."""
        queries, passages = texts_of([row.entry for row in rows])
        share = ENCODED * len(queries) / (len(queries) + len(passages))
        heard = staging.shared(progress, share, "encoding")
        of_queries = await vectors.ensure(self.db, self.encoder, queries, "query", heard)

        def more(part: float, what: str) -> None:
            progress(share + part, what)

        heard = staging.shared(more, ENCODED - share, "encoding")
        return Vectors(
            of_queries, await vectors.ensure(self.db, self.encoder, passages, "passage", heard)
        )

    async def _answered_by(
        self,
        brain: str,
        rows: Sequence[Staged],
        texts: Vectors,
        body: str | None,
        progress: Progress,
    ) -> dict[str, str | None]:
        """The entry that would answer each of the first phrasings today."""
        tried = (text for row in rows for text in row.entry.questions[:PHRASINGS_TRIED])
        wanted = list(dict.fromkeys(tried))
        found: dict[str, str | None] = {}
        for start in range(0, len(wanted), ASKED_AT_ONCE):
            chunk = wanted[start : start + ASKED_AT_ONCE]
            asked = np.stack([texts.queries[text] for text in chunk])
            candidates = self.knowledge.find_many(chunk, asked, body, self.clock(), CANDIDATES)
            for text, best in zip(chunk, candidates, strict=True):
                found[text] = staging.answering(best, brain, self.answer_from)
            share = (start + len(chunk)) / len(wanted)
            progress(ENCODED + (ASKED - ENCODED) * share, "comparing")
            await asyncio.sleep(0)
        return found

    async def _alike(
        self,
        brain: str,
        rows: Sequence[Staged],
        known: Mapping[str, Entry],
        texts: Vectors,
        progress: Progress,
    ) -> tuple[_Rows, bool]:
        """What is like each row, and whether enough is known to tell."""
        ids = {key_of(brain, id): id for id in known}
        items = self.twins.items(list(ids))
        own = {f"row:{number}": number for number in range(len(rows))}
        for key, number in own.items():
            made = item(key, rows[number].entry, texts)
            assert made is not None
            items.append(made)
        overlap = await self.twins.overlap(items)
        found = await alike(
            overlap,
            list(own),
            PERHAPS_FROM,
            lambda share: progress(ASKED + (COMPARED - ASKED) * share, "comparing"),
        )
        marked = _Rows({number: {} for number in own.values()}, {})
        for one in found.values():
            marked.take(one, own, ids, rows, overlap.knows)
        return marked, overlap.knows


class _Rows(msgspec.Struct, frozen=True):
    """By number, the entries and the earlier rows that each row is like, by id."""

    entries: dict[int, dict[str, Likeness]]
    earlier: dict[int, dict[str, Likeness]]

    def take(
        self,
        one: Alike,
        own: Mapping[str, int],
        ids: Mapping[str, str],
        rows: Sequence[Staged],
        knows: bool,
    ) -> None:
        likeness = Likeness(one.equal, one.equal and (not knows or agree(one)), one.evidence)
        first, last = sorted(one.pair, key=lambda key: own.get(key, -1))
        if first in ids:
            self.entries[own[last]][ids[first]] = likeness
        elif one.equal or len({_numbers(text) for text in one.texts}) == 1:
            self.earlier.setdefault(own[last], {})[rows[own[first]].entry.id] = likeness


def agree(one: Alike) -> bool:
    """Whether two that share a phrasing surely are the same."""
    return one.evidence >= SAME_FROM and one.answers >= ANSWERS_FROM


def _mark_same(row: Staged, earlier: Mapping[str, Likeness], knows: bool) -> None:
    """Names an earlier row that asks the same, and merges only where that is sure."""
    if row.same_as is None:
        best = max(earlier, key=lambda id: earlier[id].evidence, default=None)
        if best is not None and earlier[best].evidence >= SAME_FROM:
            row.same_as = best
    elif knows and not (row.same_as in earlier and earlier[row.same_as].sure):
        row.choice, row.into = "import", None


def _numbers(text: str) -> tuple[str, ...]:
    """Those in a phrasing: lists ask after many things in the same words but a number."""
    return tuple(re.findall(r"\d+", text))


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
