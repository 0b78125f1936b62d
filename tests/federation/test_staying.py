"""A question is taken to its body's bot, which has the conversation until the visitor returns."""

from __future__ import annotations

from typing import Any

import pytest

from brains.errors import Invalid, UnknownConnection
from brains.model import Connection
from router.messages import Answered, Message, Referred, Unanswered
from router.service import Service
from tests.federation import partners
from tests.federation.conftest import SNOW, TAX, Connect, Visitor
from tests.federation.partners import Partner, letter, partner, send

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOLLOW_UP = "og hvis jeg har to jobber?"
DOES_NOT_KNOW = "Beklager, det forstod jeg ikke."


async def skatti(self: Partner, question: dict[str, Any], writer: Any) -> None:
    """A bot with a name: it counts what it is asked, asks back once, and does not know all."""
    text, choice = question["text"], question["choice"]
    count = int(question["state"] or 0) + 1
    if choice == "/frikort{}":
        content = letter(text="Da trenger du frikort.", state=str(count), speaker="Skatti")
    elif "jobber" in text:
        options = [{"id": "/frikort{}", "label": "Frikort"}, {"id": "/kort{}", "label": "Kort"}]
        content = letter(text="Hva gjelder det?", options=options, state=str(count))
    elif "brevdue" in text:
        content = letter(text=DOES_NOT_KNOW, state=str(count))
    else:
        content = letter(
            html="<p>Du endrer det på <b>nettet</b>.</p>", speaker="Skatti", state=str(count)
        )
    await send(writer, content)


async def test_the_partner_answers_under_its_own_name(connect: Connect, visitor: Visitor) -> None:
    async with partner(skatti) as bot:
        await connect(bot)
        reply = await visitor.says(TAX)
    assert reply.outcome == Referred(
        "skatteetaten", "skatteetaten", "https://www.skatteetaten.example"
    )
    assert reply.body.id == "skatteetaten"
    assert reply.body.name == "Skatti (Skatteetaten)"
    assert "Skatti (Skatteetaten) svarer her" in reply.text
    assert "Du endrer det på nettet." in reply.text
    (asked,) = bot.asked
    assert (asked["body"], asked["sender"], asked["via"]) == ("skatteetaten", "bergen", ["bergen"])
    assert asked["transcript"] == []


async def test_follow_ups_stay_with_the_partner_and_carry_its_state(
    connect: Connect, visitor: Visitor
) -> None:
    async with partner(skatti) as bot:
        await connect(bot)
        await visitor.says(TAX)
        reply = await visitor.says(FOLLOW_UP)
        assert [option.label for option in reply.options][:2] == ["Frikort", "Kort"]
        assert "svarer her" not in reply.text
        assert reply.body.name == "Skatti (Skatteetaten)"
        pressed = await visitor.presses(reply.options[0].id)
    assert "frikort" in pressed.text
    assert [one["state"] for one in bot.asked] == ["", "1", "2"]
    assert len({one["conversation"] for one in bot.asked}) == 1
    assert bot.asked[2]["choice"] == "/frikort{}"


async def test_the_subject_brings_the_visitor_back(connect: Connect, visitor: Visitor) -> None:
    async with partner(skatti) as bot:
        await connect(bot)
        await visitor.says(TAX)
        reply = await visitor.says(SNOW)
        assert isinstance(reply.outcome, Answered)
        assert reply.body.id == "bergen"
        assert "back" not in [option.id for option in reply.options]
        await visitor.says(TAX)
    assert bot.asked[0]["conversation"] != bot.asked[1]["conversation"]


async def test_the_way_back_is_always_there(connect: Connect, visitor: Visitor) -> None:
    async with partner(skatti) as bot:
        await connect(bot)
        for text in (TAX, FOLLOW_UP):
            back = (await visitor.says(text)).options[-1]
            assert (back.id, back.label) == ("back", "Tilbake til Bergen")
        reply = await visitor.presses("back")
        assert reply.body.id == "bergen"
        assert "Bergen kommune igjen" in reply.text
        await visitor.says("og hvis jeg har to jobber?")
    assert len(bot.asked) == 2


async def test_an_option_that_is_gone_says_so_and_the_partner_goes_on(
    connect: Connect, visitor: Visitor
) -> None:
    async with partner(skatti) as bot:
        await connect(bot)
        await visitor.says(TAX)
        gone = await visitor.presses("partner:skatteetaten/000000000000")
        assert isinstance(gone.outcome, Unanswered)
        await visitor.says(FOLLOW_UP)
    assert len(bot.asked) == 2


async def test_what_the_partner_does_not_know_is_said_and_a_human_offered(
    connect: Connect, visitor: Visitor
) -> None:
    async with partner(skatti) as bot:
        await connect(bot, unknown=["det forstod jeg ikke"])
        await visitor.says(TAX)
        reply = await visitor.says("Kan jeg sende det med brevdue?")
    assert "de hadde ikke noe svar" in reply.text
    assert DOES_NOT_KNOW not in reply.text
    assert "human" in [option.id for option in reply.options]
    assert reply.body.id == "bergen"


async def test_it_may_read_what_was_said_only_when_the_visitor_says_so(
    connect: Connect, visitor: Visitor
) -> None:
    async with partner(skatti) as bot:
        await connect(bot, transcript=True)
        await visitor.says(SNOW)
        reply = await visitor.says(TAX)
        assert bot.asked[0]["transcript"] == []
        share = next(option for option in reply.options if option.id == "share")
        assert share.label == "La Skatteetaten lese det vi har snakket om"
        reply = await visitor.presses("share")
        assert "share" not in [option.id for option in reply.options]
    said = [one["text"] for one in bot.asked[1]["transcript"]]
    assert SNOW in said and "Kommunen brøyter når det har snødd." in said
    assert bot.asked[1]["text"] == TAX


