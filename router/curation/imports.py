"""Imports in two steps: what a file would change is shown first, then done as a whole.

`stage` compares an upload with the brain and keeps it, `choose` and `confirm`
are the curator's part, `undo` takes a finished import back for some days.
What an editor of one body imports becomes drafts of that body's own, under
ids that touch nobody else's.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from brains import changes, checks, entries, formats, imports, notes, store
from brains.database import Database, Transaction
from brains.entries import Head
from brains.errors import Conflict, Invalid, Problem
from brains.formats import Contents, File, Row
from brains.imports import Before, Choice, Import, Report, Staged, UnknownImport
from brains.knowledge import Knowledge
from brains.model import Entry, Status
from brains.notes import NewNote
from brains.vectors import TextEncoder
from embeddings.packaged import Progress
from router.curation import staging
from router.curation.import_duplicates import COMPARED, Duplicates
from router.curation.import_undo import take_back
from router.curation.twins import Twins
from router.pipeline import Pipeline
from router.results import ImportedRow, ImportResult

KEPT_DAYS = 7
UNDO_DAYS = 7
LISTED_MAX = 50
ID_BYTES = 12
NAME_CHARS_MAX = 300


class Picked(msgspec.Struct, frozen=True):
    """What to do with one row: `into` is the entry that a merge adds to."""

    choice: Choice
    into: str | None = None


class Imports(msgspec.Struct, frozen=True):
    """`body` is the one body whose editor asks, None for whoever keeps the brain."""

    db: Database
    knowledge: Knowledge
    encoder: TextEncoder
    twins: Twins
    pipeline: Pipeline
    clock: Callable[[], dt.datetime]

    async def read(
        self, files: Sequence[File], language: str = "nb", format: str | None = None
    ) -> Contents:
        """What files hold, read in a thread. Raises `Invalid` with all that is wrong."""
        contents = await asyncio.to_thread(formats.read, files, language, format)
        groups = {group for body in self.knowledge.bodies.values() for group in body.groups}
        checks.refuse(
            Problem(f"{row.place}, {problem.pointer}", problem.text)
            for row in contents.rows
            for problem in checks.check_references(row.entry, self.knowledge.bodies.keys(), groups)
        )
        return contents

    async def compare(
        self,
        brain: str,
        contents: Contents,
        body: str | None = None,
        progress: Progress | None = None,
        duplicates: bool = True,
    ) -> list[Staged]:
        """What the contents would change, and what in the brain asks the same."""
        self.knowledge.brain(brain)
        rows = contents.rows if body is None else await self._owned(brain, contents.rows, body)
        existing = await self._existing(brain, [row.entry.id for row in rows])
        staged = staging.compare(rows, existing, contents.format)
        if duplicates:
            await self._duplicates().find(brain, staged, body, progress or _silent)
        return staged

    async def stage(
        self,
        brain: str,
        name: str,
        contents: Contents,
        by: str,
        body: str | None = None,
        progress: Progress | None = None,
        id: str | None = None,
    ) -> Import:
        """Compares, and keeps the upload for some days. `id` is one of `new_id`."""
        rows = await self.compare(brain, contents, body, progress)
        staged = Import(
            id=id or new_id(),
            brain=brain,
            by=by,
            at=self.clock(),
            file_name=name[:NAME_CHARS_MAX],
            format=contents.format,
            rows=rows,
            report=Report(body=body, notes=contents.notes, total=len(rows)),
        )
        async with self.db.write() as tx:
            await imports.expire(tx, self.oldest())
            await imports.add(tx, staged)
        return staged

    async def at_once(
        self,
        brain: str,
        contents: Contents,
        by: str,
        progress: Progress | None = None,
        dry_run: bool = False,
    ) -> ImportResult:
        """Imports everything as it is, without a preview; `dry_run` only says what it would do."""
        rows = await self.compare(brain, contents, None, progress, duplicates=dry_run)
        kinds = Counter(row.kind for row in rows)
        created, changed = kinds["new"], kinds["changed"]
        if not dry_run:
            heard = staging.shared(progress or _silent, 1.0, "encoding")
            batch = [row.entry for row in rows]

            async def also(tx: Transaction, before: dict[str, Head], saved: list[Entry]) -> None:
                await self._note_unread(tx, brain, before, saved, by, "")

            done = await store.import_entries(
                self.db, self.encoder, brain, batch, heard, author=by, also=also
            )
            await self.knowledge.catch_up()
            created, changed = done.created, done.updated
        return ImportResult(
            brain,
            len(rows),
            created,
            changed,
            len(rows) - created - changed,
            [": ".join(filter(None, note)) for note in contents.notes],
            [_row(row) for row in rows] if dry_run else [],
        )

    async def listing(self, brain: str, body: str | None = None) -> list[Import]:
        """The imports of late, newest first, without their rows."""
        self.knowledge.brain(brain)
        async with self.db.read() as tx:
            found = await imports.listing(tx, brain, LISTED_MAX)
        return [one for one in found if self._sees(one, body)]

    async def get(self, brain: str, id: str, body: str | None = None) -> Import:
        """One import with its rows. Raises `UnknownImport`, also for another body's."""
        async with self.db.read() as tx:
            found = await imports.get(tx, brain, id)
        if not self._sees(found, body):
            raise UnknownImport(id)
        return found

    async def choose(
        self, brain: str, id: str, picked: Mapping[int, Picked], body: str | None = None
    ) -> Import:
        """Sets what to do with rows, by their number from 0. Raises `Invalid` and `Conflict`."""
        staged = await self._staged(brain, id, body)
        for number, pick in picked.items():
            if not 0 <= number < len(staged.rows):
                raise Invalid("There is no such row.", f"row {number + 1}")
            _pick(staged.rows[number], pick, number)
        async with self.db.write() as tx:
            await imports.update(tx, staged)
        return staged

    async def discard(self, brain: str, id: str, body: str | None = None) -> None:
        """Forgets a staged import."""
        staged = await self._staged(brain, id, body)
        async with self.db.write() as tx:
            await imports.remove(tx, [staged.id])

    async def confirm(
        self,
        brain: str,
        id: str,
        by: str,
        publish: bool,
        body: str | None = None,
        progress: Progress | None = None,
    ) -> Import:
        """Does what was chosen, all of it or, raising `Invalid` or `Conflict`, nothing.

        What an editor of one body imports stays drafts.
        """
        staged = await self._staged(brain, id, body)
        await self._refuse_alike(staged, body)
        publish = publish and body is None
        batch = await self._batch(brain, staged, publish, body)
        done = _counted(staged, publish)
        done.report.finished_at, done.report.finished_by = self.clock(), by

        async def also(tx: Transaction, before: dict[str, Head], saved: list[Entry]) -> None:
            if (await imports.get(tx, brain, id)).status != "staged":
                raise Conflict("Somebody else has just done this import.")
            _note_changes(done, before, saved)
            _refuse_taken(staged, before)
            await imports.update(tx, done)
            await self._note_unread(tx, brain, before, saved, by, staged.file_name)

        heard = staging.shared(progress or _silent, COMPARED, "encoding")
        await store.import_entries(self.db, self.encoder, brain, batch, heard, author=by, also=also)
        await self.knowledge.catch_up()
        return done

    async def _note_unread(
        self,
        tx: Transaction,
        brain: str,
        before: Mapping[str, Head],
        saved: Sequence[Entry],
        by: str,
        file_name: str,
    ) -> None:
        """What is published or taken away with a file is for somebody else to read afterwards."""
        public = [
            entry
            for entry in saved
            if entry.status == "published"
            or (entry.status == "retired" and before.get(entry.id, Head()).live_revision)
        ]
        note = NewNote("unreviewed", file_name)
        await notes.add_to_all(tx, brain, public, note, by, self.clock())

    async def undo(self, brain: str, id: str, by: str, body: str | None = None) -> Import:
        """Retires what an import created and restores what it changed.

        What somebody has changed since is left as it is, and counted in `kept`.
        """
        done = await self.get(brain, id, body)
        if not self.undoable(done):
            raise Conflict(f"Only a finished import can be undone, and for {UNDO_DAYS} days.")
        async with self.db.write() as tx:
            await changes.lock(tx)
            if (await imports.get(tx, brain, id)).status != "done":
                raise Conflict("Somebody else has just undone this import.")
            kept = await take_back(tx, done, by, self.clock())
            undone = msgspec.structs.replace(
                done, status="undone", report=msgspec.structs.replace(done.report, kept=kept)
            )
            await imports.update(tx, undone)
        await self.knowledge.catch_up()
        return undone

    def undoable(self, one: Import) -> bool:
        """Whether it is done, changed something, and not too long ago."""
        at, report = one.report.finished_at, one.report
        late = at is None or self.clock() - at > dt.timedelta(days=UNDO_DAYS)
        return one.status == "done" and not late and bool(report.created or report.changed)

    async def targets(self, brain: str, rows: Iterable[Staged]) -> dict[str, Entry]:
        """The existing entries that rows change or could be merged into, by id."""
        ids = {row.entry.id for row in rows if row.kind != "new"}
        ids |= {one.entry for row in rows for one in row.duplicates}
        return await self._existing(brain, sorted(ids))

    async def _refuse_alike(self, staged: Import, body: str | None) -> None:
        """Raises `Conflict` where somebody has added an answer with a phrasing of the upload since.

        It is among the row's duplicates then, so that the next try is a choice.
        """
        await self.knowledge.catch_up()
        number = self._duplicates().added(staged.brain, staged.rows, body)
        if number:
            async with self.db.write() as tx:
                await imports.update(tx, staged)
            raise Conflict(
                "Since this file was uploaded, somebody has added answers that ask the same: "
                f"{number}. They are under “Perhaps twice” now. Choose what to do with them."
            )

    def _duplicates(self) -> Duplicates:
        answer_from = self.pipeline.limits().answer_from
        return Duplicates(
            self.db, self.knowledge, self.encoder, self.twins, self.clock, answer_from
        )

    async def entries(self, brain: str, ids: Sequence[str]) -> dict[str, Entry]:
        """The newest states of entries, by id."""
        return await self._existing(brain, ids)

    async def _batch(
        self, brain: str, staged: Import, publish: bool, body: str | None
    ) -> list[Entry]:
        """The entries to save: rows as they are, and those that rows are merged into."""
        batch = {
            row.entry.id: msgspec.structs.replace(
                row.entry, status=_status(row.entry.status, publish), revision=row.revision
            )
            for row in staged.rows
            if row.choice == "import"
        }
        merges = [row for row in staged.rows if row.choice == "merge"]
        wanted = {str(row.into) for row in merges} - batch.keys()
        for id, entry in (await self._existing(brain, sorted(wanted))).items():
            if body is not None and not staging.is_own(entry, body):
                raise Invalid("This answer is not your own, so you cannot add to it.", id)
            batch[id] = msgspec.structs.replace(entry, status=_status(entry.status, publish))
        problems = []
        for row in merges:
            target = batch.get(str(row.into))
            if target is None:
                problems.append(Problem(row.place, f"“{row.into}” is not imported, nor there."))
                continue
            more = staging.merged(target, row.entry.questions)
            problems += [
                Problem(f"{row.place}, {wrong.pointer}", wrong.text)
                for wrong in checks.check_entry(more)
            ]
            batch[target.id] = more
        checks.refuse(problems)
        return list(batch.values())

    async def _existing(self, brain: str, ids: Sequence[str]) -> dict[str, Entry]:
        async with self.db.read() as tx:
            found = await entries.summaries(tx, brain, ids)
        return {summary.entry.id: summary.entry for summary in found}

    async def _owned(self, brain: str, rows: Sequence[Row], body: str) -> list[Row]:
        """The rows as one body's own drafts, under ids that are its own or nobody's."""
        names = [f"{body}-{row.entry.id}" for row in rows]
        ids = [*(row.entry.id for row in rows), *names]
        existing = await self._existing(brain, ids)
        owned, taken = [], set(existing)
        for row, name in zip(rows, names, strict=True):
            id = row.entry.id
            if id in existing and not staging.is_own(existing[id], body):
                id = name
                number = 1
                while id in taken and not (id in existing and staging.is_own(existing[id], body)):
                    number += 1
                    id = f"{name}-{number}"
                taken.add(id)
            entry = msgspec.structs.replace(
                row.entry, id=id, owner=body, audience=[body], status="draft"
            )
            owned.append(Row(row.place, entry))
        return owned

    async def _staged(self, brain: str, id: str, body: str | None) -> Import:
        found = await self.get(brain, id, body)
        if found.status != "staged":
            raise Conflict("This import has been done already.")
        return found

    def _sees(self, one: Import, body: str | None) -> bool:
        late = one.status == "staged" and one.at < self.oldest()
        return not late and (body is None or one.report.body == body)

    def oldest(self) -> dt.datetime:
        """What was staged before this time has expired."""
        return self.clock() - dt.timedelta(days=KEPT_DAYS)


