"""The sections of the console, in order, and who sees them.

To add one, add a line here, beside others of its group, and `common.nav.<area>` to the texts.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from router.security.rights import Right


class Section(msgspec.Struct, frozen=True):
    """One line of the menu. `where` is as in `router.security.guards.needs`.

    `counter` is a field of `brains.counters.Counts`, `group` the heading that it stands under.
    """

    area: str
    path: str
    right: Right
    where: Literal["brain", "any body", "everywhere"]
    icon: str
    counter: str = ""
    group: str = "work"


class Link(msgspec.Struct, frozen=True):
    """A section as one person sees it."""

    area: str
    url: str
    icon: str
    counter: str
    current: bool
    group: str


BRAIN = (
    Section("overview", "/console/brains/{brain}", "read", "any body", "overview"),
    Section("gaps", "/console/brains/{brain}/gaps", "read", "any body", "gaps", "open"),
    Section("review", "/console/brains/{brain}/review", "draft", "any body", "review", "review"),
    Section(
        "entries", "/console/brains/{brain}/entries", "read", "any body", "entries", "", "content"
    ),
    Section("facts", "/console/brains/{brain}/facts", "read", "any body", "facts", "", "content"),
    Section(
        "local_answers",
        "/console/brains/{brain}/local-answers",
        "read",
        "any body",
        "local_answers",
        "",
        "content",
    ),
    Section(
        "broadcasts",
        "/console/brains/{brain}/broadcasts",
        "read",
        "any body",
        "broadcasts",
        "",
        "content",
    ),
    Section("bodies", "/console/bodies", "read", "any body", "bodies", "", "content"),
    Section("ask_as", "/console/brains/{brain}/ask-as", "read", "any body", "ask_as", "", "tools"),
    Section(
        "conflicts",
        "/console/brains/{brain}/conflicts",
        "publish",
        "brain",
        "conflicts",
        "",
        "tools",
    ),
    Section(
        "imports", "/console/brains/{brain}/imports", "draft", "any body", "imports", "", "tools"
    ),
)
ADMIN = (
    Section("people", "/console/people", "manage keys", "everywhere", "people"),
    Section("keys", "/console/keys", "manage keys", "everywhere", "keys"),
    Section("federation", "/console/federation", "manage keys", "everywhere", "federation"),
    Section("audit", "/console/audit", "set facts", "any body", "audit"),
)
