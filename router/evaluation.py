"""Measures a brain file on questions: the decision as visitors would meet it, without a database.

A throw-away brain is built from the file, every question is asked of it, and
what came out is compared with what was expected. Definitions:

recall@1            in-scope questions whose best candidate is right
AUROC               how well the probability tells in-scope from out-of-scope questions
coverage            in-scope questions that were answered, and rightly
wrong-answer rate   wrong answers among the answers given
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from brains import store
from brains.errors import Invalid
from brains.formats import jsonl
from brains.knowledge import Found, title_of
from brains.model import Body, Entry
from embeddings.background import background_texts
from embeddings.encoder import Encoder, load_encoder
from embeddings.fitting import Background
from embeddings.matcher import Item, Matcher, Scored
from embeddings.packaged import Progress
from router import decide

BODY = "eval"
ENCODED_AT_ONCE = 512
BINS = 10


class Expected(msgspec.Struct, frozen=True):
    """The right entry, None for a question nobody can answer; or the right body (`a|b`: either)."""

    entry: str | None = None
    body: str | None = None


class Question(msgspec.Struct, frozen=True):
    text: str
    id: str = ""
    expect: Expected | None = None
    tag: str = ""


class Result(msgspec.Struct, frozen=True):
    """What came of one question. `entry` is the best candidate, whatever the outcome."""

    id: str
    outcome: str
    entry: str | None
    probability: float
    body: str | None


class Report(msgspec.Struct, frozen=True):
    """The figures of one run; rates from 0 to 1, None where the questions do not tell."""

    questions: int
    in_scope: int
    wrong_rate: float
    threshold: float
    recall_at_1: float | None
    auroc: float | None
    coverage: float | None
    coverage_at_rate: float | None
    answered: int
    wrong: float | None
    outcomes: dict[str, int]
    reliability: list[tuple[float, float, int]]

    def print(self, console: Console) -> None:
        console.print(_figures(self))
        console.print(_reliability(self))


def evaluate(
    brain_file: Path,
    questions_file: Path,
    out: Path | None = None,
    wrong_rate: float = 0.05,
    model: str | None = None,
    progress: Progress | None = None,
    encoder: Encoder | None = None,
) -> Report:
    """Ask every question of the file, write a line for each to `out`, and sum up.

    Raises `Invalid` with the line that cannot be read, and `EncoderUnavailable`.
    """
    report = progress or (lambda share, what: None)
    entries = _read_brain(brain_file)
    questions = read_questions(questions_file)
    encoder = encoder or load_encoder(model, lambda share, what: report(0.1 * share, what))
    matcher = _matcher(entries, encoder, report)
    results = _ask(questions, entries, matcher, encoder, wrong_rate, report)
    if out is not None:
        out.write_text(
            "".join(msgspec.json.encode(one).decode() + "\n" for one in results), "utf-8"
        )
    report(1.0, "done")
    return summarise(questions, results, wrong_rate, matcher.answer_threshold(wrong_rate))


def read_questions(file: Path) -> list[Question]:
    """The questions of a `*.questions.jsonl` file."""
    questions = []
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
            question = msgspec.convert(row, Question)
        except (ValueError, RecursionError) as error:
            raise Invalid(f"Not a question: {error}.", f"{file.name}, line {number}") from error
        known = isinstance(row.get("expect"), dict) and ("entry" in row["expect"])
        bodied = isinstance(row.get("expect"), dict) and ("body" in row["expect"])
        if not known and not bodied:
            question = msgspec.structs.replace(question, expect=None)
        questions.append(msgspec.structs.replace(question, id=question.id or str(number)))
    if not questions:
        raise Invalid("There is no question in it.", file.name)
    return questions


def summarise(
    questions: Sequence[Question], results: Sequence[Result], wrong_rate: float, threshold: float
) -> Report:
    """The figures, over the questions that say what they expect."""
    pairs = [
        (question.expect, result)
        for question, result in zip(questions, results, strict=True)
        if question.expect is not None and question.expect.body is None
    ]
    inside = np.array([expect.entry is not None for expect, _ in pairs], dtype=bool)
    right = (
        np.array([expect.entry == result.entry for expect, result in pairs], dtype=bool) & inside
    )
    probability = np.array([result.probability for _, result in pairs])
    answered = np.array([result.outcome == "answered" for _, result in pairs], dtype=bool)
    outcomes: dict[str, int] = {}
    for result in results:
        outcomes[result.outcome] = outcomes.get(result.outcome, 0) + 1
    both = inside.any() and (~inside).any()
    return Report(
        questions=len(questions),
        in_scope=int(inside.sum()),
        wrong_rate=wrong_rate,
        threshold=threshold,
        recall_at_1=_mean(right[inside]),
        auroc=float(roc_auc_score(inside, probability)) if both else None,
        coverage=_mean((answered & right)[inside]),
        coverage_at_rate=coverage_at(probability, right, inside, wrong_rate),
        answered=int(answered.sum()),
        wrong=_mean(~right[answered]),
        outcomes=outcomes,
        reliability=_bins(probability, right),
    )


def coverage_at(
    probability: np.ndarray[Any, Any],
    right: np.ndarray[Any, Any],
    inside: np.ndarray[Any, Any],
    wrong_rate: float,
) -> float | None:
    """In-scope questions answered rightly at the best threshold known in hindsight."""
    if not inside.any():
        return None
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(right[order])
    share_wrong = 1 - hits / np.arange(1, len(order) + 1)
    kept = np.flatnonzero(share_wrong <= wrong_rate)
    return float(hits[kept[-1]] / inside.sum()) if len(kept) else 0.0


def _read_brain(file: Path) -> list[Entry]:
    return jsonl.read("\n".join(_lines(file)))


def _lines(file: Path) -> list[str]:
    try:
        return file.read_bytes().decode("utf-8-sig").splitlines()
    except OSError as error:
        raise Invalid(f"It cannot be read: {error.strerror}.", str(file)) from error
    except UnicodeDecodeError as error:
        raise Invalid("It is not UTF-8 text.", str(file)) from error


def _matcher(entries: Sequence[Entry], encoder: Encoder, report: Progress) -> Matcher:
    report(0.1, "encoding the brain")
    foreign = background_texts()
    matcher = Matcher(encoder.dimensions, Background(foreign, encoder.encode(foreign)))
    texts = [text for entry in entries for text in entry.questions]
    vectors = encoder.encode(texts)
    start = 0
    for entry in entries:
        end = start + len(entry.questions)
        passages = encoder.encode(store.passages(entry.answers), "passage")
        matcher.put(Item(entry.id, entry.questions, vectors[start:end], passages))
        start = end
    report(0.3, "learning from its phrasings")
    with threadpool_limits(1, user_api="blas"):
        matcher.adopt(matcher.fit())
    return matcher


def _ask(
    questions: Sequence[Question],
    entries: Sequence[Entry],
    matcher: Matcher,
    encoder: Encoder,
    wrong_rate: float,
    report: Progress,
) -> list[Result]:
    limits = decide.Limits(matcher.answer_threshold(wrong_rate))
    body = Body(id=BODY, name=BODY, brain=BODY)
    by_id = {entry.id: entry for entry in entries}
    results: list[Result] = []
    for start in range(0, len(questions), ENCODED_AT_ONCE):
        report(0.4 + 0.6 * start / len(questions), "asking")
        part = questions[start : start + ENCODED_AT_ONCE]
        texts = [question.text for question in part]
        found = matcher.search_many(texts, encoder.encode(texts))
        for question, scored in zip(part, found, strict=True):
            results.append(_result(question, scored, by_id, body, limits))
    return results


def _result(
    question: Question,
    scored: Sequence[Scored],
    entries: dict[str, Entry],
    body: Body,
    limits: decide.Limits,
) -> Result:
    found = [_found(one, entries[one.key], body) for one in scored]
    outcome = _OUTCOMES[type(decide.decide(found, body, limits))]
    if not found:
        return Result(question.id, outcome, None, 0.0, None)
    best = found[0]
    return Result(question.id, outcome, best.id, round(best.probability, 6), best.owner)


_OUTCOMES: dict[type, str] = {
    decide.Answer: "answered",
    decide.Ask: "clarify",
    decide.Refer: "referred",
    decide.AskMunicipality: "clarify",
    decide.Unknown: "unanswered",
}


def _found(scored: Scored, entry: Entry, body: Body) -> Found:
    return Found(
        kind="entry",
        key=f"entry:{BODY}/{entry.id}",
        brain=body.brain,
        id=entry.id,
        title=title_of(entry),
        owner=entry.owner,
        probability=scored.probability,
        familiar=scored.familiar,
    )


def _bins(
    probability: np.ndarray[Any, Any], right: np.ndarray[Any, Any]
) -> list[tuple[float, float, int]]:
    """For each tenth of the probability: its mean, the share that was right, and how many."""
    places = np.minimum((probability * BINS).astype(int), BINS - 1)
    return [
        (float(probability[places == n].mean()), float(right[places == n].mean()), int(count))
        for n, count in enumerate(np.bincount(places, minlength=BINS))
        if count
    ]


def _mean(values: np.ndarray[Any, Any]) -> float | None:
    return float(values.mean()) if len(values) else None


def _figures(report: Report) -> Table:
    table = Table(title=f"{report.questions} questions, {report.in_scope} in scope")
    table.add_column("measure")
    table.add_column("value", justify="right")
    rows = [
        ("recall@1", report.recall_at_1),
        ("AUROC, in or out of scope", report.auroc),
        ("coverage: answered rightly, of those in scope", report.coverage),
        (f"coverage at {report.wrong_rate:.0%} wrong, in hindsight", report.coverage_at_rate),
        (f"wrong-answer rate (asked for {report.wrong_rate:.0%})", report.wrong),
        ("answered from probability", report.threshold),
    ]
    for name, value in rows:
        table.add_row(name, "-" if value is None else f"{value:.3f}")
    for outcome, count in sorted(report.outcomes.items()):
        table.add_row(f"outcome {outcome}", str(count))
    return table


def _reliability(report: Report) -> Table:
    table = Table(title="Reliability: does a probability mean what it says?")
    for name in ("mean probability", "right", "questions"):
        table.add_column(name, justify="right")
    for mean, right, count in report.reliability:
        table.add_row(f"{mean:.3f}", f"{right:.3f}", str(count))
    return table
