"""Every outcome, from the real service: SQLite in a temporary folder, and the fake encoder.

The federation: brain `kommune`, used by `bergen` and `voss` (group vestland) and `asker`; brain
`nav`, used by `nav`; and `skatteetaten`, which only has a remit. Opening takes some seconds.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from brains import store
from brains.errors import Invalid, UnknownBody, UnknownConversation
from brains.knowledge import Searches
from brains.model import Body, Brain, ContactPoint, Entry, LocalAnswer, Remit
from embeddings.matcher import Scored
from router.demo.load import read_entries
from router.errors import WrongToken
from router.messages import (
    Answered,
    Clarify,
    Crisis,
    Handover,
    Message,
    Referred,
    Reply,
    Started,
    Unanswered,
)
from router.service import Service
from router.settings import Settings
from tests.fakes import FakeClock, FakeEncoder, Vectors

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
PHONE = ContactPoint("phone", {"nb": "Ring oss", "en": "Call us"}, "55 50 00 10 (eksempel)")
BODIES = [
    Body(
        id="bergen",
        name="Bergen kommune",
        brain="kommune",
        groups=["vestland"],
        contacts=[PHONE],
        opening_hours={day: ["08:00-15:30"] for day in WEEKDAYS},
    ),
    Body(id="voss", name="Voss herad", brain="kommune", language="nn", groups=["vestland"]),
    Body(id="asker", name="Asker kommune", brain="kommune"),
    Body(id="nav", name="NAV", kind="agency", brain="nav", website="https://www.nav.example"),
    Body(id="skatteetaten", name="Skatteetaten", kind="agency", contacts=[PHONE]),
]
TAX_CARD = Remit(
    body="skatteetaten",
    topic="skattekort",
    title="Skattekort",
    url="https://www.skatteetaten.example/skattekort",
    questions=["Hvordan endrer jeg skattekortet?", "skattekort", "bestille nytt skattekort"],
)


def entry(id: str, questions: str, **answers: str) -> Entry:
    """An entry whose title is its id."""
    return Entry(id=id, questions=questions.split("|"), answers=answers, title=id.capitalize())


KOMMUNE = [
    entry(
        "sfo-pris",
        "Hva koster SFO?|pris på sfo|Kva kostar SFO?|hvor mye er sfo plass i måneden",
        nb="SFO koster {{ facts.sfo_price }}.",
        nn="SFO kostar {{ facts.sfo_price }}.",
    ),
    entry(
        "snorydding",
        "Når brøyter dere veien?|snørydding i gata|Hvem måker snø på fortauet?|brøyting",
        nb="Kommunen brøyter når det har snødd.",
    ),
    entry("alarm", "Hva koster trygghetsalarm?|trygghetsalarm", nb="{{ facts.alarm_price }}"),
    entry("gymsal", "Hvordan leier jeg gymsal?|leie gymsal|bestille gymsal", nb="Lei gymsal."),
    entry(
        "kulturhus", "Hvordan leier jeg kulturhus?|leie kulturhus|bestille kulturhus", nb="Ring."
    ),
    entry(
        "valg",
        "Hvor kan jeg forhåndsstemme?|forhåndsstemme til valget|How can I vote in advance?",
        nb="Forhåndsstem i rådhuset.",
    ),
]
NAV = [
    entry("dagpenger", "Hvordan søker jeg om dagpenger?|søke dagpenger|dagpenger", nb="Søk her."),
    entry("sykepenger", "Hvordan får jeg sykepenger?|sykepenger|sykmeldt", nb="Send inn søknad."),
]
LOCAL = [
    LocalAnswer("kommune", "snorydding", "voss", {"nn": "Heradet brøyter."}),
    LocalAnswer("kommune", "valg", "group:vestland", {"nb": "Forhåndsstem i Vestland."}),
]
# Nothing in the brains is like these, for the fake encoder.
UNKNOWN = "Kan jeg lande helikopter på taket?"
UNKNOWN_TOO = "Finnes det romvesen i fjorden?"
OTHERS = 40
DIMENSIONS = 512


def others(brain: str, *without: str) -> list[Entry]:
    """Questions of the demo with answers that need no facts: enough to calibrate on."""
    kept = [one for one in read_entries(brain) if not one.id.startswith(without)][:OTHERS]
    return [msgspec.structs.replace(one, answers={"nb": one.title}) for one in kept]


class BlockingFakeEncoder(FakeEncoder):
    """The fake encoder as `Service.open` takes one: it blocks."""

    def encode(  # type: ignore[override]
        self, texts: Sequence[str], kind: str = "query"
    ) -> Vectors:
        """Unit vectors of shape (len(texts), dimensions)."""
        return self.encode_now(texts)


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    """Monday 2 March 2026, one o'clock in Norway; tests only move it forward."""
    return FakeClock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(
    tmp_path_factory: pytest.TempPathFactory, clock: FakeClock
) -> AsyncIterator[Service]:
    """The service with the federation."""
    home = tmp_path_factory.mktemp("samsvar")
    settings = Settings.from_environment({"SAMSVAR_HOME": str(home)})
    opened = await Service.open(settings, BlockingFakeEncoder(DIMENSIONS), clock=clock)
    curation = opened.curation
    for brain in ("kommune", "nav"):
        await curation.add_brain(Brain(id=brain, name=brain), "test")
    for body in BODIES:
        await curation.add_body(body, "test")
    await curation.import_entries("kommune", [*KOMMUNE, *others("kommune", "sfo", "veg")], "test")
    await curation.import_entries("nav", [*NAV, *others("nav", "dagp", "syke")], "test")
    await curation.set_facts("bergen", {"sfo_price": "2650 kroner"}, "test")
    await curation.set_facts("asker", {"sfo_price": "2980 kroner"}, "test")
    await store.save_local_answers(opened.db, LOCAL)
    await store.save_remits(opened.db, opened.encoder, [TAX_CARD])
    await opened.knowledge.catch_up()
    await opened.knowledge.refit_if_stale()
    yield opened
    await opened.close()


