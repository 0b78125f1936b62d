"""Gaps as work: what a curator does to one, what an editor sees of it, what sorts them."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import sqlalchemy as sa

from brains import asked, conversations
from brains.asked import AskedRow
from brains.database import Database
from brains.errors import Invalid, UnknownGap
from brains.gaps import Gaps, heat, moving, work
from brains.gaps.spared import NEW_ENTRY
from brains.gaps.tidier import Tidier
from brains.model import AskedReason, Gap, Spared
from tests.brains.conftest import NOW
from tests.fakes import FakeClock, FakeEncoder

HENS, BATTERY, ICE = "kan jeg ha høner i hagen", "hvor leverer jeg batteri", "er isen trygg nå"


@pytest_asyncio.fixture
async def gaps(federation: Database, encoder: FakeEncoder, clock: FakeClock) -> AsyncIterator[Gaps]:
    opened = await Gaps.open(federation, encoder, clock)
    yield opened
    await opened.close()


async def ask(
    gaps: Gaps,
    text: str,
    body: str = "bergen",
    at: dt.datetime = NOW,
    reason: AskedReason = "unanswered",
    shares: dict[str, float] | None = None,
) -> str:
    vector = FakeEncoder().encode_now([text])[0]
    return await gaps.record(
        "kommune", body, text, "nb", vector, [], at, reason=reason, shares=shares
    )


async def counts(gaps: Gaps) -> dict[str, tuple[int, dict[str, int]]]:
    """Of each gap that is not merged: its count, and its bodies'."""
    page = await gaps.list("kommune", None)
    return {gap.id: (gap.count, {one.id: one.count for one in gap.bodies}) for gap in page.items}


async def consistent(gaps: Gaps) -> None:
    """Every sum that a gap keeps agrees with its questions."""
    async with gaps.db.read() as tx:
        for table in ("gap_bodies", "gap_days"):
            query = f"SELECT gap, sum(count) FROM {table} GROUP BY gap"
            summed = {row[0]: row[1] for row in await tx.execute(sa.text(query))}
            query = "SELECT gap, count(*) FROM gap_questions GROUP BY gap"
            assert {row[0]: row[1] for row in await tx.execute(sa.text(query))} == summed
        sizes = await tx.execute(sa.text("SELECT id, size FROM gaps WHERE size > 0"))
        assert {row[0]: row[1] for row in sizes} == summed


# What sorts them


async def test_gaps_come_in_order_of_what_matters_now(gaps: Gaps, clock: FakeClock) -> None:
    old, *_ = [await ask(gaps, BATTERY, at=NOW - dt.timedelta(days=28)) for _ in range(6)]
    spread, *_ = [await ask(gaps, HENS, body) for body in ("bergen", "voss", "asker")]
    once = await ask(gaps, ICE)
    listed = (await gaps.list("kommune")).items
    assert [gap.id for gap in listed] == [spread, once, old]
    assert [gap.urgency for gap in listed] == ["high", "low", "low"]
    assert [gap.last_week for gap in listed] == [3, 1, 0]
    clock.pass_(days=14)
    assert [gap.urgency for gap in (await gaps.list("kommune")).items] == ["low", "low", "low"]
    newest = (await gaps.list("kommune", order="newest", limit=1)).items
    assert newest[0].id in (spread, once)
    assert (await gaps.list("kommune", order="count", limit=1)).items[0].id == old


def test_heat_halves_in_a_week_and_adds_up() -> None:
    day, later = "2026-03-02", "2026-03-09"
    assert heat.of_days({day: 2}) == pytest.approx(heat.of_days({later: 1}))
    grown = heat.more(heat.of_days({day: 3}), {later: 2})
    assert grown == pytest.approx(heat.of_days({day: 3, later: 2}))
    assert heat.of_days({}) == 0.0


