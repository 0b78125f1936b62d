"""Local answers: a body's or a group's own text in place of a shared one.

Each remembers the revision of the shared answer it was written against. Where
the shared answer says something else since, it is *older*, and somebody who
knows the body should look at both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence

import msgspec

from brains import checks, documents, entries, store
from brains.database import Database
from brains.errors import UnknownEntry, UnknownLocalAnswer
from brains.knowledge import Answer, FactMissing, Knowledge, scopes_of, title_of
from brains.model import Entry, LocalAnswer, Texts


class Shadowing(msgspec.Struct, frozen=True):
    """A local answer beside the shared entry it takes the place of.

    `shared_then` is what the shared one said when the local was written, where
    it says something else now; None where the local answer is up to date.
    """

    local: LocalAnswer
    title: str
    shared: Texts
    shared_revision: int
    shared_then: Texts | None = None

    @property
    def older(self) -> bool:
        return self.shared_then is not None


class LocalAnswers(msgspec.Struct, frozen=True):
    """Errors are those of `brains.errors`. `by` names who made a change."""

    db: Database
    knowledge: Knowledge
    clock: Callable[[], dt.datetime]

    async def list(
        self, brain: str, scopes: Collection[str] | None = None, entry: str | None = None
    ) -> Sequence[Shadowing]:
        """A brain's local answers, of some scopes or of one entry; those grown old first."""
        known = self.knowledge.entries[self.knowledge.brain(brain).id]
        local = [
            (known[id], one)
            for (of, id), by_scope in self.knowledge.local_answers.items()
            if of == brain and id in known and entry in (None, id)
            for scope, one in by_scope.items()
            if scopes is None or scope in scopes
        ]
        found = [await self._beside(shared, one) for shared, one in local]
        return sorted(found, key=lambda one: (not one.older, one.title, one.local.scope))

    async def get(self, brain: str, entry: str, scope: str) -> Shadowing:
        """Raises `UnknownEntry` and `UnknownLocalAnswer`."""
        shared = self.knowledge.entry(brain, entry)
        local = self.knowledge.local_answers.get((brain, entry), {}).get(scope)
        if local is None:
            raise UnknownLocalAnswer(f"{entry}, {scope}")
        return await self._beside(shared, local)

    async def save(
        self,
        brain: str,
        entry: str,
        scope: str,
        answers: Texts,
        by: str,
        revision: int = 0,
        *,
        unread: bool = False,
    ) -> LocalAnswer:
        """Live when the call ends. `revision` is the shared answer it was written against;
        `unread` where nobody has seen what it changes."""
        self.knowledge.entry(brain, entry)
        texts = {language: text.strip() for language, text in answers.items()}
        local = LocalAnswer(brain, entry, scope, texts, revision, unread=unread)
        await store.save_local_answers(self.db, [local], by)
        await self.knowledge.catch_up()
        async with self.db.read() as tx:
            key = (brain, entry, scope)
            return (await documents.LOCAL_ANSWERS.get(tx, [key]))[key]

    def check(self, brain: str, entry: str, scope: str, answers: Texts) -> None:
        """Raises `Invalid` for what could not be saved."""
        bodies = self.knowledge.bodies
        groups = {group for body in bodies.values() for group in body.groups}
        local = LocalAnswer(brain, entry, scope, answers)
        checks.refuse(
            [*checks.check_local_answer(local), *checks.check_scope(scope, bodies, groups)]
        )

    async def unread(self, brain: str) -> Sequence[Shadowing]:
        """Those that nobody but their writer has read, by title."""
        found = await self.list(brain)
        return [one for one in found if one.local.unread]

    async def read(self, local: LocalAnswer) -> None:
        """Somebody else has read it, as it is."""
        seen = msgspec.structs.replace(local, unread=False)
        await store.save_local_answers(self.db, [seen], local.by)
        await self.knowledge.catch_up()

    async def remove(self, brain: str, entry: str, scope: str) -> LocalAnswer:
        """The shared answer is given again. Returns what was removed."""
        local = (await self.get(brain, entry, scope)).local
        await store.remove_local_answer(self.db, brain, entry, scope)
        await self.knowledge.catch_up()
        return local

    def shared(self, brain: str, id: str, seen_by: str | None = None) -> Entry:
        """The shared entry. `UnknownEntry` also where a body, if one asks, does not get it."""
        entry = self.knowledge.entry(brain, id)
        if seen_by is not None and self.scopes_seen_in(seen_by).isdisjoint(entry.audience):
            raise UnknownEntry(id)
        return entry

    def scopes_seen_in(self, body_slug: str) -> frozenset[str]:
        """The scopes whose local answers the body's visitors may get: its own, its groups'."""
        return scopes_of(self.knowledge.body(body_slug))

    def preview(
        self, brain: str, entry_id: str, body_slug: str, answers: Texts, language: str
    ) -> Answer | FactMissing:
        """How these texts would read in a body, with its facts in them. Raises `Invalid`."""
        entry = self.knowledge.entry(brain, entry_id)
        return self.knowledge.worded(entry, answers, body_slug, [language])

    async def _beside(self, shared: Entry, local: LocalAnswer) -> Shadowing:
        then = None
        if 0 < local.revision < shared.revision:
            async with self.db.read() as tx:
                earlier = await entries.get(tx, shared.brain, shared.id, local.revision)
            then = earlier.answers if earlier.answers != shared.answers else None
        return Shadowing(local, title_of(shared), shared.answers, shared.revision, then)
