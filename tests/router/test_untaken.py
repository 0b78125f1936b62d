"""Choices that nobody took become gaps, once, and only where nothing came of the question."""

from __future__ import annotations

import datetime as dt

import pytest

from router.messages import (
    Answered,
    Clarify,
    Human,
    Outcome,
    Reply,
    Speaker,
    Started,
    Unanswered,
)
from router.service import Service
from router.untaken import LEFT_AFTER, Untaken
from tests.fakes import FakeClock

pytestmark = pytest.mark.asyncio(loop_scope="session")
ASKED_BACK, ANSWERED, UNANSWERED = Clarify([]), Answered("snorydding", 1), Unanswered(None)


async def said(desk: Service, *turns: tuple[str, Outcome]) -> Started:
    """A conversation in which those questions had those outcomes, now."""
    started = await desk.conversations.start("bergen")
    for text, outcome in turns:
        vector = (await desk.encoder.encode([text]))[0]
        reply = Reply(1, outcome, "..", "..", "nb", Speaker("bergen", "Bergen"), Human(False), [])
        desk.asked.note(
            desk.knowledge.body("bergen"),
            text,
            "nb",
            reply,
            desk.pipeline.clock(),
            started.id,
            vector,
        )
    return started


async def recorded(desk: Service, text: str) -> list[str]:
    """Why the question was recorded, as often as it was."""
    gaps = await desk.gap_desk.list("kommune", status=None, text=text)
    pages = [await desk.gap_desk.questions("kommune", gap.id) for gap in gaps.items]
    return [one.reason for page in pages for one in page.items if one.text == text]


def looking(desk: Service) -> Untaken:
    """A process that has just started."""
    return Untaken(desk.asked, desk.pipeline.recording, desk.pipeline.limits, desk.pipeline.clock)


async def test_a_visitor_who_takes_no_choice_and_leaves_is_heard_once(
    desk: Service, desk_clock: FakeClock
) -> None:
    text = "vindmølle på låvetaket"
    await said(desk, (text, ASKED_BACK))
    one, other = looking(desk), looking(desk)
    await one.look()
    assert await recorded(desk, text) == []  # there is still time to choose
    desk_clock.now += LEFT_AFTER + dt.timedelta(seconds=1)
    await one.look()
    assert await recorded(desk, text) == ["not chosen"]
    for again in (one, other, looking(desk)):
        await again.look()
    assert await recorded(desk, text) == ["not chosen"]


@pytest.mark.parametrize(
    ("text", "then", "reasons"),
    [
        ("zeppelin qwrtz pfgkl", [("zeppelinkiosk", ASKED_BACK), ("snø", ANSWERED)], []),
        ("xylofon plugh frobozz", [("noe helt annet xyzzy", UNANSWERED)], ["not chosen"]),
        ("hva koster sfo?", [], []),
    ],
    ids=[
        "asked otherwise and answered",
        "asked otherwise in vain",
        "known by now",
    ],
)
async def test_what_came_of_it_decides(
    desk: Service,
    desk_clock: FakeClock,
    text: str,
    then: list[tuple[str, Outcome]],
    reasons: list[str],
) -> None:
    await said(desk, (text, ASKED_BACK), *then)
    desk_clock.now += LEFT_AFTER + dt.timedelta(seconds=1)
    await looking(desk).look()
    assert await recorded(desk, text) == reasons


async def test_none_of_these_is_not_counted_again(desk: Service, desk_clock: FakeClock) -> None:
    text = "helikopter i barnehagen"
    conversation = (await said(desk, (text, ASKED_BACK), (text, UNANSWERED))).id
    vector = (await desk.encoder.encode([text]))[0]
    await desk.gaps.record(
        "kommune", "bergen", text, "nb", vector, [], desk.pipeline.clock(), conversation
    )
    desk_clock.now += LEFT_AFTER + dt.timedelta(seconds=1)
    await looking(desk).look()
    assert await recorded(desk, text) == ["unanswered"]


async def test_an_erased_conversation_leaves_nothing(desk: Service, desk_clock: FakeClock) -> None:
    text = "luftballong over rådhuset"
    started = await said(desk, (text, ASKED_BACK))
    await desk.asked.flush()
    await desk.conversations.erase(started.id, started.token)
    desk_clock.now += LEFT_AFTER + dt.timedelta(seconds=1)
    await looking(desk).look()
    assert await recorded(desk, text) == []
