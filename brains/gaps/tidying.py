"""Tidying the open gaps as more arrives: a plan of moves and merges, made without a database.

The store says which gaps changed and which are *frozen* (a curator has them open
or has worked on them), loads the questions of those that `neighbourhood` names,
and applies `plan`. A frozen gap gains and loses nothing by it.

The plan is average-linkage clustering (Sokal and Michener 1958) that starts from
the gaps as they are: the two most alike become one as long as they ask the same;
questions that fit another gap clearly better move there; and gaps join once more.
So what joined too early, when little was known of the neighbourhood, comes apart
again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from brains.gaps import frames
from brains.gaps.affinity import Affinity
from brains.gaps.clusters import Clusters
from brains.vectors import Vector

Labels = npt.NDArray[np.intp]

GAPS_AT_ONCE = 400
NEIGHBOURS = 4
# How much better another gap must suit a question before it moves there.
MOVE_GAIN = 0.05
ROUNDS = 3


class Held(NamedTuple):
    """One open gap with its questions: their ids, their vectors of shape (n, d), n >= 1, and
    their texts.

    A gap's questions may be a sample, the latest few hundred.
    """

    gap: str
    frozen: bool
    questions: Sequence[int]
    vectors: Vector
    texts: Sequence[str]


class Move(NamedTuple):
    """Questions that belong in another gap."""

    questions: list[int]
    source: str
    target: str


class Merge(NamedTuple):
    """Gap `gone`, with what the moves left in it, becomes part of gap `into`."""

    into: str
    gone: str


class Plan(NamedTuple):
    """`moves` come first, then `merges`. No gap is emptied by moves; none is merged twice."""

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
    """What to change among these gaps. Pure; the same input gives the same plan."""
    loose = [gap for gap in held if not gap.frozen]
    if not loose:
        return Plan([], [])
    before = np.repeat(np.arange(len(loose)), [len(gap.questions) for gap in loose])
    questions = _Questions.of(clusters.affinity, loose)
    after = _merged(questions, before)
    after = _moved(questions, after)
    after = _merged(questions, after)
    return _steps(loose, before, after)


class _Questions(NamedTuple):
    """Points (n, directions + 1), how crowded it is about each (n,), which are in the same words
    but one (pairs, 2), and what alike means."""

    points: Vector
    crowding: Vector
    apart: Labels
    affinity: Affinity

    @classmethod
    def of(cls, affinity: Affinity, gaps: Sequence[Held]) -> _Questions:
        points = affinity.points(np.concatenate([gap.vectors for gap in gaps]))
        said = [frames.words(text) for gap in gaps for text in gap.texts]
        apart = np.array(sorted(frames.pairs_apart(said)), np.intp).reshape(-1, 2)
        return cls(points, affinity.crowding(points), apart, affinity)

    def apart_between(self, labels: Labels, sizes: Vector) -> Vector:
        """Of all pairs of questions of two labels, the share that is apart: shape (m, m)."""
        counts: Vector = np.zeros((len(sizes), len(sizes)), np.float32)
        one, other = labels[self.apart[:, 0]], labels[self.apart[:, 1]]
        np.add.at(counts, (one, other), 1.0)
        np.add.at(counts, (other, one), 1.0)
        some = np.maximum(sizes, np.float32(1.0))
        return np.asarray(counts / np.outer(some, some), dtype=np.float32)

    def apart_from(self, labels: Labels, sizes: Vector) -> Vector:
        """Of the questions of each label, the share that a question is apart from: (n, m)."""
        counts: Vector = np.zeros((len(labels), len(sizes)), np.float32)
        for one, other in (self.apart.T, self.apart.T[::-1]):
            np.add.at(counts, (one, labels[other]), 1.0)
        return np.asarray(counts / np.maximum(sizes, np.float32(1.0)), dtype=np.float32)

    def groups(self, labels: Labels) -> tuple[Vector, Vector, Vector]:
        """Of each label: mean point, mean crowding, and number of questions."""
        sizes = np.bincount(labels).astype(np.float32)
        points: Vector = np.zeros((len(sizes), self.points.shape[1]), np.float32)
        np.add.at(points, labels, self.points)
        crowding = np.bincount(labels, self.crowding).astype(np.float32)
        some = np.maximum(sizes, np.float32(1.0))
        points /= some[:, None]
        crowding /= some
        return points, crowding, sizes


def _merged(questions: _Questions, labels: Labels) -> Labels:
    """Average linkage from these labels on, while the affinity of two is that of one gap."""
    points, crowding, sizes = questions.groups(labels)
    affinity = (
        questions.affinity.alike(points, points) - (crowding[:, None] + crowding[None, :]) / 2
    )
    affinity -= questions.affinity.apart * questions.apart_between(labels, sizes)
    np.fill_diagonal(affinity, -np.inf)
    affinity[sizes == 0] = -np.inf
    affinity[:, sizes == 0] = -np.inf
    into = np.arange(len(sizes))
    best = affinity.max(axis=1)
    while best.max(initial=-np.inf) >= questions.affinity.same_gap:
        one = int(best.argmax())
        other = int(affinity[one].argmax())
        mixed = (sizes[one] * affinity[one] + sizes[other] * affinity[other]) / (
            sizes[one] + sizes[other]
        )
        mixed[[one, other]] = -np.inf
        sizes[one] += sizes[other]
        into[into == other] = one
        touched = (affinity[[one, other]].max(axis=0) >= best) & (best > -np.inf)
        affinity[one], affinity[:, one] = mixed, mixed
        affinity[other], affinity[:, other] = -np.inf, -np.inf
        best[touched] = affinity[touched].max(axis=1)
        best = np.maximum(best, mixed)
        best[one], best[other] = mixed.max(initial=-np.inf), -np.inf
    return into[labels]


def _moved(questions: _Questions, labels: Labels) -> Labels:
    """Questions to the gaps that suit them clearly better."""
    rows = np.arange(len(labels))
    for _ in range(ROUNDS):
        points, crowding, sizes = questions.groups(labels)
        fit = questions.affinity.alike(questions.points, points)
        fit -= (questions.crowding[:, None] + crowding[None, :]) / 2
        fit -= questions.affinity.apart * questions.apart_from(labels, sizes)
        fit[:, sizes == 0] = -np.inf
        others = np.maximum(sizes[labels] - 1, 1.0)
        # Its own gap's mean holds the question itself, at affinity 1 - its crowding.
        itself = 1.0 - questions.crowding
        own = (fit[rows, labels] * sizes[labels] - itself) / others
        fit[rows, labels] = -np.inf
        best = fit.argmax(axis=1)
        gain = fit[rows, best]
        several = sizes[labels] > 1
        moving = several & (gain >= questions.affinity.same_gap) & (gain > own + MOVE_GAIN)
        if not moving.any():
            break
        labels = np.where(moving, best, labels)
    return labels


def _steps(loose: Sequence[Held], before: Labels, after: Labels) -> Plan:
    """What turns the gaps as they are into the groups that `after` names."""
    ids = [question for gap in loose for question in gap.questions]
    parts: dict[tuple[int, int], list[int]] = defaultdict(list)
    for question, source, group in zip(ids, before.tolist(), after.tolist(), strict=True):
        parts[source, group].append(question)
    main: dict[int, int] = {}  # of each gap, the group that most of it is in
    for source, group in sorted(parts, key=lambda one: (-len(parts[one]), one)):
        main.setdefault(source, group)
    held = Counter({source: len(gap.questions) for source, gap in enumerate(loose)})
    anchors: dict[int, int] = {}  # of each group, the gap that it becomes
    for source in sorted(main, key=lambda one: (-held[one], one)):
        anchors.setdefault(main[source], source)
    moves = [
        Move(part, loose[source].gap, loose[anchors[group]].gap)
        for (source, group), part in sorted(parts.items())
        if main[source] != group and group in anchors
    ]
    merges = [
        Merge(loose[anchors[group]].gap, loose[source].gap)
        for source, group in sorted(main.items())
        if anchors[group] != source
    ]
    return Plan(moves, merges)
