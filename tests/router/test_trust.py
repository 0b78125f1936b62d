"""Attacks on what one installation believes of another, each refused with what to change.

`Bergen` is this installation; `Frida` is the peer, with keys of her own in a database of her own.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey
from litestar import Litestar, get

from brains import peers
from brains.database import Database
from brains.peers import Peer
from router.federation.trust import errors, tokens
from router.federation.trust.gate import Gate
from router.federation.trust.keys import GRACE, Keys
from router.federation.trust.learning import ASK_EVERY, PATH, Learning
from router.federation.trust.tokens import Request
from router.security.sealing import Sealer
from tests.api.conftest import served
from tests.fakes import FakeClock

BERGEN, FRIDA = "https://bergen.example", "https://frida.example"
ASK = Request("POST", "/adapters/samsvar/ask", b'{"text":"Hei"}')

Send = Callable[..., Awaitable[Peer]]


class World:
    """Bergen's gate and Frida's keys. `served` counts how often Frida was asked for her keys."""

    def __init__(self, ours: Database, frida: Keys, clock: FakeClock) -> None:
        self.ours = ours
        self.frida = frida
        self.clock = clock
        self.served = 0
        self.gate = self.another_process(ours)

    def another_process(self, db: Database) -> Gate:
        """A gate of the same installation: another process would have one like it."""
        learning = Learning(db, lambda address: httpx.AsyncClient(base_url=address), self.clock)
        return Gate(db, BERGEN, learning, self.clock)

    async def admits(self, token: str, request: Request = ASK) -> Peer:
        return await self.gate.admit(token, request)

    def token(self, request: Request = ASK, audience: str = BERGEN) -> str:
        return self.frida.token(audience, request)

    def forged(self, key: OKPKey, **changed: object) -> str:
        """A token that says it is Frida's, signed with any key."""
        now = self.clock().timestamp()
        claims = tokens.read(tokens.made(key, FRIDA, BERGEN, ASK, now)).claims
        payload = msgspec.to_builtins(claims) | changed
        header = {"alg": "Ed25519", "kid": self.frida.published[0]["kid"], "typ": tokens.TYPE}
        return jws.serialize_compact(header, json.dumps(payload), key, ["Ed25519"])


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and nothing in them: copying it is quicker than making one."""
    file = tmp_path_factory.mktemp("empty") / "empty.db"

    async def make() -> None:
        await (await Database.open(f"sqlite:///{file}")).close()

    asyncio.run(make())
    return file


@pytest_asyncio.fixture
async def world(tmp_path: Path, empty: Path) -> AsyncIterator[World]:
    clock = FakeClock()
    for name in ("ours.db", "hers.db"):
        shutil.copy(empty, tmp_path / name)
    ours = await Database.open(f"sqlite:///{tmp_path / 'ours.db'}")
    hers = await Database.open(f"sqlite:///{tmp_path / 'hers.db'}")
    frida = await Keys.open(hers, Sealer(["f" * 32]), FRIDA, clock)
    made = World(ours, frida, clock)

    @get(PATH, sync_to_thread=False)
    def keys() -> dict[str, list[dict[str, str]]]:
        made.served += 1
        return {"keys": frida.published}

    async with contextlib.AsyncExitStack() as stack:
        address = await stack.enter_async_context(served(Litestar([keys])))
        async with ours.write() as tx:
            await peers.put(tx, peer(address, frida.published, clock()))
        yield made
    await ours.close()
    await hers.close()


def peer(address: str, keys: list[peers.Jwk], at: dt.datetime) -> Peer:
    return Peer(id=FRIDA, name="Frida", address=address, keys=keys, bodies=["nav"], added_at=at)


async def test_what_a_peer_signs_is_let_in(world: World) -> None:
    admitted = await world.admits(world.token())
    assert (admitted.id, admitted.bodies) == (FRIDA, ["nav"])


async def test_a_stranger_is_refused(world: World, tmp_path: Path) -> None:
    db = await Database.open(f"sqlite:///{tmp_path / 'stranger.db'}")
    stranger = await Keys.open(db, Sealer(["s" * 32]), "https://stranger.example", world.clock)
    with pytest.raises(errors.StrangerRefused, match="invitation"):
        await world.admits(stranger.token(BERGEN, ASK))
    await db.close()


async def test_another_key_in_her_name_is_refused(world: World) -> None:
    other = OKPKey.generate_key("Ed25519")
    with pytest.raises(errors.WrongSignature):
        await world.admits(world.forged(other))
    with pytest.raises(errors.UnknownKey):
        await world.admits(tokens.made(other, FRIDA, BERGEN, ASK, world.clock().timestamp()))


async def test_a_signature_changed_by_a_bit_is_refused(world: World) -> None:
    head, payload, signature = world.token().split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[10] ^= 1
    changed = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    with pytest.raises(errors.WrongSignature):
        await world.admits(f"{head}.{payload}.{changed}")


async def test_claims_changed_after_signing_are_refused(world: World) -> None:
    head, payload, signature = world.token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["exp"] += 5
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(errors.WrongSignature):
        await world.admits(f"{head}.{changed}.{signature}")


def signed_otherwise(world: World, algorithm: str) -> str:
    """Frida's claims with no signature, or one made with her public key as a shared secret."""
    header = {"alg": algorithm, "kid": world.frida.published[0]["kid"], "typ": tokens.TYPE}
    payload = world.token().split(".")[1]
    if algorithm == "none":
        head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
        return f"{head}.{payload}."
    public = world.frida.published[0]["x"].encode()
    claims = base64.urlsafe_b64decode(payload + "==")
    return jws.serialize_compact(header, claims, OctKey.import_key(public), [algorithm])


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512"])
async def test_the_algorithm_is_not_the_senders_to_choose(world: World, algorithm: str) -> None:
    with pytest.raises(errors.WrongSignature, match="Ed25519"):
        await world.admits(signed_otherwise(world, algorithm))