async def ask(service: Service, body: str, text: str, choice: str | None = None) -> Reply:
    """One stateless question."""
    reply = await service.ask(Message(body=body, text=text, choice=choice))
    assert reply.turn == 0 and reply.text and reply.html and reply.body.name
    return reply


class Visitor:
    """A conversation with a body's bot."""

    def __init__(self, service: Service, started: Started) -> None:
        self.service, self.id, self.token = service, started.id, started.token

    async def say(self, text: str | None = None, choice: str | None = None) -> Reply:
        """Say something, or press a button."""
        return await self.service.conversations.say(self.id, self.token, text, choice)

    async def in_vain(self, text: str) -> Reply:
        """Ask what nobody can answer, and refuse what is offered instead."""
        reply = await self.say(text)
        if isinstance(reply.outcome, Clarify):
            reply = await self.say(choice="none")
        assert isinstance(reply.outcome, Unanswered) and reply.outcome.gap
        return reply


class Unsure:
    """The real matcher, but for what a search finds: gymsal or kulturhus, nearly alike."""

    def __init__(self, matcher: Searches) -> None:
        self._matcher = matcher

    def __getattr__(self, name: str) -> Any:
        return getattr(self._matcher, name)

    def search(self, *asked: object) -> list[Scored]:
        """The same two candidates for every question."""
        return [
            Scored("entry:kommune/gymsal", 0.5, 0.9),
            Scored("entry:kommune/kulturhus", 0.3, 0.8),
        ]


