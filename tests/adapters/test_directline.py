"""Bot Framework's own Direct Line client, unmodified, in Node, and what it does not try."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.directline.adapter import DirectLineAdapter
from router.adapters import PartnerFailed
from tests.adapters.conftest import ANSWERED, CRISIS, FOLLOW_UP, JS, NAVS, VAGUE
from tests.adapters.lines import PlainLine, question
from tests.waiting import PATIENCE_S

HUMAN = "Jeg vil snakke med et menneske"
HERO = "application/vnd.microsoft.card.hero"


def message(text: str, **more: object) -> dict[str, object]:
    return {"type": "message", "text": text, **more}


def driven(domain: str, turns: list[dict[str, Any]], **options: object) -> dict[str, Any]:
    """What the client has seen once everything is said and answered."""
    given = json.dumps({"options": {"domain": domain, **options}, "turns": turns})
    ran = subprocess.run(
        ["node", "directline.cjs"],
        cwd=JS,
        input=given,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def buttons(activity: dict[str, Any]) -> list[dict[str, Any]]:
    """The buttons of its cards."""
    cards = [one["content"] for one in activity["attachments"] if one["contentType"] == HERO]
    return [button for card in cards for button in card["buttons"]]


@pytest.fixture(scope="module")
def domain(demo_server: str) -> str:
    return f"{demo_server}/adapters/directline/bergen/v3/directline"


@pytest.fixture(scope="module")
def talked(domain: str, node_modules: Path) -> dict[str, Any]:
    """A whole conversation, with a token that anybody may ask for."""
    token = httpx.post(f"{domain}/tokens/generate", timeout=PATIENCE_S).json()["token"]
    turns = [
        {"type": "event", "name": "webchat/join", "value": {"language": "nb-NO"}},
        {"type": "typing"},
        message(ANSWERED, channelData={"clientActivityID": "one"}),
        message(VAGUE),
        {"press": 1},
        message(NAVS),
        message(FOLLOW_UP),
        message(CRISIS),
        message(HUMAN),
    ]
    return driven(domain, turns, token=token)


@pytest.fixture(scope="module")
def replies(talked: dict[str, Any]) -> list[dict[str, Any]]:
    """The bot's replies, oldest first, without the greeting."""
    assert "failure" not in talked, talked["failure"]
    return [one for one in talked["seen"] if one["type"] == "message" and "replyToId" in one]


