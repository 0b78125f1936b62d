"""Measures how well entries on the same thing are found, in a brain and in what is imported.

`tests/data/twins.jsonl` has entries as other municipalities would write them, in Bokmål, Nynorsk
and English: `same` names those of the demo (or of the file) that they answer the same as, `near`
those that they only look like. Both halves are put into the demo's brain in turn, and imported
into it. The time is that of a made-up brain of 5,000 entries. Writes `docs/twins.md`:

    .venv/bin/python -m benchmarks.twins
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from benchmarks import impact, pages
from brains.gaps import affinity
from brains.knowledge import key_of
from brains.knowledge.items import Vectors, item, texts_of
from brains.model import Entry
from embeddings.encoder import load_encoder
from embeddings.matcher import Item
from router.curation.import_duplicates import agree
from router.curation.overlap import PERHAPS_FROM, SAME_FROM, Alike, Overlap
from router.demo.load import read_entries

FILE = Path(__file__).parents[1] / "tests" / "data" / "twins.jsonl"
PAGE = Path(__file__).parents[1] / "docs" / "twins.md"
HALVES = {"looked at": "looked at while the numbers were chosen", "unseen": "never looked at"}
BRAIN = "kommune"


class Encodes(Protocol):
    def encode(self, texts: Sequence[str], kind: Any = ...) -> npt.NDArray[np.float32]: ...


class Seeded(msgspec.Struct, frozen=True):
    """One entry of the file."""

    id: str
    questions: list[str]
    answers: dict[str, str]
    same: list[str]
    near: list[str]
    half: str

    @property
    def entry(self) -> Entry:
        return Entry(id=self.id, questions=self.questions, answers=self.answers)


class Found(NamedTuple):
    """Of `wanted` pairs, those found; and what was found beside them."""

    wanted: int
    found: int
    wrong: list[tuple[str, str]]


class Imported(NamedTuple):
    """Of `wanted` rows that have a twin, those shown beside it; of `others`, those shown beside
    something; and how many were merged by default, and wrongly."""

    wanted: int
    shown: int
    others: int
    shown_in_vain: int
    merged: int
    merged_wrong: int


def seeded(half: str) -> list[Seeded]:
    lines = FILE.read_text("utf-8").splitlines()
    every = [msgspec.json.decode(line, type=Seeded) for line in lines if line]
    return [one for one in every if one.half == half]


def wanted(rows: Sequence[Seeded]) -> set[tuple[str, str]]:
    """The pairs that answer the same."""
    return {_pair(row.id, other) for row in rows for other in row.same}


def vectors_of(encoder: Encodes, entries: Sequence[Entry]) -> Vectors:
    queries, passages = texts_of(entries)
    return Vectors(
        dict(zip(queries, encoder.encode(queries), strict=True)),
        dict(zip(passages, encoder.encode(passages, "passage"), strict=True)),
    )


def items_of(encoder: Encodes, entries: Sequence[Entry]) -> list[Item]:
    known = vectors_of(encoder, entries)
    made = [item(key_of(BRAIN, entry.id), entry, known) for entry in entries]
    return [one for one in made if one is not None]


def ways(encoder: Encodes) -> npt.NDArray[np.float32]:
    said = [encoder.encode(list(row)) for row in affinity.wordings()]
    return affinity.ways_of(np.stack(said))


def in_brain(encoder: Encodes, half: str) -> Found:
    """What is found where a half of the file is beside the demo's entries."""
    rows = seeded(half)
    items = items_of(encoder, [*read_entries(BRAIN), *(row.entry for row in rows)])
    pairs = Overlap(items, ways(encoder)).pairs([one.key for one in items], SAME_FROM)
    found = {_pair(*(key.partition("/")[2] for key in one.pair)) for one in pairs}
    right = wanted(rows)
    return Found(len(right), len(found & right), sorted(found - right))


def imported(encoder: Encodes, half: str) -> Imported:
    """What is shown where a half of the file is imported into the demo's brain. Of two rows that
    are twins, the later is to be shown."""
    rows = seeded(half)
    items = items_of(encoder, [*read_entries(BRAIN), *(row.entry for row in rows)])
    keys = {key_of(BRAIN, row.id): row for row in rows}
    pairs = Overlap(items, ways(encoder)).pairs(list(keys), PERHAPS_FROM)
    counts = dict.fromkeys(Imported._fields, 0)
    seen: set[str] = set()
    for key, row in keys.items():
        beside = {_other(one, key): one for one in pairs if key in one.pair}
        shown = {id for id in beside if id in seen or id not in {other.id for other in rows}}
        right = {id for id in row.same if id in seen or id not in {other.id for other in rows}}
        counts["wanted" if right else "others"] += 1
        if right:
            counts["shown"] += bool(shown & right)
        else:
            counts["shown_in_vain"] += bool(shown)
        merged = {id for id in shown if beside[id].equal and agree(beside[id])}
        counts["merged"] += bool(merged)
        counts["merged_wrong"] += bool(merged - right)
        seen.add(row.id)
    return Imported(**counts)


def timed() -> list[tuple[str, float]]:
    """What was looked at, and the seconds of processor time."""
    encoder = load_encoder()
    made = impact.make(encoder, np.random.default_rng(0))
    known = Vectors(made.queries, made.passages)
    items = [one for entry in made.entries if (one := item(entry.id, entry, known)) is not None]
    directions = ways(encoder)
    found: list[tuple[str, float]] = []
    for what, keys in (
        (f"all {len(items):,} entries", [one.key for one in items]),
        ("one that has changed", [items[0].key]),
    ):
        started = time.process_time()
        Overlap(items, directions).pairs(keys, SAME_FROM)
        found.append((what, time.process_time() - started))
    return found


def _other(one: Alike, key: str) -> str:
    """The id of the entry that it pairs `key` with."""
    return one.pair[one.pair[0] == key].partition("/")[2]


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def table() -> str:
    encoder = load_encoder()
    lines = [
        "| half of the file | twins in a brain | found | wrong pairs | rows with a twin | shown "
        "beside it | others shown beside something | merged by default | wrongly |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for half, name in HALVES.items():
        one, rows = in_brain(encoder, half), imported(encoder, half)
        print(half, one, rows, flush=True)
        lines.append(
            f"| {name} | {one.wanted} | {one.found} | {len(one.wrong)} | {rows.wanted} "
            f"| {rows.shown} | {rows.shown_in_vain} of {rows.others} | {rows.merged} "
            f"| {rows.merged_wrong} |"
        )
    lines += ["", "| looked at | seconds of processor time |", "|---|---:|"]
    lines += [f"| {what} | {seconds:.1f} |" for what, seconds in timed()]
    return "\n".join(lines)


def main() -> None:
    with threadpool_limits(1):
        pages.write(PAGE, table())


if __name__ == "__main__":
    main()
