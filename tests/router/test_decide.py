"""Every branch of the decision, as tables: candidates in, what to do out."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from brains.knowledge import Found, Part
from brains.model import Body
from router.decide import (
    Answer,
    Ask,
    AskMunicipality,
    Decision,
    Limits,
    Refer,
    Unknown,
    decide,
    of_candidate,
    party,
    shares,
    whose,
)

BERGEN = Body(id="bergen", name="Bergen kommune", brain="kommune")
NAV = Body(id="nav", name="NAV", brain="nav")
LIMITS = Limits(answer_from=0.7)


def entry(probability: float, id: str = "sfo", brain: str = "kommune") -> Found:
    """An entry of a brain; `nav` is used by one body, which owns what is in it."""
    owner = "nav" if brain == "nav" else None
    return Found("entry", f"entry:{brain}/{id}", brain, id, id, owner, probability)


def remit(probability: float, id: str = "skattekort", body: str = "skatteetaten") -> Found:
    return Found("remit", f"remit:{body}/{id}", None, id, id, body, probability)


def owned(probability: float, owner: str, brain: str = "kommune") -> Found:
    """An entry of the shared brain that one of its bodies owns."""
    return Found("entry", f"entry:{brain}/x", brain, "x", "x", owner, probability)


SFO, PRICE, PLACE, BUS = entry(0.8), entry(0.4, "price"), entry(0.3, "place"), entry(0.1, "bus")
CHILD, SICK = entry(0.9, "child", "nav"), entry(0.4, "sick", "nav")
TAX, MOVE, REST = remit(0.9), remit(0.4, "move"), remit(0.35, "rest")


@pytest.mark.parametrize(
    ("found", "body", "decision"),
    [
        pytest.param([], BERGEN, Unknown(), id="nothing found"),
        pytest.param([SFO], BERGEN, Answer(SFO), id="its own entry"),
        pytest.param([SFO, entry(0.79, "price")], BERGEN, Answer(SFO), id="the best of two"),
        pytest.param([entry(0.7)], BERGEN, Answer(entry(0.7)), id="just likely enough"),
        pytest.param([CHILD], NAV, Answer(CHILD), id="the only user of a brain answers"),
        pytest.param(
            [owned(0.9, "voss")],
            BERGEN,
            Answer(owned(0.9, "voss")),
            id="its brain, whoever owns it",
        ),
        pytest.param([CHILD, SFO], BERGEN, Refer("nav", CHILD), id="another body's entry"),
        pytest.param([TAX], BERGEN, Refer("skatteetaten", TAX), id="another body's remit"),
        pytest.param([SFO], NAV, AskMunicipality("kommune", SFO), id="any municipality's"),
        pytest.param(
            [owned(0.9, "voss")], NAV, Refer("voss", owned(0.9, "voss")), id="one municipality's"
        ),
        pytest.param(
            [MOVE, REST, entry(0.1)],
            BERGEN,
            Refer("skatteetaten", None, (MOVE, REST)),
            id="together another body's",
        ),
        pytest.param(
            [MOVE, entry(0.38), REST],
            BERGEN,
            Ask((MOVE, entry(0.38), REST)),
            id="another body's or its own",
        ),
        pytest.param(
            [entry(0.4, "a"), entry(0.35, "b")],
            NAV,
            Ask((entry(0.4, "a"), entry(0.35, "b"))),
            id="a brain that is nobody's in particular",
        ),
        pytest.param([PRICE, PLACE], BERGEN, Ask((PRICE, PLACE)), id="two of its own"),
        pytest.param([entry(0.69)], BERGEN, Ask((entry(0.69),)), id="one, nearly"),
        pytest.param(
            [PRICE, MOVE, PLACE, entry(0.29, "d")],
            BERGEN,
            Ask((PRICE, MOVE, PLACE)),
            id="at most three",
        ),
        pytest.param([PRICE, BUS, PLACE], BERGEN, Ask((PRICE, BUS, PLACE)), id="close enough"),
        pytest.param(
            [entry(0.5, "a"), entry(0.12, "b")],
            BERGEN,
            Ask((entry(0.5, "a"),)),
            id="a quarter of the best is the least",
        ),
        pytest.param(
            [entry(0.24, "a"), entry(0.24, "b"), entry(0.24, "c")],
            BERGEN,
            Unknown(),
            id="three guesses",
        ),
        pytest.param([entry(0.3), entry(0.09, "b")], BERGEN, Unknown(), id="together too little"),
        pytest.param([entry(0.01)], BERGEN, Unknown(), id="hardly anything"),
        pytest.param(
            [replace(PRICE, familiar=0.1), replace(PLACE, familiar=0.1)],
            BERGEN,
            Unknown(),
            id="guesses at what is unlike all that is known",
        ),
        pytest.param(
            [replace(SFO, familiar=0.1)],
            BERGEN,
            Answer(replace(SFO, familiar=0.1)),
            id="likely enough, in words of its own",
        ),
    ],
)
def test_decisions(found: list[Found], body: Body, decision: Decision) -> None:
    assert decide(found, body, LIMITS) == decision


def talk(probability: float, id: str = "hei", familiar: float = 1.0) -> Found:
    return replace(entry(probability, id), talk=True, familiar=familiar)


HEI, BYE = talk(0.6), talk(0.3, "farvel")


@pytest.mark.parametrize(
    ("found", "decision"),
    [
        pytest.param([talk(0.9)], Answer(talk(0.9)), id="small talk"),
        pytest.param([HEI, BYE], Answer(HEI), id="small talk of two kinds"),
        pytest.param([HEI, replace(BYE, probability=0.05)], Ask((HEI,)), id="perhaps small talk"),
        pytest.param([talk(0.6, familiar=0.1)], Unknown(), id="unlike any small talk"),
        pytest.param(
            [talk(0.6), entry(0.2, "price")],
            Ask((entry(0.5, "price"),)),
            id="a question that is greeted with",
        ),
        pytest.param(
            [entry(0.5, "price"), talk(0.4)],
            Answer(entry(0.5 / 0.6, "price")),
            id="a greeting takes nothing from a question",
        ),
        pytest.param(
            [entry(0.3), talk(0.12), entry(0.1, "bus")],
            Ask((entry(0.3 / 0.88), entry(0.1 / 0.88, "bus"))),
            id="no greeting beside matters",
        ),
        pytest.param([talk(1.0), entry(0.01)], Answer(talk(1.0)), id="nothing is left"),
        pytest.param(
            [replace(talk(0.9), brain="nav", owner="nav")],
            Unknown(),
            id="another brain's small talk",
        ),
    ],
)
def test_small_talk_is_answered_alone_and_never_offered_beside_a_matter(
    found: list[Found], decision: Decision
) -> None:
    assert decide(found, BERGEN, LIMITS) == decision


@pytest.mark.parametrize("probability", [0.0, 0.2, 0.5, 0.94, 0.99, 1.0])
def test_the_limit_is_where_answers_begin(probability: float) -> None:
    found = [entry(0.95)]
    answered = isinstance(decide(found, BERGEN, Limits(answer_from=probability)), Answer)
    assert answered == (probability <= 0.95)


@pytest.mark.parametrize(
    ("found", "decision"),
    [
        (entry(1.0), Answer(entry(1.0))),
        (CHILD, Refer("nav", CHILD)),
        (TAX, Refer("skatteetaten", TAX)),
        (entry(1.0, brain="fylke"), AskMunicipality("fylke", entry(1.0, brain="fylke"))),
    ],
)
def test_a_choice_is_certain(found: Found, decision: Decision) -> None:
    assert of_candidate(found, BERGEN) == decision


def test_whose_a_candidate_is() -> None:
    assert party(SFO, BERGEN) == "bergen"
    assert party(SFO, None) == party(SFO, NAV) == "kommune"
    assert party(CHILD, BERGEN) == party(CHILD, NAV) == party(CHILD, None) == "nav"
    assert party(TAX, BERGEN) == "skatteetaten"


def test_shares_are_by_party_and_together_what_is_anybodys() -> None:
    found = [replace(one, somebodys=0.9) for one in (SFO, CHILD, PRICE, SICK, REST)]
    summed = shares(found, BERGEN)
    assert list(summed) == ["nav", "bergen", "skatteetaten"]
    assert sum(summed.values()) == pytest.approx(0.9)
    assert summed["nav"] == pytest.approx(0.9 * 1.3 / 2.85)
    assert shares([], BERGEN) == {}


def strange(probability: float, somebodys: float, *rest: Found) -> list[Found]:
    """Candidates for a question that is anybody's as likely as that."""
    return [replace(one, somebodys=somebodys) for one in (remit(probability), *rest)]


