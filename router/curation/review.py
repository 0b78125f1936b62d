"""Who may do what to an entry, and doing it: the one place where the rules of publishing are.

    draft -> in review -> published by somebody else, or returned with a comment -> retired

Another than its writer reads an answer before visitors get it. What waits for
review is published by somebody who neither wrote it nor handed it in. Where it
cannot wait, a curator may publish a draft of their own: that is said of it,
with the reason, and it stays listed until another curator has read it. Every
state stays as a revision, so that everything can be brought back.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from brains.errors import Conflict, UnknownEntry
from brains.model import EVERYONE, GROUP_PREFIX, Entry
from brains.notes import NewNote, Note
from router.curation.authorship import live_among, same, words_of, writers
from router.curation.content import Curation
from router.errors import NotAllowed
from router.results import Revision
from router.security.access import Access, Holder

replace = msgspec.structs.replace
QUEUE_MAX = 500


class Waiting(msgspec.Struct, frozen=True):
    """An entry that waits for review. `live` is what visitors get now, `mine` the asker's own."""

    entry: Entry
    by: str
    at: dt.datetime
    note: str
    live: Entry | None
    mine: bool


class Allowed(msgspec.Struct, frozen=True):
    """What somebody may do to an entry now.

    `own_work`: only another may publish it. `unread`: published now, nobody else
    would have read it.
    """

    draft: bool
    publish: bool
    own_work: bool
    unread: bool


