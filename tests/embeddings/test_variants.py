"""Many questions at once, phrasings asked as if they were new, and matchers with one change."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings import index as indexing
from embeddings.index import VectorIndex
from embeddings.matcher import EVERYONE, Item, Matcher, Phrasing, Scored
from tests.fakes import FakeEncoder

ENCODER = FakeEncoder(128)
TOPICS = ("barnehage", "bibliotek", "avfall", "parkering", "pass", "skole", "skatt", "svømming")
WAYS = ("Hva koster {}?", "søke om {}", "Når åpner {}", "{} for barn", "hvem svarer på {}")


def item(key: str, *texts: str, scopes: tuple[str, ...] = (EVERYONE,)) -> Item:
    vectors = ENCODER.encode_now(texts)
    return Item(key, texts, vectors, vectors[:1], frozenset(scopes))


def topic(name: str, scopes: tuple[str, ...] = (EVERYONE,)) -> Item:
    return item(name, *(way.format(name) for way in WAYS), scopes=scopes)


def eight_topics() -> Matcher:
    """One is Bergen's, one Bergen's and Vestland's; fitted. The last two came after the fit."""
    made = Matcher(ENCODER.dimensions)
    for name in TOPICS[:4]:
        made.put(topic(name))
    made.put(topic("pass", ("bergen",)))
    made.put(topic("skole", ("bergen", "group:vestland")))
    made.adopt(made.fit())
    made.put(topic("skatt"))
    made.put(topic("svømming", ("bergen",)))
    return made


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return eight_topics()


def alike(one: list[Scored], other: list[Scored]) -> bool:
    """The same candidates in the same order, but for what two ways of adding up differ by."""
    keys = [scored.key for scored in one] == [scored.key for scored in other]
    pairs = zip(one, other, strict=True)
    return keys and all(abs(a.probability - b.probability) < 1e-4 for a, b in pairs)


questions = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.builds(str.format, st.sampled_from(WAYS), st.sampled_from(TOPICS)),
        st.builds("{} {}".format, st.sampled_from(TOPICS), st.sampled_from(TOPICS)),
    ),
    min_size=1,
    max_size=3 * indexing.PRODUCT_FROM,
)
scopes = st.sampled_from([(EVERYONE,), ("bergen",), ("bergen", "group:vestland"), ("voss",)])


@given(questions, scopes, st.integers(1, 8))
@settings(max_examples=60)
def test_many_questions_at_once_find_what_each_finds_alone(
    matcher: Matcher, texts: list[str], scopes: tuple[str, ...], limit: int
) -> None:
    vectors = ENCODER.encode_now(texts)
    together = matcher.search_many(texts, vectors, scopes, limit)
    alone = [
        matcher.search(text, vector, scopes, limit)
        for text, vector in zip(texts, vectors, strict=True)
    ]
    assert all(map(alike, together, alone))


def test_many_vectors_at_once_are_searched_exactly_at_any_size() -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(500, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    coded = VectorIndex(16, exact_rows_max=100)
    coded.add(np.arange(500) * 3, vectors)
    coded.remove([0, 3])
    ids, similarities = coded.search_many(vectors[:300], 20)
    exact = vectors[:300] @ vectors[2:].T
    assert np.allclose(similarities, -np.sort(-exact, axis=1)[:, :20], atol=1e-6)
    assert (ids[2:, 0] == np.arange(2, 300) * 3).all()
    assert coded.search_many(vectors[:9], 1000)[0].shape == (9, 498)


def test_a_variant_answers_as_a_matcher_to_which_the_same_was_done() -> None:
    added = item("drone", "Kan jeg fly drone?", "registrere drone", "droneflyging")
    changed = item("avfall", "henting av søppel", "Hva koster avfall?")
    variant = eight_topics().variant([added, changed], without=["parkering"])
    done = eight_topics()
    done.remove("parkering")
    done.put(added)
    done.put(changed)
    texts = ["kan jeg fly drone", "Hva koster parkering?", "søppel", "Når åpner bibliotek"]
    vectors = ENCODER.encode_now(texts)
    for scope in ((EVERYONE,), ("bergen",)):
        found = variant.search_many(texts, vectors, scope)
        assert all(map(alike, found, done.search_many(texts, vectors, scope)))
    assert found[0][0].key == "drone"


def test_a_variant_changes_nothing_in_the_matcher_it_came_from(matcher: Matcher) -> None:
    texts = ["Hva koster parkering?", "søke om skatt"]
    vectors = ENCODER.encode_now(texts)
    before = matcher.search_many(texts, vectors)
    stale = matcher.stale
    variant = matcher.variant([item("ny", "Hva koster parkering?")], without=["skatt"])
    variant.search_many(texts, vectors)
    variant.remove("avfall")
    assert matcher.search_many(texts, vectors) == before
    assert "avfall" in matcher and "skatt" in matcher and matcher.stale == stale


def test_a_variant_is_searched_in_a_thread_while_the_matcher_changes(matcher: Matcher) -> None:
    texts = [way.format(name) for way in WAYS for name in TOPICS] * 4
    vectors = ENCODER.encode_now(texts)
    variant = matcher.variant()
    expected = variant.search_many(texts, vectors)
    found: list[list[list[Scored]]] = []
    thread = threading.Thread(
        target=lambda: found.extend(variant.search_many(texts, vectors) for _ in range(5))
    )
    thread.start()
    while thread.is_alive():
        matcher.put(item("uro", "uro i gata", "bråk om natta"))
        matcher.search(texts[0], vectors[0])
        matcher.remove("uro")
    thread.join()
    assert found == [expected] * 5


def test_a_phrasing_asked_as_if_new_does_not_find_itself(matcher: Matcher) -> None:
    lonely = item("ufo", "Finnes det romvesen i fjorden?")
    twin = item("tvilling", "barnehage for tvillinger", "Barnehage for tvillinger!")
    variant = matcher.variant([lonely, twin])
    alone, own, other = variant.search_without(
        [Phrasing("ufo", 0), Phrasing("tvilling", 1), Phrasing("avfall", 0)]
    )
    assert "ufo" not in [scored.key for scored in alone]
    assert own[0].key == "tvilling"
    assert other[0].key == "avfall"
    certain = variant.search(lonely.texts[0], lonely.vectors[0])[0]
    assert certain.key == "ufo" and certain.probability >= 0.99
    assert all(scored.probability < 0.9 for scored in alone)


def test_a_newcomer_is_asked_with_weights_that_never_saw_the_phrasing(matcher: Matcher) -> None:
    """A thief with another's very phrasings is held back by them where it has been taught that
    they are the other's; asked as if new, each shows what would happen to one like it."""
    thief = item("tyv", *(way.format("bibliotek") for way in WAYS[:4]))
    variant = matcher.variant([thief])
    asked = [Phrasing("bibliotek", number) for number in range(4)]
    found = variant.search_without(asked)
    before = matcher.variant().search_without(asked)
    shares = [sum(s.probability for s in one if s.key == "tyv") for one in found]
    assert max(shares) > 0.3
    assert [one[0].key for one in before] == ["bibliotek"] * 4
