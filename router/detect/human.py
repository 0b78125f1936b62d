"""Does the visitor want to talk with a human? The second question asked of every message.

Wanting a named matter settled ("snakke med barnehagen om plass") is an ordinary question;
wanting a person instead of the bot is this one.
"""

from __future__ import annotations

from collections.abc import Sequence

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

WANTS_HUMAN = "human"


def examples() -> list[Example]:
    """What `HumanDetector` learns from. Encode each `text` and pass the vectors along."""
    ordinary = read_examples("innocent") + read_examples("crisis", kind="")
    return read_examples("human") + ordinary


class HumanDetector:
    """Sees that a visitor asks for a human.

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
        rules = RuleSet.load(HERE / "rules", "human")
        kept = None if anew else read_measurements().get("human")
        self._detector = Detector(rules, [WANTS_HUMAN], examples, vectors, kept)

    @property
    def measured(self) -> Measured:
        """What cross-validation says of the second opinion, without any rule."""
        return self._detector.measured

    def detect(self, text: str, vector: Vectors | None = None) -> bool:
        """Whether `text` asks for a human. `vector`, shape (dimensions,), is the text's own."""
        return self._detector.verdict(text, vector) is not None

    def explain(self, text: str, vector: Vectors | None = None) -> Verdict | None:
        """As `detect`, with the rule or the score behind it."""
        return self._detector.verdict(text, vector)
