"""What a button's id says: it names what is chosen, so a stateless caller can send it back too.

entry:kommune/barnehage-soknad            an entry, answered as the body that is asked
entry:kommune/barnehage-soknad@asker      the same, as another body answers it
remit:skatteetaten/flytting               something another body is responsible for
partner:nav/3f2a51c09b7e                  an option of the partner that answers for now
human, none                               a human; none of what was offered
back, share                               away from the partner; let it read what was said
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from brains.errors import Invalid
from brains.knowledge import Found

HUMAN = "human"
NONE = "none"
BACK = "back"
SHARE = "share"
PARTNER = "partner"
_CHOICE = re.compile(
    r"(?P<kind>entry|remit|partner):(?P<place>[a-z0-9_.:-]+)/(?P<id>[\w.:/-]+)(?:@(?P<body>[a-z0-9_.:/-]+))?"
)


class Choice(msgspec.Struct, frozen=True):
    """`place` is the brain of an entry or the body of a remit; `body` who is to answer."""

    kind: str
    place: str
    id: str
    body: str | None = None


def of_found(found: Found, body: str | None = None) -> str:
    """The button id of a candidate; with `body`, answered as that one."""
    return found.key if body is None else f"{found.key}@{body}"


def of_entry(brain: str, entry: str) -> str:
    return f"entry:{brain}/{entry}"


def asked_where(offered: Iterable[str]) -> str:
    """What a reply offers as several bodies answer it, without the bodies; empty for others."""
    keys = {key if body else "" for key, _, body in (id.partition("@") for id in offered)}
    return keys.pop() if len(keys) == 1 else ""


def parse(text: str) -> Choice:
    """Raises `Invalid` for what never was a button's id."""
    if text in (HUMAN, NONE, BACK, SHARE):
        return Choice(text, "", "")
    match = _CHOICE.fullmatch(text)
    if match is None:
        raise Invalid("Send the id of one of the options of the latest reply.", "choice")
    return Choice(match["kind"], match["place"], match["id"], match["body"])