@pytest.mark.parametrize(
    ("found", "host", "body", "ask"),
    [
        pytest.param([], None, None, (), id="nothing found"),
        pytest.param(strange(0.9, 0.2), None, None, (), id="nobody's"),
        pytest.param(strange(0.9, 0.9), None, "skatteetaten", (), id="certainly one's"),
        pytest.param(
            strange(0.3, 0.9, entry(0.1)),
            None,
            "skatteetaten",
            ("skatteetaten", "kommune"),
            id="probably one's",
        ),
        pytest.param(
            strange(0.3, 0.6, entry(0.29)), None, None, ("skatteetaten", "kommune"), id="one of two"
        ),
        pytest.param(
            strange(0.3, 0.6, entry(0.29)),
            BERGEN,
            None,
            ("skatteetaten", "bergen"),
            id="one of two, one of which is the visitor's own",
        ),
        pytest.param(
            strange(0.3, 0.75, entry(0.02)), None, "skatteetaten", ("skatteetaten",), id="one only"
        ),
    ],
)
def test_whose_it_is(
    found: list[Found], host: Body | None, body: str | None, ask: tuple[str, ...]
) -> None:
    owned = whose(found, host, Limits(answer_from=0.8))
    assert (owned.body, owned.ask) == (body, ask)
    assert owned.nobodys == (body is None and not ask)


def test_what_is_nobodys_is_not_referred() -> None:
    assert decide(strange(0.9, 0.2), BERGEN, LIMITS) == Unknown()
    assert decide([replace(SFO, somebodys=0.2)], BERGEN, LIMITS) == Answer(
        replace(SFO, somebodys=0.2)
    )


def test_a_matter_that_two_share_is_both_bodies() -> None:
    loan = replace(entry(0.9, "startlan"), shared=(Part("remit:husbanken/startlan", "husbanken"),))
    state = replace(
        remit(0.9, "startlan", "husbanken"), shared=(Part("entry:kommune/startlan", "kommune"),)
    )
    limits = Limits(answer_from=0.8)
    assert whose([loan], None, limits).ask == ("kommune", "husbanken")
    assert whose([loan], BERGEN, limits).ask == ("bergen", "husbanken")
    assert whose([state], BERGEN, limits).ask == ("husbanken", "bergen")
    assert whose([state], None, limits).body == "husbanken"


def test_what_a_group_has_is_asked_which_member_for() -> None:
    theirs = replace(remit(0.9, "barnehage", "kommunene"), many=True)
    assert decide([theirs], BERGEN, LIMITS) == AskMunicipality("kommunene", theirs)
    halves = [replace(one, probability=0.4) for one in (theirs, theirs)]
    assert isinstance(decide(halves, BERGEN, LIMITS), Ask)