class Review(msgspec.Struct, frozen=True):
    """What `holder` sees of a brain's entries, and does to them.

    `revision` is everywhere the one it was decided on: `Conflict` if there is a
    newer. What may not be done raises `NotAllowed`, saying why.
    """

    curation: Curation
    access: Access
    holder: Holder

    @property
    def own_body(self) -> str | None:
        """The one body whose entries these hands reach, None where they reach a whole brain."""
        return self.access.own_body(self.holder)

    def sees(self, entry: Entry) -> bool:
        """A body sees what its own visitors may be shown; others see everything."""
        body = self.own_body
        if body is None:
            return True
        groups = {f"{GROUP_PREFIX}{name}" for name in self.curation.knowledge.body(body).groups}
        return not {EVERYONE, body, *groups}.isdisjoint(entry.audience)

    async def get(self, brain: str, id: str, revision: int | None = None) -> Entry:
        """The entry, newest or at a revision; `UnknownEntry` also for one not to be seen."""
        entry = await self.curation.entry(brain, id, revision)
        if not self.sees(entry):
            raise UnknownEntry(id)
        return entry

    async def revisions(self, brain: str, id: str) -> list[Revision]:
        """The saved states that may be seen, newest first. Raises `UnknownEntry`."""
        await self.get(brain, id)
        saved = await self.curation.revisions(brain, id)
        return [one for one in saved if self.sees(one.entry)]

    async def notes(self, brain: str, id: str) -> list[Note]:
        """What was said about the states that may be seen, newest first."""
        seen = {one.revision for one in await self.revisions(brain, id)}
        return [note for note in await self.curation.notes(brain, id) if note.revision in seen]

    async def allowed(self, brain: str, entry: Entry) -> Allowed:
        """What may be done to an entry that exists."""
        own = entry.status == "in_review" and await self._wrote(brain, entry)
        return Allowed(
            draft=self.may("draft", brain, entry),
            publish=self.may("publish", brain, entry),
            own_work=own,
            unread=await self.unread(brain, entry),
        )

    async def unread(self, brain: str, entry: Entry) -> bool:
        """Whether it says what these hands wrote, and neither visitors had it nor somebody else
        saved it so."""
        saved = await self._saved(brain, entry.id)
        alike = [one for one in saved if words_of(one.entry) == words_of(entry)]
        if any(one.entry.status == "published" for one in alike):
            return False
        return not alike or alike[-1].by in await self.names()

    def may(self, right: Literal["draft", "publish"], brain: str, *entries: Entry) -> bool:
        """Whether the right reaches these entries."""
        try:
            self._require(right, brain, *entries)
        except NotAllowed:
            return False
        return True

    def require_draft(self, brain: str, entry: Entry) -> None:
        """Raise `NotAllowed` unless these hands may change it."""
        self._require("draft", brain, entry)

    def require_publish(self, brain: str, entry: Entry) -> None:
        """Raise `NotAllowed` unless these hands may publish it."""
        self._require("publish", brain, entry)

    async def save(
        self, brain: str, entry: Entry, revision: int | None = None, note: str = ""
    ) -> Entry:
        """Save as a draft, hand in for review, or publish, as `entry.status` says."""
        if entry.status == "published":
            return await self._publish(brain, entry, revision, note)
        self._require("draft", brain, entry, *await self._existing(brain, entry.id))
        said = NewNote("submitted", note) if entry.status == "in_review" else None
        return await self.curation.save_entry(brain, entry, self.holder.name, revision, said)

    async def submit(self, brain: str, id: str, revision: int, note: str = "") -> Entry:
        """Hand the newest state in for review, with a word to whoever reviews it."""
        entry = await self._state(brain, id, revision)
        return await self.save(brain, replace(entry, status="in_review"), revision, note)

    async def withdraw(self, brain: str, id: str, revision: int) -> Entry:
        """Take what waits for review back to a draft."""
        entry = await self._state(brain, id, revision)
        return await self.save(brain, replace(entry, status="draft"), revision)

    async def give_back(self, brain: str, id: str, revision: int, comment: str) -> Entry:
        """Send what waits for review back to a draft, saying what to change."""
        entry = await self._state(brain, id, revision)
        self._require("publish", brain, entry)
        if entry.status != "in_review":
            raise Conflict(f"“{id}” does not wait for review any more. Look at its history.")
        draft = replace(entry, status="draft")
        said = NewNote("returned", comment)
        return await self.curation.save_entry(brain, draft, self.holder.name, revision, said)

    async def publish(self, brain: str, id: str, revision: int, note: str = "") -> Entry:
        """Make the newest state public. Of what waits for review this is the approval."""
        entry = await self._state(brain, id, revision)
        return await self._publish(brain, replace(entry, status="published"), revision, note)

    async def retire(
        self, brain: str, id: str, revision: int, note: str = "", *, unread: bool = False
    ) -> Entry:
        """Take an entry away from visitors; `unread` where nobody has seen what that changes."""
        entry = await self._state(brain, id, revision)
        self._require("publish", brain, entry)
        said = NewNote("comment", note) if note else None
        if unread and self.live(brain, id) is not None:
            said = NewNote("unreviewed", note)
        return await self.curation.retire_entry(brain, id, self.holder.name, revision, said)

    async def restore(
        self, brain: str, id: str, old: int, revision: int, note: str = "", *, publish: bool
    ) -> Entry:
        """Save the state at `old` again, as a draft or for visitors at once."""
        await self._state(brain, id, revision)
        saved = await self.get(brain, id, old)
        status: Literal["published", "draft"] = "published" if publish else "draft"
        return await self.save(brain, replace(saved, status=status), revision, note)

    async def discard(self, brain: str, id: str, revision: int) -> Entry:
        """Let go of a draft: what visitors get is the newest state again, or nothing is."""
        entry = await self._state(brain, id, revision)
        self._require("draft", brain, entry)
        live = self.live(brain, id)
        by = self.holder.name
        if live is None:
            return await self.curation.retire_entry(brain, id, by, revision)
        return await self.curation.save_entry(brain, live, by, revision)

    async def undo(self, brain: str, id: str, revision: int) -> Entry:
        """Take back what these hands did last: what was live, and what was drafted, are again."""
        await self._state(brain, id, revision)
        saved = await self.revisions(brain, id)
        if len(saved) < 2 or saved[0].by != self.holder.name:
            raise Conflict(f"The last change to “{id}” was not yours to undo.")
        before = saved[1].entry
        live, now = live_among(saved[1:]), self.live(brain, id)
        self._require("draft", brain, saved[0].entry, before)
        if not same(live, now):
            self._require("publish", brain, saved[0].entry, before)
        by = self.holder.name
        if live is None and now is not None:
            revision = (await self.curation.retire_entry(brain, id, by, revision)).revision
        elif live is not None and not same(live, now):
            revision = (await self.curation.save_entry(brain, live, by, revision)).revision
        return await self.curation.save_entry(brain, before, by, revision)

    async def comment(self, brain: str, id: str, text: str) -> None:
        """Say something about the newest state."""
        entry = await self.get(brain, id)
        self._require("draft", brain, entry)
        await self.curation.add_note(brain, entry, NewNote("comment", text), self.holder.name)

    async def queue(self, brain: str) -> list[Waiting]:
        """What waits for review and may be seen, longest first."""
        found = []
        for entry, note in await self.curation.waiting(brain, QUEUE_MAX):
            if self.sees(entry):
                mine = await self._wrote(brain, entry)
                live = self.live_seen(brain, entry.id)
                found.append(Waiting(entry, note.by, note.at, note.text, live, mine))
        return sorted(found, key=lambda waiting: waiting.at)

    def live(self, brain: str, id: str) -> Entry | None:
        """What visitors get now."""
        return self.curation.knowledge.entries.get(brain, {}).get(id)

    def live_seen(self, brain: str, id: str) -> Entry | None:
        """The same, where it may be seen: it may be for others than the newest state is."""
        live = self.live(brain, id)
        return live if live is not None and self.sees(live) else None

    async def _publish(self, brain: str, entry: Entry, revision: int | None, note: str) -> Entry:
        existing = await self._existing(brain, entry.id)
        self._require("publish", brain, entry, *existing)
        waiting = [one for one in existing if one.status == "in_review"]
        if waiting and await self._wrote(brain, waiting[0]):
            raise NotAllowed(
                f"“{entry.id}” waits for review and is your own work, so somebody else publishes "
                "it. Take it back to a draft if it needs no review."
            )
        if waiting:
            said: NewNote | None = NewNote("approved", note)
        elif await self.unread(brain, entry):
            said = NewNote("unreviewed", note)
        else:
            said = NewNote("comment", note) if note else None
        return await self.curation.save_entry(brain, entry, self.holder.name, revision, said)

    async def _state(self, brain: str, id: str, revision: int) -> Entry:
        entry = await self.get(brain, id)
        if entry.revision != revision:
            raise Conflict(
                f"Somebody saved revision {entry.revision} of “{id}” after you opened revision "
                f"{revision}. Look at theirs first."
            )
        return entry

    async def _existing(self, brain: str, id: str) -> list[Entry]:
        return [one.entry for one in (await self._saved(brain, id))[:1]]

    async def _wrote(self, brain: str, newest: Entry) -> bool:
        """Whether the newest state was written or handed in by these hands."""
        saved = await self.curation.revisions(brain, newest.id)
        said = await self.curation.notes(brain, newest.id)
        return not writers(saved, said).isdisjoint(await self.names())

    async def _saved(self, brain: str, id: str) -> list[Revision]:
        try:
            return await self.curation.revisions(brain, id)
        except UnknownEntry:
            return []

    async def names(self) -> set[str]:
        """The names these hands have had: who takes another is still who wrote it."""
        return {self.holder.name, *await self.curation.names(self.holder.id)}

    def _require(self, right: Literal["draft", "publish"], brain: str, *entries: Entry) -> None:
        """A brain's hands may reach everything in it, a body's its own entries and no other."""
        if self.own_body is None:
            self.access.require(self.holder, right, brain=brain)
            return
        for entry in entries:
            self.access.require(self.holder, right, brain=brain, body=_only_body(entry))


def _only_body(entry: Entry) -> str | None:
    """The body whose own an entry is: it owns it, and nobody else sees it."""
    return entry.owner if entry.owner and entry.audience == [entry.owner] else None