@pytest.mark.parametrize("text", ["", ".", "a.b.c", "ø.å.æ", "x" * 5000, "e30.e30.e30", "null"])
async def test_what_is_no_token_is_refused(world: World, text: str) -> None:
    with pytest.raises(errors.NoToken, match="Authorization"):
        await world.admits(text)


async def test_an_expired_token_is_refused_and_says_since_when(world: World) -> None:
    token = world.token()
    world.clock.pass_(seconds=60 + 30)
    with pytest.raises(errors.TooOld, match="30 seconds ago"):
        await world.admits(token)


async def test_a_clock_that_is_a_little_off_does_no_harm(world: World) -> None:
    token = world.token()
    world.clock.pass_(seconds=-4)
    assert await world.admits(token)


async def test_a_clock_that_is_off_is_told_by_how_much(world: World) -> None:
    token = world.token()
    world.clock.pass_(seconds=-240)
    with pytest.raises(errors.ClockOff, match="240 seconds in the future"):
        await world.admits(token)


async def test_no_token_is_good_for_long(world: World, tmp_path: Path) -> None:
    key = OKPKey.generate_key("Ed25519")
    async with world.ours.write() as tx:
        await peers.set_keys(tx, FRIDA, [*world.frida.published, tokens.plain(key)])
    claims = tokens.read(world.token()).claims
    long = msgspec.to_builtins(claims) | {"exp": claims.exp + 3600}
    header = {"alg": "Ed25519", "kid": key.thumbprint(), "typ": tokens.TYPE}
    with pytest.raises(errors.TooLong):
        await world.admits(jws.serialize_compact(header, json.dumps(long), key, ["Ed25519"]))


async def test_the_second_time_it_is_refused_by_any_process(world: World) -> None:
    token = world.token()
    await world.admits(token)
    with pytest.raises(errors.Replayed):
        await world.admits(token)
    again = await Database.open(str(world.ours.url))
    with pytest.raises(errors.Replayed):
        await world.another_process(again).admit(token, ASK)
    await again.close()


async def test_of_many_at_once_in_two_processes_one_is_let_in(world: World) -> None:
    token = world.token()
    other = await Database.open(str(world.ours.url))
    gates = [world.gate, world.another_process(other)]
    tries = [gates[number % 2].admit(token, ASK) for number in range(20)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Peer) for one in done) == 1
    assert sum(isinstance(one, errors.Replayed) for one in done) == 19
    await other.close()


async def test_used_tokens_are_forgotten_once_they_could_not_be_used_anyway(world: World) -> None:
    token = world.token()
    await world.admits(token)
    assert await world.gate.forget() == 0
    world.clock.pass_(seconds=660)
    assert await world.gate.forget() == 1
    with pytest.raises(errors.TooOld):
        await world.admits(token)


async def test_a_token_for_another_installation_is_refused(world: World) -> None:
    with pytest.raises(errors.WrongAudience, match=BERGEN):
        await world.admits(world.token(audience="https://asker.example"))


@pytest.mark.parametrize("body", [b'{"text":"Hej"}', b'{"text":"Hei"} ', b"", ASK.body * 2])
async def test_a_body_changed_by_a_byte_is_refused(world: World, body: bytes) -> None:
    token = world.token()
    with pytest.raises(errors.BodyChanged):
        await world.admits(token, ASK._replace(body=body))
    assert await world.admits(token), "the true message still gets through"


@pytest.mark.parametrize(
    "elsewhere",
    [ASK._replace(path="/adapters/samsvar/manifest"), ASK._replace(method="PUT")],
)
async def test_a_token_for_another_request_is_refused(world: World, elsewhere: Request) -> None:
    with pytest.raises(errors.MeantElsewhere, match=elsewhere.path):
        await world.admits(world.token(), elsewhere)


