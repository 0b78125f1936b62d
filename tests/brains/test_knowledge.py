"""A node's view: what it finds and answers, and how it keeps up."""

from __future__ import annotations

import asyncio
import datetime as dt

import msgspec
import pytest

from brains import store
from brains.database import Database
from brains.errors import StorageError, UnknownBody, UnknownEntry
from brains.knowledge import Answer, FactMissing, Found, Knowledge
from brains.model import Body, Entry, Fact, LocalAnswer, Remit
from tests.brains.conftest import BARNEHAGE, NOW, SNO, Opener
from tests.fakes import FakeClock, FakeEncoder, FakeMatcher
from tests.waiting import until

replace = msgspec.structs.replace


def find(
    knowledge: Knowledge, text: str, body: str | None = "bergen", now: dt.datetime = NOW
) -> list[Found]:
    return knowledge.find(text, FakeEncoder().encode_now([text])[0], body, now)


def best(
    knowledge: Knowledge, text: str, body: str | None = "bergen", now: dt.datetime = NOW
) -> str | None:
    found = find(knowledge, text, body, now)
    return found[0].id if found else None


async def test_a_saved_entry_is_found_after_catching_up(
    federation: Database, encoder: FakeEncoder, open_knowledge: Opener
) -> None:
    here, elsewhere = await open_knowledge(), await open_knowledge()
    await store.import_entries(federation, encoder, "kommune", [BARNEHAGE, SNO])
    for node in (here, elsewhere):
        assert await node.catch_up() == 2
        assert await node.catch_up() == 0
        (first, *_) = find(node, "søke barnehageplass")
        assert (first.kind, first.brain, first.id, first.owner) == (
            "entry",
            "kommune",
            "barnehage-soknad",
            None,
        )
        assert first.title == "Søke om barnehageplass"
        assert 0.5 < first.probability <= 1.0


async def test_a_change_is_applied_whole_and_a_retired_entry_goes(
    federation: Database, encoder: FakeEncoder, open_knowledge: Opener
) -> None:
    node = await open_knowledge()
    await store.save_entry(federation, encoder, SNO, "kari")
    await node.catch_up()
    await store.save_entry(federation, encoder, replace(SNO, questions=["strøing av fortau"]), "k")
    await node.catch_up()
    assert find(node, "Når brøyter dere veien?")[0].probability < 0.5
    assert find(node, "strøing av fortau")[0].probability > 0.99
    await store.retire_entry(federation, "kommune", SNO.id, "kari")
    await node.catch_up()
    assert find(node, "strøing av fortau") == []
    with pytest.raises(UnknownEntry):
        node.answer("kommune", SNO.id, "bergen", ["nb"], NOW)


async def test_a_draft_is_not_found(
    federation: Database, encoder: FakeEncoder, open_knowledge: Opener
) -> None:
    await store.save_entry(federation, encoder, replace(SNO, status="draft"), "kari")
    assert find(await open_knowledge(), "snørydding") == []


async def test_opening_and_catching_up_agree(
    federation: Database, encoder: FakeEncoder, open_knowledge: Opener
) -> None:
    node = await open_knowledge()
    await store.import_entries(federation, encoder, "kommune", [BARNEHAGE, SNO])
    await store.save_local_answers(
        federation, [LocalAnswer("kommune", SNO.id, "bergen", {"nb": "Snart."})]
    )
    await store.set_fact(federation, Fact("bergen", "barnehage_deadline", "1. mars"))
    await store.save_remits(
        federation,
        encoder,
        [Remit(body="nav", topic="min-sak", title="Min sak", questions=["saken min"])],
    )
    await store.remove_local_answer(federation, "kommune", SNO.id, "bergen")
    await node.catch_up()
    fresh = await open_knowledge()
    for name in ("brains", "bodies", "entries", "facts", "remits", "number"):
        assert getattr(node, name) == getattr(fresh, name), name
    assert not any(node.local_answers.values()) and not any(fresh.local_answers.values())
    assert isinstance(node.matcher, FakeMatcher) and isinstance(fresh.matcher, FakeMatcher)
    assert node.matcher.items.keys() == fresh.matcher.items.keys()


async def test_many_changes_under_concurrent_calls(
    federation: Database, encoder: FakeEncoder, open_knowledge: Opener
) -> None:
    node = await open_knowledge()
    many = [
        Entry(id=f"e{i}", questions=[f"emne nummer {i}"], answers={"nb": f"{i}"})
        for i in range(1_200)
    ]
    await store.import_entries(federation, encoder, "kommune", many)
    counts = await asyncio.gather(*(node.catch_up() for _ in range(5)))
    assert sorted(counts) == [0, 0, 0, 0, 1_200]
    assert len(node.matcher) == 1_200


