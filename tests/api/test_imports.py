"""An import as a curator lives it: staged, compared, chosen, done as a whole, and taken back."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
import pytest_asyncio
import sqlalchemy as sa

from brains import entries, imports, store
from brains.errors import Conflict, Invalid, NotFound, StorageError
from brains.formats import File
from brains.imports import Import, Staged
from brains.model import Body, Brain, Entry
from router.curation.imports import Picked, new_id
from router.service import Service
from tests.api.conftest import is_problem
from tests.brains.importing import agent, example, folder, workbook

pytestmark = pytest.mark.asyncio(loop_scope="session")

Keys = dict[str, dict[str, str]]

HONER = Entry(
    id="honer",
    title="Høner i hagen",
    topic="dyr",
    questions=["Kan jeg ha høner i hagen?", "høner i boligfelt", "hønsehold hjemme"],
    answers={"nb": "Ja, opptil ti.", "nn": "Ja, opptil ti."},
)
BIER = Entry(id="bier", questions=["Kan jeg ha bier?", "bikube"], answers={"nb": "Ja."})


@pytest_asyncio.fixture(loop_scope="session")
async def brain(service: Service) -> AsyncIterator[str]:
    """A brain of its own, with two entries and the bodies `vik` and `nes`."""
    id = f"import-{new_id().lower().replace('_', 'a').strip('-')}"
    await service.curation.add_brain(Brain(id=id, name="Prøve"), "test")
    for body in ("vik", "nes"):
        await service.curation.add_body(Body(id=f"{id}.{body}", name=body, brain=id), "test")
    await service.curation.import_entries(id, [HONER, BIER], "test")
    yield id
    for entry in (await service.curation.entries(id, limit=200)).items:
        await store.retire_entry(service.db, id, entry.id, "test")
    await service.knowledge.catch_up()


def lines(*entries: Entry) -> File:
    """A file of our own format."""
    fields = ("id", "title", "topic", "questions", "answers", "status")
    rows = [{name: getattr(entry, name) for name in fields} for entry in entries]
    return File("svar.jsonl", "\n".join(json.dumps(row) for row in rows).encode())


async def staged(service: Service, brain: str, *files: File, body: str | None = None) -> Import:
    """What a curator sees after an upload."""
    contents = await service.imports.read(files)
    return await service.imports.stage(brain, files[0].name, contents, "Kari", body)


async def entry(service: Service, brain: str, id: str) -> Entry:
    """An entry's newest state."""
    return await service.curation.entry(brain, id)


def row(found: Import, id: str) -> Staged:
    """The row of an entry."""
    return next(one for one in found.rows if one.entry.id == id)


async def test_what_is_new_changed_and_as_it_was_is_told_apart(
    service: Service, brain: str
) -> None:
    changed = msgspec.structs.replace(HONER, answers={"nb": "Nei."}, questions=["Høner?"])
    new = Entry(id="katt", questions=["Kan katten gå løs?"], answers={"nb": "Ja."})
    found = await staged(service, brain, lines(changed, BIER, new))
    assert [one.kind for one in found.rows] == ["changed", "unchanged", "new"]
    assert found.rows[0].fields == ["questions", "answers"]
    assert [one.choice for one in found.rows] == ["import", "skip", "import"]
    assert found.rows[2].place == "svar.jsonl, line 3"


async def test_other_systems_files_add_to_what_is_there(service: Service, brain: str) -> None:
    table = File("s.csv", "id,spørsmål,svar\nhoner,Er høner lov?,Ja visst.\n".encode())
    found = await staged(service, brain, table)
    over = found.rows[0].entry
    assert over.title == "Høner i hagen" and over.topic == "dyr"
    assert over.questions == [*HONER.questions, "Er høner lov?"]
    assert over.answers == {"nb": "Ja visst.", "nn": "Ja, opptil ti."}


