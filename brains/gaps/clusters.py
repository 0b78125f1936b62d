"""Which gap a question belongs to: the gaps of one brain as memory holds them.

A question joins the open gap of highest affinity (`affinity.py`) if they ask the
same, else it starts one: leader clustering (Hartigan 1975, ch. 3). That costs one
matrix product with the open gaps and one with a cohort of bounded size, however
many questions came before. What it gets wrong `tidying.py` mends.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from brains.gaps.affinity import Affinity
from brains.model import GapStatus, Nearest
from brains.vectors import Vector

# The cohort is renewed when the open gaps are this many times, and this many, more or fewer.
RENEWED_FACTOR = 1.25
RENEWED_GAPS = 8


class Cluster(NamedTuple):
    """A gap as memory holds it: `size` questions, whose vectors add up to `total`."""

    id: str
    status: GapStatus
    size: int
    total: Vector
    summary: str
    summary_vector: Vector
    nearest: list[Nearest]

    @property
    def mean(self) -> Vector:
        return self.total / np.float32(max(self.size, 1))


class Clusters:
    """The gaps of one brain, at one tick of its clock; the open ones can be searched."""

    def __init__(self, affinity: Affinity) -> None:
        self.version = 0
        self.known: dict[str, Cluster] = {}
        self.affinity = affinity
        self._renewed_at = 0
        self._rows: dict[str, int] = {}
        self._ids: list[str] = []
        self._points = np.empty((0, 0), np.float32)
        self._crowding = np.empty(0, np.float32)

    def put(self, gap: Cluster) -> None:
        self.known[gap.id] = gap
        if gap.status == "open" and gap.size:
            self._set_row(gap)
        else:
            self._drop_row(gap.id)

    def renew(self) -> None:
        """Takes the open gaps as they are now for the cohort, where they are many more or fewer
        than at the last time. So it costs little for each gap."""
        count, last = len(self._ids), self._renewed_at
        if max(count, last) <= RENEWED_FACTOR * min(count, last) + RENEWED_GAPS:
            return
        self._renewed_at = count
        gaps = [self.known[id] for id in self._ids]
        width = self.affinity.width
        means = np.stack([gap.mean for gap in gaps]) if gaps else np.empty((0, width), np.float32)
        sizes = np.array([gap.size for gap in gaps], np.float32)
        self.affinity = self.affinity.beside(means, sizes)
        self._points = self.affinity.points(means)
        self._crowding = self.affinity.crowding(self._points)

    def nearest_open(self, vector: Vector) -> tuple[float, str]:
        """The affinity and id of the open gap of highest affinity; minus infinity where none is."""
        found = self._alike(vector, 1)
        return (found[0][1], found[0][0]) if found else (-np.inf, "")

    def similar(self, id: str, limit: int) -> list[tuple[str, float]]:
        """The open gaps most like gap `id`, with their affinity; best first."""
        gap = self.known.get(id)
        if gap is None or not gap.size:
            return []
        found = self._alike(gap.mean, limit + 1)
        return [(other, affinity) for other, affinity in found if other != id][:limit]

    def _alike(self, mean: Vector, limit: int) -> list[tuple[str, float]]:
        if not self._ids:
            return []
        point = self.affinity.points(mean[None])
        crowding = (self._crowding[: len(self._ids)] + self.affinity.crowding(point)) / 2
        affinities = self._points[: len(self._ids)] @ point[0] - crowding
        order = np.argsort(-affinities, kind="stable")[:limit]
        return [(self._ids[at], float(affinities[at])) for at in order]

    def _set_row(self, gap: Cluster) -> None:
        row = self._rows.setdefault(gap.id, len(self._ids))
        point = self.affinity.points(gap.mean[None])
        if row == len(self._ids):
            self._ids.append(gap.id)
            if row == len(self._points):
                self._grow(point.shape[1])
        self._points[row] = point[0]
        self._crowding[row] = self.affinity.crowding(point)[0]

    def _grow(self, width: int) -> None:
        rows = max(16, 2 * len(self._points))
        points, crowding = np.empty((rows, width), np.float32), np.empty(rows, np.float32)
        held = len(self._ids) - 1
        if held:
            points[:held], crowding[:held] = self._points[:held], self._crowding[:held]
        self._points, self._crowding = points, crowding

    def _drop_row(self, id: str) -> None:
        row = self._rows.pop(id, None)
        if row is None:
            return
        last = self._ids.pop()
        if last != id:
            self._ids[row], self._rows[last] = last, row
            self._points[row] = self._points[len(self._ids)]
            self._crowding[row] = self._crowding[len(self._ids)]
