"""The desk that adapters are given: who calls, which conversation it is, how often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, cast

import httpx
import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta

from brains import audit, conversations, tables
from brains.audit import Filter, Line
from brains.errors import Invalid, UnknownConversation
from brains.model import Role
from router.adapters import AnyRequest, DeskHere, refusals
from router.api.app import create_app
from router.desk import AdapterDesk
from router.security.access import Access
from router.service import Service
from router.settings import Settings
from tests.api.conftest import ADMIN_KEY, bearer, federation

pytestmark = pytest.mark.asyncio(loop_scope="session")

KNOWN = "Hvordan søker jeg om barnehageplass?"
LONG_ID = "0123456789abcdef0123456789abcdef"


class Note(msgspec.Struct):
    """What the notes' protocol sends. `key` is a key that it carries itself."""

    body: str
    text: Annotated[str, Meta(max_length=100_000)]
    thread: str = "1"
    key: str | None = None


def refuse(request: AnyRequest, error: Exception) -> Response[dict[str, str]]:
    refusal = request.app.state.desk.refusal(request, error)
    return Response({"no": refusal.text}, status_code=refusal.status)


@post("/adapters/notes", status_code=200, exception_handlers=refusals(refuse))
async def note(request: AnyRequest, data: JSONBody[Note], desk: DeskHere) -> dict[str, str]:
    """Says it in the caller's thread, and tells which conversation that is."""
    if data.key is None:
        caller = desk.caller(request, data.body)
    else:
        caller = await desk.caller_with(request, data.body, data.key)
    talk = await desk.talk("notes", caller, data.thread, data.body)
    reply = await talk.say(data.text)
    return {"conversation": talk.id, "text": reply.text}


class NotesAdapter:
    """A protocol for these tests."""

    name = "notes"

    def routes(self) -> list[HTTPRouteHandler]:
        return [note]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    environ = {
        "SAMSVAR_HOME": str(tmp_path_factory.mktemp("desk")),
        "SAMSVAR_ADMIN_KEY": ADMIN_KEY,
        "SAMSVAR_WRONG_RATE": "0.2",
    }
    async with federation(Settings.from_environment(environ)) as opened:
        yield opened


@pytest.fixture(scope="module")
def app(service: Service) -> Litestar:
    return create_app(service, service.settings, [NotesAdapter()])


@pytest.fixture
def access(app: Litestar) -> Access:
    return cast(Access, app.state.access)


@pytest.fixture
def desk(app: Litestar) -> AdapterDesk:
    return cast(AdapterDesk, app.state.desk)


Send = Callable[..., Any]


