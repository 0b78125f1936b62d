"""A partner's own ids of conversations: whose they are, and what they lead to."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from brains import conversations, foreign, tables
from brains.database import Database
from tests.brains.conftest import NOW

WHO = ("a2a", "key_1", "their id", "bergen")


async def started(db: Database) -> str:
    async with db.write() as tx:
        made, _ = await conversations.start(tx, "bergen", "nb", NOW)
    return made.id


async def found(db: Database, *who: str) -> str | None:
    async with db.read() as tx:
        return await foreign.find(tx, *(who or WHO))


async def test_an_id_leads_to_one_conversation_for_one_caller(db: Database) -> None:
    first, second = await started(db), await started(db)
    async with db.write() as tx:
        await foreign.bind(tx, *WHO, first)
    assert await found(db) == first
    for part, other in enumerate(("rasa", "key_2", "another id", "voss")):
        assert await found(db, *WHO[:part], other, *WHO[part + 1 :]) is None
    async with db.write() as tx:
        await foreign.bind(tx, *WHO, second)
    assert await found(db) == second
    async with db.write() as tx:
        await foreign.release(tx, *WHO)
    assert await found(db) is None


async def test_of_claims_at_once_one_is_first_and_all_are_told(db: Database) -> None:
    ours = [await started(db) for _ in range(8)]

    async def claim(conversation: str) -> str:
        async with db.write() as tx:
            return await foreign.claim(tx, *WHO, conversation)

    (first,) = set(await asyncio.gather(*map(claim, ours)))
    assert await found(db) == first


async def test_an_erased_conversation_has_no_id_left(db: Database) -> None:
    conversation = await started(db)
    async with db.write() as tx:
        await foreign.bind(tx, *WHO, conversation)
        await conversations.erase(tx, conversation)
    assert await found(db) is None


async def test_the_partners_id_itself_is_not_kept(db: Database) -> None:
    async with db.write() as tx:
        made, _ = await conversations.start(tx, "bergen", "nb", NOW)
        await foreign.bind(tx, "a2a", "key_1", "kari.nordmann@example.org", "bergen", made.id)
        rows = await tx.execute(sa.select(tables.foreign_conversations))
        assert "nordmann" not in str(rows.all())
