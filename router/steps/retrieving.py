"""The candidates for a question, and the one that a button names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from brains.errors import UnknownEntry
from brains.knowledge import Found, Knowledge
from router import choices
from router.state import Asked

Vector = npt.NDArray[np.float32]
CANDIDATES = 10


class Encodes(Protocol):
    async def encode(self, texts: Sequence[str], kind: str = "query") -> Vector: ...


def retrieve(knowledge: Knowledge, asked: Asked, vector: Vector) -> list[Found]:
    """The likeliest first. What the body's own group is asked is the body's own."""
    found = knowledge.find(asked.text, vector, asked.body.id, asked.now, CANDIDATES)
    found = [one for one in found if not (one.many and one.owner in asked.body.groups)]
    if asked.language in asked.body.languages:
        return found
    # In a language that nothing is written in, every question looks strange.
    return [msgspec.structs.replace(one, familiar=1.0) for one in found]


def of_choice(knowledge: Knowledge, chosen: choices.Choice, asked: Asked) -> Found:
    """What a button names. Raises `UnknownEntry` or KeyError where it is gone."""
    if chosen.kind == "remit":
        return knowledge.found_remit(chosen.place, chosen.id)
    return knowledge.found(chosen.place, chosen.id, asked.body.id)


def kept(knowledge: Knowledge, key: str, asked: Asked) -> Found | None:
    """The candidate of that key, if it is there still."""
    try:
        return of_choice(knowledge, choices.parse(key), asked)
    except (UnknownEntry, KeyError):
        return None
