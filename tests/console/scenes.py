"""Somebody about to try a change: whose things it is about, and their state made anew."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple

import msgspec

from brains import people
from brains.errors import UnknownEntry
from brains.imports import Import
from brains.people import Person
from router.service import Service
from tests.console.planted import Target, mark, staged

PASSWORD = "fire små fugler på rad"
LETTERS = "abcdefghijklmnoprstuvyæøå"
STATUS = Literal["draft", "in_review", "published"]


class Sent(NamedTuple):
    """What goes along: over the sample's form, or instead of its JSON; and other parameters."""

    form: dict[str, Any] = {}
    json: Any = None
    path: dict[str, str] = {}
    query: dict[str, str] = {}
    files: dict[str, tuple[str, bytes]] = {}


class Scene(NamedTuple):
    """Whose things, and who tries; `fresh` where it should succeed."""

    service: Service
    target: Target
    person: Person | None
    own_body: str | None
    fresh: bool

    async def name(self) -> str:
        """What who tries is called by now."""
        if self.person is None:
            return "nobody"
        async with self.service.db.read() as tx:
            return (await people.get(tx, self.person.id)).name

    async def gap(self) -> str:
        """A gap of the body's: a new one of nobody's words where it should succeed."""
        return await self.ask(new_words()) if self.fresh else self.target.gap

    async def ask(self, text: str) -> str:
        """A question of the body's visitors."""
        vector = (await self.service.encoder.encode([text]))[0]
        now = dt.datetime.now(dt.UTC)
        brain, slug = self.target.brain, self.target.slug
        return await self.service.gaps.record(brain, slug, text, "nb", vector, [], now)

    async def entry(self, status: STATUS, by: str = "somebody else") -> dict[str, str]:
        """The newest revision of the target's entry, in a form; newly saved with that status."""
        curation, target = self.service.curation, self.target
        try:
            known = await curation.entry(target.brain, target.entry)
        except UnknownEntry:
            return {"revision": "1"}
        if self.fresh:
            title = f"Om {mark(target.slug, 'entry')} {secrets.token_hex(4)}"
            changed = msgspec.structs.replace(known, title=title, status=status)
            known = await curation.save_entry(target.brain, changed, by)
        return {"revision": str(known.revision)}

    async def imported(self, done: bool = False) -> Sent:
        """An import of the body's, or of the whole brain for who keeps that."""
        if not self.fresh:
            return Sent()
        imports, brain = self.service.imports, self.target.brain
        one: Import = await staged(self.service, brain, self.target.slug, self.own_body)
        if done:
            await imports.confirm(brain, one.id, "somebody", False, self.own_body)
        return Sent({"choice-0": "import"}, path={"import_id": one.id})


def new_words() -> str:
    """A question like no other."""
    return " ".join("".join(secrets.choice(LETTERS) for _ in range(7)) for _ in range(8))


Prepared = Callable[[Scene], Awaitable[Sent]]
