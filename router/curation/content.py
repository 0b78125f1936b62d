"""Curating the shared brain: entries, facts, gaps, bodies. A change is live when the call ends."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Sequence

import msgspec

from brains import documents, entries, facts, notes, store
from brains.database import Database
from brains.entries import Summary
from brains.errors import Invalid, UnknownGap
from brains.formats import faqpage, jsonl
from brains.gaps import Gaps
from brains.knowledge import Knowledge
from brains.model import (
    EVERYONE,
    Body,
    Brain,
    Entry,
    Fact,
    Gap,
    GapQuestion,
    GapStatus,
    MissingFact,
    Source,
    Status,
    Texts,
)
from brains.notes import NewNote, Note
from brains.vectors import TextEncoder
from embeddings.packaged import Progress
from router import decide
from router.pipeline import Pipeline
from router.results import AnsweredGap, EntryPage, GapPage, ImportResult, Revision

QUESTIONS_ASKED_AGAIN_MAX = 200
PHRASINGS_FROM_GAP_MAX = 15
ID_CHARS_MAX = 60


class Curation(msgspec.Struct, frozen=True):
    """`by` names who made a change, for the revisions. Errors are those of `brains.errors`."""

    db: Database
    knowledge: Knowledge
    encoder: TextEncoder
    gap_store: Gaps
    pipeline: Pipeline
    clock: Callable[[], dt.datetime]

    async def entries(
        self,
        brain: str,
        status: str | None = None,
        topic: str | None = None,
        text: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> EntryPage:
        """A page of a brain's entries, drafts among them, in order of id."""
        self.knowledge.brain(brain)
        async with self.db.read() as tx:
            page = await entries.listing(
                tx,
                brain,
                status=_status(status),
                topic=topic,
                text=text or "",
                after=cursor,
                limit=limit,
            )
        return EntryPage([summary.entry for summary in page.items], page.next)

    async def entry(self, brain: str, id: str, revision: int | None = None) -> Entry:
        """The newest state of an entry, or the one at `revision`."""
        async with self.db.read() as tx:
            return await entries.get(tx, brain, id, revision)

    async def save_entry(
        self,
        brain: str,
        entry: Entry,
        by: str,
        expected_revision: int | None = None,
        note: NewNote | None = None,
    ) -> Entry:
        """Save, and publish if `entry.status` says so. Raises `Conflict` if somebody was first."""
        self.knowledge.brain(brain)
        based = msgspec.structs.replace(entry, brain=brain, revision=expected_revision or 0)
        saved = await store.save_entry(self.db, self.encoder, based, by, note)
        await self.knowledge.catch_up()
        return saved

    async def retire_entry(
        self,
        brain: str,
        id: str,
        by: str,
        expected_revision: int | None = None,
        note: NewNote | None = None,
    ) -> Entry:
        """Take an entry away from visitors. Raises `Conflict` if somebody was first."""
        retired = await store.retire_entry(self.db, brain, id, by, expected_revision or 0, note)
        await self.knowledge.catch_up()
        return retired

    async def revisions(self, brain: str, id: str) -> list[Revision]:
        async with self.db.read() as tx:
            saved = await entries.revisions(tx, brain, id)
        return [Revision(one.revision, one.at, one.author, one.entry) for one in saved]

    async def waiting(self, brain: str, limit: int) -> list[tuple[Entry, Note]]:
        """The entries in review, each with the note it was handed in with."""
        self.knowledge.brain(brain)
        async with self.db.read() as tx:
            page = await entries.listing(tx, brain, status="in_review", limit=limit)
            said = await notes.submissions(tx, brain, [one.entry.id for one in page.items])
        return [(one.entry, said.get(one.entry.id) or _unsaid(one)) for one in page.items]

    async def add_note(self, brain: str, entry: Entry, note: NewNote, by: str) -> Note:
        """Say something about a saved state of an entry."""
        notes.check(note)
        async with self.db.write() as tx:
            return await notes.add(tx, brain, entry.id, entry.revision, note, by, store.now())

    async def notes(self, brain: str, id: str) -> list[Note]:
        """What was said about an entry when it was handed in, sent back or approved; newest first.

        Raises `UnknownEntry`.
        """
        async with self.db.read() as tx:
            await entries.get(tx, brain, id)
            return await notes.of_entry(tx, brain, id)

    async def import_entries(
        self, brain: str, read: Sequence[Entry], by: str, progress: Progress | None = None
    ) -> ImportResult:
        """All the entries that `brains.formats` read or, with `Invalid` saying why, none."""
        self.knowledge.brain(brain)
        heard = None if progress is None else _share(progress, "encoding")
        done = await store.import_entries(self.db, self.encoder, brain, read, heard, author=by)
        await self.knowledge.catch_up()
        return ImportResult(brain, len(read), done.created, done.updated, done.unchanged)

    async def export(
        self, brain: str, format: str, body: str | None = None, language: str = "nb"
    ) -> str:
        """The published entries as JSON Lines, or as one body's FAQPage in a language."""
        live = self.knowledge.entries[self.knowledge.brain(brain).id]
        if format == "jsonl":
            return jsonl.write(live[id] for id in sorted(live))
        if body is None:
            raise Invalid("A FAQPage is one body's: say which.", "body")
        page = faqpage.for_body(self.knowledge, body, language, self.clock())
        return msgspec.json.format(msgspec.json.encode(page)).decode()

    async def gaps(
        self,
        brain: str,
        status: GapStatus | None = "open",
        cursor: str | None = None,
        limit: int = 50,
    ) -> GapPage:
        page = await self.gap_store.list(brain, status, cursor, limit)
        return GapPage(list(page.items), page.next)

    async def gap(self, brain: str, id: str) -> Gap:
        gap = await self.gap_store.get(id)
        if gap.brain != brain:
            raise UnknownGap(id)
        return gap

    async def gap_questions(self, brain: str, id: str, limit: int = 100) -> list[GapQuestion]:
        await self.gap(brain, id)
        return list((await self.gap_store.questions(id, limit=limit)).items)

    async def answer_gap(
        self,
        brain: str,
        id: str,
        answers: Texts,
        by: str,
        questions: list[str] | None = None,
        audience: list[str] | None = None,
        title: str | None = None,
        sources: list[Source] | None = None,
    ) -> AnsweredGap:
        """Publish an answer, ask the gap's questions again, and close it if all are answered."""
        gap = await self.gap(brain, id)
        asked = await self.gap_questions(brain, id, QUESTIONS_ASKED_AGAIN_MAX)
        texts = list(dict.fromkeys(one.text for one in asked))
        entry = Entry(
            id=self._free_id(brain, title or gap.summary),
            title=title or gap.summary[:ID_CHARS_MAX],
            questions=questions or [gap.summary, *texts][:PHRASINGS_FROM_GAP_MAX],
            answers=answers,
            audience=audience or [EVERYONE],
            sources=sources or [],
            brain=brain,
        )
        entry = msgspec.structs.replace(entry, questions=list(dict.fromkeys(entry.questions)))
        entry = await self.save_entry(brain, entry, by)
        answered = await self._answered_now(brain, asked)
        if answered == len(asked):
            gap = await self.gap_store.settle(id, "answered", by, entry.id)
        return AnsweredGap(gap, entry, len(asked), answered)

    async def dismiss_gap(self, brain: str, id: str, by: str) -> Gap:
        await self.gap(brain, id)
        return await self.gap_store.settle(id, "dismissed", by)

    async def facts(self, body: str) -> list[Fact]:
        async with self.db.read() as tx:
            return list(await documents.FACTS.where(tx, body=self.knowledge.body(body).id))

    async def set_facts(
        self, body: str, facts: dict[str, str | Texts | None], by: str
    ) -> list[Fact]:
        """Give facts their values; None removes one. All or none."""
        known = self.knowledge.facts.get(self.knowledge.body(body).id, {})
        given = [
            Fact(body, key, value, known[key].label if key in known else {})
            for key, value in facts.items()
            if value is not None
        ]
        await store.save_facts(self.db, given)
        for key, value in facts.items():
            if value is None:
                await store.remove_fact(self.db, body, key)
        await self.knowledge.catch_up()
        return await self.facts(body)

    async def missing_facts(self, body: str) -> list[MissingFact]:
        """Facts that answers needed and the body has not given since."""
        async with self.db.read() as tx:
            return list(await facts.missing(tx, self.knowledge.body(body).id))

    async def add_body(self, body: Body, by: str) -> Body:
        """Create or change a body, and its brain if that is new."""
        if body.brain is not None and body.brain not in self.knowledge.brains:
            await self.add_brain(Brain(id=body.brain, name=body.brain), by)
        saved = await store.save_body(self.db, body)
        await self.knowledge.catch_up()
        return saved

    async def add_brain(self, brain: Brain, by: str) -> Brain:
        if brain.id not in self.knowledge.brains:
            await store.save_brain(self.db, brain)
            await self.knowledge.catch_up()
        return self.knowledge.brain(brain.id)

    async def _answered_now(self, brain: str, asked: list[GapQuestion]) -> int:
        """How many of a gap's questions get an answer where they were asked."""
        vectors = await self.encoder.encode([one.text for one in asked])
        limits = self.pipeline.limits()
        count = 0
        for question, vector in zip(asked, vectors, strict=True):
            body = self.knowledge.bodies.get(question.body)
            if body is None:
                continue
            found = self.knowledge.find(question.text, vector, body.id, self.clock())
            count += isinstance(decide.decide(found, body, limits), decide.Answer)
        return count

    def _free_id(self, brain: str, title: str) -> str:
        """An id made of the title, that no entry of the brain has."""
        plain = unicodedata.normalize("NFKD", title.casefold().translate(_LETTERS))
        base = re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")
        base = base[:ID_CHARS_MAX].strip("-") or "svar"
        taken = self.knowledge.entries[brain]
        return (
            base
            if base not in taken
            else next(
                name
                for number in range(2, len(taken) + 3)
                if (name := f"{base}-{number}") not in taken
            )
        )


_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "å": "a"})


def _share(progress: Progress, what: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(done / max(total, 1), what)


def _unsaid(summary: Summary) -> Note:
    """The note of what was handed in without one, as by an import."""
    entry = summary.entry
    return Note(entry.id, entry.revision, summary.updated_at, summary.author, "submitted", "")


def _status(status: str | None) -> Status | None:
    return None if status is None else msgspec.convert(status, Status)