async def test_a_peer_that_is_switched_off_is_refused_at_once_by_every_process(
    world: World,
) -> None:
    await world.admits(world.token())
    other = await Database.open(str(world.ours.url))
    async with other.write() as tx:
        known = await peers.named(tx, "Frida")
        await peers.put(tx, msgspec.structs.replace(known, enabled=False))
    with pytest.raises(errors.SwitchedOff):
        await world.admits(world.token())
    await other.close()


async def test_keys_are_changed_without_a_refusal_and_without_asking(world: World) -> None:
    old = world.token()
    await world.frida.rotate()
    await world.admits(world.token())
    assert await world.admits(old), "a slower process of hers still signs with the old key"
    assert world.served == 0, "the next key was known already"


async def test_a_key_nobody_told_of_is_fetched_from_the_registered_address(world: World) -> None:
    await world.frida.rotate()
    await world.frida.rotate()
    await world.admits(world.token())
    assert world.served == 1
    async with world.ours.read() as tx:
        assert (await peers.named(tx, FRIDA)).keys == world.frida.published


async def test_unknown_keys_cannot_make_us_ask_again_and_again(world: World) -> None:
    for _ in range(5):
        stranger = OKPKey.generate_key("Ed25519")
        now = world.clock().timestamp()
        with pytest.raises(errors.UnknownKey):
            await world.admits(tokens.made(stranger, FRIDA, BERGEN, ASK, now))
    assert world.served == 1
    world.clock.pass_(seconds=ASK_EVERY.total_seconds() + 1)
    with pytest.raises(errors.UnknownKey):
        await world.admits(tokens.made(stranger, FRIDA, BERGEN, ASK, world.clock().timestamp()))
    assert world.served == 2


async def test_a_withdrawn_key_is_believed_no_more(world: World) -> None:
    stolen = world.token()
    await world.frida.rotate(at_once=True)
    assert tokens.read(stolen).kid not in {key["kid"] for key in world.frida.published}
    async with world.ours.write() as tx:
        await peers.set_keys(tx, FRIDA, world.frida.published)
    with pytest.raises(errors.UnknownKey):
        await world.admits(stolen)


async def test_an_old_key_is_published_for_its_grace_and_then_forgotten(world: World) -> None:
    await world.frida.rotate()
    assert len(world.frida.published) == 3
    world.clock.pass_(seconds=GRACE.total_seconds() + 1)
    await world.frida.reload()
    assert len(world.frida.published) == 2


async def test_processes_that_begin_together_have_the_same_id_and_keys(tmp_path: Path) -> None:
    url, clock, sealer = f"sqlite:///{tmp_path / 'new.db'}", FakeClock(), Sealer(["k" * 32])
    first, second = await Database.open(url), await Database.open(url)
    one, other = await asyncio.gather(
        Keys.open(first, sealer, "", clock), Keys.open(second, sealer, "", clock)
    )
    assert one.id == other.id != ""
    assert one.published == other.published
    assert len(one.published) == 2
    renamed = await Keys.open(first, sealer, "https://later.example", clock)
    assert renamed.id == one.id, "peers know it by that id"
    await first.close()
    await second.close()


async def test_another_process_follows_a_change_of_keys(world: World, tmp_path: Path) -> None:
    hers = await Database.open(f"sqlite:///{tmp_path / 'hers.db'}")
    other = await Keys.open(hers, Sealer(["f" * 32]), FRIDA, world.clock)
    await other.rotate()
    before = tokens.read(world.token()).kid
    await world.frida.reload()
    assert tokens.read(world.token()).kid != before
    assert tokens.read(world.token()).kid == tokens.read(other.token(BERGEN, ASK)).kid
    await hers.close()


async def test_private_keys_are_nowhere_in_the_database(world: World, tmp_path: Path) -> None:
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("hers.db*"))
    assert world.frida.published[0]["x"].encode() in stored
    assert b'"d"' not in stored and b'\\"d\\"' not in stored


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [{"kty": "oct", "k": "c2VjcmV0"}],
        [{"kty": "OKP", "crv": "X25519", "x": "SzycEJvpfN6kG1vnf-ixWXHDlZfNjr0bgYd-JbnJxbA"}],
        [{"kty": "OKP", "crv": "Ed25519", "x": "short"}],
        [{"kty": "OKP", "crv": "Ed25519", "x": "SzycEJvpfN6kG1vnf-ixWXHDlZfNjr0bgYd-JbnJxbA"}] * 11,
    ],
)
def test_only_a_few_keys_of_the_one_kind_are_taken(keys: list[dict[str, str]]) -> None:
    with pytest.raises(ValueError):
        tokens.published(keys)


def test_a_published_key_is_known_by_its_own_thumbprint_whatever_it_calls_itself() -> None:
    key = tokens.plain(OKPKey.generate_key("Ed25519"))
    assert tokens.published([key | {"kid": "another's"}]) == [key]
