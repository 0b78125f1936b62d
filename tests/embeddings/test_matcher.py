"""Entries in, candidates out: what is findable when, by whom, and with what probability."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings import stored
from embeddings.fitting import Background
from embeddings.matcher import EVERYONE, EXACT_PROBABILITY, Item, Matcher, Scored, folded
from tests.fakes import FakeEncoder

ENCODER = FakeEncoder()
DIMENSIONS = ENCODER.dimensions

PHRASINGS = {
    "barnehage": [
        "Hvordan søker jeg om barnehageplass?",
        "søke barnehage",
        "Når er fristen for å søke barnehageplass?",
        "barnehageplass til barnet mitt",
    ],
    "bibliotek": [
        "Når åpner biblioteket?",
        "åpningstider på biblioteket",
        "Er biblioteket åpent på lørdag?",
        "låne bøker på biblioteket",
    ],
    "avfall": [
        "Når blir søppelet hentet?",
        "henting av søppel og avfall",
        "tømming av søppeldunken",
        "Hvor kaster jeg farlig avfall?",
    ],
    "parkering": [
        "Hvor kan jeg parkere i sentrum?",
        "parkering for beboere",
        "søke om parkeringskort",
        "Hva koster parkering?",
    ],
    "pass": [
        "Hvordan fornyer jeg passet mitt?",
        "bestille time til pass",
        "nytt pass til barn",
        "passet er gått ut",
    ],
}
FOREIGN = [
    "Hvem vant fotballkampen i går?",
    "oppskrift på sjokoladekake",
    "hvor langt er det til månen",
    "skriv et dikt om høsten",
    "qwerty asdf zxcv",
]


def item(
    key: str, texts: list[str] | None = None, scopes: frozenset[str] = frozenset({EVERYONE})
) -> Item:
    texts = PHRASINGS[key] if texts is None else texts
    none = np.empty((0, DIMENSIONS), np.float32)
    vectors = ENCODER.encode_now(texts) if texts else none
    return Item(key, texts, vectors, ENCODER.encode_now([f"Svaret om {key}."]), scopes)


def matcher(*keys: str, fitted: bool = False) -> Matcher:
    made = Matcher(DIMENSIONS, Background(FOREIGN, ENCODER.encode_now(FOREIGN)))
    for key in keys or PHRASINGS:
        made.put(item(key))
    if fitted:
        made.adopt(made.fit())
    return made


def ask(asked: Matcher, text: str, *scopes: str) -> list[Scored]:
    return asked.search(text, ENCODER.encode_now([text])[0], {EVERYONE, *scopes})


def keys(found: list[Scored]) -> list[str]:
    return [scored.key for scored in found]


@pytest.fixture(scope="module")
def learned() -> Matcher:
    """Fitted once; tests that change a matcher make their own."""
    return matcher(fitted=True)


# --- finding


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("søke plass i barnehage", "barnehage"),
        ("åpningstid bibliotek", "bibliotek"),
        ("nor blir søpla henta", "avfall"),
        ("parkeringskort sentrum", "parkering"),
        ("fornye pass", "pass"),
    ],
)
def test_a_question_finds_its_entry(learned: Matcher, text: str, key: str) -> None:
    found = ask(learned, text)
    assert found[0].key == key
    assert sorted(keys(found)) == sorted(PHRASINGS)
    assert [one.probability for one in found] == sorted(
        (one.probability for one in found), reverse=True
    )


def test_foreign_matter_is_less_probable_than_an_own_question(learned: Matcher) -> None:
    own = ask(learned, "søke om barnehageplass")[0].probability
    assert all(ask(learned, text)[0].probability < own for text in FOREIGN)


def test_an_exact_phrasing_is_answered_whatever_its_case_and_signs(learned: Matcher) -> None:
    found = ask(learned, "  når ÅPNER biblioteket !!")
    assert found[0].key == "bibliotek"
    assert found[0].probability >= EXACT_PROBABILITY


def test_a_phrasing_of_two_entries_is_no_exact_one() -> None:
    shared = matcher()
    shared.put(item("passkontor", ["nytt pass til barn", "Hvor er passkontoret?"]))
    shared.adopt(shared.fit())
    assert ask(shared, "nytt pass til barn")[0].probability < EXACT_PROBABILITY


def test_signs_alone_are_no_exact_phrasing() -> None:
    made = matcher()
    made.put(item("takk", ["takk!", "👍"]))
    made.adopt(made.fit())
    assert all(one.probability < EXACT_PROBABILITY for one in ask(made, "😡"))


def test_the_limit_is_kept_and_many_are_as_one_by_one(learned: Matcher) -> None:
    texts = ["søke barnehageplass", "passet er borte"]
    vectors = ENCODER.encode_now(texts)
    many = learned.search_many(texts, vectors, limit=2)
    assert [len(found) for found in many] == [2, 2]
    assert many == [
        learned.search(text, vector, limit=2) for text, vector in zip(texts, vectors, strict=True)
    ]


@pytest.mark.parametrize("text", ["", " ", "\x00", "?", "\ud800", "a" * 20_000, "\ufdfa" * 500])
def test_odd_text_is_searched_with(learned: Matcher, text: str) -> None:
    found = ask(learned, text)
    assert all(0 <= one.probability <= 1 for one in found)
    assert all(np.isfinite(one.score) for one in found)


def test_an_empty_matcher_finds_nothing_and_can_be_fitted() -> None:
    empty = Matcher(DIMENSIONS)
    assert ask(empty, "hei") == []
    empty.adopt(empty.fit())
    assert ask(empty, "hei") == []
    assert (len(empty), empty.stale) == (0, False)
    assert empty.answer_threshold(0.05) > 0


def test_what_comes_first_after_a_search_of_nothing_is_found_as_well() -> None:
    """The space is made of the entries, also where somebody asked before there were any."""
    fresh, asked = matcher(), Matcher(DIMENSIONS)
    assert ask(asked, "når åpner biblioteket") == []
    for key in PHRASINGS:
        asked.put(item(key))
    for text in ("søke plass i barnehage", *FOREIGN):
        assert ask(asked, text) == ask(fresh, text)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_brain_of_few_single_phrasings_is_fitted(count: int) -> None:
    few = Matcher(DIMENSIONS)
    for key in list(PHRASINGS)[:count]:
        few.put(item(key, PHRASINGS[key][:1]))
    few.adopt(few.fit())
    assert keys(ask(few, "søke om barnehageplass"))[0] == "barnehage"
    assert 0 < few.answer_threshold(0.05) <= 1.01


# --- changing


def test_a_new_entry_is_found_before_any_fit() -> None:
    assert keys(ask(matcher(), "søke plass i barnehage"))[0] == "barnehage"


def test_a_new_entry_is_found_at_once_beside_fitted_ones() -> None:
    known = matcher("barnehage", "bibliotek", "avfall", fitted=True)
    ask(known, "hei")
    known.put(item("pass"))
    assert (known.stale, "pass" in known, len(known)) == (True, True, 4)
    assert keys(ask(known, "fornye passet"))[0] == "pass"
    assert ask(known, "passet er gått ut")[0].probability >= EXACT_PROBABILITY
    assert keys(ask(known, "åpningstider bibliotek"))[0] == "bibliotek"


def test_a_removed_entry_is_gone_at_once() -> None:
    known = matcher(fitted=True)
    ask(known, "hei")
    known.remove("pass")
    known.remove("pass")
    assert ("pass" in known, len(known), known.stale) == (False, 4, True)
    assert "pass" not in keys(ask(known, "passet er gått ut"))


def test_an_entry_put_again_has_its_new_phrasings_only() -> None:
    known = matcher(fitted=True)
    ask(known, "hei")
    known.put(item("pass", ["Hvordan søker jeg om statsborgerskap?"]))
    assert len(known) == 5
    assert ask(known, "passet er gått ut")[0].probability < EXACT_PROBABILITY
    assert keys(ask(known, "statsborgerskap"))[0] == "pass"


def test_an_entry_without_phrasings_is_not_held() -> None:
    known = matcher(fitted=True)
    known.put(item("pass", []))
    assert "pass" not in known
    assert "pass" not in keys(ask(known, "passet er gått ut"))


def test_a_fit_leaves_what_changed_meanwhile_as_it_is() -> None:
    known = matcher("barnehage", "bibliotek", "avfall", "parkering")
    fitted = known.fit()
    known.put(item("pass"))
    known.remove("avfall")
    known.put(item("bibliotek", ["Når opnar boksamlinga?"]))
    known.adopt(fitted)
    assert known.stale
    assert keys(ask(known, "fornye passet"))[0] == "pass"
    assert "avfall" not in keys(ask(known, "henting av søppel"))
    assert keys(ask(known, "opnar boksamlinga"))[0] == "bibliotek"
    assert ask(known, "åpningstider på biblioteket")[0].probability < EXACT_PROBABILITY
    known.adopt(known.fit())
    assert not known.stale


def test_a_fit_changes_nothing_until_adopted() -> None:
    known = matcher(fitted=True)
    known.put(item("ny", ["helt ny tekst"]))
    before = ask(known, "søke barnehageplass")
    known.fit()
    assert ask(known, "søke barnehageplass") == before
    assert known.stale


# --- who sees what


def scoped() -> Matcher:
    made = matcher("bibliotek", "avfall")
    made.put(item("pass", scopes=frozenset({"bergen"})))
    made.put(item("parkering", scopes=frozenset({"group:vestland", "asker"})))
    return made


@pytest.mark.parametrize("fitted", [False, True])
def test_a_body_sees_the_shared_entries_and_its_own(fitted: bool) -> None:
    made = scoped()
    if fitted:
        made.adopt(made.fit())
    everyones = {"bibliotek", "avfall"}
    assert set(keys(ask(made, "passet"))) == everyones
    assert set(keys(ask(made, "passet", "bergen"))) == everyones | {"pass"}
    assert set(keys(ask(made, "passet", "asker", "group:vestland"))) == everyones | {"parkering"}
    assert set(keys(ask(made, "passet", "nobody"))) == everyones
    assert set(keys(ask(made, "passet", "bergen", "asker"))) == everyones | {"pass", "parkering"}


def test_own_and_shared_entries_are_ordered_together() -> None:
    made = scoped()
    made.adopt(made.fit())
    assert keys(ask(made, "fornye passet", "bergen"))[0] == "pass"
    assert keys(ask(made, "åpningstider bibliotek", "bergen"))[0] == "bibliotek"


def test_an_entry_of_two_scopes_counts_once() -> None:
    found = ask(scoped(), "parkeringskort", "asker", "group:vestland")
    assert keys(found).count("parkering") == 1


def test_scopes_change_with_the_entry() -> None:
    made = scoped()
    ask(made, "hei")
    made.put(item("pass", scopes=frozenset({"asker"})))
    assert "pass" not in keys(ask(made, "passet", "bergen"))
    assert "pass" in keys(ask(made, "passet", "asker"))
    made.remove("parkering")
    assert "parkering" not in keys(ask(made, "parkering", "asker", "group:vestland"))


# --- the operator's number


@pytest.mark.parametrize("fitted", [False, True])
def test_more_wrong_answers_allowed_never_asks_for_more_certainty(fitted: bool) -> None:
    made = matcher(fitted=fitted)
    thresholds = [made.answer_threshold(rate) for rate in np.linspace(0, 0.5, 101)]
    assert thresholds == sorted(thresholds, reverse=True)


# --- kept on disk


def test_the_digest_changes_with_what_is_learned_from() -> None:
    one, other = matcher("pass", "avfall"), matcher("avfall", "pass")
    same = one.digest()
    assert same == other.digest()
    other.put(item("pass", [*PHRASINGS["pass"], "enda en"]))
    assert other.digest() != same
    other.put(item("pass"))
    assert other.digest() == same
    other.remove("avfall")
    assert other.digest() != same
    without_background = Matcher(DIMENSIONS)
    for key in ("pass", "avfall"):
        without_background.put(item(key))
    assert without_background.digest() != same


def test_a_kept_fit_answers_as_before(learned: Matcher, tmp_path: Path) -> None:
    folder = tmp_path / "fits"
    stored.save(learned, learned.learned(), folder, "fake")
    again = matcher(*reversed(PHRASINGS))
    assert stored.load(again, folder, "fake")
    assert not again.stale
    for text in ("søke plass i barnehage", "når åpner biblioteket", *FOREIGN):
        np.testing.assert_allclose(
            [one.probability for one in ask(again, text)],
            [one.probability for one in ask(learned, text)],
            atol=1e-5,
        )


def test_a_kept_fit_is_for_the_same_entries_and_model_only(
    learned: Matcher, tmp_path: Path
) -> None:
    stored.save(learned, learned.learned(), tmp_path, "fake")
    assert not stored.load(matcher("pass", "avfall"), tmp_path, "fake")
    assert not stored.load(matcher(), tmp_path, "other")
    assert not stored.load(matcher(), tmp_path / "elsewhere", "fake")
    assert stored.load(matcher(), tmp_path, "fake")


@pytest.mark.parametrize("damage", [b"", b"\x80\x04.", b"not a fit"])
def test_a_damaged_file_is_no_fit_and_is_removed(
    learned: Matcher, tmp_path: Path, damage: bytes
) -> None:
    stored.save(learned, learned.learned(), tmp_path, "fake")
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage or file.read_bytes()[:-1000])
    again = matcher()
    assert not stored.load(again, tmp_path, "fake")
    assert list(tmp_path.iterdir()) == []
    assert again.stale
    assert keys(ask(again, "søke plass i barnehage"))[0] == "barnehage"


def test_only_the_last_fit_is_kept_and_a_stale_one_never(tmp_path: Path) -> None:
    known = matcher(fitted=True)
    stored.save(known, known.learned(), tmp_path, "fake")
    known.remove("pass")
    stored.save(known, known.learned(), tmp_path, "fake")
    assert not stored.load(matcher("barnehage"), tmp_path, "fake")
    known.adopt(known.fit())
    stored.save(known, known.learned(), tmp_path, "fake")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_change_while_a_fit_is_written_does_not_pass_it_off_as_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = matcher(fitted=True)
    fitted = known.learned()

    def changing(path: Path, **options: bool) -> None:
        known.put(item("pass", ["helt annen tekst"]))

    monkeypatch.setattr(Path, "mkdir", changing)  # the first thing that saving does
    stored.save(known, fitted, tmp_path, "fake")
    changed = matcher()
    changed.put(item("pass", ["helt annen tekst"]))
    assert not stored.load(changed, tmp_path, "fake")
    assert stored.load(matcher(), tmp_path, "fake")


# --- the same words


@given(st.text())
def test_folding_is_blind_to_space_and_signs(text: str) -> None:
    assert folded(f"  {text}?!\n") == folded(text) == folded(text).strip()


@given(st.text("abcæøåäéÆØÅ 12-.?"))
def test_folding_is_blind_to_case(text: str) -> None:
    assert folded(text.upper()) == folded(text) == folded(folded(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Når åpner båten?", "NÅR ÅPNER BÅTEN"),
        ("når går båten", "når ga\u030ar ba\u030aten"),
        ("STRASSE", "straße"),
    ],
)
def test_the_same_words_fold_alike(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("की", "का"), ("ไม", "ไม่"), ("pass 1", "pass 2")])
def test_other_words_do_not(one: str, other: str) -> None:
    assert folded(one) != folded(other)
