"""What a body's or a group's own text would change, shown before anybody reads it.

The questions are asked as they are today: a local answer changes what the
entry says there, and not which questions it gets. So the preview tells who
gets the text, what they read today and would read, and what is lost by it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Sequence
from itertools import groupby

import msgspec
import numpy as np

from brains.asked import AskedRow
from brains.database import Database
from brains.knowledge import Answer, Knowledge, item_of, key_of, scopes_of
from brains.model import Body, Texts
from brains.vectors import TextEncoder
from embeddings.matcher import Matcher, Scored
from embeddings.matter import strays
from embeddings.packaged import Progress
from router.asked import AskedQuestions
from router.curation import warnings, wording
from router.curation.deciding import Deciding
from router.curation.local_readings import LocalChange, Reader, Reading, grouped, lacking, said
from router.curation.trial import AT_ONCE, CANDIDATES
from router.curation.warnings import Reason

READERS_MAX = 100
READINGS_MAX = 50


class LocalImpact(msgspec.Struct, frozen=True):
    """The preview. `bodies` are those whose visitors get the text, `tried` how many questions were
    asked, `reached` how many of them get it: `readers`, most often asked first."""

    brain: str
    entry: str
    scope: str
    bodies: list[str]
    tried: int
    reached: int
    readers: list[Reader]
    readings: list[Reading]
    harmful: bool
    reasons: list[Reason]
    took_seconds: float


class LocalPreviews(msgspec.Struct, frozen=True):
    db: Database
    knowledge: Knowledge
    matcher: Matcher
    encoder: TextEncoder
    asked: AskedQuestions
    deciding: Deciding
    certainly: wording.Certainly
    clock: Callable[[], dt.datetime]

    async def preview(
        self,
        brain: str,
        id: str,
        scope: str,
        texts: Texts | None,
        progress: Progress | None = None,
    ) -> LocalImpact:
        """The impact of answering with `texts` there, or with None of the shared ones again.

        Raises `UnknownEntry`, and `Invalid` for a wrong template.
        """
        started = time.perf_counter()
        report = progress or _silent
        report(0.0, "reading")
        local = self.knowledge.local_answers.get((brain, id), {})
        change = LocalChange.of(self.knowledge.entry(brain, id), scope, local, texts)
        members = change.members(self.knowledge.bodies.values())
        bodies = [body for body in members if change.reaches(body)]
        rows = await self._asked(brain, [body.id for body in bodies])
        readers = await self._readers(change, rows, report)
        by_body = [self._read(change, body, readers) for body in bodies]
        readings = [one for read in by_body for one in read]
        other = None if texts is None else await self._other_matter(change, texts)
        reasons = [
            *warnings.lacking(lacking(readings)),
            *self._worded(change, bodies, by_body, readers),
            *warnings.about_another(other, brain),
            *warnings.unreached([body.id for body in members if body not in bodies]),
        ]
        report(1.0, "done")
        return LocalImpact(
            brain=brain,
            entry=id,
            scope=scope,
            bodies=[body.id for body in bodies],
            tried=len(rows),
            reached=len(readers),
            readers=readers[:READERS_MAX],
            readings=grouped(readings)[:READINGS_MAX],
            harmful=any(reason.does_harm for reason in reasons),
            reasons=reasons,
            took_seconds=round(time.perf_counter() - started, 2),
        )

    async def _asked(self, brain: str, bodies: Sequence[str]) -> list[AskedRow]:
        """What was asked of late in those bodies."""
        if not bodies:
            return []
        rows = await self.asked.recent(brain, body=bodies[0] if len(bodies) == 1 else None)
        return [row for row in rows if row.body in bodies and row.vector is not None]

    async def _readers(
        self, change: LocalChange, rows: Sequence[AskedRow], report: Progress
    ) -> list[Reader]:
        """Those of the questions that the entry answers today, or would but for a fact."""
        matcher, found, done = self.matcher.variant(), list[Reader](), 0
        for slug, group in groupby(sorted(rows, key=_body_of), _body_of):
            asked, body = list(group), self.knowledge.body(slug)
            for start in range(0, len(asked), AT_ONCE):
                part = asked[start : start + AT_ONCE]
                report(0.1 + 0.8 * done / len(rows), "trying")
                scored = await asyncio.to_thread(_search, matcher, part, scopes_of(body))
                found += [
                    Reader(row.text, slug, row.language, row.count)
                    for row, one in zip(part, scored, strict=True)
                    if self._gets(change, row, one, body)
                ]
                done += len(part)
        return sorted(found, key=lambda one: -one.count)

    def _gets(
        self, change: LocalChange, row: AskedRow, scored: Sequence[Scored], body: Body
    ) -> bool:
        key = key_of(change.entry.brain, change.entry.id)
        if all(one.key != key for one in scored):
            return False
        found = self.deciding.verdict(scored, body, row.language, self.clock(), {})
        return found.best == key and (found.answers == key or found.missing_fact is not None)

    def _read(self, change: LocalChange, body: Body, readers: Sequence[Reader]) -> list[Reading]:
        """What its visitors read, in the languages they ask in and those that anything is in."""
        before, after = change.texts(body)
        spoken = sorted({one.language for one in readers if one.body == body.id})
        found = []
        for language in dict.fromkeys([body.language, *spoken, *before, *after]):
            then, now = (
                self.knowledge.worded(change.entry, texts, body.id, [language])
                for texts in (before, after)
            )
            found.append(
                Reading(
                    [body.id],
                    language,
                    then.markdown if isinstance(then, Answer) else None,
                    now.markdown if isinstance(now, Answer) else None,
                    None if isinstance(now, Answer) else now.key,
                )
            )
        return found

    def _worded(
        self,
        change: LocalChange,
        bodies: Sequence[Body],
        by_body: Sequence[Sequence[Reading]],
        readers: Sequence[Reader],
    ) -> list[Reason]:
        """What is wrong with the texts themselves, as the first of the bodies reads them."""
        if not bodies:
            return []
        before, after = change.texts(bodies[0])
        gone = [tag for tag in before if tag not in after]
        asked = [one.text for one in readers if one.language in gone]
        return [
            *wording.reasons(*said(by_body[0], before, after), self.certainly),
            *warnings.without_languages(gone, asked, shared=False),
        ]

    async def _other_matter(self, change: LocalChange, texts: Texts) -> str | None:
        item = await item_of(
            self.db, self.encoder, msgspec.structs.replace(change.entry, answers=texts)
        )
        return await asyncio.to_thread(strays, self.matcher.variant(), item, item.passages)


def _search(
    matcher: Matcher, rows: Sequence[AskedRow], scopes: frozenset[str]
) -> list[list[Scored]]:
    """Slow: for a thread."""
    vectors = np.stack([row.vector for row in rows if row.vector is not None])
    return matcher.search_many([row.text for row in rows], vectors, scopes, CANDIDATES)


def _body_of(row: AskedRow) -> str:
    return row.body


def _silent(share: float, what: str) -> None:
    pass