async def test_every_order_comes_in_pages_without_gaps_or_repeats(gaps: Gaps) -> None:
    words = ("høner", "batteri", "isbading", "fyrverkeri", "parsellhage")
    for i, word in enumerate(words):
        for day in range(i % 3 + 1):
            await ask(gaps, word, ("bergen", "voss")[i % 2], NOW + dt.timedelta(days=day))
    for only_body in (None, "bergen"):
        for order in ("priority", "newest", "count"):
            seen: list[str] = []
            cursor = None
            while True:
                page = await gaps.list(
                    "kommune", cursor=cursor, limit=2, order=order, only_body=only_body
                )
                seen += [gap.id for gap in page.items]
                if (cursor := page.next) is None:
                    break
            assert len(seen) == len(set(seen)) == (5 if only_body is None else 3)


async def test_the_suspected_owner_is_whom_the_candidates_point_at(gaps: Gaps) -> None:
    id = await ask(gaps, HENS, shares={"nav": 0.5, "voss": 0.1})
    await ask(gaps, HENS, shares={"nav": 0.3})
    gap = await gaps.get(id)
    assert (gap.owner, gap.owner_probability) == ("nav", pytest.approx(0.4))
    for _ in range(8):
        await ask(gaps, HENS)
    assert (await gaps.get(id)).owner is None


# Merge, split, undo


async def test_merged_gaps_count_together_and_can_be_taken_apart_again(gaps: Gaps) -> None:
    hens, battery, ice = [await ask(gaps, text) for text in (HENS, BATTERY, ICE)]
    await ask(gaps, BATTERY, "voss", NOW - dt.timedelta(days=3))
    before = await counts(gaps)
    async with gaps.changing("kommune", "kari") as change:
        await moving.merge(change, battery, [ice])
    async with gaps.changing("kommune", "kari") as change:
        await moving.merge(change, hens, [battery])
    assert await counts(gaps) == {hens: (4, {"bergen": 3, "voss": 1})}
    gone = await gaps.get(battery)
    assert (gone.status, gone.merged_into) == ("merged", hens)
    assert await ask(gaps, BATTERY) == hens  # its text leads to where it went
    await consistent(gaps)

    await gaps.unmerge("kommune", hens, battery, "kari")
    assert {one.text for one in (await gaps.questions(battery)).items} == {BATTERY, ICE}
    await gaps.unmerge("kommune", battery, ice, "kari")
    after = await counts(gaps)
    assert after[battery] == before[battery] and after[ice] == before[ice]
    assert after[hens][0] == 2  # what came while they were one stays
    await consistent(gaps)
    kinds = [event.kind for event in await gaps.events(battery)]
    assert kinds == ["unmerged", "unmerged", "merged", "merged", "opened"]


async def test_a_split_takes_all_questions_of_the_same_words_along(gaps: Gaps) -> None:
    id = await ask(gaps, HENS)
    for body in ("voss", "asker"):
        assert await ask(gaps, "Kan jeg ha haner i hagen?", body) == id
    one = next(q.id for q in (await gaps.questions(id)).items if "haner" in q.text)
    new = await gaps.split("kommune", id, [one], "kari")
    assert await counts(gaps) == {id: (1, {"bergen": 1}), new: (2, {"voss": 1, "asker": 1})}
    assert (await gaps.get(new)).summary == "Kan jeg ha haner i hagen?"
    assert await ask(gaps, "kan jeg ha haner i hagen") == new
    await consistent(gaps)
    all_of_it = [q.id for q in (await gaps.questions(new)).items]
    for wrong in ([], all_of_it, [10**9]):
        with pytest.raises(Invalid):
            await gaps.split("kommune", new, wrong, "kari")
    assert (await gaps.list("kommune", None)).items[0].count == 3


async def test_what_cannot_be_merged_is_refused_and_changes_nothing(gaps: Gaps) -> None:
    hens, battery = await ask(gaps, HENS), await ask(gaps, BATTERY)
    for others in ([], [hens]):
        with pytest.raises(Invalid):
            async with gaps.changing("kommune", "kari") as change:
                await moving.merge(change, hens, others)
    with pytest.raises(UnknownGap):
        async with gaps.changing("kommune", "kari") as change:
            await moving.merge(change, hens, [battery, "gap_nei"])
    with pytest.raises(UnknownGap):
        async with gaps.changing("nav", "kari") as change:
            await moving.merge(change, hens, [battery])
    assert [count for count, _ in (await counts(gaps)).values()] == [1, 1]
    with pytest.raises(Invalid):
        await gaps.unmerge("kommune", hens, battery, "kari")


