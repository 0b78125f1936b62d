"""Two installations, each a service on a socket of its own, that federate and refer both ways.

`Hordaland` answers for Bergen and Voss from one brain, `Frida` for NAV. They became peers on the
command line: `samsvar federation invite` there and `join` here.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import hmac
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
import pytest_asyncio

from adapters.samsvar.adapter import PREFIX, SamsvarAdapter
from adapters.samsvar.shapes import Ask
from brains import audit, cards, peers, store
from brains.database import Database
from brains.model import Body, Brain, Connection, Entry
from embeddings.matcher import Scored
from router.adapters import PartnerFailed
from router.api.app import create_app
from router.errors import PeerFailed
from router.federation.peering import Peering
from router.federation.trust.opening import open_trust, partner_client
from router.federation.trust.tokens import Request
from router.messages import Answered, Clarify, Crisis, Message, Referred
from router.service import Service
from router.settings import Settings
from tests.adapters.lines import question
from tests.api.conftest import ADMIN_KEY, DIMENSIONS, BlockingFakeEncoder, served
from tests.router.conftest import BENEFIT, SNOW, others

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECONDS_MAX = 30.0
ENTRIES = {
    "kommune": [SNOW, *others("kommune", 16, "veg", "samtale")],
    "nav": [BENEFIT, *others("nav", 12, "dagp")],
}
GLASSES = Entry(
    id="briller", title="Briller", questions=["Får jeg støtte til briller?"], answers={"nb": "Ja."}
)
BERGEN = Body(id="bergen", name="Bergen kommune", brain="kommune", municipality_number="4601")
VOSS = Body(
    id="voss",
    name="Voss herad",
    brain="kommune",
    municipality_number="4621",
    places=["Vossevangen", "5700"],
)
NAV = Body(id="nav", name="NAV", kind="agency", brain="nav")


class Installation(NamedTuple):
    service: Service
    address: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """For commands on this installation."""
        return environment(self.home)

    async def run(self, *arguments: str) -> str:
        """`samsvar federation ..` on this installation; what it prints."""
        command = [sys.executable, "-m", "router.cli", "federation", *arguments]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, env=os.environ | self.environment, stdout=pipe, stderr=pipe
        )
        out, error = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, error.decode()
        return out.decode()

    async def ask(self, body: str, text: str = "", **more: Any) -> Any:
        """What the peer replies over the connection that reaches `body`; `asked` is whom it is
        to ask, where that is another."""
        connection = self.service.connections.reaching(body)
        assert connection is not None
        asked: dict[str, Any] = {
            "body": more.pop("asked", body),
            "sender": "bergen",
            "via": ("bergen",),
        } | more
        line = await self.service.connections.line(connection)
        return await SamsvarAdapter().ask(line, question(text, **asked))


def environment(home: Path) -> dict[str, str]:
    return {
        "SAMSVAR_HOME": str(home),
        "SAMSVAR_ADMIN_KEY": ADMIN_KEY,
        "SAMSVAR_WRONG_RATE": "0.2",
        "SAMSVAR_PARTNER_NETWORKS": "127.0.0.0/8",
        "SAMSVAR_REQUESTS_PER_MINUTE": "1000000",
    }


@contextlib.asynccontextmanager
async def installation(
    home: Path, brain: str, bodies: Sequence[Body], entries: Sequence[Entry] = ()
) -> AsyncIterator[Installation]:
    """A running installation; its entries are those of `ENTRIES`, if none are given."""
    settings = Settings.from_environment(environment(home))
    service = await Service.open(settings, BlockingFakeEncoder(DIMENSIONS))
    await service.curation.add_brain(Brain(id=brain, name=brain), "test")
    for body in bodies:
        await service.curation.add_body(body, "test")
    await service.curation.import_entries(brain, entries or ENTRIES[brain], "test")
    await service.knowledge.refit_if_stale()
    async with served(create_app(service, settings, [SamsvarAdapter()])) as address:
        yield Installation(service, address, home)
    await service.close()


class Unsure:
    """The real matcher, but for what a search finds: two of NAV's entries, nearly alike."""

    def __init__(self, matcher: Any) -> None:
        self._matcher = matcher

    def __getattr__(self, name: str) -> Any:
        return getattr(self._matcher, name)

    def search(self, *asked: object) -> list[Scored]:
        other = next(entry.id for entry in ENTRIES["nav"] if entry is not BENEFIT)
        found = [("dagpenger", 0.5, 0.9), (other, 0.3, 0.8)]
        return [Scored(f"entry:nav/{id}", share, score) for id, share, score in found]


