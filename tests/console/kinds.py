"""Who walks through the routes of `test_every_route`: every kind of holder there is."""

from __future__ import annotations

from typing import NamedTuple

from brains.model import Role


class Kind(NamedTuple):
    """Somebody who asks. `group` is their name in `rules.py`, where their own things count.

    `own` and `foreign` are expressions over rows: what they may have changed, and what not.
    """

    name: str
    group: str
    role: Role | None
    scope: str
    at_home: str
    abroad: tuple[str, ...]
    hidden: frozenset[str]
    own: str | None
    foreign: str = "(?!)"


EVERY = frozenset({"bergen", "voss", "nav"})
NAV = r"\bnav\b|xnavx"
# Those who can change the least come first: what the others remove is then still there.
KINDS = [
    Kind("visitor", "visitor", None, "", "bergen", ("voss",), EVERY - {"bergen"}, None),
    Kind("nobody", "anonymous", None, "", "bergen", ("voss", "nav"), EVERY, None),
    Kind("partner", "partner", "partner", "*", "bergen", (), EVERY, None),
    Kind("agent", "agent", "agent", "body:bergen", "bergen", ("voss",), EVERY - {"bergen"}, None),
    Kind(
        "reader", "reader", "reader", "brain:kommune", "bergen", ("nav",), frozenset({"nav"}), None
    ),
    Kind(
        "editor of voss",
        "editor",
        "editor",
        "body:voss",
        "voss",
        ("bergen", "shared"),
        EVERY - {"voss"},
        r"\bvoss\b|xvossx",
        rf"\bbergen\b|xbergenx|{NAV}",
    ),
    Kind(
        "editor of bergen",
        "editor",
        "editor",
        "body:bergen",
        "bergen",
        ("voss", "shared", "nav"),
        EVERY - {"bergen"},
        r"\bbergen\b|xbergenx",
        rf"\bvoss\b|xvossx|{NAV}",
    ),
    Kind(
        "curator of nav",
        "curator",
        "curator",
        "brain:nav",
        "nav",
        ("bergen",),
        EVERY - {"nav"},
        NAV,
        r"\bkommune\b|\bbergen\b|\bvoss\b|x(bergen|voss)x",
    ),
    Kind(
        "curator of kommune",
        "curator",
        "curator",
        "brain:kommune",
        "bergen",
        ("nav",),
        frozenset({"nav"}),
        r"\bkommune\b|\bbergen\b|\bvoss\b|x(bergen|voss)x",
        r"xnavx",
    ),
    Kind("admin", "admin", "admin", "*", "bergen", (), frozenset(), ""),
]


def mine_alone(kind: Kind) -> str:
    """The address by which a kind's own person is known in a row."""
    return f"walker-{kind.name.replace(' ', '-')}@"
