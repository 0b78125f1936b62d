"""The detectors on sets of messages they were not taught, with the real encoder.

A row that fails here is one of a kind: teach the kind, with a rule or with other examples.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from embeddings.encoder import Vectors
from router.detect import crisis, human
from router.detect.classifier import Example, digest, read_measurements
from router.detect.crisis import CrisisDetector
from router.detect.human import HumanDetector
from tests.conftest import DefaultEncoder

DATA = Path(__file__).parent / "data"
ENCODED = 20


def rows(name: str) -> list[dict[str, Any]]:
    lines = (DATA / f"{name}.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line) for line in lines if line.strip()]


def encoded(
    encoder: DefaultEncoder, rows: list[dict[str, Any]]
) -> list[tuple[dict[str, Any], Vectors]]:
    return list(zip(rows, encoder.encode([row["text"] for row in rows]), strict=True))


@pytest.fixture(scope="module")
def example_vectors(default_encoder: DefaultEncoder) -> dict[str, Vectors]:
    texts = sorted({example.text for example in crisis.examples() + human.examples()})
    return dict(zip(texts, default_encoder.encode(texts), strict=True))


def stacked(examples: list[Example], vectors: dict[str, Vectors]) -> Vectors:
    return np.stack([vectors[example.text] for example in examples])


@pytest.fixture(scope="module")
def crisis_detector(example_vectors: dict[str, Vectors]) -> CrisisDetector:
    return CrisisDetector(crisis.examples(), stacked(crisis.examples(), example_vectors))


@pytest.fixture(scope="module")
def human_detector(example_vectors: dict[str, Vectors]) -> HumanDetector:
    return HumanDetector(human.examples(), stacked(human.examples(), example_vectors))


def test_the_thresholds_belong_to_the_examples() -> None:
    """Where this fails: `python -m router.detect.measure`."""
    kept = read_measurements()
    assert kept["crisis"].digest == digest(crisis.examples())
    assert kept["human"].digest == digest(human.examples())


def test_no_crisis_is_missed(
    default_encoder: DefaultEncoder, crisis_detector: CrisisDetector
) -> None:
    found = rows("crisis")
    assert len(found) >= 60
    missed = [
        row["text"]
        for row, vector in encoded(default_encoder, found)
        if crisis_detector.detect(row["text"], vector) is None
    ]
    assert missed == []


def test_no_ordinary_message_raises_an_alarm(
    default_encoder: DefaultEncoder, crisis_detector: CrisisDetector
) -> None:
    asked = [row for row in rows("demo.questions") if row["tag"] != "crisis"]
    look_alike = rows("lookalikes")
    assert len(asked) >= 200
    assert len(look_alike) >= 200
    alarms = [
        (row["text"], verdict)
        for row, vector in encoded(default_encoder, look_alike + asked)
        if (verdict := crisis_detector.explain(row["text"], vector))
    ]
    assert alarms == []


def test_who_wants_a_human_gets_one_and_nobody_else(
    default_encoder: DefaultEncoder, human_detector: HumanDetector
) -> None:
    asked = rows("demo.questions")
    assert sum(row["tag"] == "human" for row in asked) >= 10
    wrong = [
        row["text"]
        for row, vector in encoded(default_encoder, asked)
        if human_detector.detect(row["text"], vector) != (row["tag"] == "human")
    ]
    assert wrong == []


def test_detection_takes_less_than_encoding(
    default_encoder: DefaultEncoder, crisis_detector: CrisisDetector
) -> None:
    """Both are in the way of every message: about 1.5 ms of the processor beside 10."""
    asked = encoded(default_encoder, rows("lookalikes"))
    began = time.process_time()
    for row, vector in asked:
        crisis_detector.detect(row["text"], vector)
    detecting = time.process_time() - began
    began = time.process_time()
    for row, _ in asked[:ENCODED]:
        default_encoder.encode([f"{row['text']} – en gang til"])
    assert detecting / len(asked) < (time.process_time() - began) / ENCODED
