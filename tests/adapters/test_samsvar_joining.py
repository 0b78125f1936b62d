"""Installations become peers, change and go."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from adapters.samsvar.adapter import PREFIX
from brains import peers, store
from brains.database import Database
from brains.model import Body, Brain, Entry
from router.adapters import PartnerFailed
from router.errors import PeerFailed
from router.federation.peering import Peering
from router.federation.trust.opening import open_trust, partner_client
from router.settings import Settings
from tests.adapters.installations import (
    BERGEN,
    NAV,
    Two,
    again,
    environment,
    topics,
)
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

GLASSES = Entry(
    id="briller", title="Briller", questions=["Får jeg støtte til briller?"], answers={"nb": "Ja."}
)


@contextlib.asynccontextmanager
async def quiet(home: Path, *bodies: Body) -> AsyncIterator[Peering]:
    """An installation of which only the command line runs: it joins others just as well."""
    settings = Settings.from_environment(environment(home))
    db = await Database.open(settings.database_url)
    for brain in {body.brain for body in bodies} - {None}:
        await store.save_brain(db, Brain(id=str(brain), name=str(brain)))
    await store.save_bodies(db, bodies)
    trust = await open_trust(settings, db, store.now)
    yield Peering(db, trust.keys, partner_client(settings), trust.learning, store.now)
    await db.close()


async def test_a_code_is_good_once_and_for_whoever_has_it(two: Two) -> None:
    here, there = two.hordaland, two.frida.service.peering
    code = await here.service.peering.invite()
    with pytest.raises(PeerFailed, match="not good here"):
        await there.join(here.address, code + "x", two.frida.address)
    await there.join(here.address, code, two.frida.address)
    with pytest.raises(PeerFailed, match="not good here"):
        await there.join(here.address, code, two.frida.address)


def introduced(code: str, text: str) -> dict[str, str]:
    """What `join` sends, with a proof that is right whatever the introduction says."""
    id, _, secret = code.partition(".")
    key = hashlib.sha256(secret.encode()).hexdigest().encode()
    mac = hmac.new(key, b"join\0" + text.encode(), hashlib.sha256).hexdigest()
    return {"invitation": id, "introduction": text, "mac": mac}


STRANGER: dict[str, Any] = {
    "id": "urn:x",
    "name": "X",
    "address": "https://x.example",
    "keys": [{"kty": "OKP", "crv": "Ed25519", "x": "SzycEJvpfN6kG1vnf-ixWXHDlZfNjr0bgYd-JbnJxbA"}],
    "brains": [],
    "bodies": [],
}


@pytest.mark.parametrize(
    "changed",
    [
        {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]},
        {"keys": []},
        {"address": "x.example", "bodies": [{"id": "x", "name": "X", "brain": "x"}]},
        {"bodies": [{"id": "Æ", "name": "X", "brain": "x"}]},
        {"bodies": [{"id": "x", "name": "X", "brain": "x", "timezone": "Mars"}]},
        {"name": 1},
    ],
)
async def test_an_introduction_that_makes_no_sense_is_refused(
    two: Two, changed: dict[str, Any]
) -> None:
    code = await two.hordaland.service.peering.invite()
    text = msgspec.json.encode(STRANGER | changed).decode()
    async with httpx.AsyncClient(base_url=two.hordaland.address, timeout=PATIENCE_S) as http:
        refused = await http.post(f"{PREFIX}/join", json=introduced(code, text))
        assert refused.status_code == 400, refused.text
        assert (await http.post(f"{PREFIX}/join", json={"mac": 1})).status_code == 400
        unknown = introduced("nobody.secret", text)
        assert (await http.post(f"{PREFIX}/join", json=unknown)).status_code == 403
    assert "x" not in two.hordaland.service.knowledge.bodies


async def test_who_is_invited_cannot_take_a_peers_place(two: Two, tmp_path: Path) -> None:
    async with quiet(tmp_path, NAV) as impostor:
        code = await two.hordaland.service.peering.invite()
        with pytest.raises(PeerFailed, match="known already, with other keys"):
            await impostor.join(two.hordaland.address, code, two.frida.address)


async def test_a_body_that_answers_here_is_not_taken_over(two: Two, tmp_path: Path) -> None:
    own, knowledge = "http://127.0.0.2:9", two.hordaland.service.knowledge
    async with quiet(tmp_path, BERGEN, Body(id="oslo", name="Oslo", brain="kommune")) as other:
        code = await two.hordaland.service.peering.invite()
        await other.join(two.hordaland.address, code, own)
    assert knowledge.bodies["bergen"].brain == "kommune"
    assert knowledge.bodies["oslo"].brain is None
    assert knowledge.connections["oslo"].address == own
    async with two.hordaland.service.db.read() as tx:
        assert (await peers.named(tx, own)).bodies == ["oslo"]
    await two.hordaland.service.peering.remove(own)
    await until(lambda: "oslo" not in knowledge.connections)


async def test_new_keys_need_nobody_to_do_anything(two: Two) -> None:
    await two.hordaland.run("rotate")
    for _ in range(2):
        await two.hordaland.service.trust.keys.rotate()
        told = await two.hordaland.ask("nav", "Hvordan søker jeg om dagpenger?")
        assert told.kind == "answered"


async def test_a_peer_is_switched_off_at_once_in_both_directions(two: Two) -> None:
    frida = two.frida.service.trust.keys.id
    await two.hordaland.run("off", frida)
    with pytest.raises(PartnerFailed, match="switched off"):
        await two.frida.ask("bergen", "Når brøyter dere veien?", sender="nav", via=("nav",))
    await until(lambda: not two.hordaland.service.knowledge.connections["nav"].enabled)
    assert " off " in await two.hordaland.run("list")
    await two.hordaland.service.peering.set_enabled(two.frida.address, True)
    told = await two.frida.ask("bergen", "Når brøyter dere veien?", sender="nav", via=("nav",))
    assert told.kind == "answered"
    await until(lambda: two.hordaland.service.knowledge.connections["nav"].enabled)


async def test_what_changes_in_a_manifest_changes_here(two: Two) -> None:
    there = two.frida.service
    await there.curation.import_entries("nav", [GLASSES], "test")
    await two.hordaland.run("refresh", "nav")
    await until(lambda: "card:briller" in topics(two.hordaland, "nav"))
    await there.curation.retire_entry("nav", "briller", "test")
    await again(two.hordaland)
    await until(lambda: "card:briller" not in topics(two.hordaland, "nav"))


async def test_a_body_that_comes_later_is_offered_and_speaks_once_accepted(two: Two) -> None:
    late = Body(id="ulvik", name="Ulvik herad", brain="kommune")
    await two.hordaland.service.curation.add_body(late, "test")
    await again(two.frida)

    async def offered() -> bool:
        async with two.frida.service.db.read() as tx:
            return (await peers.named(tx, two.hordaland.address)).offered == ["ulvik"]

    await until(offered)
    with pytest.raises(PartnerFailed, match="does not speak for"):
        await two.hordaland.ask("nav", "Hei", sender="ulvik", via=("ulvik",))
    joined = await two.frida.service.peering.accept(two.hordaland.address)
    assert "ulvik" in joined.peer.bodies
    told = await two.hordaland.ask("nav", "dagpenger", sender="ulvik", via=("ulvik",))
    assert told.kind == "answered"
