"""Which gap a question belongs to: clusters of vectors, as memory holds them.

How alike two questions are is the cosine of their vectors after the encoder's
own centre is taken away: an encoder such as E5 puts everything within a narrow
cone, where every cosine is above 0.7. The centre is that of a few everyday
texts, so every process with the same encoder has the same. A question joins
the nearest running mean if that is near enough, else starts a cluster: leader
clustering (Hartigan 1975, ch. 3).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from brains.model import GapStatus, Nearest
from brains.vectors import Vector

# Centred cosine between a question and a gap's mean from which they ask the same. Too low hides
# one question in another's gap; too high shows the curator one gap twice. Measured with the
# default encoder, phrasings of a brain taken as questions in random order, B-cubed precision and
# recall: 0.69 and 0.18 with 162 municipal and NAV topics at once, 0.58 and 0.61 with CLINC150's
# 150, 0.79 and 0.37 with NorSID's 15. The best balance of each is between 0.50 and 0.60.
SAME_GAP_COSINE = 0.58
EVERYDAY_TEXTS = (
    "Hvordan søker jeg om dette?",
    "Når er fristen?",
    "Hva koster det?",
    "Hvem kan jeg ringe?",
    "Åpningstider",
    "Kor finn eg skjemaet?",
    "Jeg har ikke fått svar på søknaden min",
    "How do I apply?",
    "What are the opening hours?",
    "kan dere hjelpe meg med noe annet",
    "Hva skjer i helgen?",
    "bestille time",
)


class Cluster(NamedTuple):
    """A gap as memory holds it: `size` questions, whose vectors add up to `total`."""

    id: str
    status: GapStatus
    size: int
    total: Vector
    summary: str
    summary_vector: Vector
    nearest: list[Nearest]


class Clusters:
    """The gaps of one brain, at one tick of its clock; the open ones can be searched."""

    def __init__(self, centre: Vector) -> None:
        self.version = 0
        self.known: dict[str, Cluster] = {}
        self.centre = centre
        self._rows: dict[str, int] = {}
        self._ids: list[str] = []
        self._means = np.empty((16, len(centre)), np.float32)

    def put(self, gap: Cluster) -> None:
        self.known[gap.id] = gap
        if gap.status == "open":
            self._set_row(gap)
        else:
            self._drop_row(gap.id)

    def nearest_open(self, vector: Vector) -> tuple[float, str]:
        """The cosine and id of the nearest open gap; a cosine of -1 where there is none."""
        if not self._ids:
            return -1.0, ""
        cosines = self._means[: len(self._ids)] @ self.centred(vector)
        best = int(cosines.argmax())
        return float(cosines[best]), self._ids[best]

    def similar(self, id: str, limit: int) -> list[tuple[str, float]]:
        """The open gaps most like gap `id`, with how much alike; best first."""
        gap = self.known.get(id)
        if gap is None or not self._ids:
            return []
        cosines = self._means[: len(self._ids)] @ self.centred(gap.total / np.float32(gap.size))
        order = np.argsort(-cosines, kind="stable")[: limit + 1]
        found = [(self._ids[at], float(cosines[at])) for at in order]
        return [(other, cosine) for other, cosine in found if other != id][:limit]

    def centred(self, vector: Vector) -> Vector:
        away = vector - self.centre
        return away / np.float32(max(float(np.linalg.norm(away)), 1e-9))

    def _set_row(self, gap: Cluster) -> None:
        row = self._rows.setdefault(gap.id, len(self._ids))
        if row == len(self._ids):
            self._ids.append(gap.id)
            if row == len(self._means):
                self._means = np.concatenate([self._means, np.empty_like(self._means)])
        self._means[row] = self.centred(gap.total / np.float32(gap.size))

    def _drop_row(self, id: str) -> None:
        row = self._rows.pop(id, None)
        if row is None:
            return
        last = self._ids.pop()
        if last != id:
            self._ids[row], self._rows[last] = last, row
            self._means[row] = self._means[len(self._ids)]
