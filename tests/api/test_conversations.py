"""A visitor's conversation from start to erasure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from router.service import Service
from tests.api.conftest import Visitor, bearer, is_problem
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTION = "Hvordan søker jeg om barnehageplass?"


async def test_start_gives_all_that_a_page_needs(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/conversations", json={"body": "bergen", "language": "nn"})
    assert response.status_code == 201
    started = response.json()
    assert started["body"] == {"id": "bergen", "name": "Bergen kommune"}
    assert started["language"] == "nn"
    assert started["greeting"]
    assert len(started["token"]) > 30
    assert isinstance(started["popular"], list)
    assert set(started["human"]) >= {"available"}


async def test_a_question_is_answered_and_shown_again(visitor: Visitor) -> None:
    reply = (await visitor.say(QUESTION)).json()
    assert reply["outcome"]["type"] == "answered"
    assert reply["outcome"]["entry"].endswith("barnehage-soknad")
    assert reply["body"]["id"] == "bergen"

    shown = (await visitor.client.get(visitor.path(), headers=visitor.headers)).json()
    said = [(turn["from"], turn["text"]) for turn in shown["turns"]]
    assert said == [("visitor", QUESTION), ("bot", reply["text"])]
    assert shown["turns"][1]["reply"] == reply
    assert shown["language"] == "nb"


async def test_an_option_can_be_chosen(visitor: Visitor) -> None:
    started = await visitor.client.get("/v1/bodies/bergen/popular")
    options = started.json()["items"]
    assert options
    reply = await visitor.client.post(
        visitor.path("/messages"), json={"choice": options[0]["id"]}, headers=visitor.headers
    )
    assert reply.json()["outcome"]["type"] == "answered"


@pytest.mark.parametrize("body", [{}, {"text": "a", "choice": "b"}])
async def test_either_a_text_or_a_choice(visitor: Visitor, body: dict[str, str]) -> None:
    response = await visitor.client.post(
        visitor.path("/messages"), json=body, headers=visitor.headers
    )
    assert "either" in str(is_problem(response, 400)["detail"])


async def test_handover_feedback_and_transcript(visitor: Visitor) -> None:
    client, headers = visitor.client, visitor.headers
    reply = (await visitor.say(QUESTION)).json()
    handed = await client.post(visitor.path("/handover"), headers=headers)
    assert handed.json()["outcome"]["type"] == "handover"

    good = {"turn": reply["turn"], "helpful": True, "comment": "Takk!"}
    thanked = await client.post(visitor.path("/feedback"), json=good, headers=headers)
    assert thanked.status_code == 204
    missing = {"turn": 999, "helpful": False}
    is_problem(await client.post(visitor.path("/feedback"), json=missing, headers=headers), 400)

    transcript = await client.get(visitor.path("/transcript"), headers=headers)
    assert transcript.headers["content-disposition"].startswith("attachment")
    assert QUESTION in transcript.text and reply["text"] in transcript.text


async def test_nobody_else_reads_or_writes_it(visitor: Visitor, client: httpx.AsyncClient) -> None:
    other = (await client.post("/v1/conversations", json={"body": "bergen"})).json()
    for headers in ({}, bearer("wrong"), bearer(other["token"]), {"Authorization": "Basic eDp5"}):
        for method, rest in (
            ("GET", ""),
            ("DELETE", ""),
            ("GET", "/transcript"),
            ("GET", "/events"),
            ("POST", "/handover"),
        ):
            response = await client.request(method, visitor.path(rest), headers=headers)
            is_problem(response, 401)
            assert response.headers["www-authenticate"] == "Bearer"


async def test_erased_is_gone(visitor: Visitor, service: Service) -> None:
    await visitor.say("Mitt hemmelige ord er kvikksølvpølse")
    erased = await visitor.client.delete(visitor.path(), headers=visitor.headers)
    assert erased.status_code == 204
    is_problem(await visitor.client.get(visitor.path(), headers=visitor.headers), 404)
    is_problem(await visitor.say("hei"), 404)


async def test_unknown_body(client: httpx.AsyncClient) -> None:
    problem = is_problem(await client.post("/v1/conversations", json={"body": "atlantis"}), 404)
    assert "atlantis" in str(problem["detail"])


async def test_events_tell_what_happens_and_what_was_missed(visitor: Visitor) -> None:
    first = (await visitor.say(QUESTION)).json()
    token = visitor.headers["Authorization"].removeprefix("Bearer ")
    path = visitor.path(f"/events?token={token}")
    async with visitor.client.stream("GET", path, headers={"Last-Event-ID": "0"}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = _events(stream)
        assert (await anext(events))["event"] == "state"
        missed = await anext(events)
        assert (missed["event"], missed["id"]) == ("reply", str(first["turn"]))
        second = (await visitor.say("Når brøyter dere veien?")).json()
        told = await anext(events)
        assert json.loads(told["data"]) == second
        assert told["id"] == str(second["turn"])


async def test_events_do_not_reach_other_conversations(
    visitor: Visitor, client: httpx.AsyncClient, service: Service
) -> None:
    async with client.stream("GET", visitor.path("/events"), headers=visitor.headers) as stream:
        events = _events(stream)
        await anext(events)
        # Each of the channels is shared by some of these.
        for number in range(2000):
            service.events.publish(f"somebody-{number}", "reply", {"text": "secret"})
        service.events.publish(visitor.id, "typing", {"from": "agent"})
        assert await asyncio.wait_for(anext(events), PATIENCE_S) == {
            "event": "typing",
            "data": '{"from":"agent"}',
        }


async def _events(stream: httpx.Response) -> AsyncIterator[dict[str, str]]:
    """What is told of a conversation; tests/api/test_broadcasts.py reads the notices."""
    event: dict[str, str] = {}
    async for line in stream.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        elif event:
            event.pop("retry", None)
            if event.get("event", "broadcasts") != "broadcasts":
                yield event
            event = {}
