"""The floors of quality on real data, with the default encoder. Reads ../shared/data."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.evaluation import Report, evaluate
from tests.conftest import DefaultEncoder


def measured(
    data: Path, brain: str, mixed: tuple[str, ...], folder: Path, with_: DefaultEncoder
) -> Report:
    questions = folder / "questions.jsonl"
    parts = [(data / f"{name}.questions.jsonl").read_text("utf-8") for name in mixed]
    questions.write_text("".join(parts), "utf-8")
    out = folder / "results.jsonl"
    report = evaluate(data / f"{brain}.brain.jsonl", questions, out, encoder=with_)
    assert len(out.read_text("utf-8").splitlines()) == report.questions
    return report


def test_clinc150(shared_data: Path, tmp_path: Path, default_encoder: DefaultEncoder) -> None:
    report = measured(shared_data, "clinc150", ("clinc150",), tmp_path, default_encoder)
    assert report.recall_at_1 is not None and report.recall_at_1 >= 0.90
    assert report.coverage_at_rate is not None and report.coverage_at_rate >= 0.78
    assert report.wrong is not None and 0.02 <= report.wrong <= 0.08


@pytest.mark.parametrize("brain", ["norsid", "digitalhjelper"])
def test_wrong_answers_stay_few_among_foreign_questions(
    shared_data: Path, tmp_path: Path, default_encoder: DefaultEncoder, brain: str
) -> None:
    report = measured(shared_data, brain, (brain, "norquad-oos"), tmp_path, default_encoder)
    assert report.wrong is not None and report.wrong < 0.08
