"""The decision: what to do with a question, given its candidates. Pure, no I/O.

The candidates carry calibrated probabilities and their owners; the operator's
wrong-answer rate has become `Limits.answer_from`. In order:

1. it is small talk and nothing else: answer in kind;
2. the best candidate is likely enough: answer it, or refer to whose it is;
3. no single candidate is, but together one other body's are: refer to that body;
4. a few candidates together are likely enough to be worth a question: ask;
5. nobody knows.

A greeting around a question is no part of the matter: what is likely is so apart from it.

`whose` is the same for a caller who only wants to know whose question it is:
a body that is likely enough, the one or two to ask about, or nobody.
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
# Less will do where the question is likely enough one of two bodies'.
ASK_WHOSE_BEST_MIN = 0.15
# A question more strange than this share of what the brain knows is nobody's here: guesses make a
# bot look foolish.
ASK_FAMILIAR_MIN = 0.2
# Beside small talk no matter becomes likelier than by this much.
LEFT_MIN = 0.2
ASKED_MAX = 3
# A candidate this much less likely than the best is not worth a button.
CLOSE_SHARE = 0.25
CLOSE_MIN = 0.06
# A question is some body's, or one of two's, where that is more likely than not.
WHOSE_FROM = 0.5
WHOSE_MAX = 2
# A body less likely than this is not worth being asked about.
WHOSE_MIN = 0.1


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
    """What every body of a brain, or of a group, has its own of: ask which. `place` is its id,
    `among` those of its bodies that the question names, where it names several."""

    place: str
    found: Found
    among: tuple[str, ...] = ()


class Ask(msgspec.Struct, frozen=True):
    """Ask which of a few was meant."""

    close: tuple[Found, ...]


class Unknown(msgspec.Struct, frozen=True):
    pass


Here = Answer | AskMunicipality | Ask | Unknown
Decision = Here | Refer


class Whose(msgspec.Struct, frozen=True):
    """Whose question it is.

    `shares` has the probability of each party, most likely first. `body` is the
    party it most probably belongs to, None where nobody's is more likely. `ask`
    are the one or two to ask the visitor about where that is uncertain, or where
    they share the matter. With neither it is nobody's.
    """

    shares: dict[str, float]
    body: str | None = None
    ask: tuple[str, ...] = ()

    @property
    def nobodys(self) -> bool:
        return self.body is None and not self.ask


def whose(found: Sequence[Found], body: Body | None, limits: Limits) -> Whose:
    """Whose question it is, where `body` is the visitor's own, if that is known."""
    each = shares(found, body)
    likely = [owner for owner, share in each.items() if share >= WHOSE_MIN][:WHOSE_MAX]
    if sum(each[owner] for owner in likely) < WHOSE_FROM:
        return Whose(each)
    best = likely[0] if each[likely[0]] >= WHOSE_FROM else None
    if best is None:
        return Whose(each, None, tuple(likely))
    parts = [one for one in found if party(one, body) == best]
    if parts[0].shared and parts[0].probability >= ASK_BEST_MIN:
        also = (_owner(part.owner, body) for part in parts[0].shared)
        return Whose(each, best, tuple(dict.fromkeys((best, *also)))[:WHOSE_MAX])
    certain = max(each[best], parts[0].probability) >= limits.answer_from
    return Whose(each, best, () if certain else tuple(likely))


def decide(found: Sequence[Found], body: Body, limits: Limits) -> Decision:
    """What to do about `found`, best first, for a question asked in `body`."""
    own = [one for one in found if one.talk and one.brain == body.brain]
    together = sum(one.probability for one in own)
    if own and own[0] is found[0] and together >= limits.answer_from:
        return of_candidate(found[0], body)
    decision = _of_matters(_apart_from_talk(found), body, limits)
    return _of_matters(own, body, limits) if isinstance(decision, Unknown) else decision


def _apart_from_talk(found: Sequence[Found]) -> list[Found]:
    """The matters, as likely as each is if the question is not small talk."""
    left = max(1.0 - sum(one.probability for one in found if one.talk), LEFT_MIN)
    return [
        msgspec.structs.replace(one, probability=min(one.probability / left, 1.0))
        for one in found
        if not one.talk
    ]


def _of_matters(found: Sequence[Found], body: Body, limits: Limits) -> Decision:
    if not found:
        return Unknown()
    best = found[0]
    likely = best.probability >= limits.answer_from
    # Its own brain's calibrator has the word on its own answers.
    if likely and party(best, body) == body.id:
        return of_candidate(best, body)
    owned = whose(found, body, limits)
    if owned.nobodys:
        return Unknown()
    if likely:
        return of_candidate(best, body)
    other = _likely_other(found, owned, body, limits)
    return other or _asked(found, owned, body, limits)


def of_candidate(found: Found, body: Body) -> Decision:
    """What to do when the question is certain to be `found`: decided, or chosen by the visitor."""
    if found.kind == "entry" and found.brain == body.brain:
        return Answer(found)
    if found.owner is not None:
        return AskMunicipality(found.owner, found) if found.many else Refer(found.owner, found)
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


def _owner(owner: str, body: Body | None) -> str:
    return body.id if body is not None and owner == body.brain else owner


def shares(found: Sequence[Found], body: Body | None) -> dict[str, float]:
    """The probability that the question is each party's, most likely first.

    Together they are the probability that it is anybody's; they share it as their candidates
    do, because a question may well be a body's whose very entry is missing.
    """
    total = sum(one.probability for one in found)
    if total <= 0.0:
        return {}
    summed: dict[str, float] = {}
    for one in found:
        owner = party(one, body)
        summed[owner] = summed.get(owner, 0.0) + one.somebodys * one.probability / total
    return dict(sorted(summed.items(), key=lambda pair: -pair[1]))


def _likely_other(found: Sequence[Found], owned: Whose, body: Body, limits: Limits) -> Refer | None:
    """Another named body, when it is likely enough to be its, whatever it is about."""
    if owned.body is None or owned.body == body.id or owned.shares[owned.body] < limits.answer_from:
        return None
    theirs = [one for one in found if one.owner == owned.body and not one.many]
    return Refer(owned.body, None, _close(theirs)) if theirs else None


def _asked(found: Sequence[Found], owned: Whose, body: Body, limits: Limits) -> Ask | Unknown:
    """Ask, where a few candidates are likely enough, or the one or two bodies are. Not where the
    question is unlike all that is known: three guesses make a bot look foolish."""
    best, close = found[0].probability, _close(found)
    together = sum(one.probability for one in close)
    elsewhere = any(owner != body.id for owner in owned.ask)
    likely = best >= ASK_BEST_MIN and together >= limits.ask_from
    if found[0].familiar < ASK_FAMILIAR_MIN:
        return Unknown()
    if not likely and (best < ASK_WHOSE_BEST_MIN or not elsewhere):
        return Unknown()
    firsts = {party(one, body): one for one in reversed(found) if party(one, body) in owned.ask}
    offered = [one for one in firsts.values() if one.probability >= CLOSE_MIN]
    kept = {one.key for one in list(dict.fromkeys((*offered, *close)))[:ASKED_MAX]}
    return Ask(tuple(one for one in found if one.key in kept))


def _close(found: Sequence[Found]) -> tuple[Found, ...]:
    """The few candidates worth a button."""
    least = max(CLOSE_MIN, CLOSE_SHARE * found[0].probability)
    return tuple(one for one in found[:ASKED_MAX] if one.probability >= least)