async def test_what_was_said_before_names_who_said_it(
    federation: Service, connect: Connect, visitor: Visitor
) -> None:
    async with partner(skatti) as bot:
        await connect(bot, transcript=True)
        await visitor.says(SNOW)
        await visitor.says(TAX)
        await visitor.presses("share")
    said = [(one["by"], one["name"]) for one in bot.asked[1]["transcript"]]
    assert said[-4:] == [
        ("visitor", ""),
        ("bot", "Bergen kommune"),
        ("visitor", ""),
        ("bot", "Skatti (Skatteetaten)"),
    ]
    kept = await federation.conversations.transcript(visitor.id, visitor.token)
    assert "Bergen kommune (chatbot):" in kept and "Skatti (Skatteetaten) (chatbot):" in kept


@pytest.mark.parametrize(
    "limits",
    [
        {"enabled": False},
        {"languages": ["en"]},
        {"opening_hours": {"mon": []}},
    ],
)
async def test_a_partner_is_asked_only_when_it_is_there(
    connect: Connect, visitor: Visitor, limits: dict[str, Any]
) -> None:
    async with partner(skatti) as bot:
        await connect(bot, **limits)
        reply = await visitor.says(TAX)
        assert bot.asked == []
    assert reply.outcome.answered_by is None
    assert "https://www.skatteetaten.example/skattekort" in reply.text


async def test_switching_off_ends_it_at_once(
    federation: Service, connect: Connect, visitor: Visitor
) -> None:
    async with partner(skatti) as bot:
        await connect(bot)
        await visitor.says(TAX)
        await federation.connections.set_enabled("skatteetaten", False)
        reply = await visitor.says(FOLLOW_UP)
        assert len(bot.asked) == 1
    assert reply.body.id == "bergen"


@pytest.mark.parametrize("via", [("skatteetaten",), ("a", "b", "c", "d")])
async def test_a_question_is_not_taken_in_circles(
    federation: Service, connect: Connect, via: tuple[str, ...]
) -> None:
    async with partner(skatti) as bot:
        await connect(bot)
        reply = await federation.ask(Message("bergen", TAX, via=via))
        assert bot.asked == []
    assert isinstance(reply.outcome, Referred)
    assert reply.outcome.answered_by is None


async def test_a_partner_that_takes_leave_is_left(connect: Connect, visitor: Visitor) -> None:
    async with partner(partners.answers(text="Ha det!", ended=True)) as bot:
        await connect(bot)
        await visitor.says(TAX)
        await visitor.says(FOLLOW_UP)
        assert len(bot.asked) == 1


async def test_a_restart_does_not_lose_the_partner(
    federation: Service, connect: Connect, visitor: Visitor
) -> None:
    async with partner(skatti) as bot:
        await connect(bot)
        await visitor.says(TAX)
        shown = await federation.conversations.get(visitor.id, visitor.token)
        assert shown.turns[-1].reply is not None
        assert shown.turns[-1].reply.body.name == "Skatti (Skatteetaten)"
        await federation.connections.close()
        await visitor.says(FOLLOW_UP)
    assert bot.asked[1]["state"] == "1"


async def test_secrets_are_stored_sealed_and_reach_the_adapter(
    federation: Service, connect: Connect
) -> None:
    connection = await connect("https://skatt.example", settings={"tone": "warm"})
    kept = await federation.connections.save(connection, "s3cret")
    assert "s3cret" not in kept.sealed
    assert (await federation.connections.line(kept)).secret == "s3cret"
    again = await federation.connections.save(connection)
    assert again.sealed == kept.sealed
    assert (await federation.connections.save(connection, "")).sealed == ""


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"adapter": "fax"}, "no adapter called “fax”"),
        ({"settings": {"colour": "red"}}, "no setting “colour”"),
        ({"address": "ftp://x.example"}, "https://"),
        ({"address": "https://me:secret@x.example"}, "without a name"),
        ({"time_limit_s": 300}, "0.5 to 30 seconds"),
        ({"unknown": [" * "]}, "any reply would fit"),
        ({"opening_hours": {"monday": ["08:00-16:00"]}}, "mon, tue"),
    ],
)
async def test_a_wrong_connection_says_what_to_change(
    federation: Service, wrong: dict[str, Any], says: str
) -> None:
    right: dict[str, Any] = {
        "body": "skatteetaten",
        "adapter": "letter",
        "address": "https://x.example",
    }
    with pytest.raises(Invalid, match=says):
        await federation.connections.save(Connection(**(right | wrong)))
    with pytest.raises(UnknownConnection):
        federation.connections.get("skatteetaten")


async def test_health_shows_what_was_asked_and_how_it_ended(
    federation: Service, connect: Connect, visitor: Visitor
) -> None:
    async with partner(skatti) as bot:
        connection = await connect(bot)
        await visitor.says(TAX)
        trial = await federation.health.try_it("skatteetaten")
        assert trial.told is not None and "nettet" in trial.told.text
    health = await federation.health.of("skatteetaten")
    assert health.connection == connection
    assert health.asked >= 2 and health.answered_share and health.median_milliseconds is not None
    assert health.breaker == "closed" and health.open_now


async def test_trying_a_connection_that_fails_says_how(
    federation: Service, connect: Connect
) -> None:
    async with partner(partners.fails) as bad:
        await connect(bad)
        trial = await federation.health.try_it("skatteetaten")
    assert (trial.told, trial.failure) == (None, "error")
    assert trial.detail == "It answered with HTTP 500."
    newest = (await federation.health.of("skatteetaten")).faults[0]
    assert (newest.kind, newest.reason) == ("error", "It answered with HTTP 500.")
