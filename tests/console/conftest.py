"""The console of the real service behind a real socket, with people of every role signed in.

The service is that of `tests/api/conftest.py`, opened anew for this folder:
brain `kommune` with `bergen` and `voss`, brain `nav` with `nav`. A test asks
for `client_of` and gets a browser-like client:

    editor = client_of("editor")            # of bergen; "voss editor" is the other one's
    page = await editor.get("/console/brains/kommune/facts")
    await editor.post("/console/..", data={"name": "value"})      # the form's token goes along
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable

import httpx
import pytest_asyncio
from litestar.middleware.csrf import generate_csrf_token

from brains import people, sessions
from brains.model import Role
from brains.people import Person
from router.security.signed_in import cookie_name, csrf
from router.service import Service
from router.settings import Settings
from tests.api.conftest import base_url, keys, service, settings
from tests.waiting import PATIENCE_S

__all__ = ["base_url", "keys", "service", "settings"]

PEOPLE: dict[str, tuple[Role, str]] = {
    "admin": ("admin", "*"),
    "curator": ("curator", "brain:kommune"),
    "nav curator": ("curator", "brain:nav"),
    "editor": ("editor", "body:bergen"),
    "voss editor": ("editor", "body:voss"),
    "reader": ("reader", "brain:kommune"),
    "agent": ("agent", "body:bergen"),
}
ANONYMOUS = "anonymous"

ClientOf = Callable[[str], httpx.AsyncClient]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def persons(service: Service) -> dict[str, Person]:
    """A person of each kind in `PEOPLE`. They have no password; `client_of` needs none."""
    found = {}
    async with service.db.write() as tx:
        for kind, (role, scope) in PEOPLE.items():
            found[kind] = await people.add(
                tx,
                email=f"{kind.replace(' ', '.')}@samsvar.example",
                name=kind.capitalize(),
                role=role,
                scope=scope,
                at=dt.datetime.now(dt.UTC),
            )
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def client_of(
    base_url: str, service: Service, settings: Settings, persons: dict[str, Person]
) -> AsyncIterator[ClientOf]:
    """A client signed in as one of `PEOPLE`, or as nobody: `client_of("anonymous")`."""
    tokens: dict[str, str] = {}
    async with service.db.write() as tx:
        for kind, person in persons.items():
            tokens[kind] = await sessions.start(tx, person.id, dt.datetime.now(dt.UTC))
    opened: dict[str, httpx.AsyncClient] = {}

    def one(kind: str) -> httpx.AsyncClient:
        if kind not in opened:
            opened[kind] = form_client(base_url, service, settings, tokens.get(kind))
        return opened[kind]

    yield one
    for client in opened.values():
        await client.aclose()


def form_client(
    base_url: str, service: Service, settings: Settings, token: str | None
) -> httpx.AsyncClient:
    """A client that does not follow redirects: where one leads is often what a test is about."""
    form = generate_csrf_token(service.form_secret)
    cookies = {csrf(settings, service.form_secret).cookie_name: form}
    if token is not None:
        cookies[cookie_name(settings)] = token
    return httpx.AsyncClient(
        base_url=base_url,
        timeout=PATIENCE_S,
        cookies=cookies,
        headers={"x-csrftoken": form, "accept-language": "nb"},
    )
