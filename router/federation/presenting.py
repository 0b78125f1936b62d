"""What this installation tells others of itself: bodies that answer here, and what they answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import islice

from brains import pages
from brains.database import Transaction
from brains.documents import BODIES, BRAINS
from brains.knowledge import Knowledge, title_of
from brains.model import EVERYONE, Body, Brain, Entry
from router.manifest import (
    NAMES_MAX,
    PLACES_MAX,
    QUESTIONS_SHOWN,
    TOPICS_AT_ONCE,
    Manifest,
    PresentedBody,
    PresentedBrain,
    PresentedTopic,
)

NAME_CHARS_MAX = 200

Place = tuple[str, str]


def manifest(
    knowledge: Knowledge, id: str, now: dt.datetime, brain: str | None, cursor: str | None
) -> Manifest:
    """A page of what this installation answers; of one brain's topics, where it is named.

    Raises `Invalid` for a cursor that is not ours.
    """
    after = pages.place(cursor, tuple[str, str]) if cursor else None
    found = _topics(knowledge, now, brain, after)
    topics = [topic for _, topic in found[:TOPICS_AT_ONCE]]
    more = pages.cursor(*found[TOPICS_AT_ONCE - 1][0]) if len(found) > TOPICS_AT_ONCE else None
    bodies, brains = list(knowledge.bodies.values()), list(knowledge.brains.values())
    name = name_of(bodies, brains)
    if after is not None:
        return Manifest(id=id, name=name, topics=topics, next=more)
    return Manifest(
        id=id,
        name=name,
        brains=presented_brains(bodies, brains),
        bodies=presented_bodies(bodies),
        topics=topics,
        next=more,
    )


async def stored(tx: Transaction) -> tuple[list[Body], list[Brain]]:
    """The bodies and brains, where there is no `Knowledge` to ask."""
    return await BODIES.all(tx), await BRAINS.all(tx)


def presented_bodies(bodies: Sequence[Body]) -> list[PresentedBody]:
    """Those that answer here, by id."""
    return [
        PresentedBody(
            id=body.id,
            name=body.name,
            brain=body.brain,
            short_name=body.short_name,
            kind=body.kind,
            language=body.language,
            languages=body.languages[:NAMES_MAX],
            groups=body.groups[:NAMES_MAX],
            bot_name=body.bot_name,
            places=body.places[:PLACES_MAX],
            municipality_number=body.municipality_number,
            website=body.website,
            timezone=body.timezone,
            contacts=body.contacts,
            opening_hours=body.opening_hours,
        )
        for body in sorted(bodies, key=lambda body: body.id)
        if body.brain is not None
    ]


def presented_brains(bodies: Sequence[Body], brains: Sequence[Brain]) -> list[PresentedBrain]:
    """Those that a body answers from, by id."""
    used = {body.brain for body in bodies}
    known = sorted(brains, key=lambda brain: brain.id)
    return [PresentedBrain(brain.id, brain.name) for brain in known if brain.id in used]


def name_of(bodies: Sequence[Body], brains: Sequence[Brain]) -> str:
    """What to call this installation: the one body that answers here, or its brains."""
    answering = [body for body in bodies if body.brain is not None]
    if len(answering) == 1:
        return answering[0].name
    names = [brain.name for brain in presented_brains(bodies, brains)]
    return (", ".join(names) or "Samsvar")[:NAME_CHARS_MAX]


def _topics(
    knowledge: Knowledge, now: dt.datetime, brain: str | None, after: Place | None
) -> list[tuple[Place, PresentedTopic]]:
    """One more than a page holds, where there are more. What others own is not ours to offer."""
    known = [brain] if brain is not None else sorted(knowledge.brains)
    places = (
        (name, id, knowledge.entries[name][id])
        for name in known
        for id in sorted(knowledge.entries.get(name, {}))
        if after is None or (name, id) > after
    )
    users = {name: _users(knowledge.bodies, name) for name in known}
    offered = (
        ((name, id), _topic(name, entry, users[name]))
        for name, id, entry in places
        if users[name] and _is_on(entry, now) and entry.owner in (None, *users[name])
    )
    return list(islice(offered, TOPICS_AT_ONCE + 1))


def _topic(brain: str, entry: Entry, users: frozenset[str]) -> PresentedTopic:
    alone = entry.owner or (entry.audience[0] if len(entry.audience) == 1 else EVERYONE)
    return PresentedTopic(
        brain=brain,
        id=entry.id,
        title=title_of(entry)[:NAME_CHARS_MAX],
        questions=entry.questions[:QUESTIONS_SHOWN],
        body=alone if alone in users and len(users) > 1 else None,
    )


def _users(bodies: Mapping[str, Body], brain: str) -> frozenset[str]:
    return frozenset(body.id for body in bodies.values() if body.brain == brain)


def _is_on(entry: Entry, now: dt.datetime) -> bool:
    started = entry.valid_from is None or entry.valid_from <= now
    return started and (entry.valid_until is None or now < entry.valid_until)
