"""Peers, invitations, used tokens and readings of manifests, as rows in both databases."""

from __future__ import annotations

import asyncio
import datetime as dt

import msgspec
import pytest

from brains import cards, peers, remits, signing, store
from brains.cards import CardRead
from brains.database import Database
from brains.documents import REMITS
from brains.errors import Invalid
from brains.model import Body, Remit
from brains.peers import Invitation, Peer, UnknownPeer
from tests.fakes import FakeEncoder

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
NAV = Peer(
    id="urn:uuid:1",
    name="NAV",
    address="https://nav.example",
    keys=[{"kid": "k", "kty": "OKP", "crv": "Ed25519", "x": "x"}],
    bodies=["nav"],
    added_at=NOW,
)


async def test_a_peer_is_found_by_id_address_or_name(db: Database) -> None:
    twin = msgspec.structs.replace(NAV, id="urn:uuid:2", address="https://nav.example:81")
    async with db.write() as tx:
        await peers.put(tx, NAV)
        for name in (NAV.id, NAV.address, NAV.address + "/", "NAV"):
            assert await peers.named(tx, name) == NAV
        await peers.put(tx, twin)
        with pytest.raises(UnknownPeer):
            await peers.named(tx, "NAV")
        assert await peers.named(tx, twin.address) == twin


async def test_a_peer_is_asked_for_its_keys_by_one_and_not_soon_again(db: Database) -> None:
    async with db.write() as tx:
        await peers.put(tx, NAV)

    async def claims(at: dt.datetime) -> bool:
        async with db.write() as tx:
            return await peers.claim_keys(tx, NAV.id, at, at - MINUTE)

    assert sum(await asyncio.gather(*(claims(NOW) for _ in range(5)))) == 1
    assert not await claims(NOW + MINUTE)
    assert await claims(NOW + 2 * MINUTE)


async def test_a_token_is_used_once_by_whoever_comes_first(db: Database) -> None:
    async def uses(issuer: str = NAV.id, token: str = "t") -> bool:
        async with db.write() as tx:
            return await signing.use(tx, issuer, token, NOW + MINUTE)

    assert sum(await asyncio.gather(*(uses() for _ in range(8)))) == 1
    assert await uses(token="\ud800")
    assert await uses("another")
    async with db.write() as tx:
        assert await signing.forget_used(tx, NOW) == 0
        assert await signing.forget_used(tx, NOW + MINUTE) == 3


async def test_an_invitation_is_used_up_once_and_forgotten_in_time(db: Database) -> None:
    async with db.write() as tx:
        await peers.invite(tx, Invitation("old", "h", NOW), NOW - MINUTE)
        await peers.invite(tx, Invitation("new", "h", NOW + MINUTE), NOW)
        assert await peers.invitation(tx, "old", NOW) is None
        assert await peers.invitation(tx, "new", NOW) is not None
        assert await peers.invitation(tx, "new", NOW + MINUTE) is None
        assert await peers.use_up(tx, "new")
        assert not await peers.use_up(tx, "new")


async def test_a_card_is_read_by_one_and_again_when_it_was_asked_for_meanwhile(
    db: Database,
) -> None:
    async def claims(at: dt.datetime) -> bool:
        async with db.write() as tx:
            return await cards.claim(tx, "nav", at, at - 60 * MINUTE)

    assert sum(await asyncio.gather(*(claims(NOW) for _ in range(5)))) == 1
    async with db.write() as tx:
        await cards.ask_again(tx)
        await cards.note(tx, CardRead(body="nav", read_at=NOW, topics=3))
        assert (await cards.listing(tx))["nav"] == CardRead(body="nav", read_at=NOW, topics=3)
    assert await claims(NOW + MINUTE)
    assert not await claims(NOW + MINUTE)
    async with db.write() as tx:
        await cards.forget(tx, "nav")
        assert await cards.listing(tx) == {}


def remit(topic: str, *questions: str) -> Remit:
    return Remit(body="nav", topic=topic, title=topic, questions=list(questions or [topic]))


async def test_remits_of_a_card_are_replaced_and_those_of_people_stay(db: Database) -> None:
    encoder = FakeEncoder()
    await store.save_body(db, Body(id="nav", name="NAV"))
    await store.save_remits(db, encoder, [remit("pensjon")])
    first = [remit("card:a"), remit("card:b")]
    assert await remits.replace(db, encoder, {"nav"}, "card:", first)
    assert not await remits.replace(db, encoder, {"nav"}, "card:", first)
    second = [remit("card:b", "annet"), remit("card:c")]
    assert await remits.replace(db, encoder, {"nav"}, "card:", second)
    async with db.read() as tx:
        assert await REMITS.where(tx, body="nav") == [*second, remit("pensjon")]
    with pytest.raises(Invalid):
        await remits.replace(db, encoder, {"nav"}, "card:", [remit("card:d"), remit("card:Æ")])
    assert await remits.replace(db, encoder, {"nav"}, "card:", [])
    async with db.read() as tx:
        assert await REMITS.where(tx, body="nav") == [remit("pensjon")]
