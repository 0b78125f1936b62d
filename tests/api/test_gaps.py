"""The gap loop over HTTP: reported once, answered once, closed only when its own questions are."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from router.service import Service
from tests.api.conftest import Visitor, is_problem

pytestmark = pytest.mark.asyncio(loop_scope="session")

Keys = dict[str, dict[str, str]]
GAPS = "/v1/brains/kommune/gaps"
ENTRIES = "/v1/brains/kommune/entries"


async def ask(client: httpx.AsyncClient, text: str, body: str = "bergen") -> dict[str, Any]:
    """What comes out of one stateless question."""
    response = await client.post("/v1/ask", json={"body": body, "text": text})
    outcome: dict[str, Any] = response.json()["outcome"]
    return outcome


async def reported(client: httpx.AsyncClient, text: str, *bodies: str) -> str:
    """The path of the gap that those bodies' visitors have reported."""
    gap = ""
    for body in bodies:
        outcome = await ask(client, text, body)
        assert outcome["type"] == "unanswered", (text, outcome)
        gap = outcome["gap"]
    return f"{GAPS}/{gap}"


class Curator:
    """A program with a curator's key, at one gap."""

    def __init__(self, client: httpx.AsyncClient, keys: Keys, path: str = "") -> None:
        self.client, self.headers, self.path = client, keys["curator"], path

    async def see(self) -> dict[str, Any]:
        """The gap, with its questions."""
        response = await self.client.get(self.path, headers=self.headers)
        gap: dict[str, Any] = response.json()
        return gap

    async def do(self, what: str, **json: Any) -> dict[str, Any]:
        """Something that succeeds."""
        response = await self.client.post(
            f"{self.path}/{what}", json=json or None, headers=self.headers
        )
        assert response.status_code == 200, response.text
        done: dict[str, Any] = response.json()
        return done


