"""Partners in the console: connected, looked after, tried and switched off, by administrators."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import pytest_asyncio

from brains import cards, peers, remits
from brains.model import Body, Connection, Remit
from brains.peers import Peer
from router.console import wording
from router.console.connection_views import said
from router.federation.failures import Failure
from router.messages import Human, Referred, Reply, Speaker
from router.service import Service
from router.state import Memory
from tests.console.conftest import ClientOf
from tests.federation import partners
from tests.federation.partners import LetterAdapter, Partner, partner

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIST = "/console/federation"
PAGE = f"{LIST}/lanekassen"
SECRET = "s3cret-of-the-loan-bot"
NEVER = "http://127.0.0.1:9"
FORM = {
    "adapter": "letter",
    "body": "lanekassen",
    "address": f"{NEVER}/",
    "secret": SECRET,
    "settings_tone": "warm",
    "settings_colour": "red",
    "time_limit_s": "2,5",
    "languages": ["nb", "en"],
    "hours_mon": "08:00 – 15:30",
    "unknown": "vet ikke\n\nbeklager*forstår",
    "enabled": "true",
}

Connect = Callable[..., Awaitable[None]]


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def a_body_with_a_bot_of_its_own(service: Service) -> AsyncIterator[None]:
    """`lanekassen`, which no test has connected yet, and the small protocol of `partners`."""
    await service.curation.add_body(Body(id="lanekassen", name="Lånekassen", kind="agency"), "test")
    before = service.connections.adapters
    service.connections.adapters = {**before, "letter": LetterAdapter()}
    yield
    service.connections.adapters = before


@pytest_asyncio.fixture(loop_scope="session")
async def connect(service: Service) -> AsyncIterator[Connect]:
    """Connects the body to a partner for one test."""

    async def connecting(to: Partner | str = NEVER, **more: Any) -> None:
        address = to if isinstance(to, str) else to.address
        fields = {"adapter": "letter", "time_limit_s": 2.0} | more
        await service.connections.save(Connection(body="lanekassen", address=address, **fields))

    yield connecting
    if "lanekassen" in service.knowledge.connections:
        await service.connections.remove("lanekassen")


def words(page: httpx.Response) -> str:
    """What a page's main part says."""
    main = page.text.partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def undo(client: httpx.AsyncClient, page: httpx.Response) -> None:
    """Press the button that the next page offers."""
    shown = await client.get(page.headers["location"])
    said = shown.text.split("data-flash")[-1].partition("</form>")[0]
    action = re.search(r'action="([^"]+)"', said)
    assert action is not None, said
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', said):
        fields.setdefault(name, []).append(html.unescape(value))
    fields.pop("_csrf_token", None)
    assert (await client.post(html.unescape(action[1]), data=fields)).status_code == 303


async def test_a_bot_is_connected_with_the_form_of_its_protocol(
    client_of: ClientOf, service: Service, connect: Connect
) -> None:
    admin = client_of("admin")
    assert "Ingen boter er koblet til ennå" in words(await admin.get(LIST))
    offered = (await admin.get(f"{LIST}/new")).text
    assert "boost.ai" in offered and "/console/federation/new?adapter=letter" in offered
    form = await admin.get(f"{LIST}/new?adapter=boost")
    assert 'name="settings_filter_values"' in form.text and "Filterverdier" in form.text
    assert '<option value="lanekassen"' in form.text
    assert '<option value="bergen"' not in form.text, "it answers from here"
    made = await admin.post(f"{LIST}/new", data=FORM)
    assert made.headers["location"] == PAGE
    assert service.connections.get("lanekassen") == Connection(
        body="lanekassen",
        adapter="letter",
        address=NEVER,
        sealed=service.connections.get("lanekassen").sealed,
        settings={"tone": "warm"},
        time_limit_s=2.5,
        languages=["nb", "en"],
        opening_hours={"mon": ["08:00-15:30"]},
        unknown=["vet ikke", "beklager*forstår"],
    )
    line = await service.connections.line(service.connections.get("lanekassen"))
    assert line.secret == SECRET
    assert f'href="{PAGE}"' in (await admin.get("/console/bodies/lanekassen")).text
    again = await admin.post(f"{LIST}/new", data=FORM)
    assert again.status_code == 400 and "Velg en virksomhet fra listen" in words(again)


async def test_wrong_fields_are_shown_where_they_stand_with_what_was_written(
    client_of: ClientOf, service: Service
) -> None:
    wrong = {"address": "bot.example", "time_limit_s": "lenge", "unknown": "*", "hours_fri": "ni"}
    page = await client_of("admin").post(f"{LIST}/new", data={**FORM, **wrong})
    assert page.status_code == 400
    for field in ("address", "time_limit_s", "unknown", "hours_fri"):
        assert f'id="field-{field}-error"' in page.text, field
    assert "Skriv et tall fra 0,5 til 30" in words(page)
    assert 'value="bot.example"' in page.text and 'value="warm"' in page.text
    assert SECRET not in page.text, "a secret is never sent back"
    assert "lanekassen" not in service.knowledge.connections


