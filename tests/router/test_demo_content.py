"""The rules that the demo federation's content keeps."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

import msgspec
import pytest

from brains import checks, templates
from brains.errors import MissingFactError
from brains.model import Body, Entry, Fact, LocalAnswer
from router.demo.load import BRAINS, FOLDER, read_bodies, read_entries, read_facts, read_remits

BODIES = read_bodies()
BY_ID = {body.id: body for body in BODIES}
ENTRIES = {brain.id: read_entries(brain.id) for brain in BRAINS}
KOMMUNE, NAV = ENTRIES["kommune"], ENTRIES["nav"]
FACTS = read_facts()
REMITS = read_remits(BODIES)
LOCAL = [
    msgspec.json.decode(line, type=LocalAnswer)
    for line in (FOLDER / "local.jsonl").read_text("utf-8").splitlines()
]
MUNICIPALITIES = [body for body in BODIES if body.brain == "kommune"]
REFERRED_TO = (
    "skatteetaten helsenorge udi lanekassen husbanken politiet vegvesen kartverket vestland"
)

# Deliberately not given, so that the demo shows what happens then.
LEFT_OUT_MAX = 12
LEFT_OUT = {
    ("ulstein", "avfall_tree"),
    ("tromso", "barnehage_summer"),
    ("ulstein", "helse_rph_url"),
    ("ulstein", "hund_leash_local"),
    ("roros", "kultur_support_amount"),
    ("ulstein", "naering_torg_pris"),
    ("roros", "parkering_resident_price"),
    ("ulstein", "politikk_stream_url"),
    ("roros", "sosial_vakt_phone"),
    ("roros", "sosial_rettshjelp"),
}

# Numbers that are the same for everybody in Norway.
OFFICIAL = {"110", "112", "113", "116 006", "116 111", "116 117", "116 123", "02800", "175", "1881"}
EXAMPLE = re.compile(r"eksempel|døme|example", re.IGNORECASE)
NUMBER = re.compile(
    r"(?<![\w./-])(?:\+47 ?)?(?:\d{8}|\d{3} \d{2} \d{3}|(?:\d{2} ){3}\d{2})(?![\w/-])"
)
SHORT_NUMBER = re.compile(
    r"(?:\bring(?:e|er)?|\bcall|\btlf\.?|\btelefon|\bphone) \**(\+?\d[\d ]*\d)", re.IGNORECASE
)


def folded(question: str) -> str:
    """A phrasing without letter case, doubled spaces and closing marks."""
    return " ".join(question.casefold().split()).rstrip(" ?!.")


def values(fact: Fact) -> Iterable[str]:
    """A fact's texts."""
    return [fact.value] if isinstance(fact.value, str) else fact.value.values()


def facts_of(body: str, language: str) -> dict[str, str]:
    """What a body's answers in a language are filled with."""
    own = [fact for fact in FACTS if fact.body == body]
    return {
        fact.key: fact.value
        if isinstance(fact.value, str)
        else fact.value.get(language) or fact.value["nb"]
        for fact in own
    }


def answers_of(body: Body) -> Iterator[tuple[str, str, str]]:
    """Entry, language and template, each as the body answers it."""
    scopes = [body.id, *(f"group:{group}" for group in body.groups)]
    for entry in ENTRIES[body.brain or ""]:
        own = [
            one for scope in scopes for one in LOCAL if (one.entry, one.scope) == (entry.id, scope)
        ]
        for language, template in (own[0].answers if own else entry.answers).items():
            yield entry.id, language, template


def written() -> Iterator[tuple[str, str]]:
    """Every text that a visitor may read, and where it is from."""
    for brain, entries in ENTRIES.items():
        for entry in entries:
            yield from ((f"{brain}/{entry.id}", text) for text in entry.answers.values())
    for local in LOCAL:
        yield from ((f"{local.scope}/{local.entry}", text) for text in local.answers.values())
    for fact in FACTS:
        yield from ((f"{fact.body}/{fact.key}", text) for text in values(fact))
    for body in BODIES:
        yield from ((f"{body.id} contacts", point.value) for point in body.contacts)


def test_there_is_enough_to_try() -> None:
    assert len(KOMMUNE) >= 150
    assert len(NAV) >= 50
    assert sum("en" in entry.answers for entry in KOMMUNE) >= 40


