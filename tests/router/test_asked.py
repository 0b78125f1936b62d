"""What visitors ask is remembered: redacted, with its outcome, and gone with its conversation."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import sqlalchemy as sa

from brains import asked as rows
from brains import tables
from brains.asked import AskedRow, from_bytes, to_bytes
from brains.errors import StorageError
from router import asked as asking
from router.asked import AskedQuestions
from router.messages import Answered, Message, Unanswered
from router.service import Service
from router.state import Memory
from tests.fakes import FakeClock
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
UNKNOWN = "Kan jeg lande helikopter på taket?"


async def latest(desk: Service, body: str | None = None) -> AskedRow:
    return (await desk.asked.recent("kommune", 1, body))[0]


async def in_database(desk: Service, conversation: str) -> int:
    query = sa.select(sa.func.count()).where(tables.asked.c.conversation == conversation)
    async with desk.db.read() as tx:
        return int((await tx.execute(query)).scalar_one())


async def test_an_answered_question_is_kept_with_its_entry_and_vector(desk: Service) -> None:
    await desk.ask(Message(body="bergen", text="Hva koster SFO?"))
    row = await latest(desk, "bergen")
    assert (row.text, row.body, row.outcome) == ("Hva koster SFO?", "bergen", "answered")
    assert (row.entry_brain, row.entry) == ("kommune", "sfo-pris")
    assert row.probability >= 0.99 and row.vector is not None
    true = (await desk.encoder.encode([row.text]))[0]
    assert float(true @ row.vector) > 0.9999


async def test_what_nobody_answers_and_what_another_brain_answers(desk: Service) -> None:
    reply = await desk.ask(Message(body="voss", text=UNKNOWN))
    assert isinstance(reply.outcome, Unanswered)
    row = await latest(desk, "voss")
    assert (row.text, row.outcome, row.entry) == (UNKNOWN, "unanswered", None)
    await desk.ask(Message(body="voss", text="Hvordan søker jeg om dagpenger?"))
    row = await latest(desk, "voss")
    assert (row.brain, row.outcome) == ("kommune", "referred")
    assert (row.entry_brain, row.entry) == ("nav", "dagpenger")
    # The brain that answered sees it too; other bodies' editors do not.
    assert (await desk.asked.recent("nav", 1))[0].text == row.text
    assert await desk.asked.recent("nav", body="asker") == []
    for body, times in (("voss", 1), ("nav", 0)):
        assert len(await desk.asked.of_entry("nav", "dagpenger", body=body)) == times


async def test_it_is_stored_without_what_is_personal(desk: Service) -> None:
    await desk.ask(Message(body="asker", text="snørydding i gata 91 23 45 67"))
    kept = (await latest(desk, "asker")).text
    assert kept.startswith("snørydding") and "91 23 45 67" not in kept


@pytest.mark.parametrize("text", ["jeg vil ta livet mitt", "jeg vil snakke med et menneske"])
async def test_a_crisis_or_a_wish_for_a_human_is_never_kept(desk: Service, text: str) -> None:
    await desk.asked.flush()
    before = [row.text for row in await desk.asked.recent("kommune")]
    reply = await desk.ask(Message(body="bergen", text=text))
    assert type(reply.outcome).__name__ in ("Crisis", "Handover")
    assert [row.text for row in await desk.asked.recent("kommune")] == before


async def test_a_button_pressed_is_the_question_before_it(desk: Service) -> None:
    offered = Memory(question="leie eller bestille", offered=("entry:kommune/gymsal",))
    for choice in ("entry:kommune/gymsal", "entry:kommune/snorydding"):
        reply, _ = await desk.pipeline.answer(Message(body="bergen", choice=choice), offered)
        assert isinstance(reply.outcome, Answered)
    row = await latest(desk, "bergen")
    # The second button was not offered for the question, and says nothing of it.
    assert (row.text, row.outcome, row.entry, row.count) == (
        "leie eller bestille",
        "chosen",
        "gymsal",
        1,
    )
    vector = (await desk.encoder.encode([row.text]))[0]
    assert row.vector is not None and float(vector @ row.vector) > 0.999


async def test_a_crisis_is_not_the_question_a_later_button_answers(desk: Service) -> None:
    before = Memory(question="leie gymsal", offered=("none",))
    message = Message(body="bergen", text="jeg vil ta livet mitt")
    _, after = await desk.pipeline.answer(message, before)
    assert (after.question, after.offered) == ("leie gymsal", ())


async def test_feedback_and_repetition_are_read_with_it(desk: Service) -> None:
    started = await desk.conversations.start("asker")
    for text in ("brøyting", " Brøyting? "):
        reply = await desk.conversations.say(started.id, started.token, text)
    await desk.conversations.feedback(started.id, started.token, reply.turn, False)
    row = await latest(desk, "asker")
    assert (row.text, row.count, row.helpful) == ("Brøyting?", 2, False)


async def test_erasing_a_conversation_erases_what_was_asked_in_it(desk: Service) -> None:
    started = await desk.conversations.start("bergen")
    await desk.conversations.say(started.id, started.token, "snørydding i gata")
    await desk.asked.flush()
    assert await in_database(desk, started.id) == 1
    await desk.conversations.say(started.id, started.token, "snørydding på fortauet")
    await desk.conversations.erase(started.id, started.token)  # before it was stored
    await desk.asked.flush()
    assert await in_database(desk, started.id) == 0


async def test_old_questions_are_purged(desk: Service, desk_clock: FakeClock) -> None:
    await desk.ask(Message(body="bergen", text="pris på sfo"))
    await desk.asked.flush()
    later = desk_clock.now + dt.timedelta(minutes=1)
    async with desk.db.write() as tx:
        while await rows.purge(tx, later):
            pass
    assert await desk.asked.recent("kommune") == []


async def test_what_could_not_be_stored_is_stored_later_and_harms_nothing(
    desk: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> list[AskedRow]:
        raise StorageError("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(rows, "add", refuse)
        reply = await desk.ask(Message(body="voss", text="leie gymsal"))
        assert isinstance(reply.outcome, Answered)
        with pytest.raises(StorageError):
            await desk.asked.flush()
    await desk.asked.flush()
    assert (await latest(desk, "voss")).text == "leie gymsal"


async def test_it_is_stored_in_the_background(desk: Service) -> None:
    started = await desk.conversations.start("voss")
    await desk.conversations.say(started.id, started.token, "Når brøyter dere veien?")
    await until(lambda: in_database(desk, started.id))


async def test_the_buffer_is_bounded(desk: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "WAITING_MAX", 3)
    log = AskedQuestions(desk.db, desk.encoder, desk.knowledge, desk.gaps.spared)
    body = desk.knowledge.body("bergen")
    reply = await desk.ask(Message(body="bergen", text="leie gymsal"))
    vector = (await desk.encoder.encode(["leie gymsal"]))[0]
    for number in range(9):
        log.note(body, f"leie gymsal {number}", "nb", reply, desk.pipeline.clock(), None, vector)
    await log.flush()
    kept = [row.text for row in await log.recent("kommune", body="bergen")]
    assert kept[:3] == ["leie gymsal 8", "leie gymsal 7", "leie gymsal 6"]
    assert "leie gymsal 5" not in kept


async def test_vectors_of_another_encoder_are_made_anew(desk: Service) -> None:
    await desk.ask(Message(body="bergen", text="bestille gymsal"))
    await desk.asked.flush()
    async with desk.db.write() as tx:
        await tx.execute(
            sa.update(tables.asked)
            .where(tables.asked.c.text == "bestille gymsal")
            .values(fingerprint="older", vector=to_bytes(np.ones(3, np.float32)))
        )
    row = next(one for one in await desk.asked.recent("kommune") if one.text == "bestille gymsal")
    assert row.vector is not None and len(row.vector) == desk.encoder.dimensions
    assert row.fingerprint == desk.encoder.fingerprint


async def test_half_precision_keeps_a_vector() -> None:
    random = np.random.default_rng(0)
    vector = random.normal(size=384).astype(np.float32)
    vector /= np.linalg.norm(vector)
    assert float(from_bytes(to_bytes(vector)) @ vector) > 0.99999