async def test_who_sees_what(
    federation: Database, encoder: FakeEncoder, open_knowledge: Opener
) -> None:
    for_group = replace(SNO, id="vest", audience=["group:vestland"], questions=["brann i lyng"])
    for_body = replace(SNO, id="asker", audience=["asker"], questions=["parkering i sentrum"])
    await store.import_entries(federation, encoder, "kommune", [for_group, for_body])
    node = await open_knowledge()
    assert best(node, "brann i lyng", "voss") == "vest"
    assert best(node, "brann i lyng", "asker") == "asker"
    assert best(node, "parkering i sentrum", "bergen") == "vest"
    assert find(node, "parkering i sentrum", None) == []
    with pytest.raises(UnknownEntry):
        node.answer("kommune", "asker", "bergen", ["nb"], NOW)
    with pytest.raises(UnknownBody):
        find(node, "x", "atlantis")


async def test_whose_question_it_is(
    federation: Database, encoder: FakeEncoder, open_knowledge: Opener
) -> None:
    dagpenger = replace(SNO, id="dagpenger", brain="nav", questions=["søke dagpenger"])
    owned = replace(SNO, id="uforetrygd", owner="nav", questions=["hva er uføretrygd"])
    await store.save_entry(federation, encoder, dagpenger, "kari")
    await store.save_entry(federation, encoder, owned, "kari")
    remit = Remit(
        body="nav", topic="min-sak", title="Min sak", questions=["saken min"], url="https://nav.no"
    )
    await store.save_remits(federation, encoder, [remit])
    node = await open_knowledge()
    assert find(node, "søke dagpenger", "bergen")[0].owner == "nav"
    assert find(node, "søke dagpenger", "nav")[0].owner is None
    assert find(node, "søke dagpenger", None)[0].owner == "nav"
    assert find(node, "hva er uføretrygd", "bergen")[0].owner == "nav"
    mine = find(node, "saken min", "bergen")[0]
    assert (mine.kind, mine.owner, mine.title, mine.url) == (
        "remit",
        "nav",
        "Min sak",
        "https://nav.no",
    )


async def test_the_most_specific_answer_in_the_best_language(
    federation: Database, encoder: FakeEncoder, open_knowledge: Opener
) -> None:
    shared = replace(SNO, answers={"nb": "felles", "en": "shared"})
    await store.save_entry(federation, encoder, shared, "kari")
    await store.save_local_answers(
        federation,
        [
            LocalAnswer("kommune", SNO.id, "group:vestland", {"nn": "vestlandet"}),
            LocalAnswer("kommune", SNO.id, "voss", {"nn": "voss", "en": "voss in English"}),
        ],
    )
    node = await open_knowledge()

    def told(body: str, *languages: str) -> tuple[str, str]:
        answer = node.answer("kommune", SNO.id, body, list(languages), NOW)
        assert isinstance(answer, Answer)
        return answer.markdown, answer.language

    assert told("asker", "en") == ("shared", "en")
    assert told("asker", "nn") == ("felles", "nb")
    assert told("bergen", "nb") == ("vestlandet", "nn")
    assert told("voss", "en", "nn") == ("voss in English", "en")
    assert told("voss", "se", "nn") == ("voss", "nn")


async def test_facts_fill_the_answer_or_are_named_as_missing(
    federation: Database, encoder: FakeEncoder, open_knowledge: Opener
) -> None:
    optional = replace(
        SNO, answers={"nb": "{% if facts.sno_telefon %}Ring {{ facts.sno_telefon }}.{% endif %}"}
    )
    await store.import_entries(federation, encoder, "kommune", [BARNEHAGE, optional])
    await store.set_fact(
        federation, Fact("bergen", "barnehage_deadline", {"nb": "1. mars", "en": "1 March"})
    )
    node = await open_knowledge()

    def told(body: str, entry: str, language: str) -> Answer | FactMissing:
        return node.answer("kommune", entry, body, [language], NOW)

    answer = told("bergen", BARNEHAGE.id, "en")
    assert isinstance(answer, Answer)
    assert answer.markdown == "The deadline is 1 March."
    assert told("voss", BARNEHAGE.id, "nb") == FactMissing("barnehage_deadline")
    assert told("voss", SNO.id, "nb") == FactMissing("sno_telefon")


