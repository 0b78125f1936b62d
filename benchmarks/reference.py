"""Makes `embeddings/reference.npz`: what held-out evidence looks like when phrasings are few.

Takes the demo federation's entries, which have many phrasings each, leaves every
entry one, two or four of them, and asks the rest. Run it again when the evidence
changes or another default encoder is chosen:

    .venv/bin/python -m benchmarks.reference
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from embeddings.encoder import load_encoder
from embeddings.evidence import NAMES
from embeddings.fitting import Corpus, held_out_rows, make_space

ROOT = Path(__file__).parents[1]
SHOTS = (1, 2, 4)
ROWS_KEPT = 1500


def demo_corpus() -> Corpus:
    """Every entry of the demo brains, with its phrasings and answers."""
    encoder = load_encoder()
    folder = ROOT / "router" / "demo"
    files = sorted(folder.glob("kommune/*.jsonl")) + sorted(folder.glob("nav/*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    texts = [text for row in rows for text in row["questions"]]
    answers = [row["answers"]["nb"] for row in rows]
    places = np.arange(len(rows), dtype=np.intp)
    return Corpus(
        texts,
        encoder.encode(texts),
        np.repeat(places, [len(row["questions"]) for row in rows]),
        encoder.encode(answers, "passage"),
        places,
    )


def main() -> None:
    corpus = demo_corpus()
    space = make_space(corpus)
    random = np.random.default_rng(0)
    parts = [held_out_rows(corpus, space, shots=shots) for shots in SHOTS]
    for shots, part in zip(SHOTS, parts, strict=True):
        inside = ~part.outside
        print(f"{shots} phrasings: {len(part.right)} rows, {part.right[inside].mean():.3f} right")
    chosen = [random.permutation(len(part.right))[: ROWS_KEPT // len(SHOTS)] for part in parts]
    pairs = list(zip(parts, chosen, strict=True))
    np.savez_compressed(
        ROOT / "embeddings" / "reference.npz",
        names=np.array(NAMES),
        evidence=np.concatenate([p.evidence[rows] for p, rows in pairs]).astype(np.float16),
        right=np.concatenate([p.right[rows] for p, rows in pairs]),
        outside=np.concatenate([p.outside[rows] for p, rows in pairs]),
    )


if __name__ == "__main__":
    main()
