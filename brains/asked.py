"""The questions visitors really asked, redacted, as rows: what curating is tried against.

A row has the question's vector in half precision, under the fingerprint of the
encoder that made it. Rows go with their conversation, and after the retention
time. Crisis messages and wishes for a human never come here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
import sqlalchemy as sa

from brains import codec, tables
from brains.database import ROWS_AT_ONCE, Transaction
from brains.vectors import Vector

Outcome = Literal["answered", "chosen", "clarify", "referred", "unanswered"]

PURGED_AT_ONCE = 1_000
READ_AT_ONCE = 4_000
# However many repeat themselves, so many of the newest are looked through for distinct ones.
LOOKED_THROUGH_MAX = 20_000

_asked, _conversations, _turns = tables.asked, tables.conversations, tables.turns


class AskedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One question as `body`, whose brain is `brain`, met it.

    `entry` of the brain `entry_brain` is what was answered, or what the visitor
    chose among those offered (outcome `chosen`); None where nothing was. `vector` has
    shape (d,), of the encoder `fingerprint`. As read back: `count` is how often
    the body was asked this lately, `helpful` what the visitor said of the answer.
    """

    brain: str
    body: str
    text: str
    language: str
    outcome: Outcome
    probability: float
    asked_at: dt.datetime
    entry_brain: str | None = None
    entry: str | None = None
    conversation: str | None = None
    fingerprint: str = ""
    vector: Vector | None = None
    count: int = 1
    helpful: bool | None = None


class _Place(NamedTuple):
    """The newest of some equal questions, and how many they are."""

    id: int
    times: int


def folded(text: str) -> str:
    """Equal for questions that differ only in letter case, spaces and closing marks."""
    return " ".join(text.casefold().split()).rstrip(" ?!.")


async def add(tx: Transaction, rows: Sequence[AskedRow]) -> list[AskedRow]:
    """Stores those whose conversation has not been erased since, and returns them."""
    wanted = {row.conversation for row in rows if row.conversation is not None}
    there = await _existing(tx, wanted)
    kept = [row for row in rows if row.conversation is None or row.conversation in there]
    if kept:
        await tx.execute(sa.insert(_asked), [_values(row) for row in kept])
    return kept


async def recent(
    tx: Transaction, brain: str, limit: int, body: str | None = None
) -> list[AskedRow]:
    """The newest distinct questions that the brain's bodies were asked, or that its entries
    answered elsewhere; newest first. With `body`, only those asked there."""
    places = await _distinct(tx, _of_brain(brain, body), limit)
    return await _rows(tx, places)


async def of_entry(
    tx: Transaction, brain: str, entry: str, limit: int, body: str | None = None
) -> list[AskedRow]:
    """The newest distinct questions that the entry answered, or was chosen for."""
    query = sa.select(_asked.c.id, _asked.c.body, _asked.c.text).where(
        _asked.c.entry_brain == brain, _asked.c.entry == entry
    )
    if body is not None:
        query = query.where(_asked.c.body == body)
    return await _rows(tx, await _distinct(tx, [query], limit))


async def answered_since(
    tx: Transaction, brain: str, at: dt.datetime, body: str | None = None
) -> dict[str, int]:
    """How often each of the brain's entries answered, or was chosen, since then."""
    query = sa.select(_asked.c.entry, sa.func.count()).where(
        _asked.c.entry_brain == brain, _asked.c.asked_at >= at
    )
    if body is not None:
        query = query.where(_asked.c.body == body)
    rows = await tx.execute(query.group_by(_asked.c.entry))
    return {entry: count for entry, count in rows if entry is not None}


async def untaken(
    tx: Transaction, since: dt.datetime, until: dt.datetime, after: int, limit: int
) -> tuple[list[AskedRow], int]:
    """Questions asked in that time in answer to which choices were offered, and none was taken:
    what the visitor asked next was not answered either, or nothing more was asked.

    At most `limit`, those after the row `after`; and the last row that was read, 0 at the end.
    """
    later = _asked.alias()
    came_of_it = (
        sa.select(later.c.outcome)
        .where(
            later.c.conversation == _asked.c.conversation,
            later.c.id > _asked.c.id,
            later.c.outcome != "clarify",
        )
        .order_by(later.c.id)
        .limit(1)
        .correlate(_asked)
        .scalar_subquery()
    )
    query = sa.select(_asked).where(
        _asked.c.asked_at > since,
        _asked.c.asked_at <= until,
        _asked.c.id > after,
        _asked.c.outcome == "clarify",
        _asked.c.conversation.is_not(None),
        sa.func.coalesce(came_of_it, "unanswered") == "unanswered",
    )
    found = (await tx.execute(query.order_by(_asked.c.id).limit(limit))).mappings().all()
    rows = [_row(row, 1, None) for row in found]
    return rows, found[-1]["id"] if len(found) == limit else 0


async def erase(tx: Transaction, conversations: Sequence[str]) -> None:
    """Removes what was asked in those conversations. Erase the conversations first: what another
    process is storing at this moment waits for them."""
    await tx.execute(sa.delete(_asked).where(_asked.c.conversation.in_(conversations)))


