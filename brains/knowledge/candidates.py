"""What the matcher found becomes candidates: whose matter it is, and who shares it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

import msgspec

from brains.knowledge.answers import title_of
from brains.knowledge.published import Published
from brains.knowledge.visibility import is_valid
from brains.model import COUNTY_KIND, GROUP_KIND, MUNICIPALITY_KIND, Body, Entry, Remit
from embeddings.matcher import Scored

# Entries of this topic are small talk: they greet and thank, and nobody needs them.
SMALL_TALK = "samtale"
Things = Mapping[str, Entry | Remit]
NOTHING: Mapping[str, Entry] = MappingProxyType({})


class Part(NamedTuple):
    """Somebody's part in a matter that several share: a candidate's key, and the body (or the
    brain, where any of its bodies may answer) whose it is."""

    key: str
    owner: str


class Found(msgspec.Struct, frozen=True):
    """A candidate for a question.

    `owner` is the body whose matter it is; None means the asking body's own.
    `url` is a remit's page, where it has one. `somebodys` is the probability that the question
    is anybody's here, whichever candidate is right, `familiar` how like what is known here it is,
    0 to 1. `shared` is what other bodies have of the same matter. `many` says that the
    owner stands for many bodies, `talk` that the entry is small talk and no matter at all.
    """

    kind: Literal["entry", "remit"]
    key: str
    brain: str | None
    id: str
    title: str
    owner: str | None
    probability: float
    url: str | None = None
    somebodys: float = 1.0
    familiar: float = 1.0
    shared: tuple[Part, ...] = ()
    many: bool = False
    talk: bool = False


class Candidates:
    """Of what is published; `things` is what the matcher holds, by key."""

    def __init__(self, published: Published, things: Things) -> None:
        self._published = published
        self._things = things

    def of(
        self,
        scored: Sequence[Scored],
        body: Body | None,
        now: dt.datetime,
        instead: Mapping[str, Entry] = NOTHING,
    ) -> list[Found]:
        """What was found for a body's visitor (None: in no body), most probable first.

        `instead` has entries by key that are not as the matcher holds them.
        """
        found = []
        for candidate in self._covered(scored, body):
            thing = instead.get(candidate.key) or self._things.get(candidate.key)
            if isinstance(thing, Entry) and is_valid(thing, now):
                found.append(self.entry(thing, candidate, body))
            elif isinstance(thing, Remit):
                found.append(self.remit(thing, candidate, body))
        return found

    def remit(self, remit: Remit, candidate: Scored, body: Body | None = None) -> Found:
        """A remit as a candidate."""
        owner = self._published.bodies.get(remit.body)
        return Found(
            kind="remit",
            key=candidate.key,
            brain=None,
            id=remit.topic,
            title=remit.title,
            owner=remit.body,
            probability=candidate.probability,
            url=remit.url,
            somebodys=candidate.somebodys,
            familiar=candidate.familiar,
            shared=self._parts(candidate.key, body),
            many=owner is not None and owner.kind == GROUP_KIND,
        )

    def entry(self, entry: Entry, candidate: Scored, body: Body | None) -> Found:
        """An entry as a candidate."""
        return Found(
            kind="entry",
            key=candidate.key,
            brain=entry.brain,
            id=entry.id,
            title=title_of(entry),
            owner=entry.owner or self._owner_of_brain(entry.brain, body),
            probability=candidate.probability,
            somebodys=candidate.somebodys,
            familiar=candidate.familiar,
            shared=self._parts(candidate.key, body),
            talk=entry.topic == SMALL_TALK,
        )

    def _covered(self, scored: Sequence[Scored], body: Body | None) -> Sequence[Scored]:
        """The candidates, where another county's remit has given way to what others have of the
        same matter."""
        away = {one.key for one in scored if not self._is_for(one.key, body)}
        if not away:
            return scored
        kept: dict[str, Scored] = {}
        for one in scored:
            key = one.key
            if key in away:
                shared = self._published.shared.get(key, ())
                key = next((other for other in shared if other in self._things), "")
            together = one.probability + (kept[key].probability if key in kept else 0.0)
            kept[key] = one._replace(key=key, probability=together)
        return sorted(kept.values(), key=lambda one: -one.probability)

    def _is_for(self, key: str, body: Body | None) -> bool:
        thing = self._things.get(key)
        return not isinstance(thing, Remit) or self._covers(thing.body, body)

    def _covers(self, slug: str, body: Body | None) -> bool:
        """Whether a body's remit is for the visitors of another: a county's is for those of its
        own municipalities, which have its slug among their groups."""
        owner = self._published.bodies.get(slug)
        if owner is None or body is None or owner.kind != COUNTY_KIND:
            return True
        return body.kind != MUNICIPALITY_KIND or slug in body.groups

    def _parts(self, key: str, body: Body | None) -> tuple[Part, ...]:
        """What others have of the matter, of what there is."""
        parts = []
        for other in self._published.shared.get(key, ()):
            thing = self._things.get(other)
            if isinstance(thing, Remit) and self._covers(thing.body, body):
                parts.append(Part(other, thing.body))
            elif isinstance(thing, Entry):
                owner = thing.owner or self._owner_of_brain(thing.brain, None)
                parts.append(Part(other, owner or thing.brain))
        return tuple(parts)

    def _owner_of_brain(self, brain: str, body: Body | None) -> str | None:
        """None in the asking body's own brain; the one body that uses it, where only one does."""
        if body is not None and body.brain == brain:
            return None
        users = [other.id for other in self._published.bodies.values() if other.brain == brain]
        return users[0] if len(users) == 1 else None
