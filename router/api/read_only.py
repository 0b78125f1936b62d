"""What is read is also what may be sent back: fields that cannot be changed must be as they are."""

from __future__ import annotations

from typing import Any

import msgspec

from brains.errors import Invalid, Problem

UNSET = msgspec.UNSET
Unset = msgspec.UnsetType


def refuse_changed(sent: msgspec.Struct, known: dict[str, Any]) -> None:
    """Raises `Invalid` for each of the fields `known` that was sent and is something else there."""
    problems = [
        Problem(name, f"This is {_shown(value)}, and cannot be changed here. Leave it out.")
        for name, value in known.items()
        if getattr(sent, name) not in (UNSET, value)
    ]
    if problems:
        raise Invalid.of(problems)


def _shown(value: Any) -> str:
    return msgspec.json.encode(value).decode()
