"""Whose question is it: how often that is known, as a table in `docs/routing.md`.

.venv/bin/python -m benchmarks.routing [folder of the evaluation data]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import msgspec

from benchmarks import pages
from brains.model import Body
from router.messages import RouteResult
from router.service import Service
from router.settings import Settings

ROOT = Path(__file__).parents[1]
OWN = ROOT / "tests" / "data" / "routed.questions.jsonl"
DATA = ROOT.parent / "shared" / "data"
PAGE = ROOT / "docs" / "routing.md"
ANY_MUNICIPALITY = "kommune"
BINS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.001)

Verdict = Literal["right", "asked", "another's", "nobody's taken", "nobody's asked", "missed"]
GOOD: tuple[Verdict, ...] = ("right", "asked")


class Routed(msgspec.Struct, frozen=True):
    """A question and whose it is: bodies with `|` between where either is right, None for
    nobody's. `kommune` is any municipality."""

    id: str
    text: str
    expect: dict[str, Any]
    tag: str
    sender: str | None = msgspec.field(default=None, name="from")

    @property
    def owners(self) -> frozenset[str]:
        return frozenset((self.expect["body"] or "").split("|")) - {""}


class Judged(msgspec.Struct, frozen=True):
    question: Routed
    verdict: Verdict
    probability: float
    right: bool


def questions(file: Path = OWN) -> list[Routed]:
    lines = file.read_text("utf-8").splitlines()
    return [msgspec.json.decode(line, type=Routed) for line in lines if line.strip()]


def judge(question: Routed, told: RouteResult, municipalities: Iterable[str]) -> Judged:
    """`right`: the body is one of those expected, or nobody's was taken for nobody's. `asked`:
    one of those expected is among the one or two to ask about."""
    here = frozenset(municipalities)

    def known(slug: str) -> str:
        return ANY_MUNICIPALITY if slug in here else slug

    best = known(told.candidates[0].id) if told.candidates else ""
    right = best in question.owners
    return Judged(question, _verdict(question, told, known), told.probability, right)


def _verdict(question: Routed, told: RouteResult, known: Any) -> Verdict:
    asked = {known(slug) for slug in told.ask}
    if not question.owners:
        if told.body is not None:
            return "nobody's taken"
        return "nobody's asked" if asked else "right"
    if told.body is not None and known(told.body) in question.owners:
        return "right"
    if asked & question.owners:
        return "asked"
    return "missed" if told.body is None and not asked else "another's"


def municipalities(bodies: Iterable[Body]) -> list[str]:
    return [body.id for body in bodies if body.kind == "municipality"]


def good(judged: Sequence[Judged]) -> float:
    """The share that is right, or among those asked about."""
    return sum(one.verdict in GOOD for one in judged) / max(len(judged), 1)


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    pages.write(PAGE, asyncio.run(_measure(data)))


async def _measure(data: Path) -> str:
    with tempfile.TemporaryDirectory() as home:
        settings = Settings.from_environment({"SAMSVAR_HOME": home, "SAMSVAR_DEMO": "true"})
        service = await Service.open(settings)
        own = await _route(service, questions())
        others = await _route(service, questions(data / "routing.questions.jsonl"))
        await service.close()
    groups = {f"own: {tag}": _tagged(own, tag) for tag in sorted({one.question.tag for one in own})}
    groups["**own, all**"] = own
    groups["own, the half never looked at"] = [
        one for one in own if int(one.question.id.split("-")[1]) % 2
    ]
    groups |= {
        f"real: {tag}": _tagged(others, tag) for tag in sorted({one.question.tag for one in others})
    }
    return "\n\n".join([_table(groups), _reliability([*own, *others])])


async def _route(service: Service, asked: Sequence[Routed]) -> list[Judged]:
    here = municipalities(service.knowledge.bodies.values())
    return [judge(one, await service.route(one.text, one.sender), here) for one in asked]


def _tagged(judged: Sequence[Judged], tag: str) -> list[Judged]:
    return [one for one in judged if one.question.tag == tag]


def _table(groups: dict[str, list[Judged]]) -> str:
    verdicts: tuple[Verdict, ...] = Verdict.__args__  # type: ignore[attr-defined]
    lines = [
        f"| questions | number | right or asked about | {' | '.join(verdicts)} |",
        "|---|---|---|" + "---|" * len(verdicts),
    ]
    for name, judged in groups.items():
        counts = [str(sum(one.verdict == verdict for one in judged)) for verdict in verdicts]
        share = f"**{good(judged):.3f}**"
        lines.append(f"| {name} | {len(judged)} | {share} | {' | '.join(counts)} |")
    return "\n".join(lines)


def _reliability(judged: Sequence[Judged]) -> str:
    lines = ["| said of the first candidate | questions | it was right |", "|---|---|---|"]
    for low, high in pairwise(BINS):
        among = [one for one in judged if low <= one.probability < high]
        if among:
            mean = sum(one.probability for one in among) / len(among)
            right = sum(one.right for one in among) / len(among)
            lines.append(f"| {mean:.2f} | {len(among)} | {right:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
