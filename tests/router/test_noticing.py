"""A notice that is about what is asked comes in the reply, and nobody else's question gets it."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import pytest
import pytest_asyncio

from brains.knowledge import Found
from brains.model import Broadcast
from router import decide
from router.messages import Answered, Message
from router.notices import Noticed
from router.service import Service
from router.state import Asked, Memory
from router.steps.noticing import in_common
from tests.fakes import FakeClock

pytestmark = pytest.mark.asyncio(loop_scope="session")

LATE = "Snørydding i gata er forsinket, og brøyting likeså."
Told = Callable[..., Awaitable[Broadcast]]


@pytest_asyncio.fixture(loop_scope="session")
async def told(desk: Service, desk_clock: FakeClock) -> AsyncIterator[Told]:
    """Publishes a notice in Bergen, for two hours; all of them are gone afterwards."""
    made: list[Broadcast] = []

    async def tell(text: str, entry: str | None = None) -> Broadcast:
        one = Broadcast(
            id="",
            texts={"nb": text},
            audience=["bergen"],
            entry=entry,
            starts_at=desk_clock.now,
            ends_at=desk_clock.now + dt.timedelta(hours=2),
        )
        made.append(await desk.broadcasts.save("kommune", one, "test"))
        return made[-1]

    yield tell
    for one in made:
        await desk.broadcasts.delete("kommune", one.id)


async def test_a_notice_about_what_is_asked_is_said_first_with_its_end(
    desk: Service, told: Told
) -> None:
    await told(LATE)
    reply = await desk.ask(Message("bergen", "snørydding i gata"))
    assert isinstance(reply.outcome, Answered)
    assert reply.outcome.entry == "snorydding"
    notice, answer = reply.text.index(LATE), reply.text.index("Om snorydding.")
    assert reply.text.startswith("Melding fra Bergen kommune")
    assert notice < reply.text.index("Gjelder til:") < answer
    assert LATE in reply.html


@pytest.mark.parametrize(
    ("body", "text"), [("asker", "snørydding i gata"), ("bergen", "bestille gymsal")]
)
async def test_other_bodies_and_other_questions_do_not_get_it(
    desk: Service, told: Told, body: str, text: str
) -> None:
    await told(LATE)
    assert LATE not in (await desk.ask(Message(body, text))).text


async def test_a_notice_that_leads_to_an_answer_is_about_what_that_answers(
    desk: Service, told: Told
) -> None:
    await told("Stengt på grunn av oppussing.", "gymsal")
    assert "oppussing" in (await desk.ask(Message("bergen", "bestille gymsal"))).text


async def test_what_is_over_is_said_no_more(
    desk: Service, desk_clock: FakeClock, told: Told
) -> None:
    await told(LATE)
    desk_clock.now += dt.timedelta(hours=2)
    assert LATE not in (await desk.ask(Message("bergen", "snørydding i gata"))).text


def found(key: str, probability: float) -> Found:
    return Found("entry", key, "kommune", key, key, None, probability)


@pytest.mark.parametrize("decision", [decide.Unknown(), decide.Ask((found("gymsal", 0.4),))])
async def test_where_no_answer_is_the_notice_answers_and_there_is_no_gap(
    desk: Service, decision: decide.Ask | decide.Unknown
) -> None:
    bergen, now = desk.knowledge.body("bergen"), desk.pipeline.clock()
    asked = Asked(bergen, "hvorfor er det kaldt i hallen", "nb", True, now, None, Memory())
    notice = Noticed("kaldt", "Fyringen er **nede**.", "nb", None)
    vector = (await desk.encoder.encode([asked.text]))[0]
    before = await desk.gaps.overview("kommune")
    acted = await desk.pipeline.acting.go_on(
        decision, asked, vector, [found("gymsal", 0.4)], notice
    )
    assert acted.reply.outcome == Answered("notice/kaldt", 0)
    assert "Fyringen er nede." in acted.reply.text
    assert "Gjelder til" not in acted.reply.text
    offered = [option.label for option in acted.reply.options]
    assert offered == ["gymsal"] * isinstance(decision, decide.Ask) + ["Snakk med et menneske"]
    assert await desk.gaps.overview("kommune") == before


async def test_in_common_is_everything_with_itself_and_nothing_with_others() -> None:
    some = [found("a", 0.6), found("b", 0.2)]
    halved = [msgspec.structs.replace(one, probability=one.probability / 2) for one in some]
    assert in_common(some, halved) == pytest.approx(1.0)
    assert in_common(some, [found("c", 0.9)]) == 0.0
    assert in_common(some, []) == 0.0
    assert 0.4 < in_common(some, [found("b", 0.9)]) < 0.6
