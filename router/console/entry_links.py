"""What the pages of answers have in common: their addresses, and what somebody may do there."""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote

import msgspec

from brains.model import EVERYONE, GROUP_PREFIX, Body, Entry
from router.console import dates, frame
from router.console.entry_forms import A_MOMENT
from router.console.frame import AnyRequest
from router.curation.review import Review
from router.security.guards import key_in


def entry_url(brain: str, id: str, rest: str = "") -> str:
    """The address of an entry's page, or of one below it (`/edit`)."""
    return f"{entries_url(brain)}/{quote(id, safe='')}{rest}"


def entries_url(brain: str) -> str:
    """The address of the list."""
    return f"/console/brains/{quote(brain, safe='')}/entries"


def review_of(request: AnyRequest) -> Review:
    """What whoever is signed in may see of entries, and do to them."""
    service = frame.service(request)
    return Review(service.curation, request.app.state.access, key_in(request))


def bodies_of(request: AnyRequest, brain: str) -> list[Body]:
    """The bodies that answer from the brain, by name; an editor's own alone."""
    own = frame.own_body(request)
    known = frame.service(request).knowledge.bodies.values()
    found = [body for body in known if body.brain == brain and own in (None, body.id)]
    return sorted(found, key=lambda body: body.name.casefold())


def reached(entry: Entry, bodies: list[Body]) -> list[Body]:
    """Those whose visitors get the entry."""
    return [
        body
        for body in bodies
        if not {EVERYONE, body.id, *(GROUP_PREFIX + group for group in body.groups)}.isdisjoint(
            entry.audience
        )
    ]


def entries_seen(request: AnyRequest, brain: str) -> dict[str, Entry]:
    """The brain's published entries by id; for an editor those that their own visitors get."""
    known = frame.service(request).knowledge.entries.get(brain, {})
    if frame.own_body(request) is None:
        return dict(known)
    bodies = bodies_of(request, brain)
    return {id: entry for id, entry in known.items() if reached(entry, bodies)}


def audience_name(request: AnyRequest, scope: str) -> str:
    """What a person calls an audience."""
    bodies = frame.service(request).knowledge.bodies
    if scope == EVERYONE:
        return frame.say(request, "common.everyone")
    if scope.startswith(GROUP_PREFIX):
        return frame.say(request, "entries.group", name=scope.removeprefix(GROUP_PREFIX))
    return bodies[scope].name if scope in bodies else scope


def scopes_seen(request: AnyRequest, brain: str) -> list[tuple[str, str]]:
    """The groups and bodies that whoever is signed in sees, with their names."""
    bodies = bodies_of(request, brain)
    groups = sorted({GROUP_PREFIX + group for body in bodies for group in body.groups})
    return [(scope, audience_name(request, scope)) for scope in (*groups, *(b.id for b in bodies))]


class Names(msgspec.Struct, frozen=True):
    """Audiences and days in the words of whoever looks: `router.console.differences.Named`."""

    request: AnyRequest

    def scope(self, scope: str) -> str:
        """An audience or an owner."""
        return audience_name(self.request, scope)

    def day(self, at: dt.datetime | None) -> str:
        """The day of a time, empty for none."""
        return dates.day(at, frame.language(self.request)) if at else ""

    def last_day(self, at: dt.datetime | None) -> str:
        """The last day of what ends at a time."""
        return self.day(at - A_MOMENT) if at else ""
