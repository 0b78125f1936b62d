"""Saving: what makes a revision, what is refused, and that all of it or nothing is written."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from brains import changes, entries, facts, store, tables
from brains.database import Database
from brains.documents import BODIES, FACTS, LOCAL_ANSWERS, REMITS
from brains.errors import Conflict, Invalid, StorageError, UnknownBody, UnknownBrain, UnknownEntry
from brains.model import Body, Entry, Fact, LocalAnswer, Remit, Source
from tests.brains.conftest import BARNEHAGE, NOW, SNO
from tests.fakes import FakeEncoder

replace = msgspec.structs.replace


async def test_saving_makes_a_revision_and_a_line_of_the_feed(
    federation: Database, encoder: FakeEncoder
) -> None:
    saved = await store.save_entry(federation, encoder, BARNEHAGE, "kari")
    assert saved.revision == 1
    async with federation.read() as tx:
        (revision,) = await entries.revisions(tx, "kommune", BARNEHAGE.id)
        assert (revision.author, revision.entry) == ("kari", saved)
        last = (await changes.after(tx, 0))[-1]
        assert (last.kind, last.brain, last.key) == ("entry", "kommune", BARNEHAGE.id)


async def test_saving_the_same_again_changes_nothing(
    federation: Database, encoder: FakeEncoder
) -> None:
    await store.save_entry(federation, encoder, BARNEHAGE, "kari")
    async with federation.read() as tx:
        before = await changes.last(tx)
    spaced = replace(BARNEHAGE, questions=[f"  {q} " for q in BARNEHAGE.questions] * 2)
    again = await store.save_entry(federation, encoder, spaced, "ola")
    assert again.revision == 1
    async with federation.read() as tx:
        assert await changes.last(tx) == before


async def test_a_draft_leaves_the_published_revision_live(
    federation: Database, encoder: FakeEncoder
) -> None:
    await store.save_entry(federation, encoder, BARNEHAGE, "kari")
    draft = replace(BARNEHAGE, status="draft", title="Ny tittel", revision=1)
    await store.save_entry(federation, encoder, draft, "kari")
    async with federation.read() as tx:
        (live,) = await entries.live(tx)
        page = await entries.listing(tx, "kommune")
    assert (live.revision, live.title) == (1, "Søke om barnehageplass")
    assert (page.items[0].entry.title, page.items[0].live_revision) == ("Ny tittel", 1)


async def test_an_earlier_state_saved_again_is_a_new_revision(
    federation: Database, encoder: FakeEncoder
) -> None:
    first = await store.save_entry(federation, encoder, BARNEHAGE, "kari")
    draft = replace(BARNEHAGE, title="Feil", status="draft")
    await store.save_entry(federation, encoder, draft, "kari")
    restored = await store.save_entry(federation, encoder, replace(first, revision=2), "ola")
    assert (restored.revision, restored.title) == (3, BARNEHAGE.title)


async def test_retiring_takes_it_from_visitors_and_keeps_its_history(
    federation: Database, encoder: FakeEncoder
) -> None:
    await store.save_entry(federation, encoder, BARNEHAGE, "kari")
    with pytest.raises(Conflict, match="revision 1"):
        await store.retire_entry(federation, "kommune", BARNEHAGE.id, "kari", revision=9)
    retired = await store.retire_entry(federation, "kommune", BARNEHAGE.id, "kari", revision=1)
    assert (retired.status, retired.revision) == ("retired", 2)
    async with federation.read() as tx:
        assert await entries.live(tx) == []
        assert len(await entries.revisions(tx, "kommune", BARNEHAGE.id)) == 2


async def test_whoever_saves_over_a_newer_revision_is_told(
    federation: Database, encoder: FakeEncoder
) -> None:
    opened = await store.save_entry(federation, encoder, BARNEHAGE, "kari")
    await store.save_entry(federation, encoder, replace(opened, title="Olas"), "ola")
    with pytest.raises(Conflict, match="revision 2"):
        await store.save_entry(federation, encoder, replace(opened, title="Karis"), "kari")


WRONG: dict[str, dict[str, Any]] = {
    "field questions": {"questions": []},
    "field questions[1]": {"questions": ["a", "  "]},
    "field questions[0]": {"questions": ["x" * 501]},
    "field title": {"title": "x\0"},
    "field topic": {"topic": "x\ud800"},
    "field answers": {"answers": {}},
    "field answers.nb": {"answers": {"nb": "x" * 10_001}},
    "field answers.nn": {"answers": {"nn": "{{ facts.a|upper }}"}},
    "field answers.Norsk!": {"answers": {"Norsk!": "hei"}},
    "field owner": {"owner": "atlantis"},
    "field audience[1]": {"audience": ["bergen", "group:atlantis"]},
    "field audience[0]": {"audience": ["atlantis"]},
    "field valid_until": {"valid_from": NOW, "valid_until": NOW},
    "field valid_from": {"valid_from": dt.datetime(2026, 1, 1)},
    "field sources[0].url": {"sources": [Source("x", "javascript:alert(1)")]},
    "field id": {"id": "to ord"},
}


@pytest.mark.parametrize("pointer", WRONG)
async def test_what_is_refused_and_where(
    federation: Database, encoder: FakeEncoder, pointer: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await store.save_entry(federation, encoder, replace(BARNEHAGE, **WRONG[pointer]), "kari")
    assert refusal.value.pointer == pointer
    assert encoder.encoded == 0


async def test_everything_wrong_is_told_at_once(federation: Database, encoder: FakeEncoder) -> None:
    batch = [replace(BARNEHAGE, questions=[]), replace(SNO, owner="atlantis"), SNO]
    with pytest.raises(Invalid) as refusal:
        await store.import_entries(federation, encoder, "kommune", batch)
    assert [problem.pointer for problem in refusal.value.problems] == [
        "entry barnehage-soknad, field questions",
        "entry snorydding, field owner",
        "entry snorydding",
    ]
    async with federation.read() as tx:
        assert await entries.live(tx) == []


async def test_unknown_names(federation: Database, encoder: FakeEncoder) -> None:
    with pytest.raises(UnknownBrain):
        await store.save_entry(federation, encoder, replace(SNO, brain="atlantis"), "kari")
    with pytest.raises(UnknownBody):
        await store.set_fact(federation, Fact("atlantis", "sfo_price", "1"))
    with pytest.raises(UnknownEntry):
        await store.save_local_answers(federation, [LocalAnswer("nav", "x", "bergen", {"nb": "y"})])
    with pytest.raises(UnknownEntry):
        await store.retire_entry(federation, "kommune", "nei", "kari")


async def test_import_counts_and_repeats_cheaply(
    federation: Database, encoder: FakeEncoder
) -> None:
    batch = [
        Entry(
            id=f"e{i}",
            questions=[f"spørsmål {i} i utgave {j}" for j in range(8)],
            answers={"nb": f"Svar nummer {i}."},
        )
        for i in range(250)
    ]
    seen: list[tuple[int, int]] = []
    done = await store.import_entries(
        federation, encoder, "kommune", batch, lambda *step: seen.append(step)
    )
    assert done == store.Imported(created=250, updated=0, unchanged=0)
    assert (2000, 2000) in seen
    encoded, asked = encoder.encoded, []

    def note(*arguments: Any) -> None:
        asked.append(arguments[2])

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        again = await store.import_entries(federation, encoder, "kommune", batch)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert again == store.Imported(created=0, updated=0, unchanged=250)
    assert encoder.encoded == encoded
    assert len(asked) < 25, asked


async def test_importing_the_demo_again_keeps_what_curators_did(
    federation: Database, encoder: FakeEncoder
) -> None:
    await store.import_entries(federation, encoder, "kommune", [BARNEHAGE, SNO], keep_edits=True)
    await store.save_entry(federation, encoder, replace(BARNEHAGE, title="Kuratert"), "kari")
    await store.retire_entry(federation, "kommune", SNO.id, "kari")
    again = await store.import_entries(
        federation, encoder, "kommune", [BARNEHAGE, SNO], keep_edits=True
    )
    assert again.unchanged == 2
    newer = replace(BARNEHAGE, topic="barnehage")
    assert (
        await store.import_entries(federation, encoder, "kommune", [newer], keep_edits=True)
    ).updated == 1


async def test_facts_forget_what_was_missing(federation: Database) -> None:
    async with federation.write() as tx:
        await facts.record_missing(tx, "bergen", "sfo_price", "kommune", "sfo", NOW)
        await facts.record_missing(tx, "bergen", "sfo_price", "kommune", "sfo", NOW)
    async with federation.read() as tx:
        (missing,) = await facts.missing(tx, "bergen")
    assert (missing.key, missing.count) == ("sfo_price", 2)
    await store.set_fact(federation, Fact("bergen", "sfo_price", {"nb": "1 kr", "en": "NOK 1"}))
    async with federation.read() as tx:
        assert await facts.missing(tx, "bergen") == []
        assert [fact.key for fact in await FACTS.where(tx, body="bergen")] == ["sfo_price"]
    assert await store.remove_fact(federation, "bergen", "sfo_price")
    assert not await store.remove_fact(federation, "bergen", "sfo_price")


async def test_a_wrong_body_is_refused_whole(federation: Database) -> None:
    wrong = Body(
        id="Oslo",
        name="",
        brain="atlantis",
        timezone="Mars/Base",
        opening_hours={"mon": ["15:00-08:00"], "fre": []},
        closed_days=["jul"],
        origins=["https://oslo.example/side"],
    )
    with pytest.raises(Invalid) as refusal:
        await store.save_bodies(federation, [Body(id="oslo", name="Oslo kommune"), wrong])
    assert [problem.pointer.removeprefix("body Oslo, ") for problem in refusal.value.problems] == [
        "field id",
        "field name",
        "field brain",
        "field timezone",
        "field opening_hours.mon",
        "field opening_hours.fre",
        "field closed_days",
        "field origins[0]",
    ]
    async with federation.read() as tx:
        assert "oslo" not in {body.id for body in await BODIES.all(tx)}


async def test_remits_and_local_answers_come_and_go(
    federation: Database, encoder: FakeEncoder
) -> None:
    await store.save_entry(federation, encoder, SNO, "kari")
    local = LocalAnswer("kommune", SNO.id, "group:vestland", {"nb": "Vi brøyter om natta."})
    remit = Remit(body="nav", topic="min-sak", title="Min sak", questions=["Hvor er saken min?"])
    assert await store.save_local_answers(federation, [local]) == 1
    assert await store.save_local_answers(federation, [local]) == 0
    assert await store.save_remits(federation, encoder, [remit]) == 1
    async with federation.read() as tx:
        (kept,) = await LOCAL_ANSWERS.all(tx)
        assert (kept.answers, kept.revision, kept.by) == (local.answers, 1, "import")
        assert await REMITS.all(tx) == [remit]
    assert await store.remove_local_answer(federation, "kommune", SNO.id, "group:vestland")
    assert await store.remove_remit(federation, "nav", "min-sak")
    with pytest.raises(Invalid, match="in a group"):
        await store.save_local_answers(federation, [replace(local, scope="group:atlantis")])


@pytest.mark.usefixtures("sqlite_only")
async def test_a_full_disk_is_said_and_nothing_is_half_done(
    federation: Database, encoder: FakeEncoder
) -> None:
    async with federation.write() as tx:
        pages = (await tx.execute(sa.text("PRAGMA page_count"))).scalar_one()
        await tx.execute(sa.text(f"PRAGMA max_page_count = {pages + 4}"))
    many = [replace(SNO, id=f"e{i}", answers={"nb": f"{i} " + "svar " * 1500}) for i in range(40)]
    with pytest.raises(StorageError, match="disk is full"):
        await store.import_entries(federation, encoder, "kommune", many)
    async with federation.write() as tx:
        await tx.execute(sa.text("PRAGMA max_page_count = 1000000"))
    async with federation.read() as tx:
        assert await entries.live(tx) == []
        assert (
            await tx.execute(sa.select(sa.func.count()).select_from(tables.vectors))
        ).scalar() == 0
    assert (await store.import_entries(federation, encoder, "kommune", many)).created == 40


async def test_lists_come_in_pages(federation: Database, encoder: FakeEncoder) -> None:
    many = [
        replace(SNO, id=f"e{i:02}", title=f"Tittel {i}", topic="vei" if i % 2 else "sti")
        for i in range(7)
    ]
    await store.import_entries(federation, encoder, "kommune", many)
    seen, cursor = [], None
    async with federation.read() as tx:
        while True:
            page = await entries.listing(tx, "kommune", after=cursor, limit=3)
            seen += [item.entry.id for item in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert seen == [entry.id for entry in many]
        found = await entries.listing(tx, "kommune", text="tittel 5", status="published")
        assert [item.entry.id for item in found.items] == ["e05"]
        found = await entries.listing(tx, "kommune", topic="vei")
        assert [item.entry.id for item in found.items] == ["e01", "e03", "e05"]
        with pytest.raises(Invalid):
            await entries.listing(tx, "kommune", after="tull")