async def purge(tx: Transaction, older_than: dt.datetime) -> int:
    """Removes what was asked before, some hundreds a call; returns how many. Call until it is 0."""
    old = sa.select(_asked.c.id).where(_asked.c.asked_at < older_than).limit(PURGED_AT_ONCE)
    result = await tx.execute(sa.delete(_asked).where(_asked.c.id.in_(old)))
    return result.rowcount


def to_bytes(vector: Vector) -> bytes:
    return np.ascontiguousarray(vector, dtype="<f2").tobytes()


def from_bytes(data: bytes) -> Vector:
    """A unit vector again: half precision costs it some ten-thousandths of its length."""
    vector = np.frombuffer(data, dtype="<f2").astype(np.float32)
    return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-9))


def _of_brain(brain: str, body: str | None) -> list[sa.Select[Any]]:
    """Two queries, because each has an index to itself."""
    columns = sa.select(_asked.c.id, _asked.c.body, _asked.c.text)
    own = columns.where(_asked.c.brain == brain)
    elsewhere = columns.where(_asked.c.entry_brain == brain, _asked.c.brain != brain)
    if body is None:
        return [own, elsewhere]
    return [query.where(_asked.c.body == body) for query in (own, elsewhere)]


async def _distinct(tx: Transaction, queries: Iterable[sa.Select[Any]], limit: int) -> list[_Place]:
    """The newest row of each question of each body, newest first, at most `limit`."""
    found: dict[tuple[str, str], _Place] = {}
    for query in queries:
        wanted: set[tuple[str, str]] = set()
        before, seen = None, 0
        while len(wanted) < limit and seen < LOOKED_THROUGH_MAX:
            page = query if before is None else query.where(_asked.c.id < before)
            page = page.order_by(_asked.c.id.desc()).limit(READ_AT_ONCE)
            rows = (await tx.execute(page)).all()
            for id, body, text in rows:
                key = (body, folded(text))
                first = found.get(key, _Place(id, 0))
                found[key] = _Place(max(first.id, id), first.times + 1)
                wanted.add(key)
            if len(rows) < READ_AT_ONCE:
                break
            before, seen = rows[-1].id, seen + len(rows)
    return sorted(found.values(), key=lambda place: -place.id)[:limit]


async def _rows(tx: Transaction, places: Sequence[_Place]) -> list[AskedRow]:
    rows: dict[int, AskedRow] = {}
    counts = {place.id: place.times for place in places}
    ids = list(counts)
    for start in range(0, len(ids), ROWS_AT_ONCE):
        chunk = ids[start : start + ROWS_AT_ONCE]
        said = await _feedback(tx, chunk)
        query = sa.select(_asked).where(_asked.c.id.in_(chunk))
        for row in (await tx.execute(query)).mappings():
            rows[row["id"]] = _row(row, counts[row["id"]], said.get(row["id"]))
    return [rows[id] for id in ids if id in rows]


async def _feedback(tx: Transaction, ids: Sequence[int]) -> dict[int, bool]:
    """What visitors said of the reply to those questions: the turn after the question's own."""
    question, reply = _turns.alias("question"), _turns.alias("reply")
    joined = _asked.join(
        question,
        sa.and_(
            question.c.conversation == _asked.c.conversation,
            question.c.sender == "visitor",
            sa.func.trim(question.c.text) == _asked.c.text,
        ),
    ).join(
        reply,
        sa.and_(
            reply.c.conversation == question.c.conversation, reply.c.turn == question.c.turn + 1
        ),
    )
    query = sa.select(_asked.c.id, reply.c.helpful).select_from(joined)
    rows = await tx.execute(query.where(_asked.c.id.in_(ids), reply.c.helpful.is_not(None)))
    return {id: bool(helpful) for id, helpful in rows}


async def _existing(tx: Transaction, conversations: Iterable[str]) -> set[str]:
    """Those that are there, kept from being erased until the end of the transaction."""
    ids, found = list(conversations), set[str]()
    for start in range(0, len(ids), ROWS_AT_ONCE):
        query = sa.select(_conversations.c.id).where(
            _conversations.c.id.in_(ids[start : start + ROWS_AT_ONCE])
        )
        locked = query.with_for_update(read=True, key_share=True)
        found.update((await tx.execute(locked)).scalars())
    return found


def _values(row: AskedRow) -> dict[str, Any]:
    assert row.vector is not None
    values = {name: getattr(row, name) for name in AskedRow.__struct_fields__}
    del values["count"], values["helpful"]
    return values | {"text": codec.storable(row.text), "vector": to_bytes(row.vector)}


def _row(row: sa.RowMapping, count: int, helpful: bool | None) -> AskedRow:
    values = {name: row[name] for name in AskedRow.__struct_fields__ if name in row}
    values |= {"vector": from_bytes(row["vector"]), "count": count, "helpful": helpful}
    return AskedRow(**values)