@pytest.mark.parametrize("entry", KOMMUNE + NAV, ids=lambda entry: entry.id)
def test_an_entry(entry: Entry) -> None:
    assert list(checks.check_entry(entry)) == []
    assert len(entry.questions) >= 6
    assert entry.answers.keys() >= {"nb", "nn"}
    assert entry.title and entry.topic


def test_ids_are_used_once() -> None:
    for entries in ENTRIES.values():
        assert len({entry.id for entry in entries}) == len(entries)


def test_the_municipalities() -> None:
    assert len(MUNICIPALITIES) == 6
    assert sum(body.language == "nn" for body in MUNICIPALITIES) == 2
    assert len({body.municipality_number for body in MUNICIPALITIES}) == 6
    groups = Counter(group for body in MUNICIPALITIES for group in body.groups)
    assert any(count > 1 for count in groups.values())


def test_the_bodies_are_as_the_program_wants_them() -> None:
    brains = {brain.id for brain in BRAINS}
    for body in BODIES:
        assert list(checks.check_body(body, brains)) == []
        assert body.contacts and body.opening_hours and body.website
        assert body.greeting.keys() >= {"nb", "nn", "en"}
        assert set(body.popular) <= {entry.id for entry in ENTRIES.get(body.brain or "", [])}
        days = [dt.date.fromisoformat(day) for day in body.closed_days]
        assert max(days).year >= 2027 and ZoneInfo(body.timezone)


@pytest.mark.parametrize("body", REFERRED_TO.split())
def test_what_other_bodies_are_responsible_for(body: str) -> None:
    assert BY_ID[body].brain is None
    own = [remit for remit in REMITS if remit.body == body]
    assert len(own) >= 5
    for remit in own:
        assert list(checks.check_remit(remit, BY_ID)) == []
        assert len(remit.questions) >= 6


def test_no_phrasing_twice() -> None:
    entries = [entry for own in ENTRIES.values() for entry in own]
    asked = [folded(question) for entry in entries for question in entry.questions]
    asked += [folded(question) for remit in REMITS for question in remit.questions]
    assert [question for question, count in Counter(asked).items() if count > 1] == []


def test_local_answers_have_their_entry_and_scope() -> None:
    ids = {(brain, entry.id) for brain, entries in ENTRIES.items() for entry in entries}
    groups = {group for body in BODIES for group in body.groups}
    assert {(local.brain, local.entry) for local in LOCAL} <= ids
    for local in LOCAL:
        assert list(checks.check_scope(local.scope, BY_ID, groups)) == []
        assert list(checks.check_local_answer(local)) == []
    assert any(local.scope.startswith("group:") for local in LOCAL)
    assert len({(local.entry, local.scope) for local in LOCAL}) == len(LOCAL)


def test_every_answer_renders_but_for_the_facts_left_out() -> None:
    missing = set()
    for body in (one for one in BODIES if one.brain):
        for entry, language, template in answers_of(body):
            try:
                text = templates.render(template, facts_of(body.id, language))
            except MissingFactError as error:
                missing.add((body.id, error.key))
            else:
                assert text.strip() and "{{" not in text, (body.id, entry, language)
    assert missing <= LEFT_OUT


def test_only_a_few_facts_are_left_out() -> None:
    given = {(fact.body, fact.key) for fact in FACTS}
    used = {
        (body.id, key)
        for body in BODIES
        if body.brain
        for _, _, template in answers_of(body)
        for key in templates.check(template)
    }
    assert used - given == LEFT_OUT
    assert 0 < len(LEFT_OUT) <= LEFT_OUT_MAX


def test_facts_are_of_bodies_that_are_there_and_are_used() -> None:
    texts = [text for body in BODIES if body.brain for _, _, text in answers_of(body)]
    used = {key for text in texts for key in templates.check(text)}
    for fact in FACTS:
        assert list(checks.check_fact(fact)) == []
        assert fact.body in BY_ID and fact.key in used
        assert fact.label["nb"]


def test_invented_phone_numbers_say_so() -> None:
    for where, text in written():
        for found in NUMBER.finditer(text):
            after = text[found.end() : found.end() + 20]
            assert EXAMPLE.search(after), f"{where}: {found.group()}"
        for found in SHORT_NUMBER.finditer(text):
            after = text[found.end() : found.end() + 20]
            number = found[1].strip()
            assert number in OFFICIAL or EXAMPLE.search(after), f"{where}: {number}"
