"""A front end of Rasa's with the demo's bots, and Frida as a bot that runs on Rasa."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar, post

from adapters.rasa.adapter import RasaAdapter
from router.adapters import PartnerFailed, Said
from router.messages import Option, Source
from tests.adapters.conftest import ANSWERED, CRISIS, FOLLOW_UP, NAVS, VAGUE
from tests.adapters.lines import PlainLine, question
from tests.adapters.peers import rasa as peer
from tests.api.conftest import served
from tests.waiting import PATIENCE_S


class FrontEnd:
    """What a front end does: it posts what is written or pressed, and shows what comes."""

    def __init__(self, http: httpx.Client, body: str = "bergen") -> None:
        self.http = http
        self.url = f"/adapters/rasa/{body}/webhooks/rest"
        self.sender = secrets.token_hex(8)

    def post(self, message: Any, **more: Any) -> httpx.Response:
        asked = {"sender": self.sender, "message": message, **more}
        return self.http.post(f"{self.url}/webhook", json=asked)

    def say(self, message: str, **more: Any) -> dict[str, Any]:
        """The one message that answers."""
        response = self.post(message, **more)
        assert response.status_code == 200, response.text
        (told,) = response.json()
        assert told["recipient_id"] == self.sender
        return dict(told)


@pytest.fixture
def http(demo_server: str, partner_key: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {partner_key}"}
    with httpx.Client(base_url=demo_server, headers=headers, timeout=PATIENCE_S) as opened:
        yield opened


@pytest.fixture
def front(http: httpx.Client) -> FrontEnd:
    return FrontEnd(http)


def test_answers_with_its_sources(front: FrontEnd) -> None:
    told = front.say(ANSWERED, metadata={"language": "nb-NO", "page": 1})
    reply = told["custom"]["samsvar"]
    assert reply["outcome"]["type"] == "answered"
    assert (reply["body"]["name"], reply["language"]) == ("Bergen kommune", "nb")
    assert reply["sources"]
    assert told["text"].startswith(reply["text"])
    assert all(source["url"] in told["text"] for source in reply["sources"])


def test_asks_what_was_meant_and_understands_the_button_by_payload_and_by_title(
    front: FrontEnd,
) -> None:
    told = front.say(VAGUE)
    assert told["custom"]["samsvar"]["outcome"]["type"] == "clarify"
    first, second, *_ = told["buttons"]
    assert first["payload"].startswith('/choice{"id":')
    chosen = front.say(first["payload"])["custom"]["samsvar"]
    assert chosen["outcome"]["type"] == "answered"
    front.say(VAGUE)
    assert front.say(second["title"])["custom"]["samsvar"]["outcome"]["type"] == "answered"


def test_anothers_question_is_answered_in_its_name(front: FrontEnd) -> None:
    reply = front.say(NAVS)["custom"]["samsvar"]
    assert (reply["outcome"]["type"], reply["body"]["name"]) == ("referred", "NAV")
    assert front.say(FOLLOW_UP)["custom"]["samsvar"]["body"]["id"] == "bergen"


def test_a_crisis_gets_the_numbers_to_call(front: FrontEnd) -> None:
    told = front.say(CRISIS)
    assert told["custom"]["samsvar"]["outcome"]["type"] == "crisis"
    assert "116 123" in told["text"]
    assert 'href="tel:116123"' in told["custom"]["samsvar"]["html"]


def test_opens_with_a_greeting_and_what_is_often_asked(front: FrontEnd) -> None:
    told = front.post("/session_start").json()
    assert "Bergen" in told[-1]["text"]
    popular = told[-1]["buttons"][0]
    assert front.say(popular["payload"])["custom"]["samsvar"]["outcome"]["type"] == "answered"


def test_a_question_that_has_been_here_is_refused(front: FrontEnd) -> None:
    refused = front.post(ANSWERED, metadata={"via": ["bergen", "nav"]})
    assert refused.status_code == 400
    assert "loop" in refused.json()["message"]


def test_streams_one_message_a_line(front: FrontEnd) -> None:
    asked = {"sender": front.sender, "message": ANSWERED}
    response = front.http.post(f"{front.url}/webhook?stream=true", json=asked)
    assert response.headers["content-type"].startswith("text/event-stream")
    (line,) = response.text.splitlines()
    assert json.loads(line)["custom"]["samsvar"]["outcome"]["type"] == "answered"


def test_says_that_a_body_is_there(front: FrontEnd) -> None:
    assert front.http.get(f"{front.url}/").json() == {"status": "ok"}
    missing = FrontEnd(front.http, "nowhere")
    assert front.http.get(f"{missing.url}/").status_code == 404


def test_refuses_as_rasas_server_does(front: FrontEnd) -> None:
    refused = FrontEnd(front.http, "nowhere").post(ANSWERED)
    assert (refused.status_code, refused.json()["status"]) == (404, "failure")
    assert refused.json()["reason"] == "NotFound" and "nowhere" in refused.json()["message"]
    wrong = front.http.post(
        f"{front.url}/webhook",
        json={"sender": "s", "message": ANSWERED},
        headers={"Authorization": "Bearer smsv_wrong"},
    )
    assert (wrong.status_code, wrong.json()["code"]) == (401, 401)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"message": "hei"}, 400),
        ({"sender": "s", "message": None}, 400),
        ({"sender": "s", "message": "  "}, 400),
        ({"sender": "s", "message": "x" * 5000}, 400),
        ({"sender": "s", "message": '/choice{"id":"no such"}'}, 400),
        ({"sender": ["s"], "message": "hei"}, 400),
        ([], 400),
        ({"sender": 7, "message": "hei \ud800 du", "metadata": [1]}, 200),
        ({"sender": "s", "message": '/choice{"id":5}'}, 200),
    ],
)
def test_whatever_comes_is_answered_or_refused(front: FrontEnd, body: Any, status: int) -> None:
    content = json.dumps(body).encode()
    response = front.http.post(
        f"{front.url}/webhook", content=content, headers={"Content-Type": "application/json"}
    )
    assert response.status_code in (400, status), response.text
    assert status == 200 or response.json()["status"] == "failure"


Frida = tuple[PlainLine, Litestar]


@pytest.fixture
async def frida() -> AsyncIterator[Frida]:
    """A line to Frida, and Frida."""
    app = peer.frida()
    async with served(app) as address, httpx.AsyncClient(timeout=PATIENCE_S) as http:
        yield PlainLine(address, http, peer.TOKEN), app


async def test_frida_asks_back_and_answers_what_is_pressed(frida: Frida) -> None:
    line, app = frida
    told = await RasaAdapter().ask(line, question("penger"))
    assert told.text == "Hva slags penger mener du?"
    assert told.options[0] == Option('/velg{"ytelse":"dagpenger"}', "Dagpenger")
    told = await RasaAdapter().ask(line, question("Dagpenger", choice=told.options[0].id))
    assert told.text == (
        "Du søker om dagpenger på nav.no.\n\nLes mer: https://www.nav.no/dagpenger"
    )
    assert told.sources == (
        Source("dagpenger.png", peer.PICTURE),
        Source("Søknadsskjema", "https://www.nav.example/skjema.pdf"),
    )
    assert [came["message"] for came in app.state.came] == ["penger", peer.WHICH[0]["payload"]]
    assert app.state.came[0]["sender"] == app.state.came[1]["sender"] == "c-1"


async def test_frida_is_told_where_the_question_comes_from(frida: Frida) -> None:
    line, app = frida
    said = (Said("visitor", "", "Hei"),)
    await RasaAdapter().ask(line, question("hei", language="nn", transcript=said))
    assert app.state.came[0]["metadata"] == {
        "language": "nn",
        "from": "bergen",
        "via": ["bergen"],
        "transcript": [{"by": "visitor", "name": "", "text": "Hei"}],
    }


async def test_frida_does_not_know_by_the_names_of_her_fallback(frida: Frida) -> None:
    line, _ = frida
    told = await RasaAdapter().ask(line, question("Når hentes søpla?"))
    assert (told.kind, told.text) == ("unanswered", "Det forsto jeg ikke.")
    clock = question("Hva er klokka?")
    assert (await RasaAdapter().ask(line, clock)).kind is None
    named = PlainLine(line.address, line.http, peer.TOKEN, {"fallback": "x, utter_vet_ikke"})
    assert (await RasaAdapter().ask(named, clock)).kind == "unanswered"
    assert (await RasaAdapter().ask(line, question("stille"))).kind == "unanswered"
    assert await RasaAdapter().card(line) is None


async def test_a_wrong_secret_is_an_error_of_http(frida: Frida) -> None:
    line, _ = frida
    with pytest.raises(httpx.HTTPStatusError):
        await RasaAdapter().ask(PlainLine(line.address, line.http, "wrong"), question("hei"))


async def test_two_samsvar_understand_each_other_over_rasa(
    demo_server: str, partner_key: str
) -> None:
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        line = PlainLine(f"{demo_server}/adapters/rasa/bergen", http, partner_key)
        nav = {"sender": "nav", "sender_name": "NAV", "via": ("nav",)}
        asked = {"body": "bergen", "conversation": secrets.token_hex(8), **nav}
        told = await RasaAdapter().ask(line, question(VAGUE, **asked))
        assert (told.kind, told.speaker) == ("clarify", "Bergen kommune")
        told = await RasaAdapter().ask(line, question("", choice=told.options[0].id, **asked))
        assert told.kind == "answered"


@pytest.mark.parametrize(
    "content",
    [b"{}", b"nonsense", b'[{"text":"hei"}]', b'[{"recipient_id":"another","text":"hei"}]'],
)
async def test_what_rasa_never_sends_is_a_failure(content: bytes) -> None:
    @post("/webhooks/rest/webhook", status_code=200)
    async def broken() -> bytes:
        return content

    async with served(Litestar([broken])) as address, httpx.AsyncClient(timeout=PATIENCE_S) as http:
        with pytest.raises(PartnerFailed):
            await RasaAdapter().ask(PlainLine(address, http), question("dagpenger"))