async def test_a_gap_closes_only_when_all_that_was_asked_is_answered(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    text = "Zorblax flimmer quux vindeltrapp?"
    path = await reported(client, text, "bergen", "voss")
    curator = Curator(client, keys, path)
    only_bergen = await curator.do("answer", answers={"nb": "Ja."}, audience=["bergen"])
    assert (only_bergen["asked_again"], only_bergen["answered_now"]) == (2, 1)
    assert only_bergen["gap"]["status"] == "open"
    assert [one["body"] for one in only_bergen["still"]] == ["voss"]
    fixed = {one["body"]: one["fixed"] for one in (await curator.see())["questions"]}
    assert fixed == {"bergen": True, "voss": False}

    entry = only_bergen["entry"]["id"]
    everyone = only_bergen["entry"] | {"audience": ["*"], "revision": 1, "status": "published"}
    for name in ("id", "brain"):
        everyone.pop(name)
    saved = await client.put(f"{ENTRIES}/{entry}", json=everyone, headers=keys["curator"])
    assert saved.status_code == 200, saved.text
    again = await curator.do("ask-again")
    assert (again["answered_now"], again["still"]) == (2, [])
    assert (again["gap"]["status"], again["gap"]["answered_by"]) == ("answered", entry)
    events = (await client.get(f"{path}/events", headers=keys["curator"])).json()["items"]
    kinds = ["answered", "asked_again", "asked_again", "opened"]
    assert [event["kind"] for event in events] == kinds
    assert events[0]["by"] == "curator"

    await client.post(f"{ENTRIES}/{entry}/retire", headers=keys["curator"])
    assert (await ask(client, text))["gap"] in path  # it came back
    assert (await curator.see())["status"] == "open"


async def test_an_answer_that_did_not_help_is_a_gap_until_another_one_is_given(
    client: httpx.AsyncClient, keys: Keys, visitor: Visitor
) -> None:
    reply = (await visitor.say("Når brøyter dere veien?")).json()
    assert reply["outcome"]["type"] == "answered"
    feedback = {"turn": reply["turn"], "helpful": False}
    for _ in range(2):
        sent = await client.post(visitor.path("/feedback"), json=feedback, headers=visitor.headers)
        assert sent.status_code < 300
    listed = await client.get(GAPS, params={"text": "brøyter"}, headers=keys["curator"])
    (gap,) = listed.json()["items"]
    assert (gap["count"], gap["unhelpful"]) == (1, 1)
    curator = Curator(client, keys, f"{GAPS}/{gap['id']}")
    (question,) = (await curator.see())["questions"]
    assert (question["reason"], question["entry"]) == ("unhelpful", "snorydding")

    assert (await curator.do("ask-again"))["gap"]["status"] == "open"  # the same answer again
    local = {"entry": "snorydding", "scope": "bergen", "answers": {"nb": "Vi brøyter kl. 5."}}
    done = await curator.do("local-answer", **local)
    assert (done["gap"]["status"], done["answered_now"]) == ("answered", 1)
    remove = "/v1/brains/kommune/entries/snorydding/local-answers/bergen"
    await client.delete(remove, headers=keys["curator"])


async def test_a_missing_fact_is_no_answer(client: httpx.AsyncClient, keys: Keys) -> None:
    entry = {
        "questions": ["Wubbel kvasir takst?", "wubbel kvasir", "hva er wubbel kvasir takst"],
        "answers": {"nb": "Det koster {{ facts.wubbel_pris }}."},
        "status": "published",
    }
    await client.put(f"{ENTRIES}/wubbel", json=entry, headers=keys["curator"])
    path = await reported(client, "Wubbel kvasir takst?", "bergen", "voss")
    curator = Curator(client, keys, path)
    assert {one["reason"] for one in (await curator.see())["questions"]} == {"missing fact"}
    assert (await curator.do("ask-again"))["answered_now"] == 0
    half = await curator.do("facts", facts={"bergen": {"wubbel_pris": "10 kr"}})
    assert (half["answered_now"], half["gap"]["status"]) == (1, "open")
    whole = await curator.do("facts", facts={"voss": {"wubbel_pris": "9 kr"}})
    assert (whole["gap"]["status"], whole["gap"]["answered_by"]) == ("answered", "wubbel")
    elsewhere = {"facts": {"nav": {"wubbel_pris": "9 kr"}}}
    refused = await client.post(f"{path}/facts", json=elsewhere, headers=keys["curator"])
    is_problem(refused, 404)


async def test_a_fix_spares_those_who_never_reported_it(
    client: httpx.AsyncClient, keys: Keys, service: Service, visitor: Visitor
) -> None:
    text = "Kan ploffing gjøres om natta hos blarg?"
    reply = (await visitor.say(text)).json()
    assert reply["outcome"]["type"] == "unanswered"
    curator = Curator(client, keys, f"{GAPS}/{reply['outcome']['gap']}")
    before = (await client.get(f"{GAPS}/overview", headers=keys["curator"])).json()
    await curator.do("answer", answers={"nb": "Nei."}, title="Ploffing")
    await service.asked.flush()
    assert (await curator.see())["spared"] == {"answers": 0, "bodies": 0}

    assert (await visitor.say(text)).json()["outcome"]["type"] == "answered"  # it reported it
    assert (await ask(client, text, "bergen"))["type"] == "answered"
    assert (await ask(client, text, "voss"))["type"] == "answered"
    await service.asked.flush()
    assert (await curator.see())["spared"] == {"answers": 2, "bodies": 1}
    after = (await client.get(f"{GAPS}/overview", headers=keys["curator"])).json()
    assert after["spared_answers"] == before["spared_answers"] + 2
    assert after["median_hours_to_fix"] is not None


async def test_a_phrasing_spares_only_those_who_ask_the_same(
    client: httpx.AsyncClient, keys: Keys, service: Service
) -> None:
    text = "Qwyx gnorp zutz vrimp?"
    curator = Curator(client, keys, await reported(client, text, "bergen"))
    phrased = {"entry": "barnehage-soknad", "phrasings": [text, "gnorp zutz"]}
    done = await curator.do("phrasing", **phrased)
    assert done["gap"]["status"] == "answered" and done["others_asked"] == 0
    for asked in (text, "Hvordan søker jeg om barnehageplass?"):
        assert (await ask(client, asked, "voss"))["type"] == "answered"
    await service.asked.flush()
    assert (await curator.see())["spared"] == {"answers": 1, "bodies": 1}


async def test_an_editor_sees_own_questions_only(client: httpx.AsyncClient, keys: Keys) -> None:
    path = await reported(client, "Jiqq huzzle wompf dydd?", "voss", "bergen")
    others = await reported(client, "Trollmjøl fra Myrkdalen grynter?", "voss")
    editor = keys["bergen editor"]
    seen = (await client.get(path, headers=editor)).json()
    assert [body["id"] for body in seen["bodies"]] == ["bergen"] and seen["count"] == 1
    assert [one["body"] for one in seen["questions"]] == ["bergen"]
    assert sum(seen["days"]) == 1
    is_problem(await client.get(others, headers=editor), 404)
    is_problem(await client.get(f"{others}/questions", headers=editor), 404)
    query = {"limit": 200, "text": "Myrkdalen"}
    assert (await client.get(GAPS, params=query, headers=editor)).json()["items"] == []
    everything = await client.get(GAPS, params={"limit": 200}, headers=editor)
    assert "voss" not in everything.text.casefold()
    for what in ("events", "similar"):
        is_problem(await client.get(f"{path}/{what}", headers=editor), 403)


async def test_gaps_are_worked_on(client: httpx.AsyncClient, keys: Keys) -> None:
    first = await reported(client, "Plystrende kongleskrell?", "bergen")
    second = await reported(client, "Dundrende wienerbrøddeig?", "voss")
    curator, other = Curator(client, keys, first), second.rsplit("/", 1)[-1]
    assert (await curator.do("merge", gaps=[other]))["count"] == 2
    gone = (await client.get(second, headers=keys["curator"])).json()
    assert (gone["status"], f"{GAPS}/{gone['merged_into']}") == ("merged", first)
    assert (await curator.do("unmerge", gap=other))["id"] == other
    await curator.do("merge", gaps=[other])
    ids = [one["id"] for one in (await curator.see())["questions"] if one["body"] == "voss"]
    new = await curator.do("split", questions=ids)
    assert (new["count"], new["bodies"]) == (1, [{"id": "voss", "count": 1}])
    assert (await curator.do("rename", title="Kongler"))["title"] == "Kongler"
    assert (await curator.do("snooze", until="2999-01-01T00:00:00Z"))["status"] == "snoozed"
    assert (await curator.do("snooze", until=None))["status"] == "open"
    assert (await curator.do("dismiss", reason="own case"))["dismiss_reason"] == "own case"
    assert (await curator.do("reopen"))["status"] == "open"
    assert (await curator.do("forward", to="body:nav"))["forwarded_to"] == "body:nav"
    assert (await curator.do("forward", to="brain:nav"))["status"] == "forwarded"
    there = await client.get("/v1/brains/nav/gaps", headers=keys["nav curator"])
    assert "kongleskrell" in there.text
    for wrong in ("brain:kommune", "brain:atlantis", "body:atlantis"):
        response = await client.post(
            f"{first}/forward", json={"to": wrong}, headers=keys["curator"]
        )
        assert response.status_code in (400, 404)
    nobody = await client.post(f"{first}/assign", json={"person": "ingen"}, headers=keys["curator"])
    is_problem(nobody, 400)


async def test_similar_gaps_are_offered(client: httpx.AsyncClient, keys: Keys) -> None:
    path = await reported(client, "Fjompenisse med gullhatt på taket?", "bergen")
    near = (await client.get(f"{path}/similar", headers=keys["curator"])).json()["items"]
    assert near and all(f"{GAPS}/{one['gap']['id']}" != path for one in near)
    cosines = [one["cosine"] for one in near]
    assert cosines == sorted(cosines, reverse=True)


async def test_two_curators_at_one_gap(client: httpx.AsyncClient, keys: Keys) -> None:
    asked = "zyxvq qpwml kjxhgf zywxq vtsrx qpnmw lkjxh gfdcz?"
    curator = Curator(client, keys, await reported(client, asked, "bergen"))
    await asyncio.gather(
        curator.do("ask-again"),
        curator.do("rename", title="Kvist"),
        curator.do("answer", answers={"nb": "Ja."}),
        *(ask(client, asked, "voss") for _ in range(5)),
    )
    done = await curator.do("ask-again")
    assert done["gap"]["status"] == "answered" and done["gap"]["title"] == "Kvist"
