"""Which bodies of a peer become bodies here, and what becomes of the topics that it publishes."""

from __future__ import annotations

import msgspec
import pytest

from brains.model import Body, Connection
from router.adapters import Card, Topic
from router.federation import adopting
from router.federation.adopting import Here, Plan
from router.federation.manifests import remits_of, slug
from router.manifest import PresentedBody, PresentedBrain

ADDRESS = "https://hordaland.example"
BRAINS = [PresentedBrain("kommune", "Kommunene"), PresentedBrain("nav", "NAV")]
BERGEN = PresentedBody(id="bergen", name="Bergen", brain="kommune", municipality_number="4601")
VOSS = PresentedBody(id="voss", name="Voss", brain="kommune")
NAV = PresentedBody(id="nav", name="NAV", brain="nav", kind="agency")
NOTHING = Here({}, set(), {}, set())


def here(*bodies: Body, others: frozenset[str] = frozenset(), **connections: Connection) -> Here:
    return Here({body.id: body for body in bodies}, {"skatt"}, connections, others)


def planned(known: Here, *offered: PresentedBody) -> Plan:
    return adopting.plan("hordaland", ADDRESS, BRAINS, offered, known)


def test_a_brain_of_one_body_is_that_body_and_a_brain_of_several_a_group() -> None:
    plan = planned(NOTHING, BERGEN, VOSS, NAV)
    assert [body.id for body in plan.bodies] == ["kommune", "bergen", "voss", "nav"]
    assert {body.id: body.groups for body in plan.bodies}["voss"] == ["kommune"]
    assert plan.bodies[0].kind == "group" and plan.bodies[0].name == "Kommunene"
    assert [one.body for one in plan.connections] == ["kommune", "nav"]
    assert all(one.address == ADDRESS for one in plan.connections)
    assert plan.speaks_for == ["bergen", "nav", "voss"]
    assert all(body.brain is None for body in plan.bodies)


LEFT_OUT = {
    "answers here": (here(Body(id="bergen", name="B", brain="skatt")), "it answers here"),
    "same number": (
        here(Body(id="bergen-kommune", name="B", brain="skatt", municipality_number="4601")),
        "“bergen-kommune” here has the same municipality number",
    ),
    "another peer's": (here(others=frozenset({"bergen"})), "another peer speaks for it"),
    "a group": (here(Body(id="bergen", name="B", kind="group")), "a group here has that name"),
    "reached otherwise": (
        here(
            Body(id="bergen", name="B"),
            bergen=Connection(body="bergen", adapter="a2a", address="https://b.example"),
        ),
        "it is reached over another connection here",
    ),
    "reached as a member": (
        here(
            Body(id="bergen", name="B", groups=["vest"]),
            vest=Connection(body="vest", adapter="samsvar", address="https://vest.example"),
        ),
        "it is reached over another connection here",
    ),
}


@pytest.mark.parametrize(("known", "reason"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_nothing_that_is_anothers_is_taken(known: Here, reason: str) -> None:
    plan = planned(known, BERGEN, NAV)
    assert plan.left_out == {"bergen": reason}
    assert plan.speaks_for == ["nav"]
    assert [body.id for body in plan.bodies] == ["nav"]


def test_a_body_named_like_a_brain_here_is_left_out() -> None:
    plan = planned(here(), PresentedBody(id="skatt", name="Skatt", brain="kommune"))
    assert plan.left_out == {"skatt": "a brain here has that name"}


def test_what_is_known_of_a_body_here_stays() -> None:
    ours = Body(id="nav", name="Nav (vår)", kind="agency", groups=["stat"], website="https://n.no")
    plan = planned(here(ours), NAV)
    assert plan.bodies == [ours]


def test_a_group_takes_a_slug_that_is_free() -> None:
    taken = here(Body(id="oslo", name="Oslo", groups=["kommune"]), Body(id="kommune-2", name="K"))
    plan = planned(taken, BERGEN, VOSS)
    assert plan.connections[0].body == "kommune-3"
    assert plan.bodies[1].groups == ["kommune-3"]


def test_joining_again_changes_nothing_but_what_is_new() -> None:
    first = planned(NOTHING, BERGEN, VOSS)
    tuned = msgspec.structs.replace(first.connections[0], time_limit_s=9.0)
    known = here(*first.bodies, kommune=tuned)
    again = planned(known, BERGEN, VOSS)
    assert sorted(again.bodies, key=lambda body: body.id) == sorted(
        first.bodies, key=lambda body: body.id
    )
    assert again.connections == [tuned]


def test_a_brain_that_gets_a_second_body_becomes_a_group() -> None:
    first = planned(NOTHING, BERGEN)
    assert [one.body for one in first.connections] == ["bergen"]
    known = here(*first.bodies, bergen=first.connections[0])
    later = planned(known, BERGEN, VOSS)
    assert [one.body for one in later.connections] == ["kommune"]
    assert later.removed == ["bergen"]


# Cards


def test_topics_become_remits_of_the_connections_body_or_of_one_member() -> None:
    card = Card(
        name="Kommunene",
        topics=(
            Topic("snorydding", "Brøyting", ("Når brøyter dere?", "brøyting")),
            Topic("floibanen", "Fløibanen", ("Går Fløibanen?",), "bergen"),
            Topic("taxi", "Taxi", ("Taxi?",), "oslo"),
        ),
    )
    found = remits_of(card, "kommune", {"bergen"})
    assert [(one.body, one.topic) for one in found] == [
        ("kommune", "card:snorydding"),
        ("bergen", "card:floibanen"),
        ("kommune", "card:taxi"),
    ]


def test_a_strangers_topics_are_cut_to_size_and_cleaned() -> None:
    topics = (
        Topic("x" * 500, "T" * 1000 + "\x00", ("q" * 5000, "  to\nlinjer\u202e ", "", "\x00")),
        Topic("tom", " ", (" ",)),
        Topic("Bare tittel", "Bare tittel", ()),
        Topic("\ud800", "Surrogat \ud800", ("hva\ud800?",)),
    )
    long, alone, surrogate = remits_of(Card(name="x", topics=topics), "nav")
    assert (len(long.title), len(long.questions[0]), len(long.topic)) == (200, 500, 96)
    assert long.questions[1] == "to linjer"
    assert alone.questions == ["Bare tittel"]
    assert surrogate.title == "Surrogat"
    many = tuple(Topic(str(one), "t", ("q",)) for one in range(10_000))
    assert len(remits_of(Card(name="x", topics=many), "nav")) == 6000


@pytest.mark.parametrize(
    ("one", "other"), [("Sykepenger", "sykepenger"), ("a b", "a-b"), ("sjø", "sjo"), ("æ", "ø")]
)
def test_topics_that_look_alike_as_slugs_stay_two(one: str, other: str) -> None:
    assert slug(one) != slug(other)
