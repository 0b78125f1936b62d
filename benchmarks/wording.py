"""Texts of the demo replaced by worse ones and by others as good: which does a preview flag?

    .venv/bin/python -m benchmarks.wording

prints the table that `benchmarks.impact` puts into docs/impact.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from brains.model import Entry, Texts
from brains.store import passages
from embeddings.encoder import Encoder, load_encoder
from embeddings.matcher import EVERYONE, Item, Matcher
from embeddings.matter import strays
from router.curation.wording import reasons
from router.demo.load import read_entries
from router.language import LanguageDetection

VAGUE = "Ta kontakt med kommunen for mer informasjon."
POLITE = "Spør oss gjerne hvis du lurer på noe."
SENTENCE = re.compile(r"(?<=[.!?])\s+")
# So far away in the list of entries, by topic, is another whose answer is pasted.
FURTHER = 40

Edit = Callable[[Texts], Texts | None]


def _only_nb(change: Callable[[str], str]) -> Edit:
    return lambda texts: {**texts, "nb": change(texts["nb"])}


def _without_last(text: str) -> str:
    return " ".join(SENTENCE.split(text)[:-1]) or text


EDITS: list[tuple[str, Edit]] = [
    ("*contact the municipality* instead of the answer", _only_nb(lambda text: VAGUE)),
    ("Bokmål in the English field", lambda texts: {**texts, "en": texts["nb"]}),
    (
        "English in the Bokmål field",
        lambda texts: {**texts, "nb": texts["en"]} if "en" in texts else None,
    ),
    ("without its last sentence", _only_nb(_without_last)),
    ("a sentence more", _only_nb(lambda text: f"{text}\n\n{POLITE}")),
    ("other figures", _only_nb(lambda text: re.sub(r"\d", lambda d: str(9 - int(d[0])), text))),
    ("as it is", lambda texts: {tag: f"{text} " for tag, text in texts.items()}),
]


def rows(encoder: Encoder) -> Iterator[tuple[str, int, int]]:
    """What was done, how many of the texts were flagged, and of how many."""
    certainly = LanguageDetection().certainly
    entries = [one for one in read_entries("kommune") if "nb" in one.answers]
    for what, edit in EDITS:
        pairs = [(one.answers, edit(one.answers)) for one in entries]
        tried = [(before, after) for before, after in pairs if after is not None]
        yield what, sum(bool(reasons(*pair, certainly)) for pair in tried), len(tried)
    items = [_item(encoder, one) for one in entries]
    matcher = Matcher(encoder.dimensions)
    for one in items:
        matcher.put(one)
    matcher.search(items[0].texts[0], items[0].vectors[0])  # makes the space
    others = [items[(place + FURTHER) % len(items)] for place in range(len(items))]
    pasted = sum(
        strays(matcher, one, other.passages) is not None
        for one, other in zip(items, others, strict=True)
    )
    yield "another entry's answer", pasted, len(items)
    own = sum(strays(matcher, one, one.passages) is not None for one in items)
    yield "its own answer, as it is", own, len(items)


def _item(encoder: Encoder, entry: Entry) -> Item:
    return Item(
        entry.id,
        entry.questions,
        np.asarray(encoder.encode(entry.questions)),
        np.asarray(encoder.encode(passages(entry.answers), "passage")),
        frozenset([EVERYONE]),
    )


def table(found: Sequence[tuple[str, int, int]]) -> str:
    lines = ["| the text | flagged | of |", "|---|---:|---:|"]
    return "\n".join([*lines, *(f"| {what} | {flagged} | {of} |" for what, flagged, of in found)])


def main() -> None:
    print(table(list(rows(load_encoder()))))


if __name__ == "__main__":
    main()