async def test_work_beside_recording_loses_nothing(gaps: Gaps) -> None:
    texts = [HENS, BATTERY, ICE]
    ids = [await ask(gaps, text) for text in texts]

    async def record() -> None:
        await asyncio.gather(
            *(ask(gaps, f"{texts[i % 3]}{' da' * (i % 2)}", "voss") for i in range(60))
        )

    async def merge_and_split() -> None:
        for other in ids[1:]:
            async with gaps.changing("kommune", "kari") as change:
                await moving.merge(change, ids[0], [other])
            await asyncio.sleep(0.01)
        for other in ids[1:]:
            await gaps.unmerge("kommune", ids[0], other, "kari")
            await asyncio.sleep(0.01)

    await asyncio.gather(record(), merge_and_split())
    assert sum(count for count, _ in (await counts(gaps)).values()) == 63
    await consistent(gaps)


# Put off, forwarded, dismissed


async def test_a_snoozed_gap_collects_and_comes_back_by_itself(
    gaps: Gaps, clock: FakeClock
) -> None:
    id = await ask(gaps, HENS)
    async with gaps.changing("kommune", "kari") as change:
        await work.snooze(change, id, NOW + dt.timedelta(days=2))
    assert (await gaps.list("kommune")).items == []
    assert [gap.id for gap in (await gaps.list("kommune", "snoozed")).items] == [id]
    assert await ask(gaps, "kan jeg ha høner i hage", "voss") == id
    assert ((await gaps.get(id)).status, (await gaps.get(id)).count) == ("snoozed", 2)
    clock.pass_(days=3)
    assert [gap.status for gap in (await gaps.list("kommune")).items] == ["open"]
    with pytest.raises(Invalid):
        async with gaps.changing("kommune", "kari") as change:
            await work.snooze(change, id, NOW)


async def test_a_gap_forwarded_to_a_brain_is_recorded_there_and_goes_on_counting(
    gaps: Gaps,
) -> None:
    id = await ask(gaps, HENS)
    await ask(gaps, HENS, "voss")
    await gaps.forward_to_brain("kommune", id, "nav", "kari")
    (there,) = (await gaps.list("nav")).items
    assert (there.count, {one.id for one in there.bodies}) == (2, {"bergen", "voss"})
    gap = await gaps.get(id)
    assert (gap.status, gap.forwarded_to) == ("forwarded", "brain:nav")
    linked = {event.kind: event.detail for event in await gaps.events(there.id)}
    assert linked["forwarded"] == {"brain": "kommune", "gap": id}
    assert (await gaps.events(id))[0].detail["gaps"] == [there.id]
    assert await ask(gaps, HENS, "asker") == id
    assert ((await gaps.get(id)).count, (await gaps.get(there.id)).count) == (3, 3)
    async with gaps.changing("kommune", "kari") as change:
        await work.reopen(change, id)
    await gaps.forward_to_brain("kommune", id, "nav", "kari")  # what is there stays as it is
    assert (await gaps.get(there.id)).count == 3
    await consistent(gaps)


async def test_every_action_is_in_the_history_and_undone_by_its_opposite(gaps: Gaps) -> None:
    id = await ask(gaps, HENS)
    before = await gaps.get(id)
    async with gaps.changing("kommune", "kari") as change:
        await work.assign(change, id, "p1")
        await work.rename(change, id, "Høner  i hagen")
        await work.dismiss(change, id, "not ours")
    gap = await gaps.get(id)
    assert (gap.title, gap.assignee) == ("Høner i hagen", "p1")
    assert (gap.status, gap.dismiss_reason, gap.closed_by) == ("dismissed", "not ours", "kari")
    async with gaps.changing("kommune", "kari") as change:
        await work.reopen(change, id)
        await work.assign(change, id, None)
        await work.rename(change, id, "")
    assert await gaps.get(id) == before
    kinds = [event.kind for event in await gaps.events(id)]
    assert kinds == [
        "renamed",
        "assigned",
        "reopened",
        "dismissed",
        "renamed",
        "assigned",
        "opened",
    ]


