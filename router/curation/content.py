"""Curating the shared brain: entries, facts, bodies. A change is live when the call ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import msgspec

from brains import audit, documents, entries, facts, notes, store
from brains.database import Database
from brains.entries import Summary
from brains.errors import Invalid
from brains.formats import faqpage, jsonl
from brains.formats.ids import slug
from brains.knowledge import Knowledge
from brains.model import (
    Body,
    Brain,
    Entry,
    Fact,
    MissingFact,
    Status,
    Texts,
)
from brains.notes import NewNote, Note
from brains.vectors import TextEncoder
from embeddings.packaged import Progress
from router.curation.fact_table import label_of
from router.results import EntryPage, ImportResult, Revision

SAME_IDS_MAX = 1_000


class Curation(msgspec.Struct, frozen=True):
    """`by` names who made a change, for the revisions. Errors are those of `brains.errors`."""

    db: Database
    knowledge: Knowledge
    encoder: TextEncoder
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

    async def free_id(self, brain: str, title: str) -> str:
        """An id made of the title, that no entry of the brain has ever had."""
        base = slug(title) or "svar"
        names = [base, *(f"{base}-{number}" for number in range(2, SAME_IDS_MAX))]
        async with self.db.read() as tx:
            taken = await entries.heads(tx, brain, names)
        return next(name for name in names if name not in taken)

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

    async def unread(self, brain: str) -> list[Note]:
        """What visitors get, or what was taken from them, that nobody but whoever did it has
        read: the notes that say so, newest first."""
        self.knowledge.brain(brain)
        async with self.db.read() as tx:
            return await notes.unread(tx, brain)

    async def names(self, id: str) -> set[str]:
        """Every name that a person or a key has had here."""
        async with self.db.read() as tx:
            return await audit.names(tx, id)

    async def add_notes(self, brain: str, saved: Sequence[Entry], note: NewNote, by: str) -> None:
        """Say the same about saved states of several entries."""
        async with self.db.write() as tx:
            await notes.add_to_all(tx, brain, saved, note, by, store.now())

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

    async def facts(self, body: str) -> list[Fact]:
        async with self.db.read() as tx:
            return list(await documents.FACTS.where(tx, body=self.knowledge.body(body).id))

    async def set_facts(
        self, body: str, facts: dict[str, str | Texts | None], by: str
    ) -> list[Fact]:
        """Give facts their values; None removes one. All or none."""
        self.knowledge.body(body)
        given = [
            Fact(body, key, value, label_of(self.knowledge, key))
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


def _share(progress: Progress, what: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(done / max(total, 1), what)


def _unsaid(summary: Summary) -> Note:
    """The note of what was handed in without one, as by an import."""
    entry = summary.entry
    return Note(entry.id, entry.revision, summary.updated_at, summary.author, "submitted", "")


def _status(status: str | None) -> Status | None:
    return None if status is None else msgspec.convert(status, Status)
