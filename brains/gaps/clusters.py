"""Which gap a question belongs to: the gaps of one brain as memory holds them.

A question joins the open gap of highest affinity (`affinity.py`) if they ask the
same, else it starts one: leader clustering (Hartigan 1975, ch. 3). That costs one
matrix product with the gaps and one with a cohort of bounded size, however many
questions came before. What it gets wrong `tidying.py` mends.

A question that is alike enough to an answered gap opens that again. Only one that says
nearly the same as a dismissed or forwarded gap follows it: there a wrong join would
hide a need from everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from brains.gaps.affinity import Affinity
from brains.model import GapStatus, Nearest
from brains.vectors import Vector

# The cohort is renewed when the open gaps are this many times, and this many, more or fewer.
RENEWED_FACTOR = 1.25
RENEWED_GAPS = 8
# How much more alike than those that ask the same, before a question opens an answered gap again,
# and before it follows its like into one that was dismissed or forwarded. How they were chosen:
# docs/gaps.md.
COMES_BACK = 0.05
NEARLY_THE_SAME = 0.26
NOTHING: Mapping[str, float] = MappingProxyType({})


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


class _Placed(NamedTuple):
    """Where one mean lies, shape (1, directions + 1), and how crowded it is there."""

    point: Vector
    crowding: float


class _Shelf:
    """Gaps that can be searched together: where each lies, and how crowded it is there."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._points = np.empty((0, 0), np.float32)
        self._crowding = np.empty(0, np.float32)

    def set(self, id: str, mean: Vector, affinity: Affinity) -> None:
        row = self._rows.setdefault(id, len(self.ids))
        point = affinity.points(mean[None])
        if row == len(self.ids):
            self.ids.append(id)
            if row == len(self._points):
                self._grow(point.shape[1])
        self._points[row] = point[0]
        self._crowding[row] = affinity.crowding(point)[0]

    def drop(self, id: str) -> None:
        row = self._rows.pop(id, None)
        if row is None:
            return
        last = self.ids.pop()
        if last != id:
            self.ids[row], self._rows[last] = last, row
            self._points[row] = self._points[len(self.ids)]
            self._crowding[row] = self._crowding[len(self.ids)]

    def place(self, means: Vector, affinity: Affinity) -> None:
        """All of them anew, beside another cohort."""
        self._points = affinity.points(means)
        self._crowding = affinity.crowding(self._points)

    def alike(self, placed: _Placed, limit: int, affinity: Affinity) -> list[tuple[str, float]]:
        """Those of highest affinity to what lies there, best first."""
        if not self.ids:
            return []
        count = len(self.ids)
        crowding = (self._crowding[:count] + placed.crowding) / 2
        affinities = affinity.alike(self._points[:count], placed.point)[:, 0] - crowding
        order = np.argsort(-affinities, kind="stable")[:limit]
        return [(self.ids[at], float(affinities[at])) for at in order]

    def _grow(self, width: int) -> None:
        rows = max(16, 2 * len(self._points))
        points, crowding = np.empty((rows, width), np.float32), np.empty(rows, np.float32)
        held = len(self.ids) - 1
        if held:
            points[:held], crowding[:held] = self._points[:held], self._crowding[:held]
        self._points, self._crowding = points, crowding


class Clusters:
    """The gaps of one brain, at one tick of its clock; all but merged ones can be searched."""

    def __init__(self, affinity: Affinity) -> None:
        self.version = 0
        self.known: dict[str, Cluster] = {}
        self.affinity = affinity
        self._renewed_at = 0
        self._open, self._answered, self._away = _Shelf(), _Shelf(), _Shelf()
        self._shelves = {
            "open": self._open,
            "answered": self._answered,
            "dismissed": self._away,
            "forwarded": self._away,
        }

    def put(self, gap: Cluster) -> None:
        before = self.known.get(gap.id)
        self.known[gap.id] = gap
        shelf = self._shelves.get(gap.status) if gap.size else None
        if before is not None and (old := self._shelves.get(before.status)) not in (None, shelf):
            old.drop(gap.id)
        if shelf is not None:
            shelf.set(gap.id, gap.mean, self.affinity)

    def renew(self) -> None:
        """Takes the open gaps as they are now for the cohort, where they are many more or fewer
        than at the last time. So it costs little for each gap."""
        count, last = len(self._open.ids), self._renewed_at
        if max(count, last) <= RENEWED_FACTOR * min(count, last) + RENEWED_GAPS:
            return
        self._renewed_at = count
        sizes = np.array([self.known[id].size for id in self._open.ids], np.float32)
        self.affinity = self.affinity.beside(self._means(self._open), sizes)
        for shelf in (self._open, self._answered, self._away):
            shelf.place(self._means(shelf), self.affinity)

    def home(self, vector: Vector, less: Mapping[str, float] = NOTHING) -> tuple[float, str] | None:
        """The affinity and id of the gap that a question belongs to, if there is one.

        It is open; or answered, and then to be opened again; or was laid aside or sent on, and
        the question says nearly the same. `less`: what is taken from the affinity to some.
        """
        placed = self._placed(vector)
        bars = (
            (self._open, self.affinity.same_gap),
            (self._answered, self._bar(self._answered) + COMES_BACK),
            (self._away, self._bar(self._away) + NEARLY_THE_SAME),
        )
        found = [
            (affinity - less.get(id, 0.0), id)
            for shelf, bar in bars
            for id, affinity in shelf.alike(placed, 1 + len(less), self.affinity)
            if affinity - less.get(id, 0.0) >= bar
        ]
        return max(found, default=None)

    def nearest_open(self, vector: Vector) -> tuple[float, str]:
        """The affinity and id of the open gap of highest affinity; minus infinity where none is."""
        found = self._open.alike(self._placed(vector), 1, self.affinity)
        return (found[0][1], found[0][0]) if found else (-np.inf, "")

    def similar(self, id: str, limit: int) -> list[tuple[str, float]]:
        """The open gaps most like gap `id`, with their affinity; best first."""
        gap = self.known.get(id)
        if gap is None or not gap.size:
            return []
        found = self._open.alike(self._placed(gap.mean), limit + 1, self.affinity)
        return [(other, affinity) for other, affinity in found if other != id][:limit]

    def _bar(self, shelf: _Shelf) -> float:
        """The affinity from which two ask the same, with the closed gaps to choose from too."""
        return self.affinity.same_among(len(self._open.ids) + len(shelf.ids))

    def _placed(self, mean: Vector) -> _Placed:
        point = self.affinity.points(mean[None])
        return _Placed(point, float(self.affinity.crowding(point)[0]))

    def _means(self, shelf: _Shelf) -> Vector:
        if not shelf.ids:
            return np.empty((0, self.affinity.width), np.float32)
        return np.stack([self.known[id].mean for id in shelf.ids])
