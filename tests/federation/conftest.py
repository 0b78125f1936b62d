"""A service that knows partners, and no more than their remits. The fake encoder.

Brain `kommune`, used by `bergen` and `voss`; `skatteetaten` and `lanekassen` have bots of their
own, which tests start on sockets and connect.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from brains import store
from brains.checks import TIME_LIMIT_SECONDS
from brains.model import Body, Brain, Connection, ContactPoint, Entry, Remit
from router.demo.load import read_entries
from router.service import Service
from router.settings import Settings
from tests.fakes import FakeEncoder, Vectors
from tests.federation.partners import LetterAdapter, Partner

DIMENSIONS = 512
TIME_LIMIT_S = TIME_LIMIT_SECONDS[1]
TAX = "Hvordan endrer jeg skattekortet?"
LOAN = "Hvordan søker jeg om studielån?"
SNOW = "Når brøyter dere veien?"
VISA = "Hvordan søker jeg om visum?"
CRISIS = "jeg vil ikke leve lenger"
PHONE = ContactPoint("phone", {"nb": "Ring oss"}, "800 80 000 (eksempel)")
BODIES = [
    Body(id="bergen", name="Bergen kommune", short_name="Bergen", brain="kommune"),
    Body(id="voss", name="Voss herad", brain="kommune", language="nn"),
    Body(
        id="skatteetaten",
        name="Skatteetaten",
        kind="agency",
        website="https://www.skatteetaten.example",
        contacts=[PHONE],
    ),
    Body(id="udi", name="UDI", kind="agency", website="https://www.udi.example"),
    Body(
        id="lanekassen", name="Lånekassen", kind="agency", website="https://www.lanekassen.example"
    ),
]
REMITS = [
    Remit(
        body="skatteetaten",
        topic="skattekort",
        title="Skattekort",
        url="https://www.skatteetaten.example/skattekort",
        questions=[TAX, "skattekort", "bestille nytt skattekort"],
    ),
    Remit(body="udi", topic="visum", title="Visum", questions=[VISA, "visum", "besøksvisum"]),
    Remit(
        body="lanekassen",
        topic="studielan",
        title="Studielån",
        questions=[LOAN, "studielån", "lån og stipend fra lånekassen", "stipend til student"],
    ),
]
SNOWY = Entry(
    id="snorydding",
    title="Brøyting",
    questions=[SNOW, "snørydding i gata", "Hvem måker snø på fortauet?", "brøyting"],
    answers={"nb": "Kommunen brøyter når det har snødd."},
)
OTHERS = 40

Connect = Callable[..., Awaitable[Connection]]


class BlockingFakeEncoder(FakeEncoder):
    """The fake encoder as `Service.open` takes one: it blocks."""

    def encode(  # type: ignore[override]
        self, texts: Sequence[str], kind: str = "query"
    ) -> Vectors:
        """Unit vectors of shape (len(texts), dimensions)."""
        return self.encode_now(texts)


async def filled(home: str, **more: str) -> Service:
    """The service with its federation, opened on a data folder; `more` are settings."""
    given = {"SAMSVAR_HOME": home, "SAMSVAR_PARTNER_NETWORKS": "127.0.0.0/8"}
    settings = Settings.from_environment(given | more)
    opened = await Service.open(settings, BlockingFakeEncoder(DIMENSIONS))
    opened.connections.adapters = {"letter": LetterAdapter()}
    await opened.curation.add_brain(Brain(id="kommune", name="Kommune"), "test")
    for body in BODIES:
        await opened.curation.add_body(body, "test")
    others = [one for one in read_entries("kommune") if one.id != SNOWY.id][:OTHERS]
    plain = [msgspec.structs.replace(one, answers={"nb": one.title}) for one in others]
    await opened.curation.import_entries("kommune", [SNOWY, *plain], "test")
    await store.save_remits(opened.db, opened.encoder, REMITS)
    await opened.knowledge.catch_up()
    await opened.knowledge.refit_if_stale()
    return opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def federation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The service, without connections."""
    opened = await filled(str(tmp_path_factory.mktemp("federation")))
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def connect(federation: Service) -> AsyncIterator[Connect]:
    """Connects a body to a partner for one test. A connection's fields may be given."""
    made: list[str] = []

    async def connecting(to: Partner | str, body: str = "skatteetaten", **more: Any) -> Connection:
        made.append(body)
        address = to if isinstance(to, str) else to.address
        fields: dict[str, Any] = {"adapter": "letter", "time_limit_s": TIME_LIMIT_S} | more
        wanted = Connection(body=body, address=address, **fields)
        return await federation.connections.save(wanted)

    yield connecting
    for body in dict.fromkeys(made):
        await federation.connections.remove(body)


class Visitor:
    """A conversation with Bergen's bot."""

    def __init__(self, service: Service, id: str, token: str) -> None:
        self.service, self.id, self.token = service, id, token

    async def says(self, text: str) -> Any:
        return await self.service.conversations.say(self.id, self.token, text)

    async def presses(self, choice: str) -> Any:
        return await self.service.conversations.say(self.id, self.token, choice=choice)


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(federation: Service) -> Visitor:
    """A visitor of Bergen's."""
    started = await federation.conversations.start("bergen")
    return Visitor(federation, started.id, started.token)
