"""When the manifest behind each connection was last read, and how that went."""

from __future__ import annotations

import datetime as dt

import msgspec
import sqlalchemy as sa

from brains import tables
from brains.database import Transaction, insert

_cards = tables.cards


class CardRead(msgspec.Struct, frozen=True, kw_only=True):
    """`problem` is why the last try failed, "" where it did not. `topics` are those in force."""

    body: str
    tried_at: dt.datetime | None = None
    read_at: dt.datetime | None = None
    topics: int = 0
    problem: str = ""


async def listing(tx: Transaction) -> dict[str, CardRead]:
    """By the body of the connection."""
    rows = (await tx.execute(sa.select(_cards))).mappings()
    return {row["body"]: CardRead(**row) for row in rows}


async def claim(tx: Transaction, body: str, now: dt.datetime, before: dt.datetime) -> bool:
    """Whether it is this caller's turn to read it: nobody has tried since `before`."""
    row = msgspec.structs.asdict(CardRead(body=body, tried_at=now))
    statement = insert(tx, _cards).values(**row)
    due = sa.or_(_cards.c.tried_at.is_(None), _cards.c.tried_at < before)
    statement = statement.on_conflict_do_update(
        index_elements=["body"], set_={"tried_at": now}, where=due
    )
    return bool((await tx.execute(statement)).rowcount)


async def note(tx: Transaction, read: CardRead) -> None:
    """Writes down how a try went; whether another is due already is left as it is."""
    outcome = {"read_at": read.read_at, "topics": read.topics, "problem": read.problem}
    await tx.execute(sa.update(_cards).filter_by(body=read.body).values(**outcome))


async def ask_again(tx: Transaction, body: str | None = None) -> None:
    """The manifest of a connection, or of each, is due to be read at once."""
    statement = sa.update(_cards).values(tried_at=None)
    await tx.execute(statement if body is None else statement.filter_by(body=body))


async def forget(tx: Transaction, body: str) -> None:
    await tx.execute(sa.delete(_cards).filter_by(body=body))
