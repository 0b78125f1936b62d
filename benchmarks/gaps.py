"""How well gaps agree with what people need: real questions as a stream, tables in `docs/gaps.md`.

.venv/bin/python -m benchmarks.gaps [folder of the evaluation data]

Runs the clusters and their tidying as the service does, without its database.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks import pages
from brains.gaps import frames, tidying
from brains.gaps.affinity import Affinity, wordings
from brains.gaps.clusters import Cluster, Clusters
from brains.gaps.recording import GAPS_TRIED_MAX, TEXTS_COMPARED
from brains.gaps.tidying import Held
from brains.vectors import Vector
from embeddings.encoder import Encoder, load_encoder
from router.demo import visitors

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
OWN = ROOT / "tests" / "data" / "gaps.jsonl"
EVERYDAY = ROOT / "tests" / "data" / "gaps.blind.jsonl"
PAGE = ROOT / "docs" / "gaps.md"
TIDIED_EVERY = 100
ORDERS = 3
LOOKS_AT_THE_END_MAX = 10
OFFERS = 3
PARTS = (
    ("dev", "43 that were looked at"),
    ("blind", "43 others"),
    ("sealed", "60 written later"),
)
Labels = npt.NDArray[np.intp]


class Said(NamedTuple):
    """A question's vector (d,) and text."""

    vector: Vector
    text: str


