"""Tidying the open gaps as more arrives: a plan of moves and merges, made without a database.

The store says which gaps changed and which are *frozen* (a curator has them open
or has worked on them), loads the questions of those that `neighbourhood` names,
and applies `plan`. A frozen gap gains and loses nothing by it. The same input
gives the same plan, and a tidy set of gaps an empty one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from brains.gaps.clusters import SAME_GAP_COSINE, Clusters
from brains.vectors import Vector

GAPS_AT_ONCE = 400
NEIGHBOURS = 4


class Held(NamedTuple):
    """One open gap with its questions: their ids, and their vectors of shape (n, d), n >= 1.

    A gap's questions may be a sample, the latest few hundred.
    """

    gap: str
    frozen: bool
    questions: Sequence[int]
    vectors: Vector


class Move(NamedTuple):
    """Questions that belong in another gap. A `target` of None is a new gap, of just these."""

    questions: list[int]
    source: str
    target: str | None


class Merge(NamedTuple):
    """Gap `gone`, whole, becomes part of gap `into`."""

    into: str
    gone: str


class Plan(NamedTuple):
    """`moves` come first, then `merges`. No gap is named by both."""

    moves: list[Move]
    merges: list[Merge]


def neighbourhood(clusters: Clusters, changed: Iterable[str]) -> list[str]:
    """The open gaps worth a look: the changed ones and those most like them, GAPS_AT_ONCE at most.

    What is left over can be passed again with the next change.
    """
    chosen: dict[str, None] = {}
    for id in changed:
        if len(chosen) >= GAPS_AT_ONCE:
            break
        near = [other for other, _ in clusters.similar(id, NEIGHBOURS)]
        chosen.update(dict.fromkeys([id, *near]))
    return [id for id in chosen if id in clusters.known][:GAPS_AT_ONCE]


def plan(held: Sequence[Held], clusters: Clusters) -> Plan:
    """What to change among these gaps. Pure, deterministic."""
    loose = [gap for gap in held if not gap.frozen]
    if len(loose) < 2:
        return Plan([], [])
    means = np.stack([clusters.centred(gap.vectors.mean(axis=0)) for gap in loose])
    cosines = means @ means.T
    np.fill_diagonal(cosines, -1.0)
    merges: list[Merge] = []
    taken: set[int] = set()
    for at in np.argsort(-cosines, axis=None, kind="stable"):
        one, other = divmod(int(at), len(loose))
        if cosines[one, other] < SAME_GAP_COSINE:
            break
        if one in taken or other in taken:
            continue
        taken |= {one, other}
        larger, smaller = sorted((one, other), key=lambda i: (-len(loose[i].questions), i))
        merges.append(Merge(loose[larger].gap, loose[smaller].gap))
    return Plan([], merges)
