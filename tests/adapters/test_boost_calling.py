"""Questions taken to a partner on boost.ai: Frida's answers, replayed on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from httpx import AsyncClient
from litestar import Litestar, Response, post
from litestar.params import FromPath

from adapters.boost.adapter import BoostAdapter
from router.adapters import PartnerFailed, Told
from tests.adapters.lines import PlainLine, question
from tests.adapters.peers import boost as peer
from tests.api.conftest import served
from tests.waiting import PATIENCE_S


class Bergen:
    """The side that asks."""

    def __init__(self, line: PlainLine, frida: peer.Frida) -> None:
        self.line = line
        self.frida = frida

    async def ask(self, text: str, **more: object) -> Told:
        return await BoostAdapter().ask(self.line, question(text, **more))


@pytest.fixture
async def bergen() -> AsyncIterator[Bergen]:
    frida = peer.Frida()
    async with served(peer.app(frida)) as address, AsyncClient(timeout=PATIENCE_S) as http:
        yield Bergen(PlainLine(address, http), frida)


async def test_answers_with_a_source(bergen: Bergen) -> None:
    told = await bergen.ask("Hvordan søker jeg dagpenger?")
    assert told.html == peer.ANSWERS["Dagpenger"]
    assert [source.url for source in told.sources] == ["https://www.nav.no/dagpenger"]
    assert (told.kind, told.language, told.options) == (None, "nb", ())
    assert [one["command"] for one in bergen.frida.came] == ["START", "POST"]
    assert bergen.frida.came[0]["language"] == "no-NO"
    assert bergen.frida.came[1]["custom_payload"] == {"via": ["bergen"]}


async def test_asks_back_and_understands_what_is_chosen(bergen: Bergen) -> None:
    asked = await bergen.ask("Får jeg penger?")
    assert [option.label for option in asked.options] == ["Dagpenger", "Sykepenger"]
    told = await bergen.ask("Sykepenger", choice=asked.options[1].id, state=asked.state)
    assert told.html == peer.ANSWERS["Sykepenger"]
    assert [one["command"] for one in bergen.frida.came] == ["START", "POST", "POST"]
    assert bergen.frida.came[2]["conversation_id"] == bergen.frida.came[1]["conversation_id"]


async def test_words_for_not_knowing_are_left_to_the_connection(bergen: Bergen) -> None:
    told = await bergen.ask("Hvem vant VM?")
    assert told.kind is None and "forstår ikke" in told.html


async def test_expired_conversation_is_begun_anew_once(bergen: Bergen) -> None:
    first = await bergen.ask("Hvordan søker jeg dagpenger?")
    bergen.frida.forget()
    second = await bergen.ask("Får jeg penger?", state=first.state)
    assert second.options and second.state != first.state
    assert [one["command"] for one in bergen.frida.came][2:] == ["POST", "START", "POST"]


async def test_human_chat_is_left_again(bergen: Bergen) -> None:
    told = await bergen.ask("Jeg vil snakke med et menneske")
    assert told.kind == "handover" and "veileder" in told.html
    assert bergen.frida.came[-1]["command"] == "POLLSTOP"
    assert (await bergen.ask("dagpenger", state=told.state)).kind is None


async def test_question_longer_than_it_reads_counts_as_not_answered(bergen: Bergen) -> None:
    told = await bergen.ask("dagpenger " * 12)
    assert told.kind == "unanswered"
    assert [one["command"] for one in bergen.frida.came] == ["START"]
    assert (await bergen.ask("dagpenger", state=told.state)).html


async def test_filter_values_go_along_some_in_one_language_only(bergen: Bergen) -> None:
    bergen.line.settings = {"filter_values": "bergen, nb:bokmal, nn:nynorsk"}
    told = await bergen.ask("dagpenger")
    await bergen.ask("dagpenger", language="nn", state=told.state)
    sent = [one["filter_values"] for one in bergen.frida.came]
    assert sent == [["bergen", "bokmal"], ["bergen", "bokmal"], ["bergen", "nynorsk"]]


async def test_secret_goes_in_the_header(bergen: Bergen) -> None:
    bergen.line.secret = "s3cret"
    await bergen.ask("dagpenger")
    assert set(bergen.frida.authorised) == {"Bearer s3cret"}


async def test_address_may_be_the_whole_one_that_front_ends_have(bergen: Bergen) -> None:
    bergen.line.address += "/api/chat/v2"
    assert (await bergen.ask("dagpenger")).html
    card = await BoostAdapter().card(bergen.line)
    assert card is not None and (card.name, card.languages) == ("Frida", ("nb", "en"))


CONVERSATION = {"id": "c", "state": {"chat_status": "virtual_agent"}}


NONSENSE: list[tuple[int, Any]] = [
    (200, b"<html>"),
    (200, b"\xff\xfe"),
    (200, b"[]"),
    (200, b"{}"),
    (200, b'{"conversation":{"state":{}}}'),
    (200, b'{"conversation":{"id":"c","state":{"chat_status":"gone"}}}'),
    (200, {"conversation": CONVERSATION}),
    (200, {"conversation": CONVERSATION, "response": {"elements": []}}),
    (200, {"conversation": CONVERSATION, "response": {"elements": [{"type": "html"}]}}),
    (200, {"conversation": CONVERSATION, "response": {"elements": "hei"}}),
    (404, {"error": "session ended"}),
]


async def test_what_the_protocol_does_not_allow_fails() -> None:
    @post("/{number:int}/api/chat/v2")
    async def broken(number: FromPath[int]) -> Response[Any]:
        status, body = NONSENSE[number]
        return Response(body, status_code=status, media_type="application/json")

    async with (
        served(Litestar([broken], openapi_config=None)) as address,
        AsyncClient(timeout=PATIENCE_S) as http,
    ):
        for number, (_, body) in enumerate(NONSENSE):
            with pytest.raises(PartnerFailed):
                line = PlainLine(f"{address}/{number}", http)
                pytest.fail(f"{body!r} became {await BoostAdapter().ask(line, question('Hei'))}")


async def test_refusal_is_an_http_error(bergen: Bergen) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        await bergen.ask("", choice="no such link")


async def test_question_that_has_been_there_is_refused(demo_server: str) -> None:
    async with AsyncClient(timeout=PATIENCE_S) as http:
        line = PlainLine(f"{demo_server}/adapters/boost/nav", http)
        with pytest.raises(httpx.HTTPStatusError):
            await BoostAdapter().ask(line, question("dagpenger", via=("nav", "bergen")))


async def test_two_of_us_understand_each_other(demo_server: str) -> None:
    async with AsyncClient(timeout=PATIENCE_S) as http:
        line = PlainLine(f"{demo_server}/adapters/boost/nav", http)
        told = await BoostAdapter().ask(line, question("Hvordan søker jeg dagpenger?"))
        assert "dagpenger" in told.html and told.sources
        card = await BoostAdapter().card(line)
        assert card is not None and card.name == "NAV"
