"""What a curator does to a gap besides answering it. Each undoes another.

All raise `UnknownGap`, and `Invalid` for a gap that is part of another now.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from brains.errors import Invalid
from brains.gaps.changing import Change
from brains.gaps.moving import refuse_merged
from brains.model import DismissReason

TITLE_CHARS_MAX = 200
_REOPENED: dict[str, Any] = {
    "status": "open",
    "closed_at": None,
    "closed_by": None,
    "dismiss_reason": None,
    "forwarded_to": None,
    "snoozed_until": None,
}


async def assign(change: Change, id: str, person: str | None) -> None:
    """Makes it somebody's work, or nobody's. `person` is a person's id."""
    await _known(change, id)
    await change.set(id, assignee=person)
    change.note(id, "assigned", to=person or "")


async def snooze(change: Change, id: str, until: dt.datetime | None) -> None:
    """Out of sight until a time, or back in sight. It goes on collecting."""
    row = await _known(change, id)
    if row.status != "open":
        raise Invalid("Only an open gap can be put off.", "gap")
    if until is not None and until <= change.at:
        raise Invalid("Choose a time that is still to come.", "field until")
    await change.set(id, snoozed_until=until)
    change.note(id, "snoozed", until=until.isoformat() if until else "")


async def rename(change: Change, id: str, title: str) -> None:
    """A curator's own wording; an empty one takes it away again."""
    await _known(change, id)
    plain = " ".join(title.split())
    if len(plain) > TITLE_CHARS_MAX:
        raise Invalid(f"Write at most {TITLE_CHARS_MAX} characters.", "field title")
    await change.set(id, title=plain or None)
    change.note(id, "renamed", title=plain)


async def dismiss(change: Change, id: str, reason: DismissReason) -> None:
    """Closes it without an answer. Questions of the same words go on counting there."""
    await _known(change, id)
    closed = _REOPENED | {"status": "dismissed", "dismiss_reason": reason}
    await change.set(id, **closed | {"closed_at": change.at, "closed_by": change.by})
    change.note(id, "dismissed", reason=reason)


async def forward(change: Change, id: str, to: str, gaps: list[str] | None = None) -> None:
    """Closes it here as another's: `to` is `brain:x` (whose `gaps` it is in now) or `body:y`."""
    await _known(change, id)
    closed = _REOPENED | {"status": "forwarded", "forwarded_to": to}
    await change.set(id, **closed | {"closed_at": change.at, "closed_by": change.by})
    change.note(id, "forwarded", to=to, gaps=gaps or [])


async def answered(change: Change, id: str, entry: str | None, how: str) -> None:
    """Closes it as answered. `how` is new, phrasing, local or fact: see `brains.gaps.spared`."""
    await _known(change, id)
    closed = _REOPENED | {"status": "answered", "answered_by": entry, "answered_how": how}
    await change.set(id, **closed | {"closed_at": change.at, "closed_by": change.by})
    change.note(id, "answered", entry=entry or "", how=how)


async def reopen(change: Change, id: str) -> None:
    """Opens a closed gap again."""
    row = await _known(change, id)
    if row.status == "open" and row.snoozed_until is None:
        return
    await change.set(id, **_REOPENED)
    change.note(id, "reopened")


async def _known(change: Change, id: str) -> Any:
    row = await change.row(id)
    refuse_merged(row)
    return row