async def test_a_turn_that_did_not_help_counts_once(gaps: Gaps) -> None:
    vector = FakeEncoder().encode_now([HENS])[0]

    async def unhelpful(turn: int) -> str:
        return await gaps.record(
            "kommune",
            "bergen",
            HENS,
            "nb",
            vector,
            [],
            NOW,
            "talk",
            turn,
            reason="unhelpful",
            entry="honer",
            revision=2,
        )

    ids = await asyncio.gather(*(unhelpful(2) for _ in range(5)), unhelpful(4))
    gap = await gaps.get(ids[0])
    assert (gap.count, gap.unhelpful) == (2, 2)
    assert {(q.entry, q.revision, q.reason) for q in (await gaps.questions(gap.id)).items} == {
        ("honer", 2, "unhelpful")
    }


# An editor of one body


async def test_an_editor_sees_own_questions_and_counts_only(gaps: Gaps) -> None:
    id = await ask(gaps, HENS, "bergen", shares={"nav": 0.9})
    for _ in range(3):
        await ask(gaps, "kan jeg ha høner i hagen på Voss", "voss")
    others = await ask(gaps, BATTERY, "voss")
    async with gaps.changing("kommune", "kari") as change:
        await work.rename(change, id, "Høner på Voss")
        await work.forward(change, id, "body:nav")
    seen = await gaps.get(id, "kommune", "bergen")
    assert "oss" not in repr(seen) and "nav" not in repr(seen)
    assert (seen.count, seen.summary, [one.id for one in seen.bodies]) == (1, HENS, ["bergen"])
    assert [gap.id for gap in (await gaps.list("kommune", None, only_body="bergen")).items] == [id]
    assert [q.body for q in (await gaps.questions(id, only_body="bergen")).items] == ["bergen"]
    assert sum(await gaps.days(id, 28, "bergen")) == 1
    assert (await gaps.list("kommune", None, only_body="bergen", text="på voss")).items == []
    for body in ("voss", "asker"):  # whether another body asks it too is not told either
        same = await gaps.list("kommune", None, body=body, only_body="bergen")
        assert [gap.id for gap in same.items] == [id]
    assert (await gaps.overview("kommune", "bergen")).open == 0
    with pytest.raises(UnknownGap):
        await gaps.get(others, "kommune", "bergen")


async def test_each_wording_comes_once_with_how_often_and_from_which_bodies(gaps: Gaps) -> None:
    said = (HENS, "Kan jeg ha HØNER i  hagen", HENS, "høner i hagen", HENS)
    reasons: dict[int, AskedReason] = {1: "unhelpful"}
    ids = {
        await ask(
            gaps, text, "voss" if number % 2 else "bergen", reason=reasons.get(number, "unanswered")
        )
        for number, text in enumerate(said)
    }
    (id,) = ids
    first = await gaps.wordings(id, limit=1)
    second = await gaps.wordings(id, first.next, limit=1)
    assert second.next is None
    (hens,), (short,) = first.items, second.items
    assert (hens.count, [(one.id, one.count) for one in hens.bodies]) == (
        4,
        [("bergen", 3), ("voss", 1)],
    )
    assert (hens.reasons, hens.fixed) == (["unanswered", "unhelpful"], None)
    assert (short.count, short.newest.text, short.newest.body) == (1, "høner i hagen", "voss")
    own = (await gaps.wordings(id, only_body="voss")).items
    assert [(one.newest.text, one.count, len(one.bodies)) for one in own] == [
        ("høner i hagen", 1, 1),
        ("Kan jeg ha HØNER i  hagen", 1, 1),
    ]
    async with gaps.db.write() as tx:
        for body, fixed in (("bergen", True), ("voss", False)):
            mine = {"gap": id, "body": body, "fixed": fixed}
            await tx.execute(
                sa.text(
                    "UPDATE gap_questions SET fixed = :fixed WHERE gap = :gap AND body = :body"
                ),
                mine,
            )
    assert [one.fixed for one in (await gaps.wordings(id)).items] == [False, False]
    assert [one.fixed for one in (await gaps.wordings(id, only_body="bergen")).items] == [True]