async def test_a_change_keeps_the_secret_and_can_be_taken_back(
    client_of: ClientOf, service: Service, connect: Connect
) -> None:
    admin = client_of("admin")
    await admin.post(f"{LIST}/new", data=FORM)
    before = service.connections.get("lanekassen")
    shown = await admin.get(f"{PAGE}/edit")
    assert SECRET not in shown.text and before.sealed not in shown.text
    changed = {**FORM, "secret": "", "time_limit_s": "9", "settings_tone": "", "languages": []}
    saved = await admin.post(f"{PAGE}/edit", data=changed)
    now = service.connections.get("lanekassen")
    assert (now.sealed, now.time_limit_s, now.settings) == (before.sealed, 9.0, {})
    await undo(admin, saved)
    assert service.connections.get("lanekassen") == before
    elsewhere = {**changed, "address": "https://elsewhere.example"}
    refused = await admin.post(f"{PAGE}/edit", data=elsewhere)
    assert 'id="field-secret-error"' in refused.text, "a secret is for one server"
    await admin.post(f"{PAGE}/edit", data={**changed, "remove_secret": "true"})
    assert service.connections.get("lanekassen").sealed == ""
    other = (await admin.get(f"{PAGE}/edit?adapter=rasa")).text
    assert 'name="settings_fallback"' in other and 'name="settings_tone"' not in other


async def test_it_is_switched_off_and_on_with_undo_and_removed(
    client_of: ClientOf, service: Service, connect: Connect
) -> None:
    admin = client_of("admin")
    await connect()
    off = await admin.post(f"{PAGE}/disable")
    assert not service.connections.get("lanekassen").enabled
    await undo(admin, off)
    assert service.connections.get("lanekassen").enabled
    await admin.post(f"{PAGE}/disable")
    assert "Slått av" in words(await admin.get(PAGE))
    assert "Slått av" in words(await admin.get(LIST))
    await admin.post(f"{PAGE}/enable")
    assert "I bruk" in words(await admin.get(LIST))
    removed = await admin.post(f"{PAGE}/remove")
    assert removed.headers["location"] == LIST
    assert "lanekassen" not in service.knowledge.connections
    assert (await admin.get(PAGE)).status_code == 404
    assert (await admin.post(f"{PAGE}/disable")).status_code == 404


async def test_trying_it_shows_the_cleaned_reply_and_who_speaks(
    client_of: ClientOf, connect: Connect
) -> None:
    admin = client_of("admin")
    button = {"id": "stipend", "label": "Stipend"}
    manner = partners.answers(html=partners.SCRIPT, speaker="Låna", options=[button])
    async with partner(manner) as bot:
        await connect(bot)
        page = await admin.post(f"{PAGE}/try", data={"text": "Hvordan får jeg stipend?"})
        assert bot.asked[0]["text"] == "Hvordan får jeg stipend?"
    said = words(page)
    assert "Låna svarer" in said and "Du søker" in said and "Stipend" in said
    assert "steal" not in page.text and "<iframe" not in page.text
    assert "100 %" in words(await admin.get(PAGE))
    empty = await admin.post(f"{PAGE}/try", data={"text": " "})
    assert empty.status_code == 400 and 'id="field-text-error"' in empty.text


async def test_a_reply_that_says_it_does_not_know_is_told_as_such(
    client_of: ClientOf, connect: Connect
) -> None:
    async with partner(partners.answers(text="Beklager, det forstår jeg ikke.")) as bot:
        await connect(bot, unknown=["forstår jeg ikke"])
        page = await client_of("admin").post(f"{PAGE}/try", data={"text": "Hei"})
    assert "kjent igjen som «vet ikke»" in words(page)


@pytest.mark.parametrize(
    ("manner", "title", "advice"),
    [
        (partners.hangs, "Svarte ikke i tide", "øk grensen litt"),
        (partners.fails, "Boten meldte feil", "Feilen er hos dem"),
        (partners.closes_at_once, "Forbindelsen ble brutt", "gi dem tidspunktene"),
        (partners.redirects("http://127.0.0.1/"), "Vi ble avvist", "bruk den nye adressen"),
        (partners.talks_nonsense, "Svaret var ikke til å forstå", "riktig protokoll"),
    ],
)
async def test_a_fault_is_told_in_plain_words_with_what_to_do(
    client_of: ClientOf, connect: Connect, manner: partners.Manner, title: str, advice: str
) -> None:
    admin = client_of("admin")
    async with partner(manner) as bot:
        await connect(bot, time_limit_s=0.5 if manner is partners.hangs else 5.0)
        tried = words(await admin.post(f"{PAGE}/try", data={"text": "Hei"}))
    assert title in tried and advice in tried
    later = words(await admin.get(PAGE)).partition("Siste feil")[2]
    assert title in later and advice in later


