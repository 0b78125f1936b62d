"""What visitors have shown to be a body's questions, over HTTP: seen, and taken back out."""

from __future__ import annotations

import httpx
import pytest

from router.messages import Human, Referred, Reply, Speaker
from router.service import Service
from router.state import Memory
from tests.api.conftest import is_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")

Keys = dict[str, dict[str, str]]
PATH = "/v1/bodies/nav/confirmed"
QUESTION = "Hvor ringer jeg om trygden min?"
CHOICE = "remit:nav/trygd"
REFERRED = Reply(2, Referred("nav"), "", "", "nb", Speaker("nav", "NAV"), Human(False))


async def test_confirmed_questions_are_seen_and_taken_out_by_those_who_keep_the_body(
    client: httpx.AsyncClient, keys: Keys, service: Service
) -> None:
    before = Memory(question=QUESTION, offered=(CHOICE,))
    for visitor in ("one", "two", "three"):
        service.confirming.heard(visitor, before, Memory(), REFERRED, CHOICE)
    await service.confirming.store()
    is_problem(await client.get(PATH), 401)
    listed = await client.get(PATH, headers=keys["admin"])
    assert listed.json() == {"items": [QUESTION], "next": None}
    where = {"question": QUESTION}
    is_problem(await client.delete(PATH, params=where), 401)
    gone = await client.delete(PATH, params=where, headers=keys["admin"])
    assert gone.status_code == 204
    assert (await client.get(PATH, headers=keys["admin"])).json()["items"] == []
    other = {"question": "noe annet"}
    is_problem(await client.delete(PATH, params=other, headers=keys["admin"]), 404)
    is_problem(await client.get("/v1/bodies/none/confirmed", headers=keys["admin"]), 404)