def outcome(reply: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = reply["channelData"]["samsvar"]["outcome"]
    return found


def test_greets_with_what_is_often_asked(talked: dict[str, Any]) -> None:
    greeting = talked["seen"][0]
    assert greeting["from"] == {"id": "bergen", "name": "Bergen kommune", "role": "bot"}
    assert "Bergen kommune" in greeting["text"]
    assert greeting["suggestedActions"]["actions"]
    assert talked["status"] == ["Uninitialized", "Connecting", "Online"]


def test_answers_with_links_to_the_sources(replies: list[dict[str, Any]]) -> None:
    reply = replies[0]
    assert outcome(reply)["type"] == "answered"
    assert reply["locale"] == "nb"
    sources = reply["channelData"]["samsvar"]["sources"]
    opened = [one["value"] for one in buttons(reply) if one["type"] == "openUrl"]
    assert opened == [source["url"] for source in sources] != []


def test_echoes_what_was_said_under_the_ids_that_the_client_knows(talked: dict[str, Any]) -> None:
    said = next(one for one in talked["seen"] if one["from"]["role"] == "user")
    assert said["text"] == ANSWERED
    assert said["from"]["id"] == "kari"
    assert said["channelData"] == {"clientActivityID": "one"}
    assert said["id"] == talked["posted"][2]


def test_asks_what_was_meant_and_a_button_answers(replies: list[dict[str, Any]]) -> None:
    asked, chosen = replies[1], replies[2]
    assert asked["inputHint"] == "expectingInput"
    label = asked["suggestedActions"]["actions"][1]["title"]
    assert outcome(asked)["candidates"][1]["title"] == label
    assert outcome(chosen)["entry"] == outcome(asked)["candidates"][1]["entry"]


def test_anothers_question_is_answered_in_its_name_and_the_next_one_is_ours_again(
    replies: list[dict[str, Any]],
) -> None:
    assert outcome(replies[3])["answered_by"] == "nav"
    assert replies[3]["from"]["name"] == "NAV"
    assert outcome(replies[4])["type"] == "answered"
    assert replies[4]["from"]["name"] == "Bergen kommune"


def test_a_crisis_gets_all_numbers_and_buttons_that_call_them(
    replies: list[dict[str, Any]],
) -> None:
    contacts = outcome(replies[5])["contacts"]
    assert outcome(replies[5])["type"] == "crisis"
    assert [one["value"] for one in buttons(replies[5])] == [one["url"] for one in contacts]
    assert {"call", "openUrl"} == {one["type"] for one in buttons(replies[5])}
    assert all(one["value"] in replies[5]["text"] for one in contacts)


def test_a_handover_is_an_event_with_the_transcript(
    talked: dict[str, Any], replies: list[dict[str, Any]]
) -> None:
    assert outcome(replies[6])["type"] == "handover"
    event = talked["seen"][-1]
    assert (event["type"], event["name"]) == ("event", "handoff.initiate")
    assert event["value"]["contacts"]
    (transcript,) = event["attachments"]
    texts = [one["text"] for one in transcript["content"]["activities"]]
    assert {ANSWERED, HUMAN, replies[6]["text"]} <= set(texts)


def test_comes_back_to_a_conversation_and_sees_only_what_is_new(
    talked: dict[str, Any], domain: str
) -> None:
    kept = {name: talked[name] for name in ("token", "conversationId", "watermark")}
    headers = {"Authorization": f"Bearer {kept['token']}"}
    conversation = f"{domain}/conversations/{kept['conversationId']}"
    httpx.post(
        f"{conversation}/activities", json=message(ANSWERED), headers=headers, timeout=PATIENCE_S
    )
    seen = driven(domain, [message("2 timer")], **kept)["seen"]
    assert seen[0]["text"] == ANSWERED
    assert not {one["id"] for one in seen} & {one["id"] for one in talked["seen"]}


def test_a_partners_key_is_the_secret(domain: str, partner_key: str, node_modules: Path) -> None:
    start = {"locale": "en-GB"}
    found = driven(domain, [message(VAGUE)], secret=partner_key, conversationStartProperties=start)
    assert found["seen"][0]["locale"] == "en"
    conversation = f"{domain}/conversations/{found['conversationId']}"
    headers = {"Authorization": f"Bearer {partner_key}"}
    posted = httpx.post(
        f"{conversation}/activities", json=message("2"), headers=headers, timeout=PATIENCE_S
    )
    seen = httpx.get(f"{conversation}/activities", headers=headers, timeout=PATIENCE_S).json()[
        "activities"
    ]
    chosen = next(one for one in seen if one.get("replyToId") == posted.json()["id"])
    assert outcome(chosen)["type"] == "answered"
    stranger = httpx.get(f"{conversation}/activities", timeout=PATIENCE_S)
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (401, "BadArgument")


def test_a_wrong_secret_does_not_connect(domain: str, node_modules: Path) -> None:
    found = driven(domain, [message(ANSWERED)], secret="smsv_wrong")
    assert found["failure"] == "failed to connect"
    headers = {"Authorization": "Bearer smsv_wrong"}
    refused = httpx.post(f"{domain}/conversations", headers=headers, timeout=PATIENCE_S)
    assert refused.status_code == 403
    assert "unknown or revoked" in refused.json()["error"]["message"]


def test_a_token_is_good_for_its_conversation_alone_and_can_be_refreshed(domain: str) -> None:
    with httpx.Client(base_url=domain, timeout=PATIENCE_S) as http:
        mine = http.post("conversations", json={"user": {"id": "kari"}})
        assert mine.status_code == 201
        assert mine.json()["expires_in"] > 600
        other = http.post("conversations").json()["conversationId"]
        headers = {"Authorization": f"Bearer {mine.json()['token']}"}
        assert http.get(f"conversations/{other}/activities", headers=headers).status_code == 403
        again = http.post("conversations", headers=headers)
        assert (again.status_code, again.json()["conversationId"]) == (
            200,
            mine.json()["conversationId"],
        )
        fresh = http.post("tokens/refresh", headers=headers).json()["token"]
        headers = {"Authorization": f"Bearer {fresh}"}
        path = f"conversations/{mine.json()['conversationId']}"
        assert http.get(path, headers=headers).json()["token"]
        elsewhere = domain.replace("/bergen/", "/nav/")
        assert (
            httpx.get(f"{elsewhere}/{path}", headers=headers, timeout=PATIENCE_S).status_code == 403
        )
        said = message(ANSWERED, **{"from": {"id": "somebody else"}})
        http.post(f"{path}/activities", json=said, headers=headers)
        seen = http.get(f"{path}/activities?watermark=1", headers=headers).json()["activities"]
        assert seen[0]["from"]["id"] == "kari"


async def test_another_samsvar_reads_the_whole_reply_and_chooses_from_it(domain: str) -> None:
    adapter = DirectLineAdapter()
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        line = PlainLine(domain, http, settings={"poll_s": "0.05"})
        told = await adapter.ask(line, question(VAGUE, sender="nav", via=("nav",)))
        assert told.kind == "clarify"
        assert told.speaker == "Bergen kommune"
        press = {"choice": told.options[0].id, "state": told.state}
        chosen = await adapter.ask(line, question("", sender="nav", via=("nav",), **press))
        assert chosen.kind == "answered"
        assert chosen.reply is not None
        with pytest.raises(PartnerFailed, match="activities was refused"):
            await adapter.ask(line, question(ANSWERED, via=("bergen", "nav")))


@pytest.mark.parametrize(
    ("path", "content", "status", "says"),
    [
        ("activities", b"", 400, "does not fit"),
        ("activities", b"{", 400, "does not fit"),
        ("activities", b"[" * 30_000, 400, "does not fit"),
        ("activities", b'{"type":7}', 400, "does not fit"),
        ("activities", b'{"type":"dance"}', 400, "Send a message"),
        ("activities", b'{"type":"message"}', 400, "empty"),
        ("activities", b'{"type":"message","text":"hei \\ud800"}', 400, "does not fit"),
        ("activities", b'{"type":"message","text":"\xff"}', 400, "does not fit"),
        ("activities", b'{"type":"message","value":{"choice":"entry:"}}', 400, "options"),
        (
            "activities",
            b'{"type":"message","text":"","channelData":{"samsvar":7}}',
            400,
            "samsvar",
        ),
        ("activities", b'{"type":"message","attachments":[{"name":"a"}]}', 400, "Files"),
        ("activities", b'{"type":"message","text":"' + b"x" * 70_000 + b'"}', 413, "Send less"),
        ("upload?userId=kari", b"--x", 400, "Files"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_does_not_fit_is_refused_in_the_protocols_form(
    domain: str, path: str, content: bytes, status: int, says: str
) -> None:
    begun = httpx.post(f"{domain}/conversations", timeout=PATIENCE_S).json()
    headers = {"Authorization": f"Bearer {begun['token']}", "Content-Type": "application/json"}
    address = f"{domain}/conversations/{begun['conversationId']}/{path}"
    refused = httpx.post(address, content=content, headers=headers, timeout=PATIENCE_S)
    assert refused.status_code == status, refused.text
    assert says in refused.json()["error"]["message"]


@pytest.mark.parametrize("watermark", ["-1", "many", "9" * 40, "٣"])
def test_a_watermark_that_is_none_is_refused(domain: str, watermark: str) -> None:
    begun = httpx.post(f"{domain}/conversations", timeout=PATIENCE_S).json()
    headers = {"Authorization": f"Bearer {begun['token']}"}
    address = f"{domain}/conversations/{begun['conversationId']}/activities"
    refused = httpx.get(
        address, params={"watermark": watermark}, headers=headers, timeout=PATIENCE_S
    )
    assert refused.status_code == 400
    assert "watermark" in refused.json()["error"]["message"]


def test_what_is_not_there_is_refused(domain: str, partner_key: str) -> None:
    nowhere = httpx.post(
        f"{domain.replace('/bergen/', '/nowhere/')}/tokens/generate", timeout=PATIENCE_S
    )
    assert nowhere.status_code == 404
    assert "nowhere" in nowhere.json()["error"]["message"]
    headers = {"Authorization": f"Bearer {partner_key}"}
    unknown = httpx.get(
        f"{domain}/conversations/unknown/activities", headers=headers, timeout=PATIENCE_S
    )
    assert unknown.status_code == 404
    for forged in ("a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwdWJsaWMifQ.", "..", "é.é.é"):
        refused = httpx.post(
            f"{domain}/tokens/refresh",
            headers={"Authorization": f"Bearer {forged}".encode()},
            timeout=PATIENCE_S,
        )
        assert refused.status_code == 403, forged
