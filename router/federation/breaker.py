"""A circuit breaker: a partner that fails again and again is left alone for a while.

Closed, every question goes through. After some failures in a row it opens: none
does. When the wait is over it is half-open: one question is let through as a
probe, and its end closes the breaker or opens it again, for twice as long.
Source: Nygard, Release It!, 2nd edition, chapter 5.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, NamedTuple

FAILURES_MAX = 5
WAIT_SECONDS = 5.0
WAIT_SECONDS_MAX = 300.0

State = Literal["closed", "open", "half-open"]


class Leave(NamedTuple):
    """A question may go to the partner. One `probe` goes at a time, where the wait is over."""

    probe: bool


class Breaker:
    """Of one partner, in one process. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._wait = WAIT_SECONDS
        self._opened_at: float | None = None
        self._probing = False

    @property
    def state(self) -> State:
        if self._opened_at is None:
            return "closed"
        return "open" if self._clock() < self._opened_at + self._wait else "half-open"

    def lets_through(self) -> Leave | None:
        """Leave to go, or None. The end of every question that goes must be told."""
        if self.state == "closed":
            return Leave(probe=False)
        if self.state == "open" or self._probing:
            return None
        self._probing = True
        return Leave(probe=True)

    def succeeded(self) -> None:
        self._failures, self._wait = 0, WAIT_SECONDS
        self._opened_at, self._probing = None, False

    def failed(self) -> None:
        self._failures += 1
        if self._probing:
            self._wait = min(2 * self._wait, WAIT_SECONDS_MAX)
        if self._probing or (self._opened_at is None and self._failures >= FAILURES_MAX):
            self._opened_at = self._clock()
        self._probing = False

    def unanswered(self, leave: Leave) -> None:
        """A question ended without a word on the partner, as when the visitor left: where it was
        the probe, the next may be."""
        if leave.probe:
            self._probing = False
