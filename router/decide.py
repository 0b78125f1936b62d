"""The decision: what to do with a question, given its candidates. Pure, no I/O.

The candidates carry calibrated probabilities and their owners; the operator's
wrong-answer rate has become `Limits.answer_from`. In order:

1. the best candidate is likely enough: answer it, or refer to whose it is;
2. no single candidate is, but together one other body's are: refer to that body;
3. a few candidates together are likely enough to be worth a question: ask;
4. nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from brains.knowledge import Found
from brains.model import Body

# A question with buttons is worth asking when the right one is among them about this often.
ASK_FROM = 0.40
# Below this the best candidate is a guess, however many guesses stand beside it.
ASK_BEST_MIN = 0.25
ASKED_MAX = 3
# A candidate this much less likely than the best is not worth a button.
CLOSE_SHARE = 0.25
CLOSE_MIN = 0.06


class Limits(msgspec.Struct, frozen=True):
    """Probabilities, 0 to 1: answer from, and ask from."""

    answer_from: float
    ask_from: float = ASK_FROM


class Answer(msgspec.Struct, frozen=True):
    """Answer from the asking body's own brain."""

    found: Found


class Refer(msgspec.Struct, frozen=True):
    """Another body's question. `found` is its answer, `close` what it may have been about."""

    body: str
    found: Found | None
    close: tuple[Found, ...] = ()


class AskMunicipality(msgspec.Struct, frozen=True):
    """An answer that every body of a brain has its own of: ask which."""

    brain: str
    found: Found


class Ask(msgspec.Struct, frozen=True):
    """Ask which of a few was meant."""

    close: tuple[Found, ...]


class Unknown(msgspec.Struct, frozen=True):
    pass


Here = Answer | AskMunicipality | Ask | Unknown
Decision = Here | Refer


def decide(found: Sequence[Found], body: Body, limits: Limits) -> Decision:
    """What to do about `found`, best first, for a question asked in `body`."""
    if not found:
        return Unknown()
    if found[0].probability >= limits.answer_from:
        return of_candidate(found[0], body)
    other = _likely_other(found, body, limits)
    if other is not None:
        return other
    close = _close(found)
    together = sum(one.probability for one in close)
    if found[0].probability < ASK_BEST_MIN or together < limits.ask_from:
        return Unknown()
    return Ask(close)


def of_candidate(found: Found, body: Body) -> Decision:
    """What to do when the question is certain to be `found`: decided, or chosen by the visitor."""
    if found.kind == "entry" and found.brain == body.brain:
        return Answer(found)
    if found.owner is not None:
        return Refer(found.owner, found)
    assert found.brain is not None
    return AskMunicipality(found.brain, found)


def stays(decision: Decision, partner: str) -> bool:
    """Whether a question goes on to the partner that answers for now: it does, unless it is
    likely enough to be somebody else's."""
    match decision:
        case Refer(body):
            return body == partner
        case Ask() | Unknown():
            return True
        case _:
            return False


def party(found: Found, body: Body | None) -> str:
    """Whose a candidate is: a body's slug, or a brain's id where any of its bodies may answer."""
    if body is not None and found.kind == "entry" and found.brain == body.brain:
        return body.id
    return found.owner or found.brain or ""


def shares(found: Sequence[Found], body: Body | None) -> dict[str, float]:
    """The probability that the question is each party's, most likely first."""
    summed: dict[str, float] = {}
    for one in found:
        owner = party(one, body)
        summed[owner] = min(summed.get(owner, 0.0) + one.probability, 1.0)
    return dict(sorted(summed.items(), key=lambda pair: -pair[1]))


def _likely_other(found: Sequence[Found], body: Body, limits: Limits) -> Refer | None:
    """Another named body, when it is likely enough to be its, whatever it is about."""
    owner, share = next(iter(shares(found, body).items()))
    own = next((one for one in found if party(one, body) == owner and one.owner), None)
    if owner == body.id or share < limits.answer_from or own is None:
        return None
    return Refer(owner, None, _close([one for one in found if one.owner == owner]))


def _close(found: Sequence[Found]) -> tuple[Found, ...]:
    """The few candidates worth a button."""
    least = max(CLOSE_MIN, CLOSE_SHARE * found[0].probability)
    return tuple(one for one in found[:ASKED_MAX] if one.probability >= least)
