"""How right the answers are: real data and the demo federation, as a table in `docs/quality.md`.

.venv/bin/python -m benchmarks.quality [folder of the evaluation data]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import msgspec

from benchmarks import demo, pages
from embeddings.encoder import Encoder, load_encoder
from router.evaluation import Report, evaluate
from router.messages import Message
from router.service import Service
from router.settings import Settings

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
PAGE = ROOT / "docs" / "quality.md"
ASKED_IN = "bergen"
# Brain file, question files mixed.
RUNS = (
    ("clinc150", ("clinc150",)),
    ("norsid", ("norsid",)),
    ("norsid", ("norsid", "norquad-oos")),
    ("digitalhjelper", ("digitalhjelper",)),
    ("digitalhjelper", ("digitalhjelper", "norquad-oos")),
    ("los", ("los",)),
    ("los", ("los", "norquad-oos")),
)


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    encoder = load_encoder()
    rows = [_row(data, brain, mixed, encoder) for brain, mixed in RUNS]
    judged, in_vain = asyncio.run(_ask_demo(encoder))
    pages.write(PAGE, "\n\n".join([_real_data(rows), _demo(judged), _missing(in_vain)]))


def _row(
    data: Path, brain: str, mixed: tuple[str, ...], encoder: Encoder
) -> tuple[str, str, Report]:
    with tempfile.TemporaryDirectory() as folder:
        questions = Path(folder) / "questions.jsonl"
        parts = [(data / f"{name}.questions.jsonl").read_text("utf-8") for name in mixed]
        questions.write_text("".join(parts), "utf-8")
        report = evaluate(data / f"{brain}.brain.jsonl", questions, encoder=encoder)
    return brain, " + ".join(mixed), report


async def _ask_demo(encoder: Encoder) -> tuple[list[demo.Judged], dict[str, Counter[str]]]:
    """Every demo question, asked of the whole service; and what comes of those that it has no
    answer to."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings.from_environment({"SAMSVAR_HOME": home, "SAMSVAR_DEMO": "true"})
        service = await Service.open(settings, encoder)
        judged = []
        for question in demo.questions():
            reply = await service.ask(Message(question.body, question.text))
            judged.append(demo.judge(question, msgspec.to_builtins(reply)))
        in_vain = {name: Counter[str]() for name in demo.missing()}
        for name, texts in demo.missing().items():
            for text in texts:
                reply = await service.ask(Message(ASKED_IN, text))
                in_vain[name][msgspec.to_builtins(reply.outcome)["type"]] += 1
        await service.close()
    return judged, in_vain


def _real_data(rows: list[tuple[str, str, Report]]) -> str:
    lines = [
        "| brain | questions | in scope / all | recall@1 | AUROC | answered rightly at 5 % wrong, "
        "in hindsight | answered rightly | wrong among answers |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for brain, questions, report in rows:
        figures = (
            report.recall_at_1,
            report.auroc,
            report.coverage_at_rate,
            report.coverage,
            report.wrong,
        )
        shown = " | ".join("-" if one is None else f"{one:.3f}" for one in figures)
        lines.append(
            f"| {brain} | {questions} | {report.in_scope} / {report.questions} | {shown} |"
        )
    return "\n".join(lines)


def _demo(judged: list[demo.Judged]) -> str:
    by_tag: dict[str, list[demo.Judged]] = defaultdict(list)
    for one in judged:
        by_tag[one.question.tag].append(one)
    lines = [
        f"The demo federation's {len(judged)} questions: **score {demo.mean(judged):.3f}**, wrong "
        f"among answers and referrals {demo.wrong_share(judged):.3f}.",
        "",
        "| kind of question | number | score | right | asked back, rightly | misleading |",
        "|---|---|---|---|---|---|",
    ]
    for tag, group in sorted(by_tag.items()):
        right = sum(one.score == 1.0 for one in group)
        asked = sum(one.score == 0.5 for one in group)
        wrong = sum(one.wrong for one in group)
        lines.append(
            f"| {tag} | {len(group)} | {demo.mean(group):.2f} | {right} | {asked} | {wrong} |"
        )
    return "\n".join(lines)


def _missing(in_vain: dict[str, Counter[str]]) -> str:
    lines = [
        "Questions about everyday municipal needs that the demo has no answer to:",
        "",
        "| questions | number | unanswered | asked back | answered or referred | other |",
        "|---|---|---|---|---|---|",
    ]
    for name, counts in in_vain.items():
        total = counts.total()
        columns = [
            counts["unanswered"],
            counts["clarify"],
            counts["answered"] + counts["referred"],
            counts["handover"] + counts["crisis"],
        ]
        shown = " | ".join(f"{one / total:.2f}" for one in columns)
        lines.append(f"| {name} | {total} | {shown} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