class Asked(NamedTuple):
    """Questions' vectors (n, d), what each needs (n,), and their texts."""

    vectors: Vector
    needs: Labels
    texts: Sequence[str]

    def some(self, chosen: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Asked:
        rows = np.arange(len(self.needs))[chosen]
        return Asked(self.vectors[rows], self.needs[rows], [self.texts[row] for row in rows])

    def at(self, row: int) -> Said:
        return Said(self.vectors[row], self.texts[row])


class Agreement(NamedTuple):
    """Of all pairs of questions: the share of those joined that need the same, and the reverse."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)


class Stream:
    """The gaps of one brain while questions arrive. `gaps`: the rows of the questions of each."""

    def __init__(self, affinity: Affinity) -> None:
        self.clusters = Clusters(affinity)
        self.gaps: dict[str, list[int]] = {}
        self._vectors: list[Vector] = []
        self._texts: list[str] = []
        self._changed: set[str] = set()
        self._opened = 0

    def ask(self, said: Said) -> None:
        id = self._home(said) or self._open()
        self.gaps[id].append(len(self._vectors))
        self._vectors.append(said.vector)
        self._texts.append(said.text)
        self._put(id)
        self.clusters.renew()

    def _home(self, said: Said) -> str | None:
        """As `brains.gaps.recording` finds it."""
        less: dict[str, float] = {}
        for _ in range(GAPS_TRIED_MAX):
            near = self.clusters.home(said.vector, less)
            if near is None or near[1] in less:
                return near[1] if near else None
            texts = self._texts_of(near[1])[-TEXTS_COMPARED:]
            less[near[1]] = self.clusters.affinity.apart * frames.share_apart(said.text, texts)
        return None

    def tidy(self) -> int:
        """One look at what changed, as `brains.gaps.tidier` does it; the number of steps."""
        near = tidying.neighbourhood(self.clusters, sorted(self._changed))
        self._changed -= set(near)
        held = [
            Held(id, False, self.gaps[id], self._of(self.gaps[id]), self._texts_of(id))
            for id in near
        ]
        plan = tidying.plan(held, self.clusters)
        for move in plan.moves:
            moved = set(move.questions)
            self.gaps[move.source] = [one for one in self.gaps[move.source] if one not in moved]
            self.gaps[move.target] += move.questions
            self._put(move.source)
            self._put(move.target)
        for merge in plan.merges:
            self.gaps[merge.into] += self.gaps.pop(merge.gone)
            self.clusters.put(self.clusters.known[merge.gone]._replace(status="merged"))
            self._changed.discard(merge.gone)
            self._put(merge.into)
        self.clusters.renew()
        return len(plan.moves) + len(plan.merges)

    def labels(self) -> Labels:
        labels = np.empty(len(self._vectors), np.intp)
        for number, rows in enumerate(self.gaps.values()):
            labels[rows] = number
        return labels

    def _open(self) -> str:
        self._opened += 1
        id = f"gap_{self._opened:06d}"
        self.gaps[id] = []
        return id

    def _of(self, rows: Sequence[int]) -> Vector:
        return np.stack([self._vectors[row] for row in rows])

    def _texts_of(self, id: str) -> list[str]:
        return [self._texts[row] for row in self.gaps[id]]

    def _put(self, id: str) -> None:
        vectors = self._of(self.gaps[id])
        total = vectors.sum(axis=0)
        self.clusters.put(Cluster(id, "open", len(vectors), total, "", vectors[0], []))
        self._changed.add(id)


def agreement(labels: Labels, needs: Labels) -> Agreement:
    """Pairwise precision and recall of `labels`."""

    def pairs(counts: Iterable[int]) -> int:
        return sum(count * (count - 1) // 2 for count in counts)

    right = pairs(Counter(zip(labels.tolist(), needs.tolist(), strict=True)).values())
    joined, same = pairs(Counter(labels.tolist()).values()), pairs(Counter(needs.tolist()).values())
    return Agreement(right / max(joined, 1), right / max(same, 1))


def streamed(
    asked: Asked, affinity: Affinity, order: int, every: int | None = TIDIED_EVERY
) -> tuple[Stream, Labels]:
    """Asks all, in a random order, tidying after each `every`; and the needs in that order."""
    rows = np.random.default_rng(order).permutation(len(asked.needs))
    stream = Stream(affinity)
    for number, row in enumerate(rows, 1):
        stream.ask(asked.at(row))
        if every and number % every == 0:
            stream.tidy()
    if every:
        _tidied(stream)
    return stream, asked.needs[rows]


def partner_offered(stream: Stream, needs: Labels) -> float:
    """Of the gaps whose need another gap has too, the share that is offered one such first."""
    main = {
        id: Counter(needs[rows].tolist()).most_common(1)[0][0] for id, rows in stream.gaps.items()
    }
    count = Counter(main.values())
    split = [id for id, need in main.items() if count[need] > 1]
    found = sum(
        any(main[other] == main[id] for other, _ in stream.clusters.similar(id, OFFERS))
        for id in split
    )
    return found / max(len(split), 1)


def base_affinity(encoder: Encoder) -> Affinity:
    said = wordings()
    vectors = encoder.encode([text for row in said for text in row])
    return Affinity(vectors.reshape(len(said), -1, encoder.dimensions))


def clinc150(data: Path, encoder: Encoder) -> Asked:
    """The 3,000 in-scope questions, 20 a need."""
    rows = [row for row in _lines(data / "clinc150.questions.jsonl") if row["expect"]["entry"]]
    entries = [entry["id"] for entry in _lines(data / "clinc150.brain.jsonl")]
    needs = np.array([entries.index(row["expect"]["entry"]) for row in rows], np.intp)
    return _asked(encoder, rows, needs)


def with_phrasings(data: Path, encoder: Encoder, asked: Asked) -> Asked:
    """30 a need: the brain's own phrasings taken as questions too."""
    entries = _lines(data / "clinc150.brain.jsonl")
    phrasings = [(number, text) for number, e in enumerate(entries) for text in e["questions"]]
    vectors = encoder.encode([text for _, text in phrasings])
    needs = np.array([number for number, _ in phrasings], np.intp)
    return Asked(
        np.concatenate([asked.vectors, vectors]),
        np.concatenate([asked.needs, needs]),
        [*asked.texts, *(text for _, text in phrasings)],
    )


def hundred_needs(thirty: Asked, draw: int) -> Asked:
    chosen = np.random.default_rng(draw).permutation(int(thirty.needs.max()) + 1)[:100]
    return thirty.some(np.isin(thirty.needs, chosen))


def uneven(thirty: Asked, draw: int) -> Asked:
    """As people ask: a few needs often, most seldom. From 30 questions down, by Zipf's law."""
    random = np.random.default_rng(draw)
    rows = [
        random.permutation(np.flatnonzero(thirty.needs == need))[
            : max(1, round(30 / (1 + rank / 10)))
        ]
        for rank, need in enumerate(random.permutation(int(thirty.needs.max()) + 1))
    ]
    return thirty.some(np.concatenate(rows))


def own(encoder: Encoder) -> Asked:
    """41 municipal needs, each asked twice in Bokmål, Nynorsk and English, in that order."""
    rows = _lines(OWN)
    names = list(dict.fromkeys(row["need"] for row in rows))
    needs = np.array([names.index(row["need"]) for row in rows], np.intp)
    return _asked(encoder, rows, needs)


def norsid(data: Path, encoder: Encoder) -> Asked:
    rows = [row for row in _lines(data / "norsid.questions.jsonl") if row["expect"]["entry"]]
    names = sorted({row["expect"]["entry"] for row in rows})
    needs = np.array([names.index(row["expect"]["entry"]) for row in rows], np.intp)
    return _asked(encoder, rows, needs)


def in_one_gap(asked: Asked, affinity: Affinity) -> tuple[float, float]:
    """Where three needs have a gap each already: of the triples (Bokmål, Nynorsk, English) of the
    others, the share that ends in one gap; and the share of which a part lands in a wrong one."""
    needs = int(asked.needs.max()) + 1
    together = astray = 0
    rows = np.arange(len(asked.needs)).reshape(needs, 3, 2)
    for need in range(needs):
        for wording in range(2):
            stream = Stream(affinity)
            for other in (3, 10, 17):
                stream.ask(asked.at(rows[(need + other) % needs, 0, 0]))
            for language in range(3):
                stream.ask(asked.at(rows[need, language, wording]))
                stream.tidy()
            labels = stream.labels()
            together += len(set(labels[3:])) == 1
            astray += bool(set(labels[:3]) & set(labels[3:]))
    return together / (2 * needs), astray / (2 * needs)


class Everyday(NamedTuple):
    """One need in Bokmål, Nynorsk and English: as one would put it on a page, `close`, and as
    visitors do, `free`; and a question of the same frame or topic that needs another thing."""

    close: Sequence[Said]
    free: Sequence[Said]
    neighbour: Said


def everyday(encoder: Encoder, part: str) -> list[Everyday]:
    """The needs of one part: `dev`, which constants were chosen by; `blind`, not looked at then; or
    `sealed`, written and measured later."""
    rows = [row for row in _lines(EVERYDAY) if row["part"] == part]
    texts = [text for row in rows for text in (*row["close"], *row["free"], row["neighbour"])]
    said = [Said(*one) for one in zip(encoder.encode(texts), texts, strict=True)]
    needs = [said[start : start + 7] for start in range(0, len(said), 7)]
    return [Everyday(need[:3], need[3:6], need[6]) for need in needs]


def demo_stream(encoder: Encoder, affinity: Affinity) -> Stream:
    """The gaps that the demo starts with, once tidied."""
    stream = Stream(affinity)
    texts = [visit.text for visit in visitors.read() if visit.unmet]
    for said in zip(encoder.encode(texts), texts, strict=True):
        stream.ask(Said(*said))
    _tidied(stream)
    return stream


class Together(NamedTuple):
    """Shares of the needs: asked three times, in one gap and nothing else in it, at once and once
    tidied; a part in a wrong gap, once tidied; the neighbour in theirs, asked after them."""

    at_once: float
    tidied: float
    astray: float
    neighbour: float


def beside_the_demo(demo: Stream, needs: Sequence[Everyday], said: str) -> Together:
    """Each need by itself asked beside the demo's gaps; another language begins each time."""
    shares = []
    for number, need in enumerate(needs):
        stream = copy.deepcopy(demo)
        before = len(stream.labels())
        for language in range(3):
            stream.ask(getattr(need, said)[(number + language) % 3])
        at_once, _ = _apart(stream, before)
        _tidied(stream)
        tidied, astray = _apart(stream, before)
        stream.ask(need.neighbour)
        _tidied(stream)
        labels = stream.labels()
        shares.append((at_once, tidied, astray, labels[-1] in labels[before:-1]))
    return Together(*np.array(shares, np.float64).mean(axis=0).tolist())


def _apart(stream: Stream, before: int) -> tuple[bool, bool]:
    """Whether the questions from row `before` on are in one gap of their own, and whether one of
    them is among the others."""
    labels = stream.labels()
    astray = bool(set(labels[:before]) & set(labels[before:]))
    return len(set(labels[before:])) == 1 and not astray, astray


def _tidied(stream: Stream) -> None:
    for _ in range(LOOKS_AT_THE_END_MAX):
        if not stream.tidy():
            return


def seconds_a_question(affinity: Affinity, gaps: int, seen: int) -> float:
    """Median time to place one question beside so many open gaps of so many questions in all."""
    random = np.random.default_rng(0)
    vectors = random.normal(size=(gaps, affinity.width)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    clusters = Clusters(affinity)
    size = max(1, seen // gaps)
    for number, vector in enumerate(vectors):
        gap = Cluster(str(number), "open", size, vector * np.float32(size), "", vector, [])
        clusters.put(gap)
    clusters.renew()
    times = []
    for vector in vectors[:200]:
        start = time.perf_counter()
        _, id = clusters.nearest_open(vector)
        clusters.put(clusters.known[id])
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    encoder = load_encoder()
    affinity = base_affinity(encoder)
    twenty = clinc150(data, encoder)
    thirty = with_phrasings(data, encoder, twenty)
    ours = own(encoder)
    sets = [
        ("clinc150, 150 needs x 20", TIDIED_EVERY, [twenty] * ORDERS),
        (
            "clinc150, 100 needs x 30",
            TIDIED_EVERY,
            [hundred_needs(thirty, n) for n in range(ORDERS)],
        ),
        ("clinc150, 150 needs, uneven", TIDIED_EVERY, [uneven(thirty, n) for n in range(ORDERS)]),
        ("municipal, 41 needs x 6 in three languages", 10, [ours] * ORDERS),
        ("NorSID, 14 needs in dialects", TIDIED_EVERY, [norsid(data, encoder)]),
    ]
    lines = [
        "| questions | tidied | precision | recall | F1 | gaps / needs | partner offered |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, every, draws in sets:
        lines += [_row(name, draws, affinity, tidied) for tidied in (None, every)]
    together, astray = in_one_gap(ours, affinity)
    lines += ["", f"Of 82 triples (Bokmål, Nynorsk, English), {together:.0%} end in one gap where "]
    lines[-1] += f"three other gaps are open; of {astray:.0%} a part lands in a wrong one."
    lines += ["", *_everyday(encoder, affinity), ""]
    pages.write(PAGE, "\n".join([*lines, *_cost(affinity)]))


def _everyday(encoder: Encoder, affinity: Affinity) -> list[str]:
    lines = [
        "| everyday needs, each beside the demo's gaps | in one gap at once | once tidied "
        "| a part astray | neighbour joined |",
        "|---|---|---|---|---|",
    ]
    demo = demo_stream(encoder, affinity)
    for part, name in PARTS:
        needs = everyday(encoder, part)
        for said, how in (("close", "as on a page"), ("free", "as visitors write")):
            shown = " | ".join(f"{one:.2f}" for one in beside_the_demo(demo, needs, said))
            lines.append(f"| {name}, {how} | {shown} |")
    return lines


def _row(name: str, draws: Sequence[Asked], affinity: Affinity, every: int | None) -> str:
    figures = []
    for order, asked in enumerate(draws):
        stream, needs = streamed(asked, affinity, order, every)
        got = agreement(stream.labels(), needs)
        figures.append((*got, got.f1, len(stream.gaps), partner_offered(stream, needs)))
    precision, recall, f1, gaps, offered = np.array(figures).T
    shown = [_span(one) for one in (precision, recall, f1)]
    needs_count = len(set(draws[0].needs.tolist()))
    return (
        f"| {name} | {'-' if every is None else f'every {every}'} | {' | '.join(shown)} "
        f"| {gaps.mean():.0f} / {needs_count} | {offered.mean():.2f} |"
    )


def _span(values: npt.NDArray[np.float64]) -> str:
    low, high = f"{values.min():.2f}", f"{values.max():.2f}"
    return low if low == high else f"{low} to {high}"


def _cost(affinity: Affinity) -> list[str]:
    base = seconds_a_question(affinity, 500, 2_000)
    lines = ["| open gaps | questions seen | time to place one, 500 gaps = 1 |", "|---|---|---|"]
    for gaps, seen in (
        (500, 2_000),
        (500, 20_000),
        (500, 200_000),
        (2_000, 20_000),
        (8_000, 20_000),
    ):
        ratio = seconds_a_question(affinity, gaps, seen) / base
        lines.append(f"| {gaps:,} | {seen:,} | {ratio:.1f} |")
    return lines


def _asked(encoder: Encoder, rows: Sequence[dict[str, Any]], needs: Labels) -> Asked:
    texts = [row["text"] for row in rows]
    return Asked(encoder.encode(texts), needs, texts)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main()
