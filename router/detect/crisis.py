"""Is a life or somebody's safety at stake? The first question asked of every message.

A crisis is answered with a fixed, carefully written text (`crisis_replies.py`), never with
an entry. Asking about a service ("hvor finner jeg krisesenteret") is an ordinary question.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from router.detect.classifier import (
    HERE,
    Detector,
    Example,
    Measured,
    Vectors,
    Verdict,
    read_examples,
    read_measurements,
)
from router.detect.rules import RuleSet


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


class CrisisDetector:
    """Sees suicidal thoughts, violence, children at risk and acute danger in a message.

    `vectors` belong to `examples` row by row; without them rules and characters decide.
    `anew` cross-validates again, which takes seconds, whatever `measured.json` says.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        vectors: Vectors | None = None,
        *,
        anew: bool = False,
    ) -> None:
        rules = RuleSet.load(HERE / "rules", "crisis")
        kept = None if anew else read_measurements().get("crisis")
        self._detector = Detector(rules, list(CrisisKind), examples, vectors, kept)

    @property
    def measured(self) -> Measured:
        """What cross-validation says of the second opinion, without any rule."""
        return self._detector.measured

    def detect(self, text: str, vector: Vectors | None = None) -> CrisisKind | None:
        """The crisis in `text`, or None. `vector`, shape (dimensions,), is the text's own."""
        verdict = self._detector.verdict(text, vector)
        return None if verdict is None else CrisisKind(verdict.label)

    def explain(self, text: str, vector: Vectors | None = None) -> Verdict | None:
        """As `detect`, with the rule or the score behind it."""
        return self._detector.verdict(text, vector)
