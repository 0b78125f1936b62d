"""Referrals that visitors confirm: counted by visitor, denied by one, erased with them, and made
part of what is known of a body."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import numpy as np
import pytest_asyncio

from brains import referrals, store
from brains.conversations import Turn
from brains.database import Database
from brains.knowledge import Knowledge
from brains.model import Body, Brain
from brains.referrals import Referral, confirmed, digest
from router.federation.confirming import TOPIC, Confirming, Said, accepted, judged
from router.messages import Answered, Human, Option, Outcome, Referred, Reply, Speaker
from router.state import Memory, Partner
from tests.fakes import FakeClock, FakeEncoder

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
ENCODER = FakeEncoder(256)
MOVING = "Hvor melder jeg flytting?"


def said(text: str, visitor: str, *, helpful: bool = True, body: str = "skatteetaten") -> Referral:
    return Referral(
        body=body,
        text=text,
        conversation=digest("secret", visitor),
        helpful=helpful,
        at=NOW,
        fingerprint=ENCODER.fingerprint,
        vector=ENCODER.encode_now([text])[0],
    )


def test_several_visitors_confirm_a_question() -> None:
    rows = [said(MOVING, visitor) for visitor in ("a", "b")]
    assert confirmed(rows) == []
    assert confirmed([*rows, said(MOVING, "b")]) == []
    assert confirmed([*rows, said("hvor melder jeg flytting", "c")]) == [MOVING]


def test_one_visitor_denies_it_for_all_that_is_alike() -> None:
    rows = [said(MOVING, visitor) for visitor in "abc"]
    other = [said("Hvordan endrer jeg skattekortet mitt?", visitor) for visitor in "abc"]
    denied = said("Hvor melder jeg flytting??", "d", helpful=False)
    assert confirmed([*rows, *other, denied]) == ["Hvordan endrer jeg skattekortet mitt?"]


def test_a_conversation_is_not_found_from_its_digest() -> None:
    assert "conversation-1" not in digest("secret", "conversation-1")
    assert digest("secret", "1") == digest("secret", "1") != digest("other", "1")


def reply(outcome: Outcome, *options: str) -> Reply:
    return Reply(
        turn=2,
        outcome=outcome,
        text="",
        html="",
        language="nb",
        body=Speaker("bergen", "Bergen kommune"),
        human=Human(False),
        options=[Option(id, id) for id in options],
    )


def test_pressing_a_referrals_button_accepts_it() -> None:
    before = Memory(question=MOVING, offered=("remit:skatteetaten/flytting",))
    after = Memory(question=MOVING)
    referred = reply(Referred("skatteetaten"))
    pressed = accepted(before, after, referred, "remit:skatteetaten/flytting")
    assert pressed == Said("skatteetaten", MOVING)
    assert accepted(before, after, referred, "remit:nav/x") is None
    assert accepted(before, after, referred, None) is None
    assert accepted(before, after, reply(Answered("x", 1)), before.offered[0]) is None


def test_staying_with_a_partner_accepts_the_question_that_led_there() -> None:
    frida = Partner("nav", "1")
    came = Memory(question="Får jeg dagpenger?", partner=frida, taken="Får jeg dagpenger?")
    stayed = Memory(question="og hvor lenge?", partner=frida)
    there = reply(Referred("nav", "nav"))
    assert accepted(came, stayed, there, None) == Said("nav", "Får jeg dagpenger?")
    assert accepted(stayed, stayed, there, None) is None
    assert accepted(came, Memory(), there, None) is None


def test_saying_whether_a_referral_helped_is_about_its_body() -> None:
    turns = [
        Turn(1, "visitor", MOVING, NOW),
        Turn(2, "bot", "", NOW, msgspec.json.encode(reply(Referred("skatteetaten")))),
        Turn(3, "visitor", "Hva koster SFO?", NOW),
        Turn(4, "bot", "", NOW, msgspec.json.encode(reply(Answered("sfo", 1)))),
    ]
    assert judged(turns, 2, True) == Said("skatteetaten", MOVING)
    assert judged(turns, 2, False) == Said("skatteetaten", MOVING, False)
    assert judged(turns, 4, True) is None
    assert judged(turns, 9, True) is None


@pytest_asyncio.fixture
async def known(tmp_path: Path) -> AsyncIterator[tuple[Database, Knowledge, Confirming]]:
    db = await Database.open(f"sqlite:///{tmp_path / 'samsvar.db'}")
    encoder = FakeEncoder(256)
    await store.save_brain(db, Brain(id="kommune", name="Kommune"))
    bodies = [
        Body(id="bergen", name="Bergen kommune", brain="kommune"),
        Body(id="skatteetaten", name="Skatteetaten", kind="agency"),
    ]
    await store.save_bodies(db, bodies)
    knowledge = await Knowledge.open(db, encoder)
    yield db, knowledge, Confirming(db, knowledge, encoder, "secret", FakeClock(NOW))
    await knowledge.close()
    await db.close()


async def confirm(confirming: Confirming, body: str, *visitors: str) -> None:
    """Each visitor presses the button of the body after the same question."""
    choice = f"remit:{body}/x"
    before = Memory(question=MOVING, offered=(choice,))
    for visitor in visitors:
        confirming.heard(visitor, before, Memory(), reply(Referred(body)), choice)
    await confirming.store()


async def test_what_several_confirmed_is_found_and_what_is_taken_out_is_not(
    known: tuple[Database, Knowledge, Confirming],
) -> None:
    _, knowledge, confirming = known
    await confirm(confirming, "skatteetaten", "a", "b")
    await knowledge.catch_up()
    assert not knowledge.remits
    await confirm(confirming, "skatteetaten", "c")
    await knowledge.catch_up()
    assert knowledge.remits["skatteetaten"][TOPIC].questions == [MOVING]
    vector = FakeEncoder(256).encode_now([MOVING])[0]
    found = knowledge.find(MOVING, vector, "bergen", NOW)
    assert (found[0].owner, found[0].kind) == ("skatteetaten", "remit")
    assert await confirming.remove("skatteetaten", MOVING)
    assert not await confirming.remove("skatteetaten", "noe helt annet")
    await knowledge.catch_up()
    assert TOPIC not in knowledge.remits["skatteetaten"]
    await confirm(confirming, "skatteetaten", "d", "e", "f")
    assert await confirming.questions("skatteetaten") == []


async def test_a_body_with_a_brain_here_needs_none(
    known: tuple[Database, Knowledge, Confirming],
) -> None:
    _, knowledge, confirming = known
    await confirm(confirming, "bergen", "a", "b", "c")
    await knowledge.catch_up()
    assert not knowledge.remits


async def test_what_an_erased_conversation_said_is_gone_and_old_rows_too(
    known: tuple[Database, Knowledge, Confirming],
) -> None:
    db, _, confirming = known
    await confirm(confirming, "skatteetaten", "a", "b", "c")
    async with db.write() as tx:
        await confirming.erase(tx, "b")
    assert await confirming.questions("skatteetaten") == []
    async with db.write() as tx:
        assert await referrals.purge(tx, NOW) == 0
        assert await referrals.purge(tx, NOW + dt.timedelta(days=1)) == 2
        assert await referrals.bodies(tx) == []


def test_vectors_survive_being_stored_in_half_precision() -> None:
    vector = said(MOVING, "a").vector
    kept = referrals.from_bytes(referrals.to_bytes(vector))
    assert float(np.dot(vector, kept)) > 0.999