@pytest.fixture
def send(app: Litestar) -> Send:
    """Sends a note, with a key or without, from an address."""

    async def sending(
        secret: str | None = None, address: str = "192.0.2.1", path: str = "", **fields: object
    ) -> httpx.Response:
        transport = httpx.ASGITransport(cast(Any, app), client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://samsvar.test") as client:
            return await client.post(
                f"/adapters/notes{path}",
                json={"body": "bergen", "text": KNOWN} | fields,
                headers=bearer(secret) if secret else {},
            )

    return sending


async def key(access: Access, scope: str = "*", adapter: str | None = None) -> str:
    role: Role = "partner"
    return (await access.create("a bot", role, scope, adapter))[1]


def refused(response: httpx.Response, status: int, why: str) -> None:
    assert response.status_code == status, response.text
    assert why in response.json()["no"]


async def test_a_caller_goes_on_in_its_own_conversation(send: Send, access: Access) -> None:
    one, other = await key(access), await key(access)
    first = (await send(one)).json()
    assert first["text"] == "Du søker på nettsiden til kommunen."
    assert (await send(one)).json()["conversation"] == first["conversation"]
    threads = [(await send(one, thread=thread)).json() for thread in ("2", "3", "2")]
    assert threads[0]["conversation"] == threads[2]["conversation"]
    everybody = [first, *threads[:2], (await send(other)).json(), (await send()).json()]
    everybody.append((await send(one, body="voss")).json())
    assert len({answer["conversation"] for answer in everybody}) == len(everybody)


async def test_a_conversation_outlives_the_process(
    send: Send, service: Service, access: Access
) -> None:
    secret = await key(access)
    before = (await send(secret, thread=LONG_ID)).json()
    again = AdapterDesk(service, Access(service.db))
    holder = await access.key_of(secret)
    found = await again.find("notes", holder.id, LONG_ID, "bergen")
    assert found is not None and found.id == before["conversation"]
    assert await again.find("others", holder.id, LONG_ID, "bergen") is None


async def test_a_key_of_one_body_asks_no_other(send: Send, access: Access) -> None:
    secret = await key(access, "body:voss")
    refused(await send(secret), 403, "whose scope is * or body:bergen or brain:kommune")
    refused(await send(key=secret), 403, "The key “a bot” has body:voss")
    assert (await send(secret, body="voss")).status_code == 200
    assert (await send(await key(access, "brain:kommune"))).status_code == 200
    refused(await send(await key(access, "brain:nav")), 403, "scope")


async def test_a_wrong_or_revoked_key_is_refused_at_once(send: Send, access: Access) -> None:
    refused(await send("smsv_wrong"), 401, "unknown or revoked")
    made, secret = await access.create("a bot", "partner", "*")
    assert (await send(secret)).status_code == 200
    await access.revoke(made.id)
    refused(await send(secret), 401, "unknown or revoked")
    refused(await send(key=secret), 401, "unknown or revoked")


async def test_a_key_of_one_adapter_is_good_there_alone(
    send: Send, access: Access, app: Litestar
) -> None:
    ours, others = await key(access, adapter="notes"), await key(access, adapter="letters")
    assert (await send(ours)).status_code == 200
    assert (await send(key=ours)).status_code == 200
    refused(await send(others), 403, "good for the adapter letters alone")
    refused(await send(key=others), 403, "good for the adapter letters alone")
    transport = httpx.ASGITransport(cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url="http://samsvar.test") as client:
        answer = await client.get("/v1/bodies", headers=bearer(ours))
    assert answer.status_code == 403
    assert "good for the adapter notes alone" in answer.json()["detail"]


async def test_a_token_made_with_a_key_ends_with_it(
    desk: AdapterDesk, access: Access, app: Litestar
) -> None:
    scope = {"type": "http", "app": app, "headers": [], "route_handler": note}
    request: AnyRequest = AnyRequest(cast(Any, scope))
    made, _ = await access.create("a bot", "partner", "body:bergen")
    await desk.admit(request, "bergen", made.id)
    with pytest.raises(Exception, match="scope"):
        await desk.admit(request, "voss", made.id)
    await access.revoke(made.id)
    with pytest.raises(Exception, match="revoked"):
        await desk.admit(request, "bergen", made.id)


async def test_without_a_key_guessable_ids_are_the_addresss_own(send: Send) -> None:
    here = (await send(thread="u1")).json()["conversation"]
    assert (await send(thread="u1")).json()["conversation"] == here
    elsewhere = await send(thread="u1", address="198.51.100.7")
    assert elsewhere.json()["conversation"] != here
    moved = [(await send(thread=LONG_ID, address=from_)).json() for from_ in ("::1", "10.0.0.1")]
    assert moved[0]["conversation"] == moved[1]["conversation"]


@pytest.mark.parametrize(
    "thread", ["", "\0", "' OR 1=1 --", "../..", "𝕏" * 10, "x" * 50_000, "a\nb", "‮abc"]
)
async def test_any_id_is_only_an_id(send: Send, access: Access, thread: str) -> None:
    secret = await key(access)
    first, second = [await send(secret, thread=thread) for _ in "ab"]
    assert first.status_code == 200, first.text
    assert first.json()["conversation"] == second.json()["conversation"]


async def test_ids_with_half_a_character_are_ids_too(desk: AdapterDesk) -> None:
    made = await desk.talk("notes", "someone", "\ud800", "bergen")
    found = await desk.find("notes", "someone", "\ud800", "bergen")
    assert found is not None and found.id == made.id


async def test_twenty_first_messages_at_once_are_one_conversation(
    send: Send, access: Access, service: Service
) -> None:
    secret = await key(access)
    before = await count(service)
    answers = await asyncio.gather(*(send(secret, thread="at once") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    (one,) = {answer.json()["conversation"] for answer in answers}
    assert await count(service) == before + 1
    async with service.db.read() as tx:
        assert len(await conversations.turns(tx, one)) == 40


async def count(service: Service) -> int:
    async with service.db.read() as tx:
        rows = await tx.execute(tables.conversations.select())
        return len(rows.all())


async def test_what_was_erased_begins_anew(desk: AdapterDesk) -> None:
    first = await desk.talk("notes", "someone", "erased", "bergen")
    assert first.started is not None
    await first.say(KNOWN)
    await first.erase()
    assert await desk.find("notes", "someone", "erased", "bergen") is None
    with pytest.raises(UnknownConversation):
        await first.say(KNOWN)
    again = await desk.talk("notes", "someone", "erased", "bergen")
    assert again.id != first.id and again.started is not None
    assert await again.turns() == []


async def test_a_new_start_under_the_same_id_replaces_the_old(desk: AdapterDesk) -> None:
    first = await desk.start("notes", "someone", "again", "bergen")
    second = await desk.start("notes", "someone", "again", "bergen")
    found = await desk.talk("notes", "someone", "again", "bergen")
    assert found.id == second.id != first.id
    assert found.started is None


async def test_a_conversation_may_have_several_names_and_lose_one(desk: AdapterDesk) -> None:
    talk = await desk.start("notes", "someone", "one", "bergen")
    await desk.bind("notes", "someone", "two", "bergen", talk)
    await desk.release("notes", "someone", "one", "bergen")
    assert await desk.find("notes", "someone", "one", "bergen") is None
    found = await desk.find("notes", "someone", "two", "bergen")
    assert found is not None and found.id == talk.id


@pytest.mark.parametrize(
    ("given", "spoken"),
    [
        ("nn", "nn"),
        ("nb-NO", "nb"),
        ("no", "nb"),
        ("EN_us", "en"),
        ("tlh", "nb"),
        ("", "nb"),
        (None, "nb"),
        ("x" * 9000, "nb"),
    ],
)
async def test_the_language_is_a_hint(desk: AdapterDesk, given: str | None, spoken: str) -> None:
    talk = await desk.start("notes", "someone", "language", "bergen", given)
    assert talk.started is not None
    assert talk.started.language == talk.language == spoken


async def test_a_conversation_changes_its_language(desk: AdapterDesk) -> None:
    talk = await desk.start("notes", "someone", "language", "bergen")
    await talk.speak("en-GB")
    assert talk.language == (await talk.first()).language == "en"
    with pytest.raises(Invalid, match="does not speak “tlh”"):
        await talk.speak("tlh")


@pytest.mark.parametrize(
    "choice",
    [
        "",
        "entry",
        "entry:kommune/nothing",
        "entry:nowhere/x@bergen",
        "entry:kommune/x@\0",
        "remit:x/y",
        "partner:nav/x",
        "body:bergen",
        "none",
        "human",
        "back",
        "\ud800",
        "x" * 100_000,
    ],
)
async def test_a_choice_that_was_never_offered_does_no_harm(desk: AdapterDesk, choice: str) -> None:
    talk = await desk.start("notes", "someone", "choices", "bergen")
    try:
        reply = await talk.say(choice=choice)
    except Invalid as error:
        assert error.pointer == "choice"
    else:
        assert reply.text


@pytest.mark.parametrize("turn", [-1, 0, 1, 99, 2**31, 2**70])
async def test_feedback_on_what_is_no_reply_is_refused(desk: AdapterDesk, turn: int) -> None:
    talk = await desk.start("notes", "someone", "feedback", "bergen")
    await talk.say(KNOWN)
    await talk.feedback(2, True)
    with pytest.raises(Invalid):
        await talk.feedback(turn, True)


async def test_what_a_partner_is_told_is_in_the_log_without_a_word_of_it(
    send: Send, service: Service, access: Access
) -> None:
    async def logged() -> list[Line]:
        async with service.db.read() as tx:
            return (await audit.listing(tx, Filter(action="federation.answered"))).items

    made, secret = await access.create("a partner's bot", "partner", "*")
    await send()
    before = await logged()
    await send(secret)
    newest, *rest = await logged()
    assert rest == before
    assert (newest.by, newest.by_id) == ("a partner's bot", made.id)
    assert (newest.body, newest.object) == ("bergen", "notes")
    assert newest.detail == {"outcome": "answered"}


@pytest.mark.parametrize(
    ("fields", "status", "why"),
    [
        ({"body": "atlantis"}, 404, "atlantis"),
        ({"body": "x" * 5000}, 404, "There is no body"),
        ({"text": "  "}, 400, "empty"),
        ({"text": "x" * 5000}, 400, "at most 1000"),
        ({"text": None}, 400, "Expected `str`"),
    ],
)
async def test_refusals_are_in_the_protocols_own_form(
    send: Send, fields: dict[str, object], status: int, why: str
) -> None:
    answer = await send(**fields)
    refused(answer, status, why)
    assert len(answer.json()["no"]) <= 1000


async def test_each_adapter_has_its_own_limit(service: Service, access: Access) -> None:
    settings = msgspec.structs.replace(service.settings, adapter_requests_per_minute={"notes": 2})
    app = create_app(service, settings, [NotesAdapter()])
    secret = await key(access)
    transport = httpx.ASGITransport(cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url="http://samsvar.test") as client:

        async def asked(headers: dict[str, str]) -> httpx.Response:
            body = {"body": "bergen", "text": KNOWN}
            return await client.post("/adapters/notes", json=body, headers=headers)

        for headers in (bearer(secret), {}):
            assert [(await asked(headers)).status_code for _ in "ab"] == [200, 200]
            over = await asked(headers)
            refused(over, 429, "Too many requests")
            assert 0 < int(over.headers["retry-after"]) <= 60
        assert (await client.get("/v1/bodies", headers=bearer(secret))).status_code == 200


async def test_a_limit_of_an_adapter_that_is_not_there_is_pointed_out(service: Service) -> None:
    settings = msgspec.structs.replace(service.settings, adapter_requests_per_minute={"note": 2})
    with pytest.raises(Invalid, match="There is no adapter note to limit"):
        create_app(service, settings, [NotesAdapter()])


async def test_replies_are_counted_by_adapter(send: Send, app: Litestar) -> None:
    transport = httpx.ASGITransport(cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url="http://samsvar.test") as client:

        async def counted(adapter: str) -> float:
            name = "samsvar_replies_total"
            label = f'{name}{{adapter="{adapter}",body="bergen",outcome="answered"}}'
            lines = (await client.get("/metrics")).text.splitlines()
            return sum(float(line.split()[-1]) for line in lines if line.startswith(label))

        before = [await counted("notes"), await counted("api")]
        await send()
        await send(thread="2")
        await client.post("/v1/ask", json={"body": "bergen", "text": KNOWN})
        after = [await counted("notes"), await counted("api")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 1]