async def test_gaps_are_found_by_words_body_and_person(gaps: Gaps) -> None:
    hens, battery = await ask(gaps, HENS), await ask(gaps, BATTERY, "voss")
    async with gaps.changing("kommune", "kari") as change:
        await work.assign(change, hens, "p1")

    async def found(**wanted: str) -> list[str]:
        return [gap.id for gap in (await gaps.list("kommune", **wanted)).items]  # type: ignore[arg-type]

    assert await found(text="Batteri") == [battery]
    assert await found(body="voss") == [battery]
    assert await found(assignee="p1") == [hens]
    assert await found(text="100%") == []


# In numbers


async def test_the_overview_counts_weeks_and_hours(gaps: Gaps, clock: FakeClock) -> None:
    first = await ask(gaps, HENS, at=NOW - dt.timedelta(days=8))
    await ask(gaps, BATTERY)
    await gaps.settle(first, "answered", "kari", "honer", NEW_ENTRY)
    numbers = await gaps.overview("kommune")
    assert (numbers.open, numbers.snoozed, numbers.unassigned) == (1, 0, 1)
    assert [one.count for one in numbers.opened_by_week[-3:]] == [1, 0, 1]
    assert numbers.closed_by_week[-1].count == 1
    assert numbers.closed_by_week[-1].week == "2026-03-02"
    assert numbers.median_hours_to_fix == pytest.approx(8 * 24)
    assert [one.hours for one in numbers.hours_by_week[-2:]] == [None, pytest.approx(8 * 24)]


async def test_a_visitor_counts_once_and_a_body_that_had_reported_is_not_spared(
    gaps: Gaps, clock: FakeClock
) -> None:
    id = await ask(gaps, HENS)
    await gaps.settle(id, "answered", "kari", "honer", NEW_ENTRY)
    clock.pass_(minutes=5)
    vector = FakeEncoder().encode_now([HENS])[0]
    async with gaps.db.write() as tx:
        talks = [await conversations.start(tx, "voss", "nb", NOW, None, b"{}") for _ in range(2)]
    first, second = (made.id for made, _ in talks)
    for body, talk in (("voss", first), ("voss", first), ("voss", second), ("bergen", None)):
        row = AskedRow(
            brain="kommune",
            body=body,
            text=HENS,
            language="nb",
            outcome="answered",
            probability=0.9,
            asked_at=clock(),
            entry_brain="kommune",
            entry="honer",
            conversation=talk,
            vector=vector,
        )
        async with gaps.db.write() as tx:
            await gaps.spared.count(tx, await asked.add(tx, [row]))
    assert (await gaps.get(id)).spared == Spared(3, 1)
    numbers = await gaps.overview("kommune")
    assert (numbers.spared_answers, numbers.spared_bodies) == (3, 1)
    assert [(one.id, one.count) for one in numbers.spared_by_body] == [("voss", 2), ("bergen", 1)]


# Tidying


async def test_tidying_brings_gaps_together_but_leaves_a_curators_alone(
    gaps: Gaps, clock: FakeClock
) -> None:
    async def apart() -> tuple[Gap, Gap]:
        """Two gaps that ask the same, split apart by the system."""
        id = await ask(gaps, HENS)
        await ask(gaps, "kan jeg ha høner i hagen min", "voss")
        one = (await gaps.questions(id)).items[0].id
        new = await gaps.split("kommune", id, [one], None)
        return await gaps.get(id), await gaps.get(new)

    first, second = await apart()
    await gaps.touch("kommune", first.id)
    assert await Tidier(gaps).tidy("kommune") == 0
    clock.pass_(minutes=16)
    assert await Tidier(gaps).tidy("kommune") == 1
    left = (await gaps.list("kommune")).items
    assert [gap.count for gap in left] == [2]
    gone = second if left[0].id == first.id else first
    assert (await gaps.get(gone.id)).merged_into == left[0].id
    assert (await gaps.events(left[0].id))[0].kind == "tidied"
    assert await Tidier(gaps).tidy("kommune") == 0
    await gaps.unmerge("kommune", left[0].id, gone.id, "kari")
    assert await Tidier(gaps).tidy("kommune") == 0  # a curator has parted them
    await consistent(gaps)
