"""boost.ai's chat API as front ends use it, command by command, against the demo's bots."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.boost import elements
from router.messages import Notice, Option, Spoken
from tests.adapters.conftest import ANSWERED, CRISIS, FOLLOW_UP, NAVS, VAGUE

Json = dict[str, Any]


class FrontEnd:
    """A chat panel in one conversation."""

    def __init__(self, client: httpx.Client, base: str = "/adapters/boost/bergen") -> None:
        self.client = client
        self.base = base
        self.conversation: Json = {}

    def send(self, command: str, path: str = "/api/chat/v2", **more: Any) -> httpx.Response:
        if self.conversation:
            more = {"conversation_id": self.conversation["id"], **more}
        return self.client.post(self.base + path, json={"command": command, **more})

    def done(self, command: str, **more: Any) -> Json:
        response = self.send(command, **more)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    def start(self, **more: Any) -> Json:
        answer = self.done("START", **more)
        self.conversation = answer["conversation"]
        return answer

    def say(self, text: str, **more: Any) -> Json:
        return self.done("POST", type="text", value=text, **more)


@pytest.fixture
def front_end(demo: httpx.Client) -> FrontEnd:
    """One that has begun a conversation with Bergen's bot."""
    begun = FrontEnd(demo)
    begun.start(language="no-NO")
    return begun


@pytest.fixture
def kept(demo_home: Path, front_end: FrontEnd) -> Any:
    """What the service has stored of the conversation's turns: (turn, helpful, comment)."""

    def read() -> list[tuple[int, int | None, str | None]]:
        with sqlite3.connect(demo_home / "samsvar.db") as db:
            query = "SELECT turn, helpful, comment FROM turns WHERE conversation = ? ORDER BY turn"
            return list(db.execute(query, [front_end.conversation["reference"]]))

    return read


def links(answer: Json) -> list[Json]:
    return [
        link
        for element in answer["response"]["elements"]
        if element["type"] == "links"
        for link in element["payload"]["links"]
    ]


def html(answer: Json) -> str:
    return "".join(one["payload"].get("html", "") for one in answer["response"]["elements"])


def test_conversation_has_the_state_that_front_ends_read(front_end: FrontEnd) -> None:
    assert front_end.conversation["state"] == {
        "chat_status": "virtual_agent",
        "poll": False,
        "max_input_chars": 1000,
        "allow_delete_conversation": True,
    }


def test_ids_grow_and_are_the_same_when_read_again(front_end: FrontEnd) -> None:
    first, second = front_end.say(ANSWERED), front_end.say(FOLLOW_UP)
    ids = [0, first["posted_id"], int(first["response"]["id"])]
    ids += [second["posted_id"], int(second["response"]["id"])]
    assert ids == sorted(set(ids))
    again = front_end.done("RESUME")["responses"]
    assert [int(one["id"]) for one in again] == ids
    assert [one["source"] for one in again] == ["bot", "client", "bot", "client", "bot"]
    assert again[2]["elements"] == first["response"]["elements"]
    assert again[1]["elements"] == [{"type": "text", "payload": {"text": ANSWERED}}]
    newer = front_end.done("POLL", value=first["response"]["id"])["responses"]
    assert newer == again[3:]


def test_button_comes_back_as_its_id(front_end: FrontEnd) -> None:
    offered = links(front_end.say(VAGUE))
    assert all(link["type"] == "action_link" for link in offered)
    chosen = front_end.done("POST", type="action_link", id=offered[0]["id"])
    assert html(chosen) and "Gjelder det noe av dette" not in html(chosen)
    triggered = front_end.done("POST", type="trigger_action", id="human")
    assert any(link["url"].startswith("tel:") for link in links(triggered))


def test_pressed_address_is_noted_and_nothing_is_said(front_end: FrontEnd) -> None:
    (source,) = links(front_end.say(ANSWERED))
    assert source["type"] == "external_link" and source["url"].startswith("https://")
    noted = front_end.done("POST", type="external_link", id=source["id"])
    assert list(noted) == ["conversation"]
    assert len(front_end.done("RESUME")["responses"]) == 3


def test_another_body_answers_as_another_van(front_end: FrontEnd) -> None:
    own, referred = front_end.say(ANSWERED), front_end.say(NAVS)
    assert "van_id" not in own["response"]
    van = referred["response"]["van_id"]
    assert html(referred).startswith("<p><strong>NAV</strong></p>")
    assert {link["van_name"] for link in links(referred)} == {"NAV"}
    path = "/api/chat_panel/v2"
    titles = [
        front_end.done("CONFIG", path=path, **asked)["chatPanel"]["header"]["title"]
        for asked in ({}, {"van_id": van}, {"van_id": 1})
    ]
    assert titles == ["Bergen kommune", "NAV", "Bergen kommune"]