def test_every_kind_of_failure_has_words_and_advice_here_and_in_the_docs() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "operating.md").read_text("utf-8")
    for kind in get_args(Failure):
        assert f"\n| `{kind}` |" in manual, kind
        for language in wording.LANGUAGES:
            key = f"federation.fault.{said(kind)}"
            assert wording.has(f"{key}.title", language) and wording.has(f"{key}.do", language)


async def test_who_fails_again_and_again_is_shown_as_left_alone(
    client_of: ClientOf, connect: Connect
) -> None:
    admin = client_of("admin")
    await connect("http://10.11.12.13")
    for _ in range(5):
        await admin.post(f"{PAGE}/try", data={"text": "Hei"})
    assert "Den feilet fem ganger på rad" in words(await admin.get(PAGE))
    assert "Får hvile" in words(await admin.get(LIST))


async def test_what_a_partner_says_of_itself_is_shown_and_read_again(
    client_of: ClientOf, service: Service, connect: Connect
) -> None:
    admin = client_of("admin")
    await connect(enabled=False)
    learned = Remit(
        body="lanekassen", topic="card:lan", title="Studielån", questions=["Hva er renten?"]
    )
    now = dt.datetime.now(dt.UTC)
    await remits.replace(service.db, service.encoder, {"lanekassen"}, "card:", [learned])
    async with service.db.write() as tx:
        await cards.claim(tx, "lanekassen", now, now)
        await cards.note(tx, cards.CardRead(body="lanekassen", problem="It sent no card."))
    await service.knowledge.catch_up()
    said = words(await admin.get(PAGE))
    assert "Studielån" in said and "Hva er renten?" in said and "It sent no card." in said
    assert (await admin.post(f"{PAGE}/read")).status_code == 303
    async with service.db.read() as tx:
        assert (await cards.listing(tx))["lanekassen"].tried_at is None
    await remits.replace(service.db, service.encoder, {"lanekassen"}, "card:", [])
    await service.knowledge.catch_up()


async def test_what_visitors_have_confirmed_is_shown_and_taken_out(
    client_of: ClientOf, service: Service
) -> None:
    admin, question = client_of("admin"), "Hvor lenge varer stipendet mitt?"
    assert "Tre besøkende må bekrefte" in words(await admin.get(LIST))
    reply = Reply(2, Referred("lanekassen"), "", "", "nb", Speaker("bergen", "B"), Human(False))
    for visitor in ("one", "two", "three"):
        before = Memory(question=question, offered=("remit:lanekassen/lan",))
        service.confirming.heard(visitor, before, Memory(), reply, "remit:lanekassen/lan")
    await service.confirming.store()
    await service.knowledge.catch_up()
    assert question in words(await admin.get(LIST))
    sent = {"body": "lanekassen", "question": question}
    assert (await admin.post("/console/confirmed/remove", data=sent)).status_code == 303
    assert f"{question} Ikke deres" not in words(await admin.get(LIST))
    for who in ("curator", "editor"):
        refused = await client_of(who).post("/console/confirmed/remove", data=sent)
        assert refused.status_code == 403


async def test_another_installation_is_switched_off_with_its_connections_and_on_again(
    client_of: ClientOf, service: Service, connect: Connect
) -> None:
    admin = client_of("admin")
    assert "samsvar federation invite" in words(await admin.get(LIST))
    address = "https://samsvar.vestland.example"
    peer = Peer(
        id=address,
        name="Vestland",
        address=address,
        keys=[],
        bodies=["lanekassen"],
        added_at=dt.datetime.now(dt.UTC),
    )
    async with service.db.write() as tx:
        await peers.put(tx, peer)
    await connect(address, adapter="samsvar", settings={"peer": address})
    shown = words(await admin.get(LIST))
    assert "Vestland" in shown and "Lånekassen" in shown
    off = await admin.post("/console/peers/off", data={"peer": address})
    assert not service.connections.get("lanekassen").enabled
    async with service.db.read() as tx:
        known = await peers.find(tx, address)
    assert known is not None and not known.enabled
    await undo(admin, off)
    assert service.connections.get("lanekassen").enabled
    assert (await admin.post("/console/peers/on", data={"peer": "nobody"})).status_code == 404
    async with service.db.write() as tx:
        await peers.remove(tx, address)


async def test_nobody_but_administrators_comes_near(client_of: ClientOf, connect: Connect) -> None:
    await connect()
    for who in ("curator", "editor", "reader", "agent"):
        client = client_of(who)
        for path in (LIST, f"{LIST}/new", PAGE, f"{PAGE}/edit"):
            assert (await client.get(path)).status_code == 403, (who, path)
        for action in ("disable", "remove", "try", "edit", "read"):
            assert (await client.post(f"{PAGE}/{action}", data=FORM)).status_code == 403
        assert "Partnere" not in (await client.get("/console/account")).text
