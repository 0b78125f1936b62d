"""Two installations that federate and refer both ways: what is asked, and what is believed."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from adapters.samsvar.adapter import PREFIX
from adapters.samsvar.shapes import Ask
from brains import audit
from brains.model import Connection
from embeddings.matcher import Scored
from router.adapters import PartnerFailed
from router.federation.trust.tokens import Request
from router.messages import Answered, Clarify, Crisis, Message, Referred
from tests.adapters.installations import ENTRIES, Two
from tests.router.conftest import BENEFIT
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
    async with httpx.AsyncClient(base_url=two.hordaland.address, timeout=PATIENCE_S) as http:
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
    async with httpx.AsyncClient(base_url=two.frida.address, timeout=PATIENCE_S) as http:
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
