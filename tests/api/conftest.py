"""The real service behind a real socket: SQLite in a temporary folder, and the fake encoder.

It is opened once for this folder's tests, which takes some seconds. The
federation: brain `kommune` with some entries, used by `bergen`
(https://www.bergen.example) and `voss`; brain `nav`, used by `nav`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio
import uvicorn
from litestar import Litestar

from adapters.widget.adapter import WidgetAdapter
from brains.model import Body, Brain, Entry, Role
from router.api.app import create_app
from router.console.routes import console_routes
from router.demo.load import read_entries
from router.security.access import Access
from router.service import Service
from router.settings import Settings
from tests.fakes import FakeEncoder, Vectors
from tests.waiting import PATIENCE_S

ADMIN_KEY = "an-operator-key-for-the-tests"
OWN_SITE = "https://www.bergen.example"

KEYS: dict[str, tuple[Role, str]] = {
    "partner": ("partner", "*"),
    "agent": ("agent", "body:bergen"),
    "reader": ("reader", "brain:kommune"),
    "editor": ("editor", "brain:kommune"),
    "curator": ("curator", "brain:kommune"),
    "nav curator": ("curator", "brain:nav"),
    "nav body curator": ("curator", "body:nav"),
    "bergen editor": ("editor", "body:bergen"),
    "bergen curator": ("curator", "body:bergen"),
}

ENTRIES = [
    Entry(
        id="barnehage-soknad",
        title="Søke om barnehageplass",
        questions=[
            "Hvordan søker jeg om barnehageplass?",
            "søke barnehage",
            "Korleis søkjer eg barnehageplass",
            "frist for å søke barnehageplass",
        ],
        answers={"nb": "Du søker på nettsiden til kommunen.", "en": "Apply on our website."},
    ),
    Entry(
        id="snorydding",
        title="Brøyting av veier",
        questions=[
            "Når brøyter dere veien?",
            "snørydding i gata",
            "Hvem måker snø på fortauet?",
            "brøyting",
        ],
        answers={"nb": "Vi brøyter når det har snødd."},
    ),
    Entry(
        id="alarm/set",
        title="Trygghetsalarm",
        questions=[
            "Hvordan får jeg trygghetsalarm?",
            "trygghetsalarm til mor",
            "søke alarm hjemme",
        ],
        answers={"nb": "Du søker om trygghetsalarm hos hjemmetjenesten."},
    ),
]


OTHERS = 60
DIMENSIONS = 512


def others() -> list[Entry]:
    """The demo's questions with answers that need no facts: enough to calibrate on."""
    taken = {entry.id for entry in ENTRIES}
    kept = [entry for entry in read_entries("kommune") if entry.id not in taken][:OTHERS]
    return [
        msgspec.structs.replace(entry, answers={"nb": entry.title or entry.id}) for entry in kept
    ]


class BlockingFakeEncoder(FakeEncoder):
    """The fake encoder as `Service.open` takes one: it blocks."""

    def encode(  # type: ignore[override]
        self, texts: Sequence[str], kind: str = "query"
    ) -> Vectors:
        """Unit vectors of shape (len(texts), dimensions)."""
        return self.encode_now(texts)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Limits high enough that no test meets them by chance."""
    return Settings.from_environment(
        {
            "SAMSVAR_HOME": str(tmp_path_factory.mktemp("samsvar")),
            "SAMSVAR_ADMIN_KEY": ADMIN_KEY,
            # The fake encoder is less sure of itself than a real one.
            "SAMSVAR_WRONG_RATE": "0.2",
            "SAMSVAR_REQUESTS_PER_MINUTE": "1000000",
            "SAMSVAR_ASKS_PER_MINUTE": "1000000",
            "SAMSVAR_KEY_REQUESTS_PER_MINUTE": "1000000",
            "SAMSVAR_PARTNER_NETWORKS": "127.0.0.0/8",
        }
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def service(settings: Settings) -> AsyncIterator[Service]:
    """The service with its small federation."""
    async with federation(settings) as opened:
        yield opened


@contextlib.asynccontextmanager
async def federation(settings: Settings) -> AsyncIterator[Service]:
    """A service opened on these settings, with the small federation in it."""
    opened = await Service.open(settings, BlockingFakeEncoder(DIMENSIONS))
    curation = opened.curation
    for brain in ("kommune", "nav"):
        await curation.add_brain(Brain(id=brain, name=brain), "test")
    for body in (
        Body(
            id="bergen",
            name="Bergen kommune",
            brain="kommune",
            origins=[OWN_SITE],
            popular=["barnehage-soknad"],
        ),
        Body(id="voss", name="Voss herad", brain="kommune", language="nn"),
        Body(id="nav", name="NAV", kind="agency", brain="nav", origins=["https://nav.example"]),
    ):
        await curation.add_body(body, "test")
    await curation.import_entries("kommune", [*ENTRIES, *others()], "test")
    await opened.knowledge.refit_if_stale()
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def base_url(service: Service, settings: Settings) -> AsyncIterator[str]:
    """The address of the running application."""
    pages = console_routes(service, settings)
    app = create_app(service, settings, [WidgetAdapter()], pages)
    async with served(app) as address:
        yield address


@contextlib.asynccontextmanager
async def served(app: Litestar) -> AsyncIterator[str]:
    """The address of an application, while it runs."""
    # Named as TCP, so that asyncio sends at once: else each answer waits 40 ms for the last.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_config=None, lifespan="on"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest_asyncio.fixture(loop_scope="session")
async def client(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A program that talks to the application."""
    async with httpx.AsyncClient(base_url=base_url, timeout=PATIENCE_S) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def keys(service: Service) -> dict[str, dict[str, str]]:
    """Headers with a key of each kind in `KEYS`, and `admin`."""
    access = Access(service.db)
    found = {"admin": bearer(ADMIN_KEY)}
    for name, (role, scope) in KEYS.items():
        _, secret = await access.create(name, role, scope)
        found[name] = bearer(secret)
    return found


class Visitor:
    """A conversation begun over HTTP."""

    def __init__(self, client: httpx.AsyncClient, started: Mapping[str, str]) -> None:
        self.client = client
        self.id = started["id"]
        self.headers = bearer(started["token"])

    def path(self, rest: str = "") -> str:
        """The conversation's address, or one below it."""
        return f"/v1/conversations/{self.id}{rest}"

    async def say(self, text: str) -> httpx.Response:
        """Say something."""
        return await self.client.post(
            self.path("/messages"), json={"text": text}, headers=self.headers
        )


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(client: httpx.AsyncClient) -> Visitor:
    """A visitor of Bergen's bot."""
    response = await client.post("/v1/conversations", json={"body": "bergen"})
    return Visitor(client, response.json())


def bearer(secret: str) -> dict[str, str]:
    """The header that carries a key or token."""
    return {"Authorization": f"Bearer {secret}"}


def is_problem(response: httpx.Response, status: int) -> dict[str, object]:
    """Check that a response is RFC 9457 problem details of that status; they are returned."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, object] = response.json()
    assert problem["status"] == status
    assert problem["title"] and problem["detail"]
    return problem


@pytest.fixture(scope="session")
def folder(settings: Settings) -> Path:
    """Where the service keeps its data."""
    return settings.home_folder