async def test_what_asks_the_same_is_found_and_merged(service: Service, brain: str) -> None:
    same = Entry(
        id="hons", questions=["kan jeg ha HØNER i hagen", "hane i hagen"], answers={"nb": "Tja."}
    )
    again = Entry(id="hons-2", questions=["Hane i hagen?"], answers={"nb": "Nei."})
    found = await staged(service, brain, lines(same, again))
    first, second = found.rows
    assert [one.entry for one in first.duplicates] == ["honer"] and first.duplicates[0].equal
    assert (first.choice, first.into) == ("merge", "honer")
    assert (second.same_as, second.choice, second.into) == ("hons", "merge", "hons")
    await service.imports.choose(brain, found.id, {1: Picked("skip")})
    done = await service.imports.confirm(brain, found.id, "Kari", publish=True)
    after = await entry(service, brain, "honer")
    assert after.questions == [*HONER.questions, "hane i hagen"]
    assert after.answers == HONER.answers and after.status == "published"
    assert (done.report.merged, done.report.skipped, done.report.created) == (1, 1, [])
    with pytest.raises(NotFound):
        await entry(service, brain, "hons")


async def test_the_same_words_with_another_answer_are_shown_and_merged_only_when_chosen(
    service: Service,
) -> None:
    """In a brain large enough to know what is usual; `snorydding` says when roads are cleared."""
    roads = Entry(id="vei", questions=["Når brøyter dere veien?"], answers={"nb": "Når det snør."})
    tracks = Entry(
        id="spor",
        questions=["Når brøyter dere veien?"],
        answers={"nb": "Ring hytteforeningen, som holder hyttefeltet åpent mot betaling."},
    )
    same = msgspec.structs.replace(roads, answers={"nb": "Vi brøyter når det har snødd."})
    for one, choice in ((same, "merge"), (tracks, "import")):
        contents = await service.imports.read([lines(one)])
        (found,) = await service.imports.compare("kommune", contents)
        assert (found.duplicates[0].entry, found.duplicates[0].equal) == ("snorydding", True)
        assert found.choice == choice
    contents = await service.imports.read([lines(same, tracks)])
    _, second = await service.imports.compare("kommune", contents)
    assert (second.same_as, second.choice) == ("vei", "import")


async def test_what_is_answered_today_is_a_probable_duplicate(service: Service, brain: str) -> None:
    alike = Entry(
        id="hons",
        questions=["Kan jeg ha høner i hagen min?", "høner i boligfeltet"],
        answers={"nb": "Ja."},
    )
    known = service.knowledge.entries[brain]
    found = service.imports
    strict = msgspec.structs.replace(found, pipeline=_Sure(service))
    contents = await found.read([lines(alike)])
    rows = await strict.compare(brain, contents)
    assert "honer" in known
    assert [(one.entry, one.equal, one.answered) for one in rows[0].duplicates] == [
        ("honer", False, 2)
    ]


class _Sure:
    """A pipeline that answers from any probability: the fake encoder is never very sure."""

    def __init__(self, service: Service) -> None:
        self._limits = msgspec.structs.replace(service.pipeline.limits(), answer_from=0.01)

    def limits(self) -> object:
        return self._limits


async def test_confirming_does_all_and_undoing_takes_it_back(service: Service, brain: str) -> None:
    changed = msgspec.structs.replace(HONER, answers={"nb": "Nei."})
    new = Entry(id="katt", questions=["Kan katten gå løs?"], answers={"nb": "Ja."})
    found = await staged(service, brain, lines(changed, new, BIER))
    done = await service.imports.confirm(brain, found.id, "Kari", publish=True)
    assert done.status == "done" and done.report.finished_by == "Kari"
    assert [one.id for one in done.report.created] == ["katt"]
    assert [one.id for one in done.report.changed] == ["honer"]
    assert done.report.unchanged == 1
    assert service.knowledge.entry(brain, "katt").answers == {"nb": "Ja."}
    with pytest.raises(Conflict):
        await service.imports.confirm(brain, found.id, "Per", publish=True)

    undone = await service.imports.undo(brain, found.id, "Per")
    assert (undone.status, undone.report.kept) == ("undone", 0)
    assert service.knowledge.entry(brain, "honer").answers == HONER.answers
    assert (await entry(service, brain, "katt")).status == "retired"
    with pytest.raises(NotFound):
        service.knowledge.entry(brain, "katt")
    with pytest.raises(Conflict):
        await service.imports.undo(brain, found.id, "Per")


