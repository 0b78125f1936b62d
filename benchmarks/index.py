"""Measures the coded index against the exact one: what it misses, and how long both take.

Encodes the demo federation's phrasings and, where they are present, the texts
in `../shared/data`; keeps some of them back as questions, and makes up the rows
with real vectors moved a little. Both indexes answer the same questions in
turn, in one run, on one thread. Writes `docs/speed.md`:

    .venv/bin/python -m benchmarks.index
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import faiss
import numpy as np
import numpy.typing as npt

from embeddings import index as indexing
from embeddings.encoder import Encoder, load_encoder
from embeddings.fitting import SHORTLIST_ROWS
from embeddings.index import EXACT_ROWS_MAX, RESCORED_MIN, RESCORED_PER_ROW, VectorIndex

Vectors = npt.NDArray[np.float32]

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
PAGE = ROOT / "docs" / "speed.md"
ROWS = 50_000
QUESTIONS = 400
# Length of the noise added to a unit vector: the moved one has a cosine of 0.96 to it.
NOISE = 0.3
# Rows asked for, and rescored for each; the matcher asks for `SHORTLIST_ROWS`.
TRIED = (
    (10, RESCORED_PER_ROW),
    (50, RESCORED_PER_ROW),
    (SHORTLIST_ROWS, RESCORED_PER_ROW // 2),
    (SHORTLIST_ROWS, RESCORED_PER_ROW),
    (SHORTLIST_ROWS, RESCORED_PER_ROW * 2),
)


class Measured(NamedTuple):
    """Shares missed of the exactly nearest 10, 50 and all asked for; median times."""

    rows: int
    asked: int
    rescored: int
    missed_10: float
    missed_50: float | None
    missed_all: float
    exact_ms: float
    coded_ms: float


def real_texts() -> list[str]:
    """Phrasings and questions, each once, in a fixed order."""
    demo = ROOT / "router" / "demo"
    files = [*sorted(demo.glob("kommune/*.jsonl")), *sorted(demo.glob("nav/*.jsonl"))]
    files += sorted(SHARED.glob("*.jsonl"))
    return list(dict.fromkeys(text for file in files for text in _texts(file)))


def _texts(file: Path) -> Iterator[str]:
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        yield from row.get("questions") or [row["text"]]


def spread(vectors: Vectors, rows: int, random: np.random.Generator) -> Vectors:
    """`vectors`, and then as many of them moved a little as make up `rows`."""
    chosen = vectors[random.integers(len(vectors), size=max(rows - len(vectors), 0))]
    noise = random.standard_normal(chosen.shape, dtype=np.float32)
    moved = chosen + NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    return np.vstack([vectors, moved / np.linalg.norm(moved, axis=1, keepdims=True)])[:rows]


def centred(vectors: Vectors) -> Vectors:
    """As the matcher stores them: from their mean, of length 1."""
    moved = vectors - vectors.mean(axis=0)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)


def measure(known: Vectors, questions: Vectors) -> list[Measured]:
    ids = np.arange(len(known))
    exact = VectorIndex(known.shape[1], exact_rows_max=len(known))
    coded = VectorIndex(known.shape[1], exact_rows_max=0)
    exact.add(ids, known)
    coded.add(ids, known)
    found = []
    for asked, rescored in TRIED:
        indexing.RESCORED_PER_ROW = rescored
        found.append(_compare(exact, coded, questions, asked))
    indexing.RESCORED_PER_ROW = RESCORED_PER_ROW
    return found


def _compare(exact: VectorIndex, coded: VectorIndex, questions: Vectors, asked: int) -> Measured:
    misses, exact_ms, coded_ms = [], [], []
    for question in questions:
        truth, took = _timed(exact, question, asked)
        exact_ms.append(took)
        found, took = _timed(coded, question, asked)
        coded_ms.append(took)
        misses.append(~np.isin(truth, found))
    missed = np.array(misses)
    return Measured(
        len(exact),
        asked,
        min(max(asked * indexing.RESCORED_PER_ROW, RESCORED_MIN), len(exact)),
        float(missed[:, :10].mean()),
        float(missed[:, :50].mean()) if asked >= 50 else None,
        float(missed.mean()),
        statistics.median(exact_ms),
        statistics.median(coded_ms),
    )


def _timed(
    index: VectorIndex, question: Vectors, depth: int
) -> tuple[npt.NDArray[np.int64], float]:
    start = time.perf_counter()
    found, _ = index.search(question, depth)
    return found, (time.perf_counter() - start) * 1000


def page(measured: list[Measured], texts: int, encoder: Encoder) -> str:
    """The page of documentation, whole."""
    lines = [
        "| rows | asked for | rescored | missed of 10 | of 50 | of all | exact, ms | coded, ms "
        "| exact : coded |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in measured:
        of_50 = "" if one.missed_50 is None else f"{one.missed_50:.2%}"
        lines.append(
            f"| {one.rows:,} | {one.asked} | {one.rescored:,} | {one.missed_10:.2%} | {of_50} "
            f"| {one.missed_all:.2%} | {one.exact_ms:.2f} | {one.coded_ms:.2f} "
            f"| {one.exact_ms / one.coded_ms:.1f} |"
        )
    return PAGE_TEXT.format(
        table="\n".join(lines),
        texts=texts,
        fingerprint=encoder.fingerprint,
        exact_rows_max=EXACT_ROWS_MAX,
        rescored=RESCORED_PER_ROW,
        rescored_min=RESCORED_MIN,
        shortlist=SHORTLIST_ROWS,
        questions=QUESTIONS,
        rows=ROWS,
    )


PAGE_TEXT = """# Speed of the index

`benchmarks/index.py` writes this page. Make it again with

    .venv/bin/python -m benchmarks.index

Times are noisy: take the ratios, and compare only within this page. Both indexes
answered the same questions in turn, in one process, on one thread; a time is the
median over {questions} questions.

{table}

*Missed* is the share of the exactly nearest 10 or 50 rows, or of all asked for, that the
coded index did not give. Rows are vectors of {texts:,} real phrasings and questions in
`{fingerprint}`, of which {questions} were kept back to ask with; the
last lines make them up to {rows:,} with real vectors moved a little (cosine 0.96).

What follows from it: up to {exact_rows_max:,} rows the index is exact. Beyond that it
shortlists by sign codes and rescores {rescored} rows exactly for each row asked for, and
{rescored_min:,} at least (`RESCORED_PER_ROW`, `RESCORED_MIN`). The matcher asks for {shortlist}
rows at a time, and the nearest few of them decide.
"""


def main() -> None:
    faiss.omp_set_num_threads(1)
    random = np.random.default_rng(0)
    texts = real_texts()
    encoder = load_encoder()
    vectors = centred(encoder.encode(texts))[random.permutation(len(texts))]
    questions, known = vectors[:QUESTIONS], vectors[QUESTIONS:]
    measured = [
        *measure(known, questions),
        *measure(spread(known, ROWS, random), questions),
    ]
    for one in measured:
        print(one)
    _, found, sections = PAGE.read_text("utf-8").partition("\n## ")
    PAGE.write_text(page(measured, len(texts), encoder) + found + sections, "utf-8")


if __name__ == "__main__":
    main()
