"""Gaps: what joins what, that it is durable, and that processes agree."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio
import sqlalchemy as sa

from brains import changes, conversations
from brains.database import Database
from brains.errors import StorageError, UnknownGap
from brains.gaps import Gaps
from brains.model import BodyCount, Nearest
from tests.brains.conftest import NOW
from tests.fakes import FakeEncoder


@pytest_asyncio.fixture
async def gaps(federation: Database, encoder: FakeEncoder) -> AsyncIterator[Gaps]:
    opened = await Gaps.open(federation, encoder)
    yield opened
    await opened.close()


async def ask(
    gaps: Gaps,
    text: str,
    body: str = "bergen",
    at: dt.datetime = NOW,
    conversation: str | None = None,
) -> str:
    vector = FakeEncoder().encode_now([text])[0]
    near = [Nearest("snorydding", "Snørydding", 0.2)]
    return await gaps.record("kommune", body, text, "nb", vector, near, at, conversation, 1)


async def test_one_gap_for_all_bodies(gaps: Gaps) -> None:
    first = await ask(gaps, "Kan jeg ha høner i hagen?")
    second = await ask(gaps, "kan jeg ha høner i hagen min", "voss", NOW + dt.timedelta(hours=1))
    third = await ask(gaps, "Kan eg ha høner i hagen?", "voss", NOW - dt.timedelta(hours=1))
    other = await ask(gaps, "Hvor leverer jeg gammelt batteri?")
    assert first == second == third != other
    page = await gaps.list("kommune")
    gap = page.items[0]
    assert (gap.id, gap.count, gap.status) == (first, 3, "open")
    assert gap.bodies == [BodyCount("voss", 2), BodyCount("bergen", 1)]
    hour = dt.timedelta(hours=1)
    assert (gap.first_seen, gap.last_seen) == (NOW - hour, NOW + hour)
    assert gap.summary.casefold().startswith("kan ")
    assert gap.nearest == [Nearest("snorydding", "Snørydding", 0.2)]
    questions = (await gaps.questions(first)).items
    assert [question.body for question in questions] == ["voss", "voss", "bergen"]
    assert (await gaps.list("nav")).items == []


async def test_the_same_text_always_joins_the_same_gap(gaps: Gaps) -> None:
    first = await ask(gaps, "høner")
    unlike = np.zeros(64, np.float32)
    unlike[5] = 1.0
    for text in ("Høner", "  HØNER ?"):
        assert await gaps.record("kommune", "asker", text, "nb", unlike, [], NOW) == first


async def test_an_answered_gap_reopens_and_a_dismissed_one_stays(gaps: Gaps) -> None:
    answered, dismissed = await ask(gaps, "høner i hagen"), await ask(gaps, "tull og tøys her")
    await gaps.settle(answered, "answered", "kari", entry="honer")
    await gaps.settle(dismissed, "dismissed", "kari")
    assert (await gaps.list("kommune")).items == []
    assert await ask(gaps, "leker for små barn") not in (answered, dismissed)
    assert (await gaps.get(answered)).status == "answered"
    assert await ask(gaps, "Høner i hagen?") == answered
    assert await ask(gaps, "tull og tøys her") == dismissed
    assert (await gaps.get(answered)).status == "open"
    assert ((await gaps.get(dismissed)).status, (await gaps.get(dismissed)).count) == (
        "dismissed",
        2,
    )
    assert (await gaps.reopen(dismissed)).status == "open"
    with pytest.raises(UnknownGap):
        await gaps.settle("gap_nei", "answered", "kari")


async def test_similar_words_reopen_an_answered_gap(gaps: Gaps) -> None:
    answered = await ask(gaps, "kan jeg ha høner i hagen")
    await gaps.settle(answered, "answered", "kari", entry="honer")
    assert await ask(gaps, "kan jeg ha høner i hage", "voss") == answered
    assert (await gaps.get(answered)).status == "open"
    assert (await gaps.events(answered))[0].kind == "reopened"


async def test_what_says_nearly_the_same_goes_where_that_went(gaps: Gaps) -> None:
    dismissed = await ask(gaps, "kan jeg ha høner i hagen")
    await gaps.settle(dismissed, "dismissed", "kari")
    assert await ask(gaps, "trenger høner en tillatelse") != dismissed
    like = "kan jeg ha høner i hagen da"
    vector = (await gaps._encoder.encode([like]))[0]
    later = gaps.now() + dt.timedelta(hours=1)
    assert await gaps.record("kommune", "voss", like, "nb", vector, [], later) == dismissed
    after = await gaps.get(dismissed)
    assert (after.status, after.count, after.since_closed) == ("dismissed", 2, 1)


async def test_choices_that_were_not_taken_count_once_a_conversation(gaps: Gaps) -> None:
    vector = (await gaps._encoder.encode(["høner"]))[0]

    async def left(conversation: str) -> str:
        return await gaps.record(
            *("kommune", "bergen", "høner", "nb", vector, [], NOW, conversation),
            reason="not chosen",
        )

    ids = await asyncio.gather(*(left("a") for _ in range(3)))
    assert {await left("a"), await left("b")} == set(ids)
    assert (await gaps.get(ids[0])).count == 2


async def test_questions_at_the_same_moment(gaps: Gaps) -> None:
    texts = [f"{topic} {'!' * (i % 3)}" for i in range(30) for topic in ("høner", "batteri", "is")]
    ids = await asyncio.gather(*(ask(gaps, text) for text in texts))
    assert len(set(ids)) == 3
    assert sorted(gap.count for gap in (await gaps.list("kommune")).items) == [30, 30, 30]


async def test_two_processes_agree(federation: Database, encoder: FakeEncoder, url: str) -> None:
    elsewhere = await Database.open(url)
    nodes = [await Gaps.open(federation, encoder), await Gaps.open(elsewhere, encoder)]
    texts = ["kan jeg ha høner i hagen", "hvor leverer jeg batterier", "er det is på vannet"]
    asked = [
        ask(nodes[i % 2], f"{texts[i % 3]}{' da' * (i % 2)}{' ' * i}", ("bergen", "voss")[i % 2])
        for i in range(60)
    ]
    ids = await asyncio.gather(*asked)
    assert len(set(ids)) == 3
    for node in nodes:
        assert [gap.count for gap in (await node.list("kommune")).items] == [20, 20, 20]
    await nodes[0].settle(ids[0], "dismissed", "kari")
    assert await ask(nodes[1], "trenger høner en tillatelse") != ids[0]
    await elsewhere.close()


async def test_another_encoder_and_a_fresh_start(
    federation: Database, encoder: FakeEncoder, gaps: Gaps
) -> None:
    first = await ask(gaps, "kan jeg ha høner i hagen")
    again = await Gaps.open(federation, encoder)
    assert await ask(again, "kan jeg ha høner i hage") == first
    other = FakeEncoder(dimensions=96, name="other")
    fresh = await Gaps.open(federation, other)
    vector = other.encode_now(["kan jeg ha høner i hagene"])[0]
    joined = await fresh.record(
        "kommune", "asker", "kan jeg ha høner i hagene", "nb", vector, [], NOW
    )
    assert joined == first
    assert (await fresh.get(first)).count == 3


@pytest.mark.usefixtures("sqlite_only")
async def test_a_full_disk_leaves_memory_as_it_was(federation: Database, gaps: Gaps) -> None:
    await ask(gaps, "høner i hagen")
    async with federation.write() as tx:
        pages = (await tx.execute(sa.text("PRAGMA page_count"))).scalar_one()
        await tx.execute(sa.text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StorageError, match="disk is full"):
        for i in range(50):
            await ask(gaps, "batteri " * 30 + str(i))
    async with federation.write() as tx:
        await tx.execute(sa.text("PRAGMA max_page_count = 1000000"))
    before = {gap.id: gap.count for gap in (await gaps.list("kommune", None)).items}
    id = await ask(gaps, "høner i hagen")
    assert (await gaps.get(id)).count == before[id] + 1


async def test_a_caller_that_gives_up_takes_nothing_with_it(gaps: Gaps) -> None:
    waiting = [asyncio.create_task(ask(gaps, f"høner {'i' * i}")) for i in range(6)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert all(isinstance(id, str) for id in done[1:])


async def test_a_question_that_cannot_be_stored_fails_alone(gaps: Gaps) -> None:
    short = np.ones(3, np.float32)
    bad = gaps.record("kommune", "bergen", "feil", "nb", short, [], NOW)
    good = [ask(gaps, text) for text in ("høner\0", "batteri \ud800", "is")]
    first, *rest = await asyncio.gather(bad, *good, return_exceptions=True)
    assert isinstance(first, StorageError)
    assert len(set(rest)) == 3 and all(isinstance(id, str) for id in rest)


async def test_the_feed_tells_of_opening_and_closing_only(federation: Database, gaps: Gaps) -> None:
    async with federation.read() as tx:
        before = await changes.last(tx)
    id = await ask(gaps, "høner")
    await ask(gaps, "høner")
    await gaps.settle(id, "answered", "kari")
    async with federation.read() as tx:
        assert [(c.kind, c.key) for c in await changes.after(tx, before)] == [("gap", id)] * 2


async def test_erasing_a_conversation_leaves_no_link(federation: Database, gaps: Gaps) -> None:
    async with federation.write() as tx:
        conversation, _ = await conversations.start(tx, "bergen", "nb", NOW)
    gap = await ask(gaps, "høner", conversation=conversation.id)
    async with federation.write() as tx:
        assert await conversations.erase(tx, conversation.id)
        assert not await conversations.erase(tx, conversation.id)
        row = (await tx.execute(sa.text("SELECT conversation, turn FROM gap_questions"))).one()
    assert tuple(row) == (None, None)
    assert (await gaps.get(gap)).count == 1


async def test_pages(gaps: Gaps) -> None:
    for i, word in enumerate(("høner", "batteri", "isbading", "fyrverkeri", "parsellhage")):
        for _ in range(i % 3 + 1):
            await ask(gaps, word)
    seen, cursor = [], None
    while True:
        page = await gaps.list("kommune", cursor=cursor, limit=2)
        seen += [gap.count for gap in page.items]
        if (cursor := page.next) is None:
            break
    assert seen == [3, 2, 2, 1, 1]
    top = (await gaps.list("kommune", limit=1)).items[0].id
    questions = await gaps.questions(top, limit=2)
    rest = await gaps.questions(top, questions.next)
    assert len(questions.items) == 2 and len(rest.items) == 1 and rest.next is None