async def test_undoing_leaves_what_somebody_changed_since(service: Service, brain: str) -> None:
    changed = msgspec.structs.replace(HONER, answers={"nb": "Nei."})
    found = await staged(service, brain, lines(changed))
    await service.imports.confirm(brain, found.id, "Kari", publish=True)
    later = msgspec.structs.replace(await entry(service, brain, "honer"), title="Fjærfe")
    await service.curation.save_entry(brain, later, "Per")
    undone = await service.imports.undo(brain, found.id, "Kari")
    assert undone.report.kept == 1
    assert (await entry(service, brain, "honer")).title == "Fjærfe"


async def test_drafts_change_nothing_for_visitors_and_undo_restores_them(
    service: Service, brain: str
) -> None:
    draft = msgspec.structs.replace(HONER, title="Utkast", status="draft")
    await service.curation.save_entry(brain, draft, "Per")
    changed = msgspec.structs.replace(HONER, answers={"nb": "Nei."})
    found = await staged(service, brain, lines(changed))
    await service.imports.confirm(brain, found.id, "Kari", publish=False)
    assert (await entry(service, brain, "honer")).status == "draft"
    assert service.knowledge.entry(brain, "honer").answers == HONER.answers
    await service.imports.undo(brain, found.id, "Kari")
    latest = await entry(service, brain, "honer")
    assert (latest.title, latest.status) == ("Utkast", "draft")
    assert service.knowledge.entry(brain, "honer").title == HONER.title


async def test_somebody_who_was_first_stops_it_all(service: Service, brain: str) -> None:
    changed = msgspec.structs.replace(HONER, answers={"nb": "Nei."})
    new = Entry(id="katt", questions=["Kan katten gå løs?"], answers={"nb": "Ja."})
    first = await staged(service, brain, lines(changed, new))
    second = await staged(service, brain, lines(new, BIER))
    await service.curation.save_entry(brain, msgspec.structs.replace(HONER, title="Fjærfe"), "Per")
    with pytest.raises(Conflict):
        await service.imports.confirm(brain, first.id, "Kari", publish=True)
    with pytest.raises(NotFound):
        await entry(service, brain, "katt")
    await service.curation.save_entry(
        brain, msgspec.structs.replace(new, answers={"nb": "Nei."}), "Per"
    )
    with pytest.raises(Conflict, match="katt"):
        await service.imports.confirm(brain, second.id, "Kari", publish=True)
    assert (await service.imports.get(brain, second.id)).status == "staged"
    assert (await entry(service, brain, "katt")).answers == {"nb": "Nei."}


async def test_of_two_who_confirm_at_once_one_does_it(service: Service, brain: str) -> None:
    new = Entry(id="katt", questions=["Kan katten gå løs?"], answers={"nb": "Ja."})
    found = await staged(service, brain, lines(new))
    both = await asyncio.gather(
        *(service.imports.confirm(brain, found.id, who, publish=True) for who in ("Kari", "Per")),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in both) == ["Conflict", "Import"]
    async with service.db.read() as tx:
        assert len(await entries.revisions(tx, brain, "katt")) == 1


async def test_a_duplicate_that_came_since_the_upload_is_shown_before_anything_is_done(
    service: Service, brain: str
) -> None:
    katt = Entry(id="katt", questions=["Kan katten gå løs?"], answers={"nb": "Ja."})
    hund = Entry(id="hund", questions=["Kan hunden gå løs?"], answers={"nb": "Nei."})
    found = await staged(service, brain, lines(katt, hund))
    other = msgspec.structs.replace(katt, id="katter", questions=["kan KATTEN gå løs"])
    await service.curation.save_entry(brain, other, "Per")
    with pytest.raises(Conflict, match="ask the same: 1"):
        await service.imports.confirm(brain, found.id, "Kari", publish=True)
    with pytest.raises(NotFound):
        await entry(service, brain, "hund")
    again = await service.imports.get(brain, found.id)
    assert [one.entry for one in row(again, "katt").duplicates] == ["katter"]
    await service.imports.choose(brain, found.id, {0: Picked("merge", "katter")})
    done = await service.imports.confirm(brain, found.id, "Kari", publish=True)
    assert [one.id for one in done.report.created] == ["hund"]