async def test_validity_windows_open_and_close_on_time(
    federation: Database, encoder: FakeEncoder, open_knowledge: Opener, clock: FakeClock
) -> None:
    start, end = NOW + dt.timedelta(days=1), NOW + dt.timedelta(days=2)
    soon = replace(SNO, valid_from=start, valid_until=end)
    await store.save_entry(federation, encoder, soon, "kari")
    node = await open_knowledge()
    just = dt.timedelta(microseconds=1)
    assert len(node.matcher) == 0
    assert best(node, "snørydding", now=start - just) is None
    assert best(node, "snørydding", now=start) == SNO.id
    assert best(node, "snørydding", now=end - just) == SNO.id
    assert best(node, "snørydding", now=end) is None
    assert len(node.matcher) == 0
    clock.pass_(days=3)
    longer = replace(soon, valid_until=NOW + dt.timedelta(days=9))
    await store.save_entry(federation, encoder, longer, "kari")
    await node.catch_up()
    assert best(node, "snørydding", now=clock()) == SNO.id
    await store.save_entry(federation, encoder, replace(SNO, valid_until=NOW), "kari")
    await node.catch_up()
    assert best(node, "snørydding", now=clock()) is None


async def test_another_model_embeds_in_the_background(
    federation: Database, encoder: FakeEncoder
) -> None:
    await store.import_entries(federation, encoder, "kommune", [BARNEHAGE, SNO])
    seen: list[tuple[int, int]] = []
    other = FakeEncoder(dimensions=48, name="other")
    node = await Knowledge.open(federation, other, lambda *step: seen.append(step), FakeMatcher())
    assert node.waiting == 2
    assert isinstance(node.answer("kommune", SNO.id, "bergen", ["nb"], NOW), Answer)
    await node.embedded()
    assert node.waiting == 0 and len(node.matcher) == 2
    assert seen[-1][0] == seen[-1][1]
    again = await Knowledge.open(federation, other, matcher=FakeMatcher())
    assert again.waiting == 0


async def test_follow_applies_refits_and_outlives_trouble(
    federation: Database,
    encoder: FakeEncoder,
    open_knowledge: Opener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("brains.knowledge.refitting.REFIT_QUIET_S", 0.01)
    node = await open_knowledge()
    real, failures = node.catch_up, iter([StorageError("The disk failed.")])

    async def troubled() -> int:
        for error in failures:
            raise error
        return await real()

    monkeypatch.setattr(node, "catch_up", troubled)
    following = asyncio.create_task(node.follow(interval_seconds=0.01))
    await store.save_entry(federation, encoder, SNO, "kari")
    node.wake()
    await until(lambda: find(node, "snørydding") and not node.matcher.stale)
    assert not following.done()
    following.cancel()


async def test_popular_is_the_bodys_choice_then_the_months(
    federation: Database, encoder: FakeEncoder, open_knowledge: Opener
) -> None:
    more = [replace(SNO, id=id) for id in ("a", "b", "c")]
    await store.import_entries(federation, encoder, "kommune", [SNO, *more])
    await store.save_body(
        federation, Body(id="asker", name="Asker kommune", brain="kommune", popular=["c", "borte"])
    )
    node = await open_knowledge()
    for entry, times in (("a", 1), ("b", 3)):
        for _ in range(times):
            node.count_answer("kommune", entry, "asker", NOW)
    await node.flush_usage()
    fresh = await open_knowledge()
    for view in (node, fresh):
        assert [entry.id for entry in view.popular("asker", NOW.month)] == ["c", "b", "a"]
        assert [entry.id for entry in view.popular("asker", 7)] == ["c"]


async def test_with_the_real_matcher(federation: Database, encoder: FakeEncoder) -> None:
    many = [
        Entry(
            id=f"{topic}",
            questions=[f"hva koster {topic}", f"pris på {topic}", f"{topic} betaling"],
            answers={"nb": f"Om {topic}."},
        )
        for topic in ("parkering", "barnehage", "renovasjon", "kulturskole", "svømmehall")
    ]
    await store.import_entries(federation, encoder, "kommune", many)
    node = await Knowledge.open(federation, encoder)
    assert best(node, "hva er pris på kulturskole") == "kulturskole"
    assert await node.refit_if_stale()
    assert not await node.refit_if_stale()
    assert best(node, "hva er pris på kulturskole") == "kulturskole"
    vectors = encoder.encode_now(["pris parkering", "svømmehall"])
    found = node.find_many(["pris parkering", "svømmehall"], vectors, "bergen", NOW)
    assert [candidates[0].id for candidates in found] == ["parkering", "svømmehall"]
    assert 0.0 <= node.answer_threshold(0.05) <= 1.0