def new_id() -> str:
    """An id for an import that is about to be staged."""
    return secrets.token_urlsafe(ID_BYTES)


def _row(row: Staged) -> ImportedRow:
    return ImportedRow(row.place, row.entry.id, row.kind, row.fields, row.duplicates, row.same_as)


def _pick(row: Staged, pick: Picked, number: int) -> None:
    allowed = {one.entry for one in row.duplicates} | {row.same_as}
    if row.kind != "new":
        allowed.add(row.entry.id)
    if pick.choice == "merge" and (pick.into is None or pick.into not in allowed):
        raise Invalid("Choose one of the answers that it looks like.", f"row {number + 1}")
    row.choice = pick.choice
    row.into = pick.into if pick.choice == "merge" else row.into


def _counted(staged: Import, publish: bool) -> Import:
    """The import as it is once done, before what it changed is known."""
    chosen = Counter(row.choice for row in staged.rows)
    unchanged = sum(row.kind == "unchanged" for row in staged.rows)
    report = msgspec.structs.replace(
        staged.report,
        published=publish,
        merged=chosen["merge"],
        skipped=sum(row.choice == "skip" and row.kind != "unchanged" for row in staged.rows),
        unchanged=unchanged,
    )
    return msgspec.structs.replace(staged, status="done", rows=[], report=report)


def _note_changes(done: Import, before: Mapping[str, Head], saved: Iterable[Entry]) -> None:
    """What undoing will need: of each entry, where it stood and what was written."""
    for entry in saved:
        head = before.get(entry.id)
        if head is None:
            done.report.created.append(Before(entry.id, 0, None, entry.revision))
        else:
            done.report.changed.append(
                Before(entry.id, head.revision, head.live_revision, entry.revision)
            )


def _refuse_taken(staged: Import, before: Mapping[str, Head]) -> None:
    for row in staged.rows:
        if row.choice == "import" and row.kind == "new" and row.entry.id in before:
            raise Conflict(
                f"Somebody has made an answer called “{row.entry.id}” since this file was "
                "uploaded. Upload it again to compare."
            )


def _status(status: Status, publish: bool) -> Status:
    """Published only where that was asked for; a file's own drafts stay drafts."""
    return status if publish else "draft"


def _silent(share: float, what: str) -> None:
    pass
