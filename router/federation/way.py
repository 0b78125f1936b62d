"""The way a question has come: through which bodies, and whether it may go on from here.

As HTTP's Via and SIP's Max-Forwards: a question that returns to a body it has
passed, or has passed too many, is refused, so that no loop of bodies lasts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from brains.errors import Invalid
from router.federation.trust.errors import FalseSender

# A question passes so many bodies and no more.
HOPS_MAX = 4


class Looped(Invalid):
    """The question has been here, or twice somewhere else."""

    def __init__(self, body: str) -> None:
        super().__init__(
            f"The question has passed “{body}” before: it goes round in a loop. Answer it where "
            "it is, or offer the visitor a human.",
            "via",
        )


class TooFar(Invalid):
    """The question has passed too many bodies."""

    def __init__(self) -> None:
        super().__init__(
            f"The question has passed more than {HOPS_MAX} bodies. Answer it where it is, or offer "
            "the visitor a human.",
            "via",
        )


def check(body: str, via: Sequence[str]) -> None:
    """Whether a question that has passed `via` may be asked of `body`.

    Raises `Looped` and `TooFar`.
    """
    if len(via) > HOPS_MAX:
        raise TooFar
    passed: set[str] = set()
    for one in (*via, body):
        if one in passed:
            raise Looped(one)
        passed.add(one)


def check_sender(own: Collection[str], sender: str, via: Sequence[str]) -> None:
    """Whether a peer that speaks for `own` may send this. Raises `FalseSender`."""
    for body in (sender, *via[-1:]):
        if body not in own:
            raise FalseSender(body)
    if via and via[-1] != sender:
        raise FalseSender(via[-1])