class Two(NamedTuple):
    hordaland: Installation
    frida: Installation


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def two(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Two]:
    homes = [tmp_path_factory.mktemp(name) for name in ("hordaland", "frida")]
    async with (
        installation(homes[0], "kommune", [BERGEN, VOSS]) as hordaland,
        installation(homes[1], "nav", [NAV]) as frida,
    ):
        code = (await hordaland.run("invite")).strip()
        own = ("--own-address", frida.address)
        joined = await frida.run("join", hordaland.address, code, *own)
        assert "bergen, voss" in joined
        two = Two(hordaland, frida)
        await until(lambda: topics(hordaland, "nav"), lambda: topics(frida, "kommune"))
        for one, body in zip(two, ("nav", "kommune"), strict=True):
            await one.service.knowledge.refit_if_stale()
            connections = one.service.connections
            patient = msgspec.structs.replace(connections.get(body), time_limit_s=SECONDS_MAX)
            await connections.save(patient)
        yield two


def topics(one: Installation, body: str) -> set[str]:
    return set(one.service.knowledge.remits.get(body, {}))


async def again(one: Installation) -> None:
    """Have it read the manifests of its partners again."""
    async with one.service.db.write() as tx:
        await cards.ask_again(tx)


async def until(*conditions: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not all(condition() for condition in conditions):
            await asyncio.sleep(0.05)


async def test_each_side_knows_the_others_bodies_and_what_people_ask_them(two: Two) -> None:
    here, there = two.hordaland.service.knowledge, two.frida.service.knowledge
    assert (here.bodies["nav"].name, here.bodies["nav"].brain) == ("NAV", None)
    assert here.connections["nav"].adapter == "samsvar"
    assert "card:dagpenger" in here.remits["nav"]
    assert there.bodies["kommune"].kind == "group"
    members = {body.id for body in there.bodies.values() if "kommune" in body.groups}
    assert members == {"bergen", "voss"}
    assert "card:snorydding" in there.remits["kommune"]
    assert there.bodies["voss"].municipality_number == "4621"
    assert there.bodies["voss"].places == ["Vossevangen", "5700"]
    assert "bergen" not in there.connections
    assert there.connections["kommune"].settings["brain"] == "kommune"


async def test_a_peer_answers_with_a_whole_reply_and_knows_what_was_said(two: Two) -> None:
    told = await two.hordaland.ask("nav", "Hvordan søker jeg om dagpenger?")
    assert isinstance(told.reply.outcome, Answered)
    assert (told.kind, told.speaker, told.text) == ("answered", "NAV", "Om dagpenger.")
    back = await two.frida.ask("voss", "Når brøyter dere veien?", sender="nav", via=("nav",))
    assert (back.reply.body.name, back.kind) == ("Voss herad", "answered")


async def test_what_a_peer_asks_back_is_chosen_in_the_same_conversation(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    knowledge = two.frida.service.knowledge
    monkeypatch.setattr(knowledge, "matcher", Unsure(knowledge.matcher))
    monkeypatch.setattr(knowledge, "answer_threshold", lambda rate: 0.9)
    asked = await two.hordaland.ask("nav", "søke dagpenger", conversation="c-unsure")
    assert isinstance(asked.reply.outcome, Clarify)
    told = await two.hordaland.ask("nav", choice=asked.options[0].id, conversation="c-unsure")
    assert (told.kind, told.reply.turn) == ("answered", asked.reply.turn + 2)
    asked = await two.hordaland.ask("nav", "søke dagpenger", conversation="c-other")
    none = await two.hordaland.ask("nav", choice="none", conversation="c-other")
    assert (none.kind, none.reply.turn) == ("unanswered", asked.reply.turn + 2)


async def test_a_crisis_comes_back_whole(two: Two) -> None:
    told = await two.hordaland.ask("nav", "jeg vil ikke leve lenger")
    assert isinstance(told.reply.outcome, Crisis)
    assert told.contacts == tuple(told.reply.outcome.contacts) != ()


async def test_a_visitor_of_one_is_answered_by_the_other_in_the_same_window(two: Two) -> None:
    reply = await two.hordaland.service.ask(Message("bergen", "Hvordan søker jeg om dagpenger?"))
    assert isinstance(reply.outcome, Referred)
    assert (reply.outcome.answered_by, reply.body.name) == ("nav", "NAV")
    assert "Om dagpenger." in reply.text


Signs = Callable[[Connection, str, str, bytes], str]


def at_another_time(two: Two, offset: dt.timedelta) -> Signs:
    """As the keys sign, on a machine whose clock is off."""
    keys = two.hordaland.service.trust.keys
    right = keys._clock

    def signs(connection: Connection, method: str, path: str, body: bytes) -> str:
        keys._clock = lambda: right() + offset
        try:
            return two.hordaland.service.trust.signs(connection, method, path, body)
        finally:
            keys._clock = right

    return signs


def once(two: Two) -> Signs:
    """The first token again and again."""
    kept: list[str] = []

    def signs(connection: Connection, method: str, path: str, body: bytes) -> str:
        kept.append(two.hordaland.service.trust.signs(connection, method, path, body))
        return kept[0]

    return signs


def tampered(two: Two) -> Signs:
    signs = two.hordaland.service.trust.signs
    return lambda *request: signs(*request)[:-4] + "AAAA"


UNTRUSTED: dict[str, Callable[[Two], Signs]] = {
    "the clock is slow, so that every token has expired": lambda two: at_another_time(
        two, -dt.timedelta(minutes=10)
    ),
    "the clock is fast": lambda two: at_another_time(two, dt.timedelta(minutes=10)),
    "the signature is wrong": tampered,
    "a token is used again": once,
}


@pytest.mark.parametrize("why", UNTRUSTED)
async def test_where_a_peer_does_not_believe_us_the_visitor_gets_the_way_there(
    two: Two, why: str
) -> None:
    service = two.hordaland.service
    right = service.connections.signs
    service.connections.signs = UNTRUSTED[why](two)
    try:
        for _ in range(2):
            reply = await service.ask(Message("bergen", "Hvordan søker jeg om dagpenger?"))
    finally:
        service.connections.signs = right
    assert isinstance(reply.outcome, Referred)
    assert (reply.outcome.body, reply.outcome.answered_by) == ("nav", None)
    assert "får ikke svar fra NAV" in reply.text
    assert "human" in [option.id for option in reply.options]


async def test_an_exchange_is_in_the_log_of_both_without_a_word_of_it(two: Two) -> None:
    await two.hordaland.service.ask(Message("bergen", "Hvordan søker jeg om dagpenger?"))
    for one, action in zip(two, ("asked", "answered"), strict=True):
        async with one.service.db.read() as tx:
            page = await audit.listing(tx, audit.Filter(action=f"federation.{action}"))
        line = page.items[0]
        assert {line.body, line.object} == {"bergen", "nav"}
        assert "dagpenger" not in str(line)
    async with two.hordaland.service.db.read() as tx:
        joined = await audit.listing(tx, audit.Filter(action="federation.join"))
    assert joined.items[-1].by == "NAV"


async def test_errors_are_the_peers_own_words_for_the_operator(two: Two) -> None:
    with pytest.raises(PartnerFailed, match="no body called “nowhere”"):
        await two.hordaland.ask("nav", "Hei", asked="nowhere")
    with pytest.raises(PartnerFailed, match="empty"):
        await two.hordaland.ask("nav", " ")


# Where a question may come from


async def test_nobody_speaks_for_anothers_body(two: Two) -> None:
    for sender, via in [("nav", ("nav",)), ("oslo", ("oslo",)), ("bergen", ("bergen", "voss"))]:
        with pytest.raises(PartnerFailed, match="does not speak for"):
            await two.hordaland.ask("nav", "Hei", sender=sender, via=via)


async def test_a_question_that_goes_round_is_refused(two: Two) -> None:
    with pytest.raises(PartnerFailed, match="“nav” before"):
        await two.hordaland.ask("nav", "Hei", via=("nav", "bergen"))
    with pytest.raises(PartnerFailed, match="“voss” before"):
        await two.hordaland.ask("nav", "Hei", via=("voss", "oslo", "voss", "bergen"))
    with pytest.raises(PartnerFailed, match="more than 4"):
        await two.hordaland.ask("nav", "Hei", via=("a", "b", "c", "d", "bergen"))
    async with httpx.AsyncClient(base_url=two.hordaland.address, timeout=SECONDS_MAX) as http:
        asked = {"body": "bergen", "text": "Hei", "via": ["voss", "bergen", "nav"]}
        refused = await http.post("/v1/ask", json=asked)
    assert refused.status_code == 400
    assert "goes round in a loop" in refused.json()["detail"]


class Attacker:
    """Sends to Frida what Hordaland signed, or did not sign."""

    def __init__(self, two: Two, http: httpx.AsyncClient) -> None:
        self.http = http
        self.audience = two.frida.service.trust.keys.id
        self.keys = two.hordaland.service.trust.keys
        ask = Ask(body="nav", sender="bergen", conversation="c-attack", text="dagpenger")
        self.body = msgspec.json.encode(ask)

    def token(self, path: str = f"{PREFIX}/ask") -> str:
        return self.keys.token(self.audience, Request("POST", path, self.body))

    async def send(self, token: str | None, body: bytes | None = None, path: str = "ask") -> Any:
        headers = {} if token is None else {"Authorization": f"Samsvar {token}"}
        content = self.body if body is None else body
        return await self.http.post(f"{PREFIX}/{path}", content=content, headers=headers)


@pytest_asyncio.fixture(loop_scope="session")
async def attacker(two: Two) -> AsyncIterator[Attacker]:
    async with httpx.AsyncClient(base_url=two.frida.address, timeout=SECONDS_MAX) as http:
        yield Attacker(two, http)


async def test_nothing_is_answered_without_a_token_for_it(attacker: Attacker) -> None:
    assert (await attacker.send(attacker.token())).status_code == 200
    tries = {
        "Samsvar <token>": attacker.send(None),
        "another request": attacker.send(attacker.token(f"{PREFIX}/manifest")),
        "exact bytes": attacker.send(attacker.token(), attacker.body + b" "),
        "The signature is wrong": attacker.send(attacker.token()[:-4] + "AAAA"),
    }
    for said, trying in tries.items():
        response = await trying
        assert response.status_code == 401
        assert said in response.json()["detail"]


async def test_what_was_recorded_cannot_be_sent_again(attacker: Attacker) -> None:
    token = attacker.token()
    done = await asyncio.gather(*(attacker.send(token) for _ in range(8)))
    assert sorted(one.status_code for one in done) == [200] + 7 * [401]


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"body":1}', b"{" * 5000])
async def test_hostile_bodies_are_refused(attacker: Attacker, body: bytes) -> None:
    attacker.body = body
    response = await attacker.send(attacker.token())
    assert response.status_code == 400


async def test_a_manifest_is_for_peers_and_keys_are_for_all(attacker: Attacker) -> None:
    assert (await attacker.http.get(f"{PREFIX}/manifest")).status_code == 401
    keys = (await attacker.http.get(f"{PREFIX}/keys")).json()["keys"]
    assert len(keys) >= 2
    assert {name for key in keys for name in key} == {"kty", "crv", "x", "kid"}


# Peers come, change and go


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
    async with httpx.AsyncClient(base_url=two.hordaland.address, timeout=SECONDS_MAX) as http:
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

    async def offered() -> list[str]:
        async with two.frida.service.db.read() as tx:
            return (await peers.named(tx, two.hordaland.address)).offered

    async with asyncio.timeout(SECONDS_MAX):
        while await offered() != ["ulvik"]:
            await asyncio.sleep(0.05)
    with pytest.raises(PartnerFailed, match="does not speak for"):
        await two.hordaland.ask("nav", "Hei", sender="ulvik", via=("ulvik",))
    joined = await two.frida.service.peering.accept(two.hordaland.address)
    assert "ulvik" in joined.peer.bodies
    told = await two.hordaland.ask("nav", "dagpenger", sender="ulvik", via=("ulvik",))
    assert told.kind == "answered"
