"""What does not go together in a brain, each kind seeded; and what is left in peace."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import pytest
import pytest_asyncio

from brains import store
from brains.model import Entry, Source
from router.curation.conflicts import Conflict
from router.service import Service
from tests.fakes import FakeClock
from tests.router.conftest import GYM, entry

pytestmark = pytest.mark.asyncio(loop_scope="session")
Put = Callable[[Entry], Awaitable[Entry]]
SOURCE = [Source("Lovdata", "https://lovdata.example/lov")]


@pytest_asyncio.fixture(loop_scope="session")
async def put(desk: Service) -> AsyncIterator[Put]:
    """Saves an entry for the time of one test."""
    saved: list[str] = []

    async def one(new: Entry) -> Entry:
        saved.append(new.id)
        return await desk.curation.save_entry("kommune", new, "test")

    yield one
    for id in saved:
        await store.retire_entry(desk.db, "kommune", id, "test")
    await desk.knowledge.catch_up()


async def of_kind(desk: Service, kind: str) -> list[Conflict]:
    return [one for one in await desk.conflicts.find("kommune") if one.kind == kind]


async def ids(desk: Service, kind: str) -> list[list[str]]:
    return [one.entries for one in await of_kind(desk, kind)]


async def test_two_entries_with_the_same_questions(desk: Service, put: Put) -> None:
    assert ["gymsal", "gymsal-igjen"] not in await ids(desk, "same thing")
    await put(entry("gymsal-igjen", "Hvordan leier jeg en gymsal?", "leie gymsal!", "gymsal"))
    found = await of_kind(desk, "same thing")
    assert ["gymsal", "gymsal-igjen"] in [one.entries for one in found]
    shown = next(one for one in found if one.entries == ["gymsal", "gymsal-igjen"])
    assert "leie gymsal!" in shown.texts


async def test_the_same_question_to_different_visitors_is_no_conflict(
    desk: Service, put: Put
) -> None:
    for id, audience in (("badeplass-a", "asker"), ("badeplass-b", "group:vestland")):
        new = entry(id, "Hvor kan jeg bade ute?", "badeplasser i nærheten")
        await put(msgspec.structs.replace(new, audience=[audience]))
    assert ["badeplass-a", "badeplass-b"] not in await ids(desk, "same thing")


async def test_what_was_accepted_is_shown_again_when_an_entry_changes(
    desk: Service, put: Put
) -> None:
    twin = await put(entry("gymsal-to", *GYM.questions))
    found = next(one for one in await of_kind(desk, "same thing") if "gymsal-to" in one.entries)
    await desk.conflicts.accept("kommune", found.key, "kari")
    await desk.conflicts.accept("kommune", found.key, "kari")
    assert found.key not in [one.key for one in await desk.conflicts.find("kommune")]
    await put(msgspec.structs.replace(twin, answers={"nb": "Noe annet."}, revision=0))
    again = next(one for one in await of_kind(desk, "same thing") if "gymsal-to" in one.entries)
    assert again.key != found.key
    assert await desk.conflicts.reopen("kommune", found.key)
    assert not await desk.conflicts.reopen("kommune", found.key)


async def test_validity_that_has_run_out_or_soon_will(
    desk: Service, put: Put, desk_clock: FakeClock
) -> None:
    now = desk_clock.now
    for id, days in (("ute", -1), ("snart", 29), ("lenge", 31)):
        new = entry(f"frist-{id}", f"spørsmål om frist {id}")
        await put(msgspec.structs.replace(new, valid_until=now + dt.timedelta(days=days)))
    assert await ids(desk, "expired") == [["frist-ute"]]
    assert await ids(desk, "expires soon") == [["frist-snart"]]


async def test_sources_that_are_missing_or_lead_nowhere(desk: Service, put: Put) -> None:
    await put(entry("kilde-uten", "spørsmål uten kilde"))
    await put(msgspec.structs.replace(entry("kilde-med", "spørsmål med kilde"), sources=SOURCE))
    await put(entry("kilde-lenke", "spørsmål med lenke", nb="[Søk](https://a.example/b)"))
    await put(entry("kilde-fakta", "spørsmål med fakta", nb="[Søk]({{ facts.sfo_price }})"))
    await put(entry("kilde-feil", "spørsmål med feil", nb="Se [Søk](www.a.example) og [x]()."))
    missing = [one[0] for one in await ids(desk, "no source")]
    assert "kilde-uten" in missing and not {"kilde-med", "kilde-lenke"} & {*missing}
    bad = await of_kind(desk, "bad source")
    assert [(one.entries, one.texts) for one in bad] == [(["kilde-feil"], ["www.a.example", ""])]


async def test_facts_that_several_bodies_lack(desk: Service, put: Put) -> None:
    """Only Voss lacks the price of SFO, which is for Voss to mend."""
    await put(entry("svomming", "når er svømmehallen åpen", nb="{{ facts.pool_hours }}"))
    await put(entry("bading", "kan hunder bade", nb="Ja.{% if facts.pool %} Ring.{% endif %}"))
    found = await of_kind(desk, "facts lacking")
    assert [(one.entries, one.texts, one.bodies) for one in found] == [
        (["svomming"], ["pool_hours"], ["asker", "bergen", "voss"])
    ]


async def test_a_local_answer_from_before_the_shared_one_changed(desk: Service, put: Put) -> None:
    shared = await put(entry("bal", "kan jeg tenne bål", nb="Nei."))
    await desk.local_answers.save(
        "kommune", "bal", "voss", {"nb": "Ja, i Voss."}, "per", shared.revision
    )
    assert await ids(desk, "local older") == []
    await put(msgspec.structs.replace(shared, answers={"nb": "Ja, om vinteren."}))
    found = await of_kind(desk, "local older")
    assert [(one.entries, one.scope) for one in found] == [(["bal"], "voss")]
    await desk.local_answers.remove("kommune", "bal", "voss")


async def test_progress_grows_to_the_end(desk: Service) -> None:
    told: list[float] = []
    await desk.conflicts.find("kommune", lambda share, what: told.append(share))
    assert told == sorted(told) and told[-1] == 1.0


async def test_what_was_found_is_shown_until_somebody_looks_again(desk: Service, put: Put) -> None:
    await put(entry("gymsal-fire", *GYM.questions))
    await put(entry("bading-to", "kan katter bade", nb="{{ facts.pool_hours }}"))
    found = await desk.conflicts.find("kommune")
    last = await desk.conflicts.last("kommune")
    assert last is not None and (last.found, last.changed) == (found, 0)
    pair = next(one for one in found if "gymsal-fire" in one.entries)
    await desk.conflicts.accept("kommune", pair.key, "kari")
    last = await desk.conflicts.last("kommune")
    assert last is not None and last.changed == 0
    assert last.found == [one for one in found if one != pair]
    await desk.conflicts.reopen("kommune", pair.key)


async def test_what_has_changed_since_is_left_out_and_counted(desk: Service, put: Put) -> None:
    twin = await put(entry("gymsal-fem", *GYM.questions))
    await put(entry("bading-tre", "kan hester bade", nb="{{ facts.pool_prices }}"))
    found = await desk.conflicts.find("kommune")
    about = [one for one in found if "gymsal-fem" in one.entries]
    assert {one.kind for one in about} == {"same thing", "no source"}
    await put(msgspec.structs.replace(twin, answers={"nb": "Noe annet."}))
    for body in ("bergen", "voss"):
        await desk.curation.set_facts(body, {"pool_prices": "50 kroner"}, "test")
    last = await desk.conflicts.last("kommune")
    assert last is not None and last.changed == len(about) + 1
    assert not [
        one for one in last.found if {"gymsal-fem", "pool_prices"} & {*one.entries, *one.texts}
    ]
    assert await desk.conflicts.last("nav") is None
    again = await desk.conflicts.find("kommune")
    last = await desk.conflicts.last("kommune")
    assert last is not None and (last.found, last.changed) == (again, 0)
