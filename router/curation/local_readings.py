"""What visitors read of an entry in some bodies, before and after a local answer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from brains.knowledge.answers import texts_for
from brains.knowledge.visibility import is_for, local_scopes, scopes_of
from brains.model import Body, Entry, LocalAnswer, Texts


class Reader(msgspec.Struct, frozen=True):
    """A question whose visitors get the text, asked so many times in a body."""

    text: str
    body: str
    language: str
    count: int


class Reading(msgspec.Struct, frozen=True):
    """What visitors of some bodies read in a language. A text is None where they would get none,
    for want of the fact `lacked`."""

    bodies: list[str]
    language: str
    before: str | None
    after: str | None
    lacked: str | None = None


class LocalChange(NamedTuple):
    """The local answers of an entry, by scope, as they are and with another text in `scope`."""

    entry: Entry
    scope: str
    before: Mapping[str, LocalAnswer]
    after: Mapping[str, LocalAnswer]

    @staticmethod
    def of(
        entry: Entry, scope: str, before: Mapping[str, LocalAnswer], texts: Texts | None
    ) -> LocalChange:
        """`texts` are None where the shared ones are to be given again."""
        after = {where: local for where, local in before.items() if where != scope}
        if texts is not None:
            after[scope] = LocalAnswer(entry.brain, entry.id, scope, texts)
        return LocalChange(entry, scope, before, after)

    def members(self, bodies: Iterable[Body]) -> list[Body]:
        """Those of the scope whose visitors get the entry."""
        return [
            body
            for body in bodies
            if body.brain == self.entry.brain
            and self.scope in local_scopes(body)
            and is_for(self.entry, scopes_of(body))
        ]

    def reaches(self, body: Body) -> bool:
        """Whether nothing more specific is answered there."""
        scopes = local_scopes(body)
        return not any(scope in self.before for scope in scopes[: scopes.index(self.scope)])

    def texts(self, body: Body) -> tuple[Texts, Texts]:
        """What answers in a body, before and after."""
        return texts_for(self.entry, body, self.before), texts_for(self.entry, body, self.after)


def grouped(readings: Sequence[Reading]) -> list[Reading]:
    """Bodies that read alike put together, without those whose text stays as it is."""
    found: dict[tuple[str, str | None, str | None, str | None], list[str]] = {}
    for one in readings:
        if one.before != one.after:
            alike = (one.language, one.before, one.after, one.lacked)
            found.setdefault(alike, []).extend(one.bodies)
    return [Reading(bodies, *alike) for alike, bodies in found.items()]


def lacking(readings: Sequence[Reading]) -> list[str]:
    """The bodies that would lack a fact, and do not today."""
    lost = [one for one in readings if one.after is None and one.before is not None]
    return list(dict.fromkeys(body for one in lost for body in one.bodies))


def said(readings: Sequence[Reading], before: Texts, after: Texts) -> tuple[Texts, Texts]:
    """One body's texts with its facts in them, in the languages that they are in."""
    return (
        {one.language: one.before for one in readings if one.before and one.language in before},
        {one.language: one.after for one in readings if one.after and one.language in after},
    )
