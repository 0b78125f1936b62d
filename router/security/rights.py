"""What each role may do, and where. The table below is the whole of it.

A key has one role and one scope: `*` (everywhere), `brain:<id>` (one brain and
the bodies it serves) or `body:<slug>` (one body).
"""

from __future__ import annotations

from typing import Literal

from brains.model import Role

Right = Literal[
    "ask",  # more questions a minute, without an origin
    "read",  # entries, drafts and revisions; facts; the list of gaps
    "draft",  # save entries as drafts, hand them in for review
    "publish",  # make entries public, retire and restore them, import
    "close gaps",  # answer and dismiss gaps
    "set facts",  # a body's own values
    "keep body",  # its own local answers, notices, hours, contact points and greeting
    "manage bodies",  # add bodies and brains
    "manage keys",
]

RIGHTS: dict[Role, frozenset[Right]] = {
    "partner": frozenset({"ask"}),
    "agent": frozenset({"ask", "read"}),
    "reader": frozenset({"ask", "read"}),
    "editor": frozenset({"ask", "read", "draft", "set facts", "keep body"}),
    "curator": frozenset(
        {"ask", "read", "draft", "publish", "close gaps", "set facts", "keep body"}
    ),
    "admin": frozenset(
        {
            "ask",
            "read",
            "draft",
            "publish",
            "close gaps",
            "set facts",
            "keep body",
            "manage bodies",
            "manage keys",
        }
    ),
}

EVERYWHERE = "*"


def roles_with(right: Right) -> list[Role]:
    """The roles that have a right, least first."""
    return [role for role, rights in RIGHTS.items() if right in rights]


def scope_of(kind: Literal["brain", "body"], name: str) -> str:
    """The scope of one brain or body, as a key holds it."""
    return f"{kind}:{name}"
