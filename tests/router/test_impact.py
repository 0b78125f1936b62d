"""What a change would do: verdicts, seeded harmful edits, good edits; with fakes and for real.

The last tests start the demo once for the whole run and use the default encoder.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from benchmarks import demo as bench
from brains import store
from brains.errors import UnknownBrain
from brains.model import Entry
from router.curation.previewed import Impact
from router.curation.verdicts import Known, Verdict, judge
from router.curation.vocabulary import Vocabulary
from router.curation.warnings import Reason
from router.messages import Answered, Message, Referred
from router.service import Service
from router.settings import Settings
from tests.fakes import FakeClock
from tests.router.conftest import GYM, SFO, SNOW, entry

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Verdicts


def answer(key: str, probability: float = 0.9) -> Verdict:
    return Verdict("answered", probability, key, "kommune", key, key)


ASKED_BACK = Verdict("clarify", 0.5, "a", offered=("a", "b"))
NOTHING = Verdict("unanswered", 0.1, "a")
ELSEWHERE = Verdict("referred", 0.9, "n", "nav", "n", "n", "nav")


@pytest.mark.parametrize(
    ("before", "after", "known", "expected"),
    [
        (answer("a"), answer("a", 0.6), Known(), None),
        (NOTHING, answer("a"), Known(), "better"),
        (NOTHING, ASKED_BACK, Known(), "better"),
        (ASKED_BACK, answer("b"), Known(), "better"),
        (ASKED_BACK, answer("c"), Known(), "different"),
        (ASKED_BACK, NOTHING, Known(), "worse"),
        (answer("a"), answer("b"), Known(), "different"),
        (answer("a", 0.99), answer("b"), Known(), "worse"),
        (answer("a"), ASKED_BACK, Known(), "worse"),
        (answer("a", 0.81), Verdict("clarify", 0.78, "a", offered=("a",)), Known(), None),
        (ELSEWHERE, answer("a"), Known(), "worse"),
        (answer("a"), answer("b"), Known(wanted="a"), "worse"),
        (answer("b"), answer("a"), Known(wanted="a"), "better"),
        (ASKED_BACK, answer("c"), Known(wanted="a"), "worse"),
        (answer("b"), NOTHING, Known(wanted="a"), "better"),
        (answer("a", 0.99), answer("b"), Known(unwanted="a"), "better"),
        (answer("b"), answer("a"), Known(unwanted="a"), "worse"),
        (NOTHING, answer("a"), Known(dismissed=True), "worse"),
        (answer("a"), NOTHING, Known(dismissed=True), "better"),
        (answer("a"), Verdict("unanswered", 0.9, "a", missing_fact="x"), Known(), "worse"),
    ],
)
async def test_what_is_better_and_worse(
    before: Verdict, after: Verdict, known: Known, expected: str | None
) -> None:
    assert judge(before, after, known) == expected


async def test_words_that_everybody_has_make_a_phrasing_too_general() -> None:
    things = [f"ting{number}" for number in range(30)]
    phrasings = {thing: [f"hva koster {thing}", f"søke om {thing}"] for thing in things}
    phrasings["kart"] = ["gamle kart over byen", "kart over byen"]
    vocabulary = Vocabulary(phrasings)
    for text in ("Hva koster?", "koster", "hva koster det", "søke om"):
        assert ("ting2" in vocabulary.shared_with(text, "ting1")) == (text != "hva koster det")
    assert vocabulary.shared_with("hva koster ting1 nå", "ting1") == []
    assert vocabulary.shared_with("kart over byen", "kart") == []
    assert vocabulary.shared_with("…", "kart") == []
    small = Vocabulary({thing: phrasings[thing] for thing in things[:3]})
    assert small.shared_with("hva koster", "ting1") == []


# Edits, with the fake encoder


def more(one: Entry, *questions: str) -> Entry:
    return msgspec.structs.replace(one, questions=[*one.questions, *questions])


def kinds(impact: Impact) -> set[str]:
    return {reason.kind for reason in impact.reasons}


async def test_an_edit_that_changes_nothing_changes_nothing(desk: Service) -> None:
    await desk.ask(Message(body="bergen", text="Hva koster SFO?"))
    found = await desk.impact.preview("kommune", desk.knowledge.entry("kommune", "gymsal"))
    assert found.changes == [] and not found.harmful
    assert found.questions.tried >= 1 and found.phrasings.tried > 100


async def test_another_entrys_questions_are_theft(desk: Service) -> None:
    found = await desk.impact.preview("kommune", more(SNOW, *GYM.questions))
    assert found.harmful and "answered elsewhere" in kinds(found)
    reason = next(one for one in found.reasons if one.kind == "answered elsewhere")
    assert reason.others == ["gymsal"] and set(reason.texts) == set(GYM.questions)


async def test_what_a_visitor_asked_and_would_lose(desk: Service) -> None:
    started = await desk.conversations.start("asker")
    reply = await desk.conversations.say(started.id, started.token, "leie gymsal")
    await desk.conversations.feedback(started.id, started.token, reply.turn, True)
    found = await desk.impact.preview("kommune", "gymsal")  # retired
    lost = next(one for one in found.changes if one.text == "leie gymsal" and not one.phrasing_of)
    assert (lost.body, lost.judgement, lost.before.entry) == ("asker", "worse", "gymsal")
    assert lost.after.entry != "gymsal"
    assert found.per_body["asker"].worse >= 1


async def test_a_new_entry_answers_what_nobody_did(desk: Service) -> None:
    text = "Kan jeg lande helikopter på taket?"
    await desk.ask(Message(body="voss", text=text))
    new = entry("helikopter", "kan jeg lande helikopter på tak", "lande helikopter")
    found = await desk.impact.preview("kommune", new)
    assert not found.harmful, found.reasons
    change = next(one for one in found.changes if one.text == text)
    assert (change.judgement, change.before.outcome) == ("better", "unanswered")
    assert change.after.best == "entry:kommune/helikopter"
    only_asker = msgspec.structs.replace(new, audience=["asker"])
    found = await desk.impact.preview("kommune", only_asker)
    assert [one for one in found.changes if one.body == "voss"] == []


async def test_bodies_that_would_lack_a_fact(desk: Service) -> None:
    """Voss lacks the price today as well, and loses nothing."""
    new = msgspec.structs.replace(SFO, answers={"nb": "{{ facts.sfo_price }} {{ facts.nytt }}"})
    found = await desk.impact.preview("kommune", new)
    reason = next(one for one in found.reasons if one.kind == "lacks facts")
    assert reason.others == ["bergen", "asker"] or reason.others == ["asker", "bergen"]


async def test_a_preview_saves_nothing_and_tells_how_far_it_is(desk: Service) -> None:
    told: list[float] = []
    before = (len(desk.matcher), desk.matcher.stale, desk.knowledge.number)
    new = more(GYM, "gymsal til leie")
    await desk.impact.preview("kommune", new, lambda share, what: told.append(share))
    assert told == sorted(told) and told[0] == 0.0 and told[-1] == 1.0
    assert (len(desk.matcher), desk.matcher.stale, desk.knowledge.number) == before
    with pytest.raises(UnknownBrain):
        await desk.impact.preview("atlantis", new)


async def test_a_curator_may_take_a_question_whose_answer_did_not_help(desk: Service) -> None:
    started = await desk.conversations.start("bergen")
    reply = await desk.conversations.say(started.id, started.token, "brøyting")
    await desk.conversations.feedback(started.id, started.token, reply.turn, False)
    found = await desk.impact.preview("kommune", more(GYM, "Brøyting!"))
    assert "answered elsewhere" not in kinds(found)


# Other kinds of harm


async def visitors_ask(desk: Service, text: str, *bodies: str) -> None:
    """So that it is among what was asked lately, and answered."""
    for body in bodies:
        reply = await desk.ask(Message(body=body, text=text))
        assert isinstance(reply.outcome, Answered), reply


def reason(impact: Impact, kind: str) -> Reason:
    return next(one for one in impact.reasons if one.kind == kind)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def beach(desk: Service) -> Entry:
    """An answer to everybody that visitors of three bodies have asked for."""
    new = entry("badestrand", "Hvor er badestranden?", "badestrand i nærheten", "finne badestrand")
    saved = await desk.curation.save_entry("kommune", new, "test")
    await visitors_ask(desk, "badestrand i nærheten?", "bergen", "voss", "asker")
    return saved


async def test_an_answer_taken_away_leaves_its_questions_unanswered(
    desk: Service, beach: Entry
) -> None:
    found = await desk.impact.preview("kommune", beach.id)
    assert found.harmful
    lost = reason(found, "loses answers")
    assert (lost.count, lost.texts) == (1, ["badestrand i nærheten?"])
    assert found.per_body["voss"].worse == 1


async def test_an_answer_taken_away_that_another_one_gives_is_no_loss(
    desk: Service, beach: Entry
) -> None:
    twin = msgspec.structs.replace(beach, id="badestrand-to", title="badestrand-to", revision=0)
    await desk.curation.save_entry("kommune", twin, "test")
    found = await desk.impact.preview("kommune", beach.id)
    assert "loses answers" not in kinds(found)
    await store.retire_entry(desk.db, "kommune", twin.id, "test")
    await desk.knowledge.catch_up()


@pytest.mark.parametrize("days", [-1, 20, 200])
async def test_validity_that_ends_soon_is_told_of(
    desk: Service, beach: Entry, days: int, desk_clock: FakeClock
) -> None:
    ends = desk_clock.now + dt.timedelta(days=days)
    found = await desk.impact.preview("kommune", msgspec.structs.replace(beach, valid_until=ends))
    told = {-1: {"loses answers"}, 20: {"not always valid"}, 200: set[str]()}[days]
    assert kinds(found) - {"more worse"} == told
    assert found.harmful == bool(told)
    if days == 20:
        assert (reason(found, "not always valid").since, found.changes) == (ends, [])


async def test_an_answer_that_would_wait_is_away_until_then(
    desk: Service, beach: Entry, desk_clock: FakeClock
) -> None:
    starts = desk_clock.now + dt.timedelta(days=90)
    found = await desk.impact.preview("kommune", msgspec.structs.replace(beach, valid_from=starts))
    away = reason(found, "not always valid")
    assert (away.since, away.until) == (desk_clock.now, starts)


async def test_bodies_that_an_answer_is_taken_from(desk: Service, beach: Entry) -> None:
    narrowed = msgspec.structs.replace(beach, audience=["group:vestland"])
    found = await desk.impact.preview("kommune", narrowed)
    assert found.harmful and reason(found, "loses bodies").others == ["asker"]
    assert [(one.body, one.judgement) for one in found.changes if not one.phrasing_of] == [
        ("asker", "worse")
    ]


async def test_bodies_that_have_another_answer_lose_nothing(desk: Service, beach: Entry) -> None:
    own = msgspec.structs.replace(
        beach, id="badestrand-asker", title="Asker", audience=["asker"], revision=0
    )
    await desk.curation.save_entry("kommune", own, "test")
    narrowed = msgspec.structs.replace(beach, audience=["group:vestland"])
    found = await desk.impact.preview("kommune", narrowed)
    assert not {"loses bodies", "loses answers"} & kinds(found)
    await store.retire_entry(desk.db, "kommune", own.id, "test")
    await desk.knowledge.catch_up()


async def test_who_has_a_text_of_their_own_is_told_of_and_no_harm(
    desk: Service, beach: Entry
) -> None:
    changed = msgspec.structs.replace(beach, answers={"nb": "Ved sjøen."})
    await desk.local_answers.save(
        "kommune", beach.id, "voss", {"nb": "Ved vatnet."}, "per", beach.revision
    )
    found = await desk.impact.preview("kommune", changed)
    assert not found.harmful and reason(found, "has own text").others == ["voss"]
    await desk.local_answers.remove("kommune", beach.id, "voss")
    assert (await desk.impact.preview("kommune", changed)).reasons == []


async def test_what_would_be_referred_to_another_body(desk: Service, beach: Entry) -> None:
    """NAV's visitors are sent to the owner of what the municipalities answer."""
    owned = await desk.curation.save_entry(
        "kommune", msgspec.structs.replace(beach, owner="bergen"), "test"
    )
    reply = await desk.ask(Message(body="nav", text="badestrand i nærheten"))
    assert isinstance(reply.outcome, Referred)
    found = await desk.impact.preview("kommune", msgspec.structs.replace(owned, owner="asker"))
    assert found.harmful and reason(found, "other owner").texts == ["badestrand i nærheten"]
    again = await desk.impact.preview("kommune", owned)
    assert again.changes == [] and again.reasons == []
    await desk.curation.save_entry("kommune", beach, "test")


