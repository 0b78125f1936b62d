"""What the detectors have in common: each is taught by the files that have its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from router.detect.classifier import (
    HERE,
    Detector,
    Example,
    Measured,
    Vectors,
    Verdict,
    read_measurements,
)
from router.detect.rules import RuleSet


class Taught:
    """A detector of `labels`, with the rules and the thresholds of its `name`.

    `vectors` belong to `examples` row by row; without them rules and characters decide.
    `anew` cross-validates again, which takes seconds, whatever `measured.json` says.
    """

    name: ClassVar[str]
    labels: ClassVar[Sequence[str]]

    def __init__(
        self,
        examples: Sequence[Example],
        vectors: Vectors | None = None,
        *,
        anew: bool = False,
    ) -> None:
        rules = RuleSet.load(HERE / "rules", self.name)
        kept = None if anew else read_measurements().get(self.name)
        self._detector = Detector(rules, list(self.labels), examples, vectors, kept)

    @property
    def measured(self) -> Measured:
        """What cross-validation says of the second opinion, without any rule."""
        return self._detector.measured

    def explain(self, text: str, vector: Vectors | None = None) -> Verdict | None:
        """As `detect`, with the rule or the score behind it."""
        return self._detector.verdict(text, vector)
