"""The bodies of a peer become bodies here: which of them, and how they are reached. Pure.

Nothing that answers here is overwritten, and nobody takes a body from another
peer. A brain of one body becomes a connection of that body; a brain of several
becomes a body of kind `group` with the connection, and they are its members.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from brains.model import GROUP_KIND, Body, Connection
from router.federation.trust import PEER
from router.manifest import PresentedBody, PresentedBrain

ADAPTER = "samsvar"
BRAIN = "brain"  # the setting of a connection that says whose topics are its own


class Here(NamedTuple):
    """What is known here: bodies and connections by slug, the brains' ids, and the bodies that
    other peers speak for."""

    bodies: Mapping[str, Body]
    brains: Collection[str]
    connections: Mapping[str, Connection]
    others: Collection[str]


class Plan(NamedTuple):
    """What is to be saved and removed. `speaks_for` are the peer's bodies here, `left_out` says
    of each other one why it is not."""

    bodies: list[Body]
    connections: list[Connection]
    removed: list[str]
    speaks_for: list[str]
    left_out: dict[str, str]


def plan(
    peer: str,
    address: str,
    brains: Sequence[PresentedBrain],
    offered: Sequence[PresentedBody],
    here: Here,
) -> Plan:
    """How the bodies that a peer offers become bodies here."""
    left_out = {
        body.id: reason for body in offered if (reason := _reason(body, address, here)) is not None
    }
    taken = [body for body in offered if body.id not in left_out]
    names = {brain.id: brain.name for brain in brains}
    made = Plan([], [], [], sorted(body.id for body in taken), left_out)
    for brain in sorted({body.brain for body in taken}):
        members = [body for body in taken if body.brain == brain]
        settings = {PEER: peer, BRAIN: brain}
        if len(members) == 1:
            made.bodies.append(_body(members[0], here, ()))
            made.connections.append(_connection(members[0].id, address, settings, here))
            continue
        group = _group(brain, names.get(brain, brain), address, here)
        made.bodies.append(group)
        made.bodies.extend(_body(member, here, (group.id,)) for member in members)
        made.connections.append(_connection(group.id, address, settings, here))
        made.removed.extend(one.id for one in members if one.id in here.connections)
    return made


def is_of(connection: Connection, address: str) -> bool:
    """Whether a connection leads to the peer at that address."""
    return connection.adapter == ADAPTER and connection.address == address


def _reason(body: PresentedBody, address: str, here: Here) -> str | None:
    """Why a body cannot become the peer's here; None where it can."""
    known = here.bodies.get(body.id)
    if known is not None and known.brain is not None:
        return "it answers here"
    if body.id in here.brains:
        return "a brain here has that name"
    if body.id in here.others:
        return "another peer speaks for it"
    if known is not None and known.kind == GROUP_KIND:
        return "a group here has that name"
    if number := body.municipality_number:
        for other in here.bodies.values():
            if other.municipality_number == number and other.id != body.id:
                return f"“{other.id}” here has the same municipality number"
    for slug in (body.id, *(known.groups if known else ())):
        connection = here.connections.get(slug)
        if connection is not None and not is_of(connection, address):
            return "it is reached over another connection here"
    return None


def _body(offered: PresentedBody, here: Here, groups: tuple[str, ...]) -> Body:
    """What is kept here stays as it is, but for the group."""
    known = here.bodies.get(offered.id)
    if known is not None:
        joined = [*known.groups, *(group for group in groups if group not in known.groups)]
        return msgspec.structs.replace(known, groups=joined)
    return Body(
        id=offered.id,
        name=offered.name,
        short_name=offered.short_name,
        kind=offered.kind,
        language=offered.language,
        languages=offered.languages,
        groups=list(groups),
        bot_name=offered.bot_name,
        places=offered.places,
        municipality_number=offered.municipality_number,
        website=offered.website,
        timezone=offered.timezone,
        contacts=offered.contacts,
        opening_hours=offered.opening_hours,
    )


def _group(brain: str, name: str, address: str, here: Here) -> Body:
    """The group of a peer's brain: the one there is, or one whose slug is free."""
    for connection in here.connections.values():
        if is_of(connection, address) and connection.settings.get(BRAIN) == brain:
            body = here.bodies.get(connection.body)
            if body is not None and body.kind == GROUP_KIND:
                return body
    used = {group for body in here.bodies.values() for group in body.groups}
    taken = {*here.bodies, *here.brains, *used}
    slug = next(slug for slug in _slugs(brain) if slug not in taken)
    return Body(id=slug, name=name, kind=GROUP_KIND)


def _slugs(brain: str) -> Iterator[str]:
    yield brain
    number = 2
    while True:
        yield f"{brain}-{number}"
        number += 1


def _connection(slug: str, address: str, settings: dict[str, str], here: Here) -> Connection:
    known = here.connections.get(slug)
    if known is not None and is_of(known, address):
        return msgspec.structs.replace(known, settings=known.settings | settings)
    return Connection(body=slug, adapter=ADAPTER, address=address, settings=settings)
