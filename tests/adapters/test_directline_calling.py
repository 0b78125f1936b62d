"""A bot on Azure is asked over Direct Line; Frida plays it on a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar, Response, route
from litestar.params import FromPath

from adapters.directline.adapter import DirectLineAdapter
from router.adapters import PartnerFailed, Said, Told
from tests.adapters.lines import PlainLine, question
from tests.adapters.peers.directline import PAGE, SECRET, Frida, frida
from tests.api.conftest import served
from tests.waiting import PATIENCE_S

FAST = {"poll_s": "0.05", "quiet_s": "0.12"}
pytestmark = pytest.mark.asyncio(loop_scope="module")
DIRECT_LINE = DirectLineAdapter()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[tuple[str, httpx.AsyncClient, Frida]]:
    app = frida()
    async with served(app) as address, httpx.AsyncClient(timeout=PATIENCE_S) as http:
        yield address, http, app.state.frida


@pytest.fixture
def her(running: tuple[str, httpx.AsyncClient, Frida]) -> tuple[PlainLine, Frida]:
    """The connection to Frida, and Frida, to whom nothing was ever sent."""
    address, http, she = running
    she.begin_anew()
    return PlainLine(address, http, SECRET, FAST), she


async def asked(line: PlainLine, text: str, before: Told | None = None, **more: object) -> Told:
    state = before.state if before is not None else ""
    return await DIRECT_LINE.ask(line, question(text, state=state, **more))


async def test_all_that_is_said_is_the_reply_and_the_greeting_is_not(
    her: tuple[PlainLine, Frida],
) -> None:
    line, she = her
    told = await asked(line, "Hvordan søker jeg dagpenger?")
    assert told.html.startswith("<p>Søk om <strong>dagpenger</strong> på nav.no.</p>")
    assert "Les mer under." in told.html
    assert "Hei" not in told.html
    assert (told.speaker, told.language, told.kind) == ("Frida", "nb-NO", None)
    assert [(one.title, one.url) for one in told.sources] == [("Om dagpenger", PAGE)]
    (came,) = she.came
    assert came["text"] == "Hvordan søker jeg dagpenger?"
    assert came["from"] == {"id": "c-1", "role": "user"}
    assert came["locale"] == "nb"


async def test_the_secret_goes_out_once_and_then_the_conversations_token(
    her: tuple[PlainLine, Frida],
) -> None:
    line, she = her
    first = await asked(line, "noe")
    await asked(line, "noe annet", first)
    bearers = [bearer for _, _, bearer in she.calls]
    assert bearers[0] == f"Bearer {SECRET}"
    assert set(bearers[1:]) == {"Bearer token-conversation-1"}


@pytest.mark.parametrize(
    ("label", "sent", "answer"),
    [
        ("Dagpenger", {"text": "dagpenger"}, "dagpenger"),
        ("Sykepenger", {"value": {"intent": "sykepenger"}}, "&lt;b&gt;for&lt;/b&gt; deg.<br>"),
        ("Annet", {"text": "annet", "value": {"intent": "annet"}}, "vet jeg ikke"),
    ],
)
async def test_a_button_is_pressed_as_its_kind_asks_for(
    her: tuple[PlainLine, Frida], label: str, sent: dict[str, object], answer: str
) -> None:
    line, she = her
    told = await asked(line, "penger")
    assert [one.label for one in told.options] == ["Dagpenger", "Sykepenger", "Annet"]
    assert [one.url for one in told.sources] == ["https://www.nav.no/tjenester"]
    assert [(one.label, one.url) for one in told.contacts] == [("Ring oss", "tel:55553333")]
    option = next(one for one in told.options if one.label == label)
    chosen = await asked(line, label, told, choice=option.id)
    assert sent.items() <= she.came[-1].items()
    assert answer in chosen.html


async def test_an_adaptive_card_is_read_and_its_form_sent(her: tuple[PlainLine, Frida]) -> None:
    line, _ = her
    told = await asked(line, "skjema")
    assert told.html == "<p>Velg <strong>skjema</strong></p>\n"
    assert [one.title for one in told.sources] == ["Skjemaer"]
    chosen = await asked(line, "Klage", told, choice=told.options[0].id)
    assert chosen.html == "<p>Skjemaet heter klage.</p>"


async def test_handing_over_and_taking_leave_are_told(her: tuple[PlainLine, Frida]) -> None:
    line, _ = her
    handed = await asked(line, "et menneske, takk")
    assert handed.kind == "handover"
    assert "setter deg over" in handed.html
    left = await asked(line, "ha det", handed)
    assert left.ended


async def test_the_transcript_goes_ahead_of_the_question(her: tuple[PlainLine, Frida]) -> None:
    line, she = her
    said = (Said("visitor", "", "Hei"), Said("bot", "Bergen kommune", "Hva lurer du på?"))
    await asked(line, "noe", transcript=said)
    event, message = she.came
    assert (event["type"], event["name"]) == ("event", "handoff.initiate")
    lines = event["attachments"][0]["content"]["activities"]
    assert [(one["from"]["role"], one["text"]) for one in lines] == [
        ("user", "Hei"),
        ("bot", "Hva lurer du på?"),
    ]
    assert message["text"] == "noe"


async def test_a_token_that_ends_soon_is_asked_for_again(her: tuple[PlainLine, Frida]) -> None:
    line, she = her
    she.expires_in = 30
    first = await asked(line, "noe")
    she.calls.clear()
    await asked(line, "noe annet", first)
    assert she.calls[0][::2] == ("GET", f"Bearer {SECRET}")
    assert len(she.conversations) == 1


async def test_a_forgotten_conversation_begins_anew(her: tuple[PlainLine, Frida]) -> None:
    line, she = her
    first = await asked(line, "noe")
    she.forget()
    told = await asked(line, "dagpenger", first)
    assert "dagpenger" in told.html


async def test_no_more_is_read_than_is_ever_shown(her: tuple[PlainLine, Frida]) -> None:
    line, _ = her
    told = await asked(line, "alt")
    assert 8_000 < len(told.html) < 20_000


async def test_silence_lasts_until_the_router_ends_it(her: tuple[PlainLine, Frida]) -> None:
    line, _ = her
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await asked(line, "stille")


async def test_a_wrong_secret_is_the_partners_refusal(her: tuple[PlainLine, Frida]) -> None:
    line, _ = her
    line.secret = "wrong"
    with pytest.raises(PartnerFailed, match="conversations was refused with HTTP 403"):
        await asked(line, "noe")


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[" * 50_000, b'{"conversationId":5}', b'{"conversationId":"../../x"}'],
    ids=["nothing", "HTML", "nested", "a number", "a path"],
)
async def test_what_the_protocol_does_not_know_is_a_failure(content: bytes) -> None:
    paths: list[str] = []

    @route("/{path:path}", http_method=["GET", "POST"], status_code=200)
    async def nonsense(path: FromPath[str]) -> Response[bytes]:
        paths.append(path)
        return Response(content)

    async with (
        served(Litestar([nonsense])) as address,
        httpx.AsyncClient(timeout=PATIENCE_S) as http,
    ):
        with pytest.raises(PartnerFailed, match="Direct Line does not know"):
            await asked(PlainLine(address, http, settings=FAST), "noe")
    assert all(path.startswith("/v3/directline/conversations") for path in paths)


async def test_a_bot_that_breaks_is_an_http_error() -> None:
    @route("/{path:path}", http_method=["POST"], status_code=502)
    async def broken(path: FromPath[str]) -> None:
        return None

    async with served(Litestar([broken])) as address, httpx.AsyncClient(timeout=PATIENCE_S) as http:
        with pytest.raises(httpx.HTTPStatusError):
            await asked(PlainLine(address, http), "noe")


async def test_publishes_nothing_about_itself(her: tuple[PlainLine, Frida]) -> None:
    assert await DIRECT_LINE.card(her[0]) is None
