"""Who watches is told by the change itself and by the clock; nobody has to look now and then.

The node here never looks at the change feed by itself, and its clock stands still until told: what
comes through, came through at once.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest_asyncio

from brains import store
from brains.database import Database
from brains.knowledge import Knowledge
from brains.model import Body, Brain, Broadcast
from router.curation.broadcasts import Broadcasts
from router.messages import Notice
from tests.fakes import FakeClock, FakeEncoder, FakeMatcher
from tests.waiting import PATIENCE_S

MOMENT = dt.timedelta(seconds=0.05)
FEED_SECONDS_MAX = 0.2


class Board(NamedTuple):
    broadcasts: Broadcasts
    clock: FakeClock
    watching: AsyncGenerator[Sequence[Notice], None]

    async def save(self, **when: dt.datetime) -> Broadcast:
        fields = {"starts_at": self.clock.now} | when
        one = Broadcast(id="", brain="kommune", texts={"nb": "Kok vannet."}, **fields)  # type: ignore[arg-type]
        return await self.broadcasts.save("kommune", one, "Kari")

    async def told(self) -> list[str]:
        """What a page that is open is told next."""
        shown = await asyncio.wait_for(anext(self.watching), PATIENCE_S)
        return [notice.text for notice in shown]


@pytest_asyncio.fixture
async def board(tmp_path: Path) -> AsyncIterator[Board]:
    """Bergen's visitors look on."""
    db, clock = await Database.open(f"sqlite:///{tmp_path / 'samsvar.db'}"), FakeClock()
    await store.save_brain(db, Brain(id="kommune", name="Kommunene"))
    await store.save_body(db, Body(id="bergen", name="Bergen kommune", brain="kommune"))
    knowledge = await Knowledge.open(db, FakeEncoder(), matcher=FakeMatcher(), clock=clock)
    broadcasts = Broadcasts(db, knowledge, clock)
    following = asyncio.create_task(broadcasts.follow())
    yield Board(broadcasts, clock, broadcasts.watch("bergen", "nb"))
    following.cancel()
    await knowledge.close()
    await db.close()


async def test_a_change_tells_of_itself(board: Board) -> None:
    assert await board.told() == []
    made = await board.save()
    assert await board.told() == ["Kok vannet."]
    board.clock.pass_(minutes=1)
    await board.broadcasts.withdraw("kommune", made.id, "Kari")
    assert await board.told() == []


async def test_it_is_told_when_one_starts_and_when_it_ends(board: Board) -> None:
    assert await board.told() == []
    start, end = board.clock.now + MOMENT, board.clock.now + 2 * MOMENT
    made = await board.save(starts_at=start, ends_at=end)
    assert board.broadcasts.state(made) == "planned"
    board.clock.now = start
    assert await board.told() == ["Kok vannet."]
    board.clock.now = end
    assert await board.told() == []
    assert board.broadcasts.state(made) == "over"


def test_another_nodes_change_is_looked_for_often_enough_to_be_told_within_a_second() -> None:
    often = inspect.signature(Knowledge.follow).parameters["interval_seconds"].default
    assert 0 < often <= FEED_SECONDS_MAX
