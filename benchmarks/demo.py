"""The demo federation's questions, written apart from its phrasings, and how a reply is judged.

A reply scores 1 where it is what was wanted, a half where it asks back and the
right answer is among the buttons (or another body's is named without the
answer it has), else 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

DATA = Path(__file__).parents[1] / "tests" / "data"
FILE = DATA / "demo.questions.jsonl"


class Expectation(msgspec.Struct, frozen=True):
    """Outcomes that are right; the entry or entries, as brain/id; whose it is."""

    outcome: list[str]
    entry: str | list[str] | None = None
    owner: str | None = None
    about: str = ""

    @property
    def entries(self) -> frozenset[str]:
        listed = [self.entry] if isinstance(self.entry, str) else self.entry or []
        return frozenset(listed)


class DemoQuestion(msgspec.Struct, frozen=True):
    id: str
    body: str
    text: str
    expect: Expectation
    tag: str


class Judged(msgspec.Struct, frozen=True):
    """`score` is 0, 0.5 or 1; `wrong` marks an answer or a referral that misleads."""

    question: DemoQuestion
    outcome: str
    score: float
    wrong: bool


def questions() -> list[DemoQuestion]:
    return [msgspec.json.decode(line, type=DemoQuestion) for line in _lines(FILE)]


def missing() -> dict[str, list[str]]:
    """Questions about needs that the demo has no answer to, by what is known of them."""
    known = [_json(line)["text"] for line in _lines(DATA / "gaps.jsonl")]
    # Those written later were not held beside the demo: it answers some of them.
    parts = [_json(line) for line in _lines(DATA / "gaps.blind.jsonl")]
    fresh = [need for need in parts if need["part"] != "sealed"]
    everyday = [_json(line) for line in _lines(DATA / "everyday.questions.jsonl")]
    return {
        "looked at while the decision was made": known,
        "never looked at": [text for need in fresh for text in (*need["close"], *need["free"])],
        "of a municipality, written before": _of_kind(everyday, "municipal"),
        "of others, written before": _of_kind(everyday, "elsewhere"),
    }


def _of_kind(rows: list[dict[str, Any]], kind: str) -> list[str]:
    return [row["text"] for row in rows if row["kind"] == kind]


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text("utf-8").splitlines() if line]


def _json(line: str) -> dict[str, Any]:
    return msgspec.json.decode(line, type=dict[str, Any])


def judge(question: DemoQuestion, reply: Mapping[str, Any]) -> Judged:
    """How good `reply`, the JSON of a Reply, is."""
    outcome = reply["outcome"]
    kind = outcome["type"]
    score = _score(question, kind, outcome, reply)
    misled = score == 0.0 and kind in ("answered", "referred", "crisis")
    return Judged(question, kind, score, misled)


def _score(
    question: DemoQuestion, kind: str, outcome: Mapping[str, Any], reply: Mapping[str, Any]
) -> float:
    expect = question.expect
    if kind == "clarify":
        return 0.5 if any(_offers(one, expect) for one in outcome["candidates"]) else 0.0
    if kind not in expect.outcome:
        return 0.0
    if kind == "answered":
        ids = {entry.split("/", 1)[1] for entry in expect.entries}
        return 1.0 if not ids or outcome["entry"] in ids else 0.0
    if kind == "referred":
        return _referred(outcome, expect)
    return 1.0


def _offers(candidate: Mapping[str, Any], expect: Expectation) -> bool:
    named = candidate["id"].split(":", 1)[-1].split("@")[0]
    owner = candidate.get("body")
    return named in expect.entries or ("referred" in expect.outcome and owner == expect.owner)


def _referred(outcome: Mapping[str, Any], expect: Expectation) -> float:
    if outcome["body"] != expect.owner:
        return 0.0
    inner = outcome.get("reply")
    if inner is None or inner["outcome"]["type"] != "answered" or not expect.entries:
        return 1.0
    return 1.0 if f"{expect.owner}/{inner['outcome']['entry']}" in expect.entries else 0.5


def mean(judged: Iterable[Judged]) -> float:
    scores = [one.score for one in judged]
    return sum(scores) / max(len(scores), 1)


def wrong_share(judged: Iterable[Judged]) -> float:
    """Misleading replies among the answers and referrals given."""
    given = [one for one in judged if one.outcome in ("answered", "referred")]
    return sum(one.wrong for one in given) / max(len(given), 1)
