"""We ask Frida, an agent on the A2A SDK's server side, by both versions and both bindings."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx
import msgspec
import pytest
from google.protobuf.json_format import MessageToDict
from litestar import Litestar, Response, get, post
from starlette.types import Receive, Scope, Send

from adapters.a2a.adapter import A2AAdapter
from router.adapters import PartnerFailed, Said
from router.messages import Option, Source
from tests.adapters.lines import PlainLine, question
from tests.adapters.peers import a2a as peer
from tests.api.conftest import served
from tests.waiting import PATIENCE_S

ADAPTER = A2AAdapter()
BINDINGS = {
    "1.0": ("rpc", "JSONRPC", "1.0"),
    "1.0 over HTTP+JSON": ("rest", "HTTP+JSON", "1.0"),
    "0.3": ("rpc", "JSONRPC", "0.3"),
}
Frida = tuple[PlainLine, peer.Frida]


class _Late:
    """An application that is only made when its address is known: the card names it."""

    def __init__(self) -> None:
        self.app: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@contextlib.asynccontextmanager
async def at(
    make: Callable[[str], Any], settings: Mapping[str, str] | None = None
) -> AsyncIterator[PlainLine]:
    """A line to the application that is made for its own address."""
    late = _Late()
    late.app = Litestar()
    async with served(late) as address, httpx.AsyncClient(timeout=PATIENCE_S) as http:  # type: ignore[arg-type]
        late.app = make(address)
        yield PlainLine(address, http, "a-secret", settings)


@pytest.fixture(params=BINDINGS)
async def frida(request: pytest.FixtureRequest) -> AsyncIterator[Frida]:
    """A line to Frida, and Frida."""
    path, binding, version = BINDINGS[request.param]
    made: list[Any] = []

    def make(address: str) -> Any:
        made.append(peer.frida(peer.card((f"{address}/{path}", binding, version))))
        return made[0]

    async with at(make) as line:
        yield line, made[0].state.frida


async def test_frida_answers_with_a_link_in_one_conversation(frida: Frida) -> None:
    line, agent = frida
    first = await ADAPTER.ask(line, question("Hvordan søker jeg dagpenger?"))
    assert (first.text, first.kind) == (peer.ANSWER, None)
    assert first.sources == (Source("Dagpenger", peer.PAGE),)
    again = await ADAPTER.ask(line, question("hva er Pi?", state=first.state))
    assert again.text == peer.UNKNOWN
    (one, key), (other, _) = agent.came
    assert key == "Bearer a-secret"
    assert one.context_id == other.context_id != ""
    assert MessageToDict(one.metadata)["samsvar"]["via"] == ["bergen"]


async def test_frida_asks_back_and_is_told_what_was_chosen(frida: Frida) -> None:
    line, agent = frida
    told = await ADAPTER.ask(line, question("penger"))
    assert (told.kind, told.text) == ("clarify", peer.WHICH)
    assert told.options == (Option("d", "Dagpenger"), Option("s", "Sykepenger"))
    done = await ADAPTER.ask(line, question("Dagpenger", choice="d", state=told.state))
    assert (done.kind, done.text) == (None, f"Om d: {peer.ANSWER}")
    assert agent.came[1][0].task_id == json.loads(told.state)["task"]
    last = await ADAPTER.ask(line, question("hva er Pi?", state=done.state))
    assert last.text == peer.UNKNOWN


async def test_a_task_that_works_is_waited_for(frida: Frida) -> None:
    line, _ = frida
    told = await ADAPTER.ask(line, question("tenk lenge"))
    assert (told.html or told.text, told.kind) == (peer.THOUGHT, None)  # 0.3 has no media types


async def test_a_task_that_is_turned_down_is_no_answer_and_one_that_fails_is_a_failure(
    frida: Frida,
) -> None:
    line, _ = frida
    told = await ADAPTER.ask(line, question("nei"))
    assert (told.kind, told.text) == ("unanswered", peer.TURNED_DOWN)
    with pytest.raises(PartnerFailed, match="TASK_STATE_FAILED"):
        await ADAPTER.ask(line, question("feil"))


async def test_a_task_that_frida_has_forgotten_is_left_and_the_question_asked(frida: Frida) -> None:
    line, _ = frida
    told = await ADAPTER.ask(line, question("penger"))
    state = msgspec.json.decode(told.state)
    forgotten = msgspec.json.encode(state | {"task": "no-such-task"}).decode()
    again = await ADAPTER.ask(line, question("Hvordan søker jeg dagpenger?", state=forgotten))
    assert again.text == peer.ANSWER


async def test_what_was_said_before_goes_along_where_the_visitor_agreed(frida: Frida) -> None:
    line, agent = frida
    before = (Said("visitor", "Besøkende", "Hei"),)
    await ADAPTER.ask(line, question("Hvordan søker jeg dagpenger?", transcript=before))
    (message, _) = agent.came[0]
    data = [MessageToDict(part.data) for part in message.parts if part.HasField("data")]
    assert data == [{"transcript": [{"by": "visitor", "name": "Besøkende", "text": "Hei"}]}]


async def test_the_card_says_what_frida_answers(frida: Frida) -> None:
    line, _ = frida
    card = await ADAPTER.card(line)
    assert card is not None
    assert (card.name, card.website) == ("Frida", "https://www.nav.no")
    assert [(topic.title, len(topic.questions)) for topic in card.topics] == [
        ("Dagpenger", 2),
        ("Sykepenger", 1),
    ]


async def test_a_card_cannot_send_the_question_to_another_host() -> None:
    def make(address: str) -> Any:
        return peer.frida(peer.card(("http://169.254.169.254/rpc", "JSONRPC", "1.0")))

    async with at(make) as line:
        # The registered address has no agent of its own here, and no other is asked.
        with pytest.raises(httpx.HTTPStatusError) as refused:
            await ADAPTER.ask(line, question("Hvordan søker jeg dagpenger?"))
        assert str(refused.value.request.url).startswith(line.address)


@pytest.mark.parametrize("version", ["1.0", "0.3"])
async def test_where_the_version_is_set_no_card_is_read(version: str) -> None:
    def make(address: str) -> Any:
        return peer.frida(peer.card(("http://nowhere.example", "GRPC", "1.0")))

    async with at(make, {"version": version}) as line:
        line.address += "/rpc"
        told = await ADAPTER.ask(line, question("Hvordan søker jeg dagpenger?"))
        assert told.text == peer.ANSWER


async def test_a_card_without_anything_spoken_here_says_so() -> None:
    def make(address: str) -> Any:
        return peer.frida(peer.card((address, "GRPC", "1.0")))

    async with at(make) as line:
        with pytest.raises(PartnerFailed, match="no interface"):
            await ADAPTER.ask(line, question("Hei"))


NONSENSE: dict[str, Any] = {
    "a list": [],
    "no result": {"jsonrpc": "2.0", "id": 1},
    "a number": {"jsonrpc": "2.0", "id": 1, "result": 3},
    "neither message nor task": {"jsonrpc": "2.0", "id": 1, "result": {}},
    "a message of numbers": {"jsonrpc": "2.0", "id": 1, "result": {"message": {"parts": 3}}},
    "an empty message": {"jsonrpc": "2.0", "id": 1, "result": {"message": {"parts": []}}},
    "an error that quotes": {"id": 1, "error": {"code": -32603, "message": "you said Hemmelig"}},
    "an error of text": {"id": 1, "error": "Hemmelig"},
    "endless ids": {"result": {"message": {"contextId": "x" * 5000, "parts": [{"text": "Hei"}]}}},
}


@pytest.mark.parametrize("version", ["1.0", "0.3"])
async def test_nonsense_is_a_failure_that_quotes_nobody(version: str) -> None:
    replies = iter(NONSENSE.values())

    @post("/", status_code=200)
    async def nonsense() -> Any:
        return Response(next(replies))

    async with at(lambda _: Litestar([nonsense]), {"version": version}) as line:
        for name in NONSENSE:
            with pytest.raises(PartnerFailed) as failed:
                await ADAPTER.ask(line, question("Hemmelig"))
            assert "Hemmelig" not in str(failed.value), name


async def test_a_card_that_is_none_is_a_failure() -> None:
    cards = [b"<html>", b"[]", b'{"supportedInterfaces": 3}', b"[" * 50_000]

    @get("/.well-known/agent-card.json")
    async def published() -> Response[bytes]:
        return Response(cards.pop(), media_type="application/json")

    async with at(lambda _: Litestar([published])) as line:
        while cards:
            with pytest.raises(PartnerFailed):
                await ADAPTER.card(line)


async def test_a_partner_that_is_down_is_told_from_one_that_talks_nonsense() -> None:
    async with at(lambda _: Litestar()) as line:
        with pytest.raises(httpx.HTTPStatusError):
            await ADAPTER.ask(line, question("Hei"))
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        with pytest.raises(httpx.ConnectError):
            await ADAPTER.ask(PlainLine(line.address, http), question("Hei"))
