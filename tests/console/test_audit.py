"""The log of what was done: written with the change or not at all, one line a change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa

from brains import audit
from brains.people import Person
from router.service import Service
from tests.console.conftest import ClientOf
from tests.console.planted import snapshot
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENTRY = {"questions": ["Hva er loggen til?"], "answers": {"nb": "Å se hvem som gjorde hva."}}
NOTICE = {
    "texts": {"nb": "Vannet er stengt."},
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2026-01-02T00:00:00Z",
}
CHANGES: list[tuple[str, str, Any]] = [
    ("PUT", "/v1/bodies/bergen/facts", {"facts": {"logg_a": "1 kr"}}),
    ("PUT", "/v1/brains/kommune/entries/logg-b", ENTRY),
    ("PATCH", "/v1/bodies/bergen", {"greeting": {"nb": "Hei fra loggen"}}),
    ("POST", "/v1/brains/kommune/broadcasts", NOTICE),
    (
        "PUT",
        "/v1/brains/kommune/entries/avfall-hytte/local-answers/bergen",
        {"answers": {"nb": "Logg: vi brøyter selv."}},
    ),
    ("POST", "/console/bodies/bergen/facts/logg_c", {"value": "2 kr"}),
    (
        "POST",
        "/console/people/new",
        {"email": "l@example.org", "name": "Logg", "role": "reader", "scope": "*"},
    ),
    ("POST", "/console/keys", {"name": "logg", "role": "partner", "scope": "*"}),
]


async def lines(service: Service) -> list[audit.Line]:
    """The newest lines."""
    async with service.db.read() as tx:
        return (await audit.listing(tx)).items


async def newest(service: Service) -> int:
    """The number of the newest line."""
    return max((line.id for line in await lines(service)), default=0)


async def send(client: httpx.AsyncClient, change: tuple[str, str, Any]) -> httpx.Response:
    method, path, body = change
    if path.startswith("/console"):
        return await client.post(path, data=body)
    return await client.request(method, path, json=body)


@pytest_asyncio.fixture(loop_scope="session")
async def full_log(service: Service) -> AsyncIterator[None]:
    """The log takes no more lines, as on a disk that is full."""
    async with service.db.write() as tx:
        await tx.execute(
            sa.text(
                "CREATE TRIGGER full BEFORE INSERT ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the log is full'); END"
            )
        )
    yield
    async with service.db.write() as tx:
        await tx.execute(sa.text("DROP TRIGGER full"))


@pytest_asyncio.fixture(loop_scope="session")
async def sender(
    base_url: str, keys: dict[str, dict[str, str]], client_of: ClientOf
) -> AsyncIterator[Any]:
    """Sends a change as an administrator."""
    async with httpx.AsyncClient(
        base_url=base_url, headers=keys["admin"], timeout=PATIENCE_S
    ) as api:

        async def one(change: tuple[str, str, Any]) -> httpx.Response:
            return await send(
                client_of("admin") if change[1].startswith("/console") else api, change
            )

        yield one


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change[0]} {change[1]}")
async def test_what_cannot_be_written_down_is_not_done(
    service: Service, sender: Any, full_log: None, change: tuple[str, str, Any]
) -> None:
    before = await snapshot(service.db)
    response = await sender(change)
    assert response.status_code >= 400, response.text
    assert await snapshot(service.db) == before


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change[0]} {change[1]}")
async def test_what_is_done_is_one_line(
    service: Service, sender: Any, change: tuple[str, str, Any]
) -> None:
    before = await newest(service)
    response = await sender(change)
    assert response.status_code < 400, response.text
    assert await newest(service) == before + 1


async def test_a_line_is_written_where_nothing_in_the_database_changed(
    service: Service, client_of: ClientOf
) -> None:
    before = await newest(service)
    response = await client_of("admin").post("/console/keys/none/revoke")
    assert response.status_code == 303
    assert [(one.action, one.object) for one in await lines(service) if one.id > before] == [
        ("keys.revoke", "none")
    ]


async def test_what_was_refused_after_its_words_were_encoded_is_no_line(
    service: Service, base_url: str, keys: dict[str, dict[str, str]]
) -> None:
    """Vectors are stored beside an answer, before it is known whether it is taken."""
    path = "/v1/brains/kommune/entries/logg-d"
    async with httpx.AsyncClient(
        base_url=base_url, headers=keys["curator"], timeout=PATIENCE_S
    ) as api:
        assert (await api.put(path, json=ENTRY)).status_code == 200
        before = await newest(service)
        stale = {**ENTRY, "questions": ["Et nytt spørsmål som ingen har sett?"], "revision": 7}
        assert (await api.put(path, json=stale)).status_code == 409
    assert await newest(service) == before


async def test_what_was_not_there_to_be_changed_is_no_line(
    service: Service, base_url: str, keys: dict[str, dict[str, str]]
) -> None:
    before = await newest(service)
    async with httpx.AsyncClient(
        base_url=base_url, headers=keys["curator"], timeout=PATIENCE_S
    ) as api:
        for path in (
            "/v1/bodies/bergen/confirmed?question=ingen",
            "/v1/brains/kommune/broadcasts/ingen",
            "/v1/brains/kommune/entries/snorydding/local-answers/voss",
        ):
            assert (await api.delete(path)).status_code == 404
    assert await newest(service) == before


async def test_what_a_page_refuses_is_no_line(
    service: Service, client_of: ClientOf, persons: dict[str, Person]
) -> None:
    before = await newest(service)
    refused = await client_of("admin").post(f"/console/people/{persons['admin'].id}/disable")
    assert refused.status_code == 303
    assert await newest(service) == before, "the last administrator is there still"
