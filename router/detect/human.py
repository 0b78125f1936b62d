"""Does the visitor want to talk with a human? The second question asked of every message.

Wanting a named matter settled ("snakke med barnehagen om plass") is an ordinary question;
wanting a person instead of the bot is this one.
"""

from __future__ import annotations

from router.detect.classifier import Example, Vectors, read_examples
from router.detect.taught import Taught

WANTS_HUMAN = "human"


def examples() -> list[Example]:
    """What `HumanDetector` learns from. Encode each `text` and pass the vectors along."""
    ordinary = read_examples("innocent") + read_examples("crisis", kind="")
    return read_examples("human") + ordinary


class HumanDetector(Taught):
    """Sees that a visitor asks for a human."""

    name = "human"
    labels = (WANTS_HUMAN,)

    def detect(self, text: str, vector: Vectors | None = None) -> bool:
        """Whether `text` asks for a human. `vector`, shape (dimensions,), is the text's own."""
        return self._detector.verdict(text, vector) is not None
