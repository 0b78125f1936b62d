"""The detectors of crises and of the wish for a human: mechanism, and readable examples.

No encoder is loaded: rules and character n-grams must do on their own.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.detect import crisis, human
from router.detect.classifier import Detector, Example
from router.detect.crisis import CrisisDetector, CrisisKind
from router.detect.crisis_replies import LANGUAGES, SERVICES, crisis_reply
from router.detect.folding import fold
from router.detect.human import HumanDetector
from router.detect.rules import RuleError, RuleSet


@pytest.fixture(scope="module")
def detector() -> CrisisDetector:
    return CrisisDetector(crisis.examples(), None)


@pytest.fixture(scope="module")
def human_detector() -> HumanDetector:
    return HumanDetector(human.examples(), None)


CRISES = [
    ("Jeg vil ikke leve lenger", CrisisKind.SUICIDE),
    ("æ orke ikkje mer", CrisisKind.SUICIDE),
    ("e vil ikkje leva meir", CrisisKind.SUICIDE),
    ("eg vil døy", CrisisKind.SUICIDE),
    ("det er ingen vits lenger", CrisisKind.SUICIDE),
    ("alle hadde hatt det bedre uten meg", CrisisKind.SUICIDE),
    ("sønnen min sier han vil ta livet sitt", CrisisKind.SUICIDE),
    ("mannen min slår mæ", CrisisKind.VIOLENCE),
    ("han bankar meg", CrisisKind.VIOLENCE),
    ("han sier han skal drepe meg hvis jeg går", CrisisKind.VIOLENCE),
    ("jeg skal drepe ham", CrisisKind.VIOLENCE),
    ("foreldrene mine tvinger meg til å gifte meg", CrisisKind.VIOLENCE),
    ("pappa kommer inn på rommet mitt om natta", CrisisKind.CHILD),
    ("jeg tør ikke gå hjem", CrisisKind.CHILD),
    ("naboen slår ungane sine", CrisisKind.CHILD),
    ("jeg har tatt for mange tabletter", CrisisKind.DANGER),
    ("det brenner i huset", CrisisKind.DANGER),
    ("noen bryter seg inn hos meg nå", CrisisKind.DANGER),
    ("I want to kill myself", CrisisKind.SUICIDE),
    ("jag vill inte leva längre", CrisisKind.SUICIDE),
    ("min mand slår mig", CrisisKind.VIOLENCE),
    ("mąż mnie bije", CrisisKind.VIOLENCE),
    ("тато мене б'є", CrisisKind.CHILD),
    ("я не хочу жить", CrisisKind.SUICIDE),
    ("زوجي يضربني", CrisisKind.VIOLENCE),
    ("waxaan rabaa inaan dhinto", CrisisKind.SUICIDE),
    ("er atmet nicht", CrisisKind.DANGER),
    ("je veux mourir", CrisisKind.SUICIDE),
    ("mi papá me pega", CrisisKind.CHILD),
    ("nebenoriu gyventi", CrisisKind.SUICIDE),
    ("ሰብኣየይ ይወቕዓኒ", CrisisKind.VIOLENCE),
]

ORDINARY = [
    "når er det lov å slå gresset?",
    "pappa slår plenen på kirkegården",
    "skal kommunene slås sammen",
    "slå av strømmen",
    "hvordan drepe brunsnegler",
    "jeg dør av latter",
    "jeg er så sulten at jeg dør",
    "når får vi slått veikanten",
    "dødsannonse",
    "hva skjer med arven når jeg dør",
    "døren til biblioteket",
    "hvor finner jeg krisesenteret",
    "voldtektsmottak adresse",
    "hvordan melder jeg bekymring til barnevernet",
    "hva gjør kommunen for å forebygge selvmord",
    "kurs i førstehjelp",
    "jeg orker ikke mer snø",
    "køen tar livet av meg",
    "jeg får ikke lån i banken, hva gjør foreldre da",
    "kan jeg brenne hageavfall",
    "rådyr påkjørt",
    "kill time in Oslo",
    "",
]


@pytest.mark.parametrize(("text", "kind"), CRISES)
def test_a_cry_for_help_is_seen(detector: CrisisDetector, text: str, kind: CrisisKind) -> None:
    assert detector.detect(text) is kind


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_message_raises_no_alarm(detector: CrisisDetector, text: str) -> None:
    assert detector.explain(text) is None


def test_the_most_urgent_kind_is_answered(detector: CrisisDetector) -> None:
    both = "jeg vil dø. jeg har tatt for mange tabletter"
    assert detector.detect(both) is CrisisKind.DANGER


def test_an_innocent_phrase_does_not_hide_a_cry_for_help(detector: CrisisDetector) -> None:
    assert detector.detect("kan dere slå gresset? mannen min slår meg") is CrisisKind.VIOLENCE


@pytest.mark.parametrize(
    "text",
    [
        "kan jeg få snakke med et menneske",
        "snakke me folk",
        "eg vil snakke med ein sakshandsamar",
        "ring meg",
        "kundebehandler",
        "I want a human",
        "jag vill prata med en människa",
        "chcę porozmawiać z człowiekiem",
        "хочу поговорити з людиною",
        "أريد التحدث مع موظف",
    ],
)
def test_a_wish_for_a_human_is_seen(human_detector: HumanDetector, text: str) -> None:
    assert human_detector.detect(text)


@pytest.mark.parametrize(
    "text",
    [
        "menneskerettigheter",
        "folkebibliotek",
        "hvor mange mennesker bor i Bergen",
        "telefonnummer til biblioteket",
        "snakke med barnehagen om plass",
        "søke jobb som saksbehandler",
    ],
)
def test_a_question_about_people_is_no_wish_for_one(
    human_detector: HumanDetector, text: str
) -> None:
    assert not human_detector.detect(text)


def test_words_are_folded_to_what_they_have_in_common() -> None:
    assert fold("Jeg ORKER ikke meeer!!") == " . jeg orker ike mer . "
    assert fold("slår") == fold("slar") == fold("SLAAR")
    assert fold("får") != fold("far")
    assert fold("don't") == fold("dont")


@given(st.text(max_size=300))
def test_any_text_folds_to_words_between_sentence_marks(text: str) -> None:
    folded = fold(text)
    assert folded.startswith(" .")
    assert folded.endswith(" . ")
    assert "  " not in folded


@pytest.mark.parametrize(
    "hostile",
    ["jeg " * 1000, "jeg vil ikke " * 300, "\ufdfa" * 4000, "a" * 4000, "pappa og mamma " * 300],
)
def test_a_hostile_text_costs_milliseconds(hostile: str) -> None:
    rules = RuleSet.load(Path(crisis.__file__).parent / "rules", "crisis")
    started = time.thread_time()
    rules.read(hostile)
    assert time.thread_time() - started < 1.0


def write_rules(folder: Path, text: str) -> RuleSet:
    (folder / "toy.nb.rules").write_text(text, encoding="utf-8")
    return RuleSet.load(folder, "toy")


def labels(rules: RuleSet, text: str) -> set[str]:
    return {hit.label for hit in rules.hits(text)}


def test_a_rule_file_reads_as_written(tmp_path: Path) -> None:
    rules = write_rules(
        tmp_path,
        "who = jeg eg\n[fire]\n<who> . ser røyk|brann* !bomb*\n^ brann $ // alone\ntok # piller",
    )
    assert labels(rules, "jeg nå ser brannen") == {"fire"}
    assert labels(rules, "eg ser røyk") == {"fire"}
    assert labels(rules, "jeg ser røyk bomben") == set()
    assert labels(rules, "jeg ser. røyk") == set()
    assert labels(rules, "Brann!") == {"fire"}
    assert labels(rules, "brann tapte") == set()
    assert labels(rules, "tok 30 piller") == {"fire"}


def test_an_innocent_context_leaves_only_the_strong_rules(tmp_path: Path) -> None:
    rules = write_rules(
        tmp_path,
        "[hit!]\nslår meg\n[hit]\nslår\n[innocent]\nhva gjør skolen ...\n[innocent!]\nslår gress*",
    )
    assert labels(rules, "han slår") == {"hit"}
    assert labels(rules, "hva gjør skolen om han slår") == set()
    assert labels(rules, "hva gjør skolen om han slår meg") == {"hit"}
    assert labels(rules, "han slår gresset") == set()
    assert rules.read("han slår gresset").excused


@pytest.mark.parametrize("line", ["før\n[x]\ny", "[x]\n<nobody>", "[x]\nhva?nå"])
def test_a_rule_that_cannot_be_read_names_its_line(tmp_path: Path, line: str) -> None:
    with pytest.raises(RuleError, match=r"toy\.nb\.rules:\d"):
        write_rules(tmp_path, line)


def test_a_folder_without_rules_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="holds no file"):
        RuleSet.load(tmp_path, "toy")


def test_the_second_opinion_generalises_by_vector(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    examples = [Example(f"text {i}", "danger" if i % 2 else "") for i in range(80)]
    centres = np.where(np.arange(80)[:, None] % 2, 1.0, -1.0) * np.eye(8)[0]
    vectors = (centres + random.normal(0, 0.1, (80, 8))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rules = write_rules(tmp_path, "[danger]\nneverused")
    toy = Detector(rules, ["danger"], examples, vectors)
    assert toy.measured.recall > 0.9
    assert toy.measured.false_alarm_rate == 0.0
    verdict = toy.verdict("something else", np.eye(8, dtype=np.float32)[0])
    assert verdict is not None
    assert verdict.reason == "learned from examples"
    assert toy.verdict("something else", -np.eye(8, dtype=np.float32)[0]) is None


def test_vectors_must_match_the_examples() -> None:
    with pytest.raises(ValueError, match="vectors"):
        HumanDetector(human.examples(), np.zeros((3, 384), dtype=np.float32))


def test_examples_are_many_and_distinct() -> None:
    found = crisis.examples()
    assert sum(e.kind != "" for e in found) >= 350
    assert sum(e.kind == "" for e in found) >= 500
    assert len({e.text for e in found}) == len(found)
    assert {e.kind for e in found} == {"", *CrisisKind}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(CrisisKind))
def test_every_language_has_a_reply_that_names_the_numbers(kind: CrisisKind, language: str) -> None:
    reply = crisis_reply(kind, language)
    first_paragraph = reply.text_markdown.split("\n")[0]
    assert reply.language == language
    assert "113" in first_paragraph or "112" in first_paragraph
    assert len(reply.contacts) == len(SERVICES[kind])
    for contact in reply.contacts:
        assert contact.url is not None
        assert contact.url in reply.text_markdown


def test_the_contacts_can_be_called() -> None:
    contacts = {c.value: c for c in crisis_reply(CrisisKind.SUICIDE, "nb").contacts}
    assert contacts["113"].url == "tel:113"
    assert contacts["116 123"].url == "tel:116123"
    fire = crisis_reply(CrisisKind.DANGER, "nb").contacts
    assert "110" in {contact.value for contact in fire}


def test_regional_tags_find_their_language() -> None:
    assert crisis_reply(CrisisKind.CHILD, "nn-NO").language == "nn"
    assert crisis_reply(CrisisKind.CHILD, "no").language == "nb"


@pytest.mark.parametrize("language", ["tlh", None, ""])
def test_an_unknown_language_gets_norwegian_and_english(language: str | None) -> None:
    reply = crisis_reply(CrisisKind.VIOLENCE, language)
    assert reply.language == "nb"
    assert "Det finnes hjelp" in reply.text_markdown
    assert "There is help" in reply.text_markdown