async def test_a_disk_that_is_full_changes_nothing(service: Service, brain: str) -> None:
    text = "Tekst. " * 200
    rows = "".join(f"Hva er sak {n} om fjell {n * 3}?;{n} {text}\n" for n in range(400))
    contents = await service.imports.read([File("s.csv", f"spørsmål;svar\n{rows}".encode())])
    found = await service.imports.stage(brain, "s.csv", contents, "Kari")
    picked = {number: Picked("import") for number in range(len(found.rows))}
    await service.imports.choose(brain, found.id, picked)

    async with service.db.write() as tx:
        pages = (await tx.execute(sa.text("PRAGMA page_count"))).scalar_one()
        await tx.execute(sa.text(f"PRAGMA max_page_count = {pages + 20}"))
    try:
        with pytest.raises(StorageError, match="disk is full"):
            await service.imports.confirm(brain, found.id, "Kari", publish=True)
    finally:
        async with service.db.write() as tx:
            await tx.execute(sa.text("PRAGMA max_page_count = 1073741823"))
    assert (await service.imports.get(brain, found.id)).status == "staged"
    assert len((await service.curation.entries(brain, limit=500)).items) == 2
    done = await service.imports.confirm(brain, found.id, "Kari", publish=False)
    assert len(done.report.created) == 400


async def test_only_what_a_row_looks_like_may_be_merged_into(service: Service, brain: str) -> None:
    new = Entry(id="katt", questions=["Kan katten gå løs?"], answers={"nb": "Ja."})
    found = await staged(service, brain, lines(new))
    for pick in (Picked("merge", "bier"), Picked("merge")):
        with pytest.raises(Invalid, match="row 1"):
            await service.imports.choose(brain, found.id, {0: pick})
    with pytest.raises(Invalid):
        await service.imports.choose(brain, found.id, {7: Picked("skip")})


async def test_a_staged_import_survives_a_restart_and_expires(service: Service, brain: str) -> None:
    found = await staged(service, brain, lines(HONER))
    again = msgspec.structs.replace(service.imports)
    assert (await again.get(brain, found.id)).rows == found.rows
    later = msgspec.structs.replace(
        again, clock=lambda: service.pipeline.clock() + dt.timedelta(days=8)
    )
    with pytest.raises(NotFound):
        await later.get(brain, found.id)
    assert await later.listing(brain) == []
    contents = await later.read([lines(BIER)])
    await later.stage(brain, "b.jsonl", contents, "Per")
    async with service.db.read() as tx:
        with pytest.raises(NotFound):
            await imports.get(tx, brain, found.id)


async def test_an_editor_imports_drafts_of_the_own_body_and_touches_nothing_else(
    service: Service, brain: str
) -> None:
    vik, nes = f"{brain}.vik", f"{brain}.nes"
    foreign = msgspec.structs.replace(
        BIER, id="hemmelig", questions=["Hva er hemmelig?"], owner=nes, audience=[nes]
    )
    await service.curation.save_entry(brain, foreign, "Per")
    mine = lines(HONER, msgspec.structs.replace(foreign, owner=None, audience=["*"]))
    found = await staged(service, brain, mine, body=vik)
    assert [one.entry.id for one in found.rows] == [f"{vik}-honer", f"{vik}-hemmelig"]
    assert all(one.entry.owner == vik and one.entry.audience == [vik] for one in found.rows)
    assert [one.entry for one in found.rows[0].duplicates] == ["honer"]
    assert found.rows[1].duplicates == []
    assert [one.choice for one in found.rows] == ["import", "import"]
    await service.imports.choose(brain, found.id, {0: Picked("merge", "honer")}, body=vik)
    with pytest.raises(Invalid, match="not your own"):
        await service.imports.confirm(brain, found.id, "Eva", publish=True, body=vik)
    await service.imports.choose(brain, found.id, {0: Picked("import")}, body=vik)
    with pytest.raises(NotFound):
        await service.imports.confirm(brain, found.id, "Eva", publish=True, body=nes)
    assert await service.imports.listing(brain, nes) == []
    done = await service.imports.confirm(brain, found.id, "Eva", publish=True, body=vik)
    assert not done.report.published
    assert (await entry(service, brain, f"{vik}-honer")).status == "draft"
    assert (await entry(service, brain, "honer")).answers == HONER.answers


