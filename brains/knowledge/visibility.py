"""Who sees an entry, and when: audiences and validity windows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from brains.model import EVERYONE, GROUP_PREFIX, Body, Entry


def scopes_of(body: Body) -> frozenset[str]:
    """The audiences that the body is in: everyone, itself, its groups."""
    return frozenset((EVERYONE, body.id, *(GROUP_PREFIX + group for group in body.groups)))


def local_scopes(body: Body) -> list[str]:
    """The scopes of the local answers that may be given in the body, the most specific first."""
    return [body.id, *(GROUP_PREFIX + group for group in body.groups)]


def is_for(entry: Entry, scopes: Collection[str]) -> bool:
    """Whether one of the scopes is in the entry's audience."""
    return any(scope in scopes for scope in entry.audience)


def is_valid(entry: Entry, now: dt.datetime) -> bool:
    """Whether `now` is in the window: from `valid_from` until just before `valid_until`."""
    started = entry.valid_from is None or entry.valid_from <= now
    return started and (entry.valid_until is None or now < entry.valid_until)