@pytest.mark.parametrize("word", ["hva", "søke"])
async def test_one_word_that_everybody_has_is_too_general(
    desk: Service, beach: Entry, word: str
) -> None:
    found = await desk.impact.preview("kommune", more(beach, word))
    assert found.harmful and kinds(found) & {"too general", "answered elsewhere"}


async def test_one_word_of_its_own_is_not(desk: Service, beach: Entry) -> None:
    found = await desk.impact.preview("kommune", more(beach, "badestrand"))
    assert not found.harmful, found.reasons


# For real


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def demo_desk(
    demo_server: str, demo_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """A service on a copy of the demo's database, with the default encoder; its visitors have
    asked a hundred and fifty questions."""
    home = tmp_path_factory.mktemp("impact")
    with (
        closing(sqlite3.connect(demo_home / "samsvar.db")) as source,
        closing(sqlite3.connect(home / "samsvar.db")) as copy,
    ):
        source.backup(copy)
    for name in ("fits", "secret.key"):
        (home / name).symlink_to(demo_home / name)
    service = await Service.open(
        Settings.from_environment({"SAMSVAR_HOME": str(home)}), clock=FakeClock()
    )
    for question in bench.questions()[:150]:
        await service.ask(Message(body=question.body, text=question.text))
    yield service
    await service.close()


async def of_demo(service: Service, id: str, *questions: str) -> Impact:
    return await service.impact.preview(
        "kommune", more(service.knowledge.entry("kommune", id), *questions)
    )


@pytest.mark.parametrize(
    ("id", "questions", "kind"),
    [
        ("sfo-pris", ["hva koster det"], "too general"),
        ("barnehage-soknad", ["hvordan søker jeg", "søknad"], "too general"),
        ("sfo-pris", ["hvor dyrt er barnehage", "pris barnehage"], "answered elsewhere"),
        ("sfo-pris", ["Hva koster en barnehageplass?", "Hva er makspris i barnehage?"],
         "answered elsewhere"),
    ],
)  # fmt: skip
async def test_harmful_edits_are_flagged(
    demo_desk: Service, id: str, questions: list[str], kind: str
) -> None:
    found = await of_demo(demo_desk, id, *questions)
    assert found.harmful and kind in kinds(found)


@pytest.mark.parametrize(
    ("id", "questions"),
    [
        ("sfo-pris", ["hvor dyrt er det å ha barnet på sfo", "månedspris på skolefritidsordning"]),
        ("barnehage-soknad", ["korleis får eg plass i barnehagen til jenta mi"]),
        ("barnehage-frist", ["siste dag for å søke barnehageplass"]),
        ("veg-snobroyting", ["når kommer brøytebilen i gata vår", "det er ikke måkt i vår vei"]),
    ],
)
async def test_ordinary_edits_are_not(demo_desk: Service, id: str, questions: list[str]) -> None:
    found = await of_demo(demo_desk, id, *questions)
    assert not found.harmful, found.reasons
    assert found.questions.worse <= 2


async def test_answers_are_not_held_up_meanwhile(demo_desk: Service) -> None:
    text = "Hva koster SFO?"
    await demo_desk.ask(Message(body="bergen", text=text))
    preview = asyncio.create_task(of_demo(demo_desk, "sfo-pris", "hva koster det"))
    answered = 0
    while not preview.done():
        await demo_desk.ask(Message(body="bergen", text=text))
        answered += 1
        await asyncio.sleep(0.01)  # a question asked before needs no waiting of its own
    assert (await preview).harmful
    assert answered > 10