def test_crisis_is_complete_and_can_be_called(front_end: FrontEnd) -> None:
    reply = front_end.say(CRISIS)
    assert "116 123" in html(reply)
    assert "tel:116123" in {link["url"] for link in links(reply)}


@pytest.mark.parametrize(
    ("asked", "language", "words"),
    [
        ({"filter_values": ["nynorsk"], "language": "no"}, "nn-NO", "Eg er"),
        ({"filter_values": ["login", "bokmal"]}, "no-NO", "Jeg er"),
        ({"language": "en-US"}, "en-US", "I am"),
        ({"preferred_client_languages": ["en-GB", "nb-NO"]}, "en-US", "I am"),
    ],
)
def test_page_says_its_language(demo: httpx.Client, asked: Json, language: str, words: str) -> None:
    answer = FrontEnd(demo).start(**asked)
    assert answer["response"]["language"] == language
    assert words in html(answer) or words.replace(" am", "'m") in html(answer)


def test_language_may_change_on_the_way(front_end: FrontEnd) -> None:
    chosen = links(front_end.say(VAGUE))[0]["id"]
    answer = front_end.done("POST", type="action_link", id=chosen, filter_values=["nynorsk"])
    assert answer["response"]["language"] == "nn-NO"
    assert front_end.done("RESUME")["responses"][0]["language"] == "nn-NO"


def test_clean_is_without_html(demo: httpx.Client) -> None:
    front_end = FrontEnd(demo)
    greeting = front_end.start(clean=True)["response"]["elements"][0]
    answer = front_end.say(NAVS, clean=True)["response"]["elements"][0]
    assert greeting["type"] == answer["type"] == "text"
    assert answer["payload"]["text"].startswith("NAV:\n")
    assert "<" not in answer["payload"]["text"]


@pytest.mark.parametrize("payload", [7, "x", ["via"], {"via": 7}, {"user": {"age": 40}}])
def test_front_ends_own_payload_is_let_be(front_end: FrontEnd, payload: Any) -> None:
    assert html(front_end.say(ANSWERED, custom_payload=payload))


def test_welcome_can_be_left_out(demo: httpx.Client) -> None:
    assert FrontEnd(demo).start(skip_welcome_message=True)["response"]["elements"] == []


def test_thumbs_are_for_the_very_reply(front_end: FrontEnd, kept: Any) -> None:
    first = front_end.say(ANSWERED)["response"]["id"]
    front_end.say(FOLLOW_UP)
    thumb = {"type": "feedback", "id": first}
    front_end.done("POST", value="positive", **thumb)
    assert [row[1] for row in kept()] == [None, 1, None, None]
    front_end.done("POST", value="negative", **thumb)
    assert [row[1] for row in kept()] == [None, 0, None, None]
    front_end.done("POST", value="remove-negative", **thumb)
    assert [row[1] for row in kept()] == [None, None, None, None]
    front_end.done("POST", type="feedback", id="0", value="positive")
    refused = front_end.send("POST", type="feedback", id="77", value="positive")
    assert refused.status_code == 400 and "77" in refused.json()["error"]


def test_rating_at_the_end_is_kept_with_its_words(front_end: FrontEnd, kept: Any) -> None:
    front_end.done("FEEDBACK", value={"rating": 1})
    front_end.say(ANSWERED)
    front_end.done("FEEDBACK", value={"rating": 1, "text": "Fin hjelp"})
    assert kept()[-1][1:] == (1, "Fin hjelp")


def test_transcript_is_plain_text(front_end: FrontEnd) -> None:
    front_end.say(ANSWERED)
    response = front_end.send("DOWNLOAD")
    assert response.headers["content-type"].startswith("text/plain")
    assert ANSWERED in response.text and "Bergen kommune" in response.text


@pytest.mark.parametrize("command", ["STOP", "DELETE"])
def test_what_has_ended_is_gone(front_end: FrontEnd, kept: Any, command: str) -> None:
    front_end.say(ANSWERED)
    assert front_end.done(command)["conversation"]["state"]["is_blocked"] is True
    assert len(kept()) == (2 if command == "STOP" else 0)
    for later in ("RESUME", "POLL", "TYPING", "DOWNLOAD", command):
        response = front_end.send(later)
        assert (response.status_code, response.json()) == (410, {"error": "session ended"})


def test_anothers_conversation_is_not_there(front_end: FrontEnd, partner_key: str) -> None:
    for headers, base in (
        ({"Authorization": f"Bearer {partner_key}"}, front_end.base),
        ({}, "/adapters/boost/nav"),
    ):
        sent = {"command": "RESUME", "conversation_id": front_end.conversation["id"]}
        response = front_end.client.post(f"{base}/api/chat/v2", json=sent, headers=headers)
        assert response.json() == {"error": "session ended"}


