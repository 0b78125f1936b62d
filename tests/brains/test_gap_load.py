"""Many questions at once: none is lost, and one costs the same however many came before."""

from __future__ import annotations

import asyncio
import random

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from brains.database import Database
from brains.gaps import Gaps
from tests.brains.conftest import NOW
from tests.fakes import FakeEncoder

MESSAGES, AT_ONCE, NEEDS, COMPARED = 2_000, 16, 100, 400
WORDS = ("høner", "batteri", "isbading", "fyrverkeri", "parsellhage", "kulvert", "syn", "lån")


@pytest.fixture
def texts() -> list[str]:
    choose = random.Random(3)
    needs = [" ".join(choose.choices(WORDS, k=4)) for _ in range(NEEDS)]
    return [f"{choose.choice(needs)}{' da' * choose.randrange(3)}" for _ in range(MESSAGES)]


async def test_nothing_is_lost_and_the_cost_does_not_grow(
    federation: Database, encoder: FakeEncoder, texts: list[str]
) -> None:
    gaps = await Gaps.open(federation, encoder)
    statements, after_each = [0], []

    def count(*_: object) -> None:
        statements[0] += 1

    waiting = iter(texts)

    async def send() -> None:
        for text in waiting:
            vector = encoder.encode_now([text])[0]
            await gaps.record("kommune", "bergen", text, "nb", vector, [], NOW)
            after_each.append(statements[0])

    sa.event.listen(Engine, "before_cursor_execute", count)
    try:
        await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    finally:
        sa.event.remove(Engine, "before_cursor_execute", count)
    async with federation.read() as tx:
        for query in (
            "SELECT count(*) FROM gap_questions",
            "SELECT sum(size) FROM gaps",
            "SELECT sum(count) FROM gap_bodies",
            "SELECT sum(count) FROM gap_days",
        ):
            assert (await tx.execute(sa.text(query))).scalar() == MESSAGES, query
    first = after_each[COMPARED] - after_each[0]
    last = after_each[-1] - after_each[-1 - COMPARED]
    assert last <= first * 1.2, f"{first} statements for the first {COMPARED}, {last} for the last"
    await gaps.close()
