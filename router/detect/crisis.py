"""Is a life or somebody's safety at stake? The first question asked of every message.

A crisis is answered with a fixed, carefully written text (`crisis_replies.py`), never with
an entry. Asking about a service ("hvor finner jeg krisesenteret") is an ordinary question.
"""

from __future__ import annotations

from enum import StrEnum

from router.detect.classifier import Example, Vectors, read_examples
from router.detect.taught import Taught


class CrisisKind(StrEnum):
    """What is at stake, the most urgent first: of several, the first one is answered."""

    DANGER = "danger"
    CHILD = "child"
    SUICIDE = "suicide"
    VIOLENCE = "violence"


def examples() -> list[Example]:
    """What `CrisisDetector` learns from. Encode each `text` and pass the vectors along."""
    ordinary = read_examples("innocent") + read_examples("human", kind="")
    return read_examples("crisis") + ordinary


class CrisisDetector(Taught):
    """Sees suicidal thoughts, violence, children at risk and acute danger in a message."""

    name = "crisis"
    labels = tuple(CrisisKind)

    def detect(self, text: str, vector: Vectors | None = None) -> CrisisKind | None:
        """The crisis in `text`, or None. `vector`, shape (dimensions,), is the text's own."""
        verdict = self._detector.verdict(text, vector)
        return None if verdict is None else CrisisKind(verdict.label)