@pytest.fixture
def unsure(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """No question has a likely answer."""
    monkeypatch.setattr(service.knowledge, "matcher", Unsure(service.knowledge.matcher))


async def visitor(service: Service, body: str) -> Visitor:
    """Begins a conversation."""
    return Visitor(service, await service.conversations.start(body))


def stored(service: Service) -> str:
    """Everything that is in the database, as one text."""
    file = service.settings.home_folder / "samsvar.db"
    with closing(sqlite3.connect(file)) as db:
        names = [
            name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        rows = [row for name in names for row in db.execute(f"SELECT * FROM {name}")]
    return "\n".join(str(value) for row in rows for value in row if isinstance(value, str))


# Answered


@pytest.mark.parametrize(
    ("body", "question", "text"),
    [
        ("bergen", "Hva koster SFO?", "SFO koster 2650 kroner."),
        ("asker", "Hva koster SFO?", "SFO koster 2980 kroner."),
        ("asker", "Kva kostar SFO?", "SFO kostar 2980 kroner."),
        ("voss", "brøyting", "Heradet brøyter."),
        ("bergen", "brøyting", "Kommunen brøyter når det har snødd."),
        ("bergen", "Hvor kan jeg forhåndsstemme?", "Forhåndsstem i Vestland."),
        ("asker", "Hvor kan jeg forhåndsstemme?", "Forhåndsstem i rådhuset."),
    ],
)
async def test_each_body_answers_in_its_own_words(
    service: Service, body: str, question: str, text: str
) -> None:
    reply = await ask(service, body, question)
    assert isinstance(reply.outcome, Answered)
    assert reply.text == text
    assert reply.body.id == body
    assert reply.probability > 0.8
    assert reply.options == []


async def test_an_answer_in_another_language_says_so(service: Service) -> None:
    reply = await ask(service, "bergen", "How can I vote in advance?")
    assert isinstance(reply.outcome, Answered)
    assert reply.language == "nb"
    assert reply.text.startswith("The answer is only available in Norwegian (Bokmål).")
    assert reply.text.endswith("Forhåndsstem i Vestland.")


# Clarify


@pytest.mark.usefixtures("unsure")
async def test_of_two_near_answers_the_visitor_chooses(service: Service) -> None:
    talk = await visitor(service, "bergen")
    asked = await talk.say("leie gymsal kulturhus")
    assert isinstance(asked.outcome, Clarify)
    labels = {option.id: option.label for option in asked.options}
    assert labels["entry:kommune/gymsal"] == "Gymsal"
    assert labels["entry:kommune/kulturhus"] == "Kulturhus"
    assert list(labels)[-1] == "none"
    chosen = await talk.say(choice="entry:kommune/gymsal")
    assert isinstance(chosen.outcome, Answered)
    assert (chosen.text, chosen.probability) == ("Lei gymsal.", 1.0)
    kept = await service.conversations.get(talk.id, talk.token)
    assert [turn.text for turn in kept.turns][2:] == ["Gymsal", "Lei gymsal."]


@pytest.mark.usefixtures("unsure")
async def test_none_of_these_keeps_the_question_before_it(service: Service) -> None:
    talk = await visitor(service, "bergen")
    asked = await talk.say("leie gymsal eller kulturhus")
    assert isinstance(asked.outcome, Clarify)
    reply = await talk.say(choice="none")
    assert isinstance(reply.outcome, Unanswered) and reply.outcome.gap
    questions = await service.gap_desk.questions("kommune", reply.outcome.gap)
    assert [question.text for question in questions.items] == ["leie gymsal eller kulturhus"]
    nearest = (await service.gap_desk.get("kommune", reply.outcome.gap)).nearest
    assert [one.entry for one in nearest] == ["gymsal", "kulturhus"]
    assert [option.id for option in reply.options] == ["human"]


async def test_none_of_these_before_any_question(service: Service) -> None:
    reply = await ask(service, "bergen", "", "none")
    assert reply.outcome == Unanswered()


async def test_a_button_whose_entry_is_gone(service: Service) -> None:
    for choice in ("entry:kommune/gone", "entry:gone/gone", "remit:nav/gone"):
        reply = await ask(service, "bergen", "", choice)
        assert reply.outcome == Unanswered()
        assert "finnes ikke lenger" in reply.text


# Referred


async def test_another_body_answers_here(service: Service) -> None:
    reply = await ask(service, "bergen", "Hvordan søker jeg om dagpenger?")
    assert isinstance(reply.outcome, Referred)
    assert (reply.outcome.body, reply.outcome.answered_by) == ("nav", "nav")
    assert reply.body.id == "nav"
    assert reply.outcome.reply is not None
    assert isinstance(reply.outcome.reply.outcome, Answered)
    assert reply.outcome.reply.text == "Søk her."
    assert reply.text.startswith("Dette er det NAV som har ansvaret for.")
    assert reply.text.endswith("Søk her.")


async def test_another_body_answers_there(service: Service) -> None:
    reply = await ask(service, "bergen", "Hvordan endrer jeg skattekortet?")
    assert reply.outcome == Referred("skatteetaten", None, TAX_CARD.url, None)
    assert reply.body.id == "bergen"
    assert TAX_CARD.url and TAX_CARD.url in reply.html
    assert "Ring oss: 55 50 00 10" in reply.text


async def test_the_agency_asks_which_municipality(service: Service) -> None:
    talk = await visitor(service, "nav")
    asked = await talk.say("Hva koster SFO?")
    assert isinstance(asked.outcome, Clarify)
    assert "Hvilken kommune" in asked.text
    assert {one.body for one in asked.outcome.candidates} == {"bergen", "voss", "asker"}
    asker = next(option for option in asked.options if option.label == "Asker kommune")
    reply = await talk.say(choice=asker.id)
    assert isinstance(reply.outcome, Referred)
    assert reply.outcome.answered_by == reply.body.id == "asker"
    assert reply.text.endswith("SFO koster 2980 kroner.")


async def test_the_other_body_lacks_a_fact(service: Service) -> None:
    reply = await ask(service, "nav", "", "entry:kommune/alarm@asker")
    assert reply.outcome == Unanswered(None, "alarm_price")
    assert reply.body.id == "asker"
    assert "Asker kommune" in reply.text and "svaret derfra" not in reply.text


async def test_whose_question_it_is(service: Service) -> None:
    assert (await service.route("Hvordan søker jeg om dagpenger?")).body == "nav"
    assert (await service.route("Hva koster SFO?")).body == "kommune"
    assert (await service.route("Hva koster SFO?", municipality="asker")).body == "asker"
    assert (await service.route("Hva koster SFO?", sender="bergen")).body == "bergen"
    assert (await service.route("skattekort", sender="bergen")).body == "skatteetaten"


# Handover and crisis


@pytest.mark.parametrize(
    ("text", "choice"), [("Jeg vil snakke med et menneske", None), ("", "human")]
)
async def test_a_human_is_asked_for(
    service: Service, clock: FakeClock, text: str, choice: str | None
) -> None:
    clock.now = next_time(clock.now, weekday=0, hour=11)
    reply = await ask(service, "bergen", text, choice)
    assert isinstance(reply.outcome, Handover)
    assert reply.outcome.open_now and reply.human.available
    assert [contact.url for contact in reply.outcome.contacts] == ["tel:55500010"]
    assert "til kl. 15:30" in reply.text


async def test_at_night_the_humans_are_not_there(service: Service, clock: FakeClock) -> None:
    clock.now = next_time(clock.now, weekday=5, hour=2)
    talk = await visitor(service, "bergen")
    reply = await service.conversations.handover(talk.id, talk.token)
    assert isinstance(reply.outcome, Handover)
    assert reply.outcome.open_now is False and not reply.human.available
    assert "mandag kl. 08:00" in reply.text


async def test_a_body_without_contact_points(service: Service) -> None:
    reply = await ask(service, "nav", "", "human")
    assert reply.outcome == Handover(None, None, [], None)
    assert "https://www.nav.example" in reply.text


async def test_a_crisis_is_answered_alike_by_all(service: Service) -> None:
    before = await service.gap_desk.list("kommune")
    replies = [await ask(service, body.id, "jeg vil dø") for body in BODIES if body.brain]
    for reply in replies:
        assert isinstance(reply.outcome, Crisis)
        assert {contact.value for contact in reply.outcome.contacts} & {"113", "116 123"}
        assert reply.text == replies[0].text
    assert await service.gap_desk.list("kommune") == before


# Unanswered


async def test_two_bodies_share_a_gap(service: Service) -> None:
    gaps = []
    for body in ("bergen", "voss", "bergen"):
        reply = await (await visitor(service, body)).in_vain(UNKNOWN)
        assert isinstance(reply.outcome, Unanswered) and reply.outcome.gap
        assert [option.id for option in reply.options] == ["human"]
        gaps.append(reply.outcome.gap)
    assert len(set(gaps)) == 1
    gap = await service.gap_desk.get("kommune", gaps[0])
    assert {body.id: body.count for body in gap.bodies} == {"bergen": 2, "voss": 1}
    answer = Entry(id="", questions=[], answers={"nb": "Nei."})
    done = await service.gap_desk.answer_new("kommune", gap.id, answer, "test")
    assert (done.gap.status, done.asked_again) == ("answered", 3)
    assert (await ask(service, "asker", UNKNOWN)).text == "Nei."


async def test_a_fact_that_is_missing(service: Service) -> None:
    reply = await ask(service, "voss", "Kva kostar SFO?")
    assert isinstance(reply.outcome, Unanswered)
    assert reply.outcome.missing_fact == "sfo_price" and reply.outcome.gap
    assert "Voss herad" in reply.text
    missing = await service.curation.missing_facts("voss")
    assert [(one.key, one.entry) for one in missing] == [("sfo_price", "sfo-pris")]
    await service.curation.set_facts("voss", {"sfo_price": "2310 kroner"}, "test")
    assert (await ask(service, "voss", "Kva kostar SFO?")).text == "SFO kostar 2310 kroner."
    assert await service.curation.missing_facts("voss") == []


# Kept, and kept for a time


async def test_what_identifies_the_visitor_is_never_stored(service: Service) -> None:
    talk = await visitor(service, "bergen")
    personal = ["01019523493", "41 23 45 67", "kari.nordmann@example.no", "1234.56.78903"]
    reply = await talk.in_vain(f"{UNKNOWN_TOO} {', '.join(personal)}")
    await service.conversations.feedback(talk.id, talk.token, reply.turn, False, personal[2])
    transcript = await service.conversations.transcript(talk.id, talk.token)
    kept = stored(service)
    assert UNKNOWN_TOO in kept
    for secret in personal:
        assert secret not in kept + transcript
    for word in ("[fødselsnummer]", "[telefonnummer]", "[e-post]", "[kontonummer]"):
        assert word in kept and word in transcript + "[e-post]"


async def test_a_conversation_needs_its_token_and_can_be_erased(service: Service) -> None:
    talk = await visitor(service, "bergen")
    await talk.say("brøyting")
    with pytest.raises(WrongToken):
        await service.conversations.get(talk.id, "wrong")
    await service.conversations.erase(talk.id, talk.token)
    with pytest.raises(UnknownConversation):
        await talk.say("brøyting")


async def test_a_conversation_remembers_its_language(service: Service) -> None:
    talk = await visitor(service, "bergen")
    assert (await talk.say(choice="human")).language == "nb"
    await talk.say("How can I vote in advance?")
    assert (await talk.say(choice="human")).language == "en"


async def test_an_entry_is_there_only_in_its_window(service: Service, clock: FakeClock) -> None:
    tomorrow = clock.now + dt.timedelta(days=1)
    juletre = msgspec.structs.replace(
        entry("juletre", "Hvor leverer jeg juletreet mitt?|juletre", nb="Sett det ved veien."),
        valid_from=tomorrow,
        valid_until=tomorrow + dt.timedelta(days=7),
    )
    await service.curation.save_entry("kommune", juletre, "test")
    await service.knowledge.refit_if_stale()

    async def answered() -> bool:
        outcome = (await ask(service, "asker", "Hvor leverer jeg juletreet mitt?")).outcome
        return isinstance(outcome, Answered) and outcome.entry == "juletre"

    assert not await answered()
    clock.pass_(days=1, seconds=-1)
    assert not await answered()
    clock.pass_(seconds=1)
    await service.knowledge.refit_if_stale()
    assert await answered()
    clock.pass_(days=7)
    assert not await answered()


# Refused


async def test_what_cannot_be_asked(service: Service) -> None:
    with pytest.raises(UnknownBody):
        await ask(service, "atlantis", "hei")
    with pytest.raises(Invalid, match="has no bot"):
        await ask(service, "skatteetaten", "skattekort")
    with pytest.raises(Invalid):
        await ask(service, "bergen", "   ")
    with pytest.raises(Invalid):
        await ask(service, "bergen", "", "no button")


def next_time(now: dt.datetime, weekday: int, hour: int) -> dt.datetime:
    """The next such hour (UTC) after `now`; Monday is 0."""
    days = (weekday - now.weekday()) % 7 or 7
    return (now + dt.timedelta(days=days)).replace(hour=hour, minute=0)