def test_nobody_human_is_there_to_poll(front_end: FrontEnd) -> None:
    for command in ("TYPING", "POLLSTOP"):
        assert front_end.done(command)["conversation"]["state"]["poll"] is False
    assert front_end.done("POLL")["responses"] == []


def test_body_may_be_named_by_a_filter_value(demo: httpx.Client) -> None:
    front_end = FrontEnd(demo, "/adapters/boost")
    refused = front_end.send("START", filter_values=["bokmal"])
    assert refused.status_code == 400 and "filter_values" in refused.json()["error"]
    front_end.start(filter_values=["bokmal", "voss"])
    assert "Voss" in html({"response": front_end.done("RESUME")["responses"][0]})
    assert front_end.say(ANSWERED)["response"]["id"] == "2"


def test_key_is_the_callers_own(demo: httpx.Client, partner_key: str) -> None:
    url, start = "/adapters/boost/bergen/api/chat/v2", {"command": "START"}
    right = demo.post(url, json=start, headers={"Authorization": f"Bearer {partner_key}"})
    assert right.status_code == 200
    wrong = demo.post(url, json=start, headers={"Authorization": "Bearer smsv_wrong"})
    assert wrong.status_code == 401 and "unknown or revoked" in wrong.json()["error"]
    foreign = demo.post(url, json=start, headers={"Origin": "https://elsewhere.example"})
    assert foreign.status_code == 403 and "elsewhere.example" in foreign.json()["error"]
    unknown = demo.post("/adapters/boost/nowhere/api/chat/v2", json=start)
    assert unknown.status_code == 404 and "nowhere" in unknown.json()["error"]


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"command": "POST", "type": "files", "value": [{"url": "https://x.example"}]}, "Files"),
        ({"command": "POST"}, "type"),
        ({"command": "POST", "type": "text"}, "value"),
        ({"command": "POST", "type": "text", "value": "  "}, "empty"),
        ({"command": "POST", "type": "text", "value": "a" * 1001}, "1000"),
        ({"command": "POST", "type": "text", "value": {"a": 1}}, "value"),
        ({"command": "POST", "type": "action_link"}, "id"),
        ({"command": "POST", "type": "action_link", "id": 184712}, "option"),
        ({"command": "POST", "type": "action_link", "id": "x" * 5000}, "id"),
        ({"command": "POST", "type": "feedback", "id": "2", "value": "great"}, "value"),
        ({"command": "POST", "type": "feedback", "id": "²", "value": "positive"}, "number"),
        ({"command": "POLL", "value": [1]}, "number"),
        ({"command": "POLL", "value": "9" * 40}, "number"),
        ({"command": "FEEDBACK", "value": 1}, "value"),
        ({"command": "HUMANCHATPOST", "value": "Hei"}, "HUMANCHATPOST"),
        ({"command": "CONFIG"}, "chat_panel"),
        ({"command": "SMARTREPLY", "value": "Hei"}, "command"),
        ({"command": "RESUME", "conversation_id": 7}, "conversation_id"),
        ({"command": "RESUME", "conversation_id": None}, "conversation_id"),
        ({"command": "RESUME", "conversation_id": "\ud800"}, ""),
        ({"command": "START", "filter_values": ["x"] * 51}, "filter_values"),
        ({"command": "START", "filter_values": "bokmal"}, "filter_values"),
        ({"command": "START", "language": 7}, "language"),
        ([], "object"),
    ],
)
def test_refuses_in_its_own_form_and_says_why(front_end: FrontEnd, sent: Any, says: str) -> None:
    if isinstance(sent, dict):
        sent = {"conversation_id": front_end.conversation["id"], **sent}
    headers = {"Content-Type": "application/json"}
    address, content = f"{front_end.base}/api/chat/v2", json.dumps(sent)
    response = front_end.client.post(address, content=content, headers=headers)
    assert 400 <= response.status_code < 500, response.text
    assert list(response.json()) == ["error"]
    assert says in response.json()["error"]


def test_broadcasts_come_with_the_greeting() -> None:
    option = Option("entry:kommune/vann", "Kokevarsel")
    notice = Notice("n", "1", "warning", "Kok vannet.", "<p>Kok vannet.</p>", "nb", option)
    first = Spoken("nb", "Hei!", [Option("human", "Et menneske")], [notice])
    shown = elements.of_opening(first, dt.datetime.now(dt.UTC), clean=False, silent=False)
    assert [one.payload.html for one in shown.elements[:2]] == ["<p>Kok vannet.</p>", "<p>Hei!</p>"]
    assert [link.text for link in shown.elements[2].payload.links or []] == [
        "Kokevarsel",
        "Et menneske",
    ]
