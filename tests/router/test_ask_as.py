"""One question side by side in several bodies, and nothing left behind."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from brains import tables
from brains.errors import Invalid, UnknownBody
from router.console.pages.ask_as import AskedHere, alike
from router.curation.ask_as import BODIES_MAX, Rehearsal
from router.messages import Answered, Human, Message, Referred, Reply, Speaker, Unanswered
from router.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")
WRITTEN = (tables.asked, tables.gaps, tables.gap_questions, tables.missing_facts, tables.usage)


async def written(desk: Service) -> list[int]:
    await desk.asked.flush()
    await desk.knowledge.flush_usage()
    async with desk.db.read() as tx:
        counts = [sa.select(sa.func.count()).select_from(table) for table in WRITTEN]
        return [int((await tx.execute(count)).scalar_one()) for count in counts]


async def test_each_body_answers_with_its_own_facts_and_nothing_is_written(desk: Service) -> None:
    before = await written(desk)
    rehearsal = Rehearsal.of(desk.pipeline)
    found = await rehearsal.ask_as("Hva koster SFO?", ["asker", "voss", "bergen", "asker"])
    assert [one.body for one in found] == ["asker", "voss", "bergen"]
    asker, voss, bergen = (one.reply for one in found)
    assert "2650" in asker.text and isinstance(bergen.outcome, Answered)
    assert isinstance(voss.outcome, Unanswered) and voss.outcome.missing_fact == "sfo_price"
    unknown = await rehearsal.ask_as("Kan jeg lande helikopter på taket?", ["bergen"])
    assert isinstance(unknown[0].reply.outcome, Unanswered)
    assert unknown[0].reply.outcome.gap is None
    assert await written(desk) == before


async def test_it_is_what_a_visitor_would_get(desk: Service) -> None:
    for text in ("Hvordan søker jeg om dagpenger?", "snørydding i gata", "leie"):
        asked = (await Rehearsal.of(desk.pipeline).ask_as(text, ["bergen"]))[0].reply
        reply = await desk.ask(Message(body="bergen", text=text))
        if not isinstance(reply.outcome, Unanswered):
            assert asked == reply
    assert isinstance(reply.outcome, Answered | Referred | Unanswered) or reply.options


def asked_here(body: str, outcome: Answered | Unanswered) -> AskedHere:
    speaker, human = Speaker(body, body), Human(available=False)
    return AskedHere(body, Reply(0, outcome, "Ja.", "<p>Ja.</p>", "nb", speaker, human), [])


async def test_what_many_bodies_answer_alike_is_put_together_the_fewest_first() -> None:
    most = [asked_here(f"b{number}", Answered("sfo", 1)) for number in range(88)]
    lacking = asked_here("voss", Unanswered(missing_fact="sfo_price"))
    nothing = asked_here("nav", Unanswered())
    groups = alike([*most[:40], lacking, *most[40:], nothing])
    assert [len(group) for group in groups] == [1, 1, 88]
    assert groups[0] == [lacking] and groups[1] == [nothing]
    assert [len(group) for group in alike(most[:6])] == [1] * 6


async def test_unknown_bodies_and_too_many_are_refused(desk: Service) -> None:
    rehearsal = Rehearsal.of(desk.pipeline)
    with pytest.raises(UnknownBody):
        await rehearsal.ask_as("hei", ["atlantis"])
    with pytest.raises(Invalid):
        await rehearsal.ask_as("hei", [f"b{number}" for number in range(BODIES_MAX + 1)])
    with pytest.raises(Invalid):
        await rehearsal.ask_as("  ", ["bergen"])