async def test_an_unknown_owner_is_said_with_its_row(service: Service) -> None:
    table = File("s.csv", b"question,answer,owner\na?,b,atlantis\n")
    with pytest.raises(Invalid, match=r"s\.csv, line 2, field owner: There is no body"):
        await service.imports.read([table])


async def test_five_thousand_entries_are_staged_and_done(service: Service, brain: str) -> None:
    rows = "".join(f"Hva er sak {n} om vei {n * 7}?;Det er sak {n}.\n" for n in range(5000))
    heard: list[tuple[float, str]] = []
    contents = await service.imports.read([File("s.csv", f"spørsmål;svar\n{rows}".encode())])
    found = await service.imports.stage(
        brain, "s.csv", contents, "Kari", progress=lambda share, what: heard.append((share, what))
    )
    await service.imports.choose(
        brain, found.id, {n: Picked("import") for n in range(len(found.rows))}
    )
    done = await service.imports.confirm(brain, found.id, "Kari", publish=False)
    assert len(done.report.created) == 5000
    assert [share for share, _ in heard] == sorted(share for share, _ in heard)
    assert {what for _, what in heard} == {"encoding", "comparing"}


# Over HTTP


async def test_every_format_is_imported_over_http(
    client: httpx.AsyncClient, keys: Keys, brain: str
) -> None:
    path, headers = f"/v1/brains/{brain}/import", keys["admin"]
    for data, total in (
        (example("faq.html").data, 3),
        (example("azure.json").data, 2),
        (example("azure.tsv").data, 1),
        (example("svar.csv").data, 2),
        (example("svar.jsonl").data, 2),
        (workbook().data, 4),
        (agent().data, 2),
    ):
        response = await client.post(path, content=data, headers=headers)
        assert response.json()["total"] == total, response.text
    assert len(await entries_of(client, keys, brain)) == 2 + 16
    rasa = b"\n".join(file.data for file in folder("rasa") if file.name == "data/nlu.yml")
    is_problem(await client.post(f"{path}?format=rasa", content=rasa, headers=headers), 400)


async def entries_of(client: httpx.AsyncClient, keys: Keys, brain: str) -> list[object]:
    """A brain's entries."""
    listed = await client.get(f"/v1/brains/{brain}/entries?limit=200", headers=keys["admin"])
    found: list[object] = listed.json()["items"]
    return found


async def test_a_dry_run_says_what_would_change_and_changes_nothing(
    client: httpx.AsyncClient, keys: Keys, brain: str
) -> None:
    changed = msgspec.structs.replace(HONER, answers={"nb": "Nei."})
    new = Entry(id="ny", questions=["Bikube?"], answers={"nb": "Ja."})
    response = await client.post(
        f"/v1/brains/{brain}/import?dry_run=true",
        content=lines(changed, new).data,
        headers=keys["admin"],
    )
    preview = response.json()
    assert (preview["created"], preview["changed"], preview["unchanged"]) == (1, 1, 0)
    first, second = preview["rows"]
    assert first["fields"] == ["answers"] and first["place"] == "file, line 1"
    assert second["duplicates"][0]["entry"] == "bier"
    assert len(await entries_of(client, keys, brain)) == 2


async def test_history_of_an_entry_names_who_imported_it(service: Service, brain: str) -> None:
    new = Entry(id="katt", questions=["Kan katten gå løs?"], answers={"nb": "Ja."})
    found = await staged(service, brain, lines(new))
    await service.imports.confirm(brain, found.id, "Kari", publish=True)
    async with service.db.read() as tx:
        saved = await entries.revisions(tx, brain, "katt")
    assert [one.author for one in saved] == ["Kari"]
