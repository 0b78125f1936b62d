"""The `openfloor` package, unmodified, at the floor with the demo's bots, and Frida at hers."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openfloor
import pytest
from litestar import Litestar, post

from adapters.openfloor.adapter import OpenFloorAdapter
from router.adapters import PartnerFailed, Said
from tests.adapters.conftest import ANSWERED, CRISIS, FOLLOW_UP, NAVS, VAGUE
from tests.adapters.lines import PlainLine, question
from tests.adapters.peers import openfloor as peer
from tests.api.conftest import served
from tests.waiting import PATIENCE_S

US = "tag:visitors.example,2026:kari"
Features = dict[str, Any]


class Guest:
    """Somebody with the `openfloor` package, in a conversation with a body's bot."""

    def __init__(self, server: str, key: str, body: str = "bergen") -> None:
        self.url = f"{server}/adapters/openfloor/{body}"
        self.conversation = f"conv:{secrets.token_hex(8)}"
        self.key = key

    def post(self, content: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        return httpx.post(self.url, content=content, headers=headers, timeout=PATIENCE_S)

    def send(self, *events: openfloor.Event, **conversation: Any) -> openfloor.Envelope:
        envelope = openfloor.Envelope(
            conversation=openfloor.Conversation(id=self.conversation, **conversation),
            sender=openfloor.Sender(speakerUri=US, serviceUrl="https://visitors.example/floor"),
            events=list(events),
        )
        response = self.post(envelope.to_json(as_payload=True))
        assert response.status_code == 200, response.text
        answer = openfloor.Envelope.from_json(response.text, as_payload=True)
        assert answer.conversation.id == self.conversation
        return answer

    def ask(self, text: str, **event: Any) -> openfloor.Envelope:
        return self.send(utterance(text, **event))

    def to(self, **more: Any) -> openfloor.To:
        return openfloor.To(serviceUrl=self.url, **more)


@pytest.fixture
def guest(demo_server: str, partner_key: str) -> Guest:
    return Guest(demo_server, partner_key)


def utterance(text: str, features: Features | None = None, **event: Any) -> openfloor.Event:
    said = openfloor.DialogEvent(
        speakerUri=US, features={"text": openfloor.TextFeature(values=[text]), **(features or {})}
    )
    return openfloor.UtteranceEvent(dialogEvent=said, **event)


def kinds(envelope: openfloor.Envelope) -> list[str]:
    return [event.eventType for event in envelope.events]


def spoken(envelope: openfloor.Envelope) -> openfloor.DialogEvent:
    """The only thing said in an envelope."""
    (event,) = (event for event in envelope.events if event.eventType == "utterance")
    return openfloor.DialogEvent.from_dict(event.parameters["dialogEvent"])


def text(envelope: openfloor.Envelope) -> str:
    return str(spoken(envelope).features["text"].tokens[0].value)


def reply(envelope: openfloor.Envelope) -> Any:
    """The whole reply, as our own feature has it."""
    return spoken(envelope).features["samsvar"].tokens[0].value


def test_answers_with_its_sources_as_text_and_html(guest: Guest) -> None:
    answer = guest.ask(ANSWERED)
    whole, said = reply(answer), spoken(answer)
    assert whole["outcome"]["type"] == "answered"
    assert whole["text"] in text(answer)
    assert said.features["html"].mimeType == "text/html"
    assert whole["sources"]
    for source in whole["sources"]:
        assert source["url"] in text(answer)
        assert f'href="{source["url"]}"' in said.features["html"].tokens[0].value
    assert said.speakerUri == answer.sender.speakerUri
    assert answer.sender.serviceUrl == guest.url


def test_an_invitation_is_accepted_with_a_greeting_of_which_a_number_may_be_chosen(
    guest: Guest,
) -> None:
    answer = guest.send(openfloor.InviteEvent(to=guest.to()))
    assert kinds(answer) == ["acceptInvite", "utterance"]
    assert answer.events[0].to.speakerUri == US
    assert "Bergen" in text(answer)
    assert f"1. {reply(answer)['popular'][0]['label']}" in text(answer)
    assert reply(guest.ask("1"))["outcome"]["type"] == "answered"


def test_asks_what_was_meant_and_understands_number_and_id(guest: Guest) -> None:
    clarify = guest.ask(VAGUE)
    options = reply(clarify)["options"]
    assert reply(clarify)["outcome"]["type"] == "clarify"
    assert f"2. {options[1]['label']}" in text(clarify)
    assert reply(guest.ask("2"))["outcome"]["type"] == "answered"
    guest.ask(VAGUE)
    chosen = openfloor.Feature(
        mimeType="application/json", tokens=[openfloor.Token(value={"choice": options[0]["id"]})]
    )
    answer = guest.ask(options[0]["label"], features={"samsvar": chosen})
    assert reply(answer)["outcome"]["type"] == "answered"


def test_anothers_question_is_answered_under_its_own_speaker_uri(guest: Guest) -> None:
    answer = guest.ask(NAVS)
    assert reply(answer)["outcome"]["type"] == "referred"
    bergen, nav = (one.identification for one in answer.conversation.conversants)
    assert (bergen.speakerUri, nav.organization) == (answer.sender.speakerUri, "NAV")
    assert spoken(answer).speakerUri == nav.speakerUri != bergen.speakerUri
    assert reply(guest.ask(FOLLOW_UP))["body"]["id"] == "bergen"


def test_a_crisis_gets_the_numbers_to_call(guest: Guest) -> None:
    answer = guest.ask(CRISIS)
    assert reply(answer)["outcome"]["type"] == "crisis"
    assert "116 123" in text(answer)
    assert 'href="tel:116123"' in spoken(answer).features["html"].tokens[0].value


def test_what_is_whispered_is_answered_in_a_whisper(guest: Guest) -> None:
    answer = guest.ask(ANSWERED, to=guest.to(private=True))
    assert answer.events[0].to.speakerUri == US
    assert answer.events[0].to.private
    assert guest.ask(ANSWERED).events[0].to is None


def test_a_question_that_has_been_here_is_refused(guest: Guest) -> None:
    passed = openfloor.Token(value={"via": ["bergen", "nav"]})
    ours = openfloor.Feature(mimeType="application/json", tokens=[passed])
    envelope = openfloor.Envelope(
        conversation=openfloor.Conversation(id=guest.conversation),
        sender=openfloor.Sender(speakerUri=US),
        events=[utterance(ANSWERED, features={"samsvar": ours})],
    )
    refused = guest.post(envelope.to_json(as_payload=True))
    assert refused.status_code == 400
    assert "loop" in refused.json()["detail"]


def test_events_for_others_and_without_the_floor_are_left_alone(guest: Guest) -> None:
    elsewhere = openfloor.To(speakerUri="tag:other.example,2026:bot")
    assert kinds(guest.ask(ANSWERED, to=elsewhere)) == []
    assert kinds(guest.send(utterance(ANSWERED), floorGranted=[US])) == []
    assert kinds(guest.send(openfloor.RevokeFloorEvent(to=guest.to()), utterance(ANSWERED))) == []
    assert kinds(guest.send(utterance(ANSWERED, to=guest.to()), floorGranted=[US])) == ["utterance"]
    silent = [openfloor.ByeEvent(), openfloor.RequestFloorEvent(), openfloor.YieldFloorEvent()]
    assert kinds(guest.send(*silent, openfloor.GrantFloorEvent(to=guest.to()))) == []


def test_is_silent_from_being_shown_out_until_the_next_invitation(guest: Guest) -> None:
    assert kinds(guest.ask(ANSWERED)) == ["utterance"]
    assert kinds(guest.send(openfloor.UninviteEvent(to=guest.to()))) == []
    assert kinds(guest.ask(ANSWERED)) == []
    again = guest.send(openfloor.InviteEvent(to=guest.to()), utterance(ANSWERED))
    assert kinds(again) == ["acceptInvite", "utterance", "utterance"]


def test_an_invitation_with_history_answers_what_was_asked_last(guest: Guest) -> None:
    asked = utterance(ANSWERED).parameters["dialogEvent"]
    history = openfloor.DialogHistory()
    history.append(asked)
    passing = utterance("Jeg setter deg over til Bergen.")
    answer = guest.send(passing, openfloor.InviteEvent(to=guest.to(), dialogHistory=history))
    assert kinds(answer) == ["acceptInvite", "utterance", "utterance"]
    last = openfloor.DialogEvent.from_dict(answer.events[2].parameters["dialogEvent"])
    assert last.features["samsvar"].tokens[0].value["outcome"]["type"] == "answered"


def manifests(guest: Guest, scope: str, task: str | None = None) -> list[Any]:
    """The manifests that a body publishes; all are read by the package."""
    asked = openfloor.GetManifestsEvent(
        to=guest.to(), parameters=openfloor.Parameters({"recommendScope": scope})
    )
    beside = [utterance(task, to=guest.to(private=True))] if task else []
    answer = guest.send(asked, *beside)
    assert kinds(answer) == ["publishManifests"]
    told = answer.events[0].parameters
    assert told["discoveryManifests"] == []
    return [(openfloor.Manifest.from_dict(one), one) for one in told["servicingManifests"]]


def test_publishes_what_a_body_answers(guest: Guest) -> None:
    ((manifest, _),) = manifests(guest, "internal")
    assert manifest.identification.serviceUrl == guest.url
    assert manifest.identification.conversationalName == "Bergen kommune"
    questions = [text for one in manifest.capabilities for text in one.descriptions]
    assert any("barnehage" in text.casefold() for text in questions)
    assert all("html" in one.supportedLayers.output for one in manifest.capabilities)


def test_says_with_a_score_whose_question_it_is(guest: Guest) -> None:
    assert manifests(guest, "internal", NAVS) == []
    (nav, raw), *_ = manifests(guest, "all", NAVS)
    assert nav.identification.organization == "NAV"
    assert raw["score"] > 0.5
    (bergen, _), *_ = manifests(guest, "all", ANSWERED)
    assert bergen.identification.serviceUrl == guest.url
    names = {one.identification.organization for one, _ in manifests(guest, "external")}
    assert "NAV" in names and "Bergen kommune" not in names


def test_says_what_was_wrong_with_an_envelope(
    guest: Guest, demo_server: str, partner_key: str
) -> None:
    good = openfloor.Envelope(
        conversation=openfloor.Conversation(id="c"),
        sender=openfloor.Sender(speakerUri=US),
        events=[utterance(ANSWERED)],
    ).to_json(as_payload=True)
    wrong = {
        good.replace('"utterance"', '"shout"'): "eventType",
        good.replace('"1.1.0"', '"2.0"'): "version",
        good.replace('"sender"', '"from"'): "sender",
        good.replace(json.dumps(ANSWERED), "5"): "empty",
        good.replace('"dialogEvent"', '"other"'): "dialogEvent",
        good.replace(
            '"features": {',
            '"features": {"samsvar": {"mimeType": "application/json", '
            '"tokens": [{"value": {"choice": 5}}]}, ',
        ): "samsvar",
        '{"openFloor": []}': "object",
        "nonsense": "JSON",
    }
    for content, said in wrong.items():
        response = guest.post(content)
        assert response.status_code == 400, (content, response.text)
        assert said in response.text, (said, response.text)
    assert Guest(demo_server, partner_key, "nowhere").post(good).status_code == 404
    assert Guest(demo_server, "smsv_wrong").post(good).status_code == 401


@pytest.fixture
async def frida() -> AsyncIterator[tuple[PlainLine, Litestar]]:
    """A line to Frida, and Frida."""
    app = peer.frida()
    async with served(app) as address, httpx.AsyncClient(timeout=PATIENCE_S) as http:
        yield PlainLine(f"{address}/floor", http, "a-secret"), app


Frida = tuple[PlainLine, Litestar]


async def test_frida_is_invited_once_and_answers(frida: Frida) -> None:
    line, app = frida
    first = await OpenFloorAdapter().ask(line, question("Hvordan søker jeg dagpenger?"))
    assert (first.text, first.html) == (peer.ANSWER, peer.ANSWER_HTML)
    assert (first.speaker, first.language, first.kind) == ("Frida", "nb", None)
    again = await OpenFloorAdapter().ask(line, question("penger", state=first.state))
    assert again.text == peer.WHICH
    kinds_sent = [event["eventType"] for came, _ in app.state.came for event in came["events"]]
    assert kinds_sent == ["invite", "utterance", "utterance"]
    assert {key for _, key in app.state.came} == {"Bearer a-secret"}
    asked, _ = app.state.came[-1]
    assert asked["conversation"]["id"] == "c-1"
    assert asked["events"][0]["to"]["speakerUri"] == peer.SPEAKER
    ours = asked["events"][0]["parameters"]["dialogEvent"]["features"]["samsvar"]
    assert ours["tokens"][0]["value"] == {"language": "nb", "via": ["bergen"]}


async def test_frida_says_that_she_does_not_know_and_takes_her_leave(frida: Frida) -> None:
    line, _ = frida
    told = await OpenFloorAdapter().ask(line, question("Når hentes søpla?"))
    assert (told.kind, told.text, told.ended) == ("unanswered", peer.UNKNOWN, False)
    told = await OpenFloorAdapter().ask(line, question("hade", state=told.state))
    assert (told.text, told.ended) == ("Ha det!", True)


async def test_frida_is_told_what_was_said_before(frida: Frida) -> None:
    line, app = frida
    said = (
        Said("visitor", "", "Hei"),
        Said("bot", "Bergen kommune", "Hei du"),
        Said("bot", "Skatti (Skatteetaten)", "Her er jeg"),
    )
    await OpenFloorAdapter().ask(line, question("dagpenger", transcript=said))
    history = app.state.came[0][0]["events"][0]["parameters"]["dialogHistory"]
    assert [one["features"]["text"]["tokens"][0]["value"] for one in history] == [
        "Hei",
        "Hei du",
        "Her er jeg",
    ]
    assert [one["speakerUri"] for one in history] == [
        "urn:samsvar:bergen:visitor",
        "urn:samsvar:bergen",
        "urn:samsvar:bergen:Skatti%20%28Skatteetaten%29",
    ]


async def test_fridas_manifest_is_her_card(frida: Frida) -> None:
    line, _ = frida
    card = await OpenFloorAdapter().card(line)
    assert card is not None
    assert (card.name, card.languages) == ("Frida", ("nb", "en"))
    assert [topic.title for topic in card.topics] == ["dagpenger", "Når du er syk"]
    assert "Hvordan søker jeg om dagpenger?" in card.topics[0].questions


async def test_two_samsvar_understand_each_other_over_open_floor(
    demo_server: str, partner_key: str
) -> None:
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        line = PlainLine(f"{demo_server}/adapters/openfloor/bergen", http, partner_key)
        nav = {"sender": "nav", "sender_name": "NAV", "via": ("nav",)}
        asked = {"body": "bergen", "conversation": secrets.token_hex(8), **nav}
        told = await OpenFloorAdapter().ask(line, question(VAGUE, **asked))
        assert (told.kind, told.speaker) == ("clarify", "Bergen kommune")
        chosen = {"choice": told.options[0].id, "state": told.state}
        told = await OpenFloorAdapter().ask(line, question("", **asked, **chosen))
        assert told.kind == "answered"
        assert "1." not in told.text
        card = await OpenFloorAdapter().card(line)
        assert card is not None and card.name == "Bergen kommune"


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b'{"openFloor":{"schema":{"version":"1.1.0"},"conversation":{"id":"c-1"},'
        b'"sender":{"speakerUri":"x"},"events":[]}}',
        b'{"openFloor":{"schema":{"version":"1.1.0"},"conversation":{"id":"another"},'
        b'"sender":{"speakerUri":"x"},"events":[]}}',
        b'{"openFloor":{"schema":{"version":"1.1.0"},"conversation":{"id":"c-1"},'
        b'"sender":{"speakerUri":"x"},"events":[{"eventType":"declineInvite","reason":"@error"}]}}',
    ],
    ids=["no envelope", "no words", "another conversation", "declined"],
)
async def test_what_the_protocol_does_not_allow_is_a_failure(content: bytes) -> None:
    @post("/", status_code=200)
    async def broken() -> bytes:
        return content

    async with served(Litestar([broken])) as address, httpx.AsyncClient(timeout=PATIENCE_S) as http:
        with pytest.raises(PartnerFailed):
            await OpenFloorAdapter().ask(PlainLine(address, http), question("dagpenger"))
