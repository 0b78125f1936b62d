"""Conversations: tokens, turns, feedback, erasure, retention."""

from __future__ import annotations

import datetime as dt

import pytest

from brains import conversations
from brains.database import Database
from brains.errors import Invalid, UnknownConversation
from tests.brains.conftest import NOW


async def test_a_conversation_and_its_turns(db: Database) -> None:
    async with db.write() as tx:
        started, token = await conversations.start(tx, "bergen", "nb", NOW, "https://b.example")
        later = NOW + dt.timedelta(minutes=1)
        assert await conversations.append(tx, started.id, "visitor", "hei", NOW) == 1
        assert await conversations.append(tx, started.id, "bot", "Hei!", later, b'{"turn":2}') == 2
        await conversations.save_state(tx, started.id, b'{"a":1}', language="nn")
        await conversations.set_reply(tx, started.id, 2, "Hallo!", b'{"turn":2,"x":1}')
    async with db.read() as tx:
        found = await conversations.authorised(tx, started.id, token)
        assert (found.turn_count, found.last_seen, found.state) == (2, later, b'{"a":1}')
        assert (found.language, found.origin) == ("nn", "https://b.example")
        first, second = await conversations.turns(tx, started.id)
        assert (first.sender, first.text, first.reply) == ("visitor", "hei", None)
        assert (second.text, second.reply) == ("Hallo!", b'{"turn":2,"x":1}')
        assert await conversations.turns(tx, started.id, after=1) == [second]


async def test_only_the_tokens_holder_gets_in(db: Database) -> None:
    async with db.write() as tx:
        mine, _ = await conversations.start(tx, "bergen", "nb", NOW)
        _, other_token = await conversations.start(tx, "bergen", "nb", NOW)
        for id, token in ((mine.id, other_token), (mine.id, ""), ("nei", other_token)):
            with pytest.raises(UnknownConversation):
                await conversations.authorised(tx, id, token)


async def test_feedback_is_for_replies(db: Database) -> None:
    async with db.write() as tx:
        started, _ = await conversations.start(tx, "bergen", "nb", NOW)
        await conversations.append(tx, started.id, "visitor", "hei", NOW)
        await conversations.append(tx, started.id, "bot", "Hei!", NOW, b"{}")
        await conversations.feedback(tx, started.id, 2, False, "feil")
        await conversations.feedback(tx, started.id, 2, True)
        turn = (await conversations.turns(tx, started.id))[1]
        assert (turn.helpful, turn.comment) == (True, None)
        for number in (1, 3):
            with pytest.raises(Invalid):
                await conversations.feedback(tx, started.id, number, True)


async def test_erase_and_retention(db: Database) -> None:
    async with db.write() as tx:
        old = [
            (await conversations.start(tx, "bergen", "nb", NOW - dt.timedelta(days=40)))[0]
            for _ in range(3)
        ]
        kept, _ = await conversations.start(tx, "bergen", "nb", NOW)
        await conversations.append(tx, old[0].id, "visitor", "hei igjen", NOW)
    async with db.write() as tx:
        limit = NOW - dt.timedelta(days=30)
        assert await conversations.purge(tx, limit) == 2
        assert await conversations.purge(tx, limit) == 0
        assert await conversations.erase(tx, old[0].id)
    async with db.read() as tx:
        assert await conversations.turns(tx, old[0].id) == []
        assert (await conversations.get(tx, kept.id)).id == kept.id
        with pytest.raises(UnknownConversation):
            await conversations.get(tx, old[1].id)
