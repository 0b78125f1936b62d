"""A gap's own questions, to ask them again, and what came of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from brains import asked as halves
from brains.database import ROWS_AT_ONCE, Transaction
from brains.gaps import rows, views
from brains.model import AskedReason, GapQuestion
from brains.vectors import Vector

_questions = rows.questions.c


class Recorded(msgspec.Struct, frozen=True):
    """Equal questions of one body: `ids` of all of them, the newest first."""

    ids: list[int]
    body: str
    text: str
    language: str
    reason: AskedReason
    entry: str | None
    revision: int | None


async def distinct(
    tx: Transaction, gap: str, limit: int, *, never_asked_again: bool = False
) -> list[Recorded]:
    """A gap's different questions, each with all its rows; `limit` of them, the newest."""
    query = sa.select(
        _questions.id,
        _questions.body,
        _questions.text,
        _questions.folded,
        _questions.language,
        _questions.reason,
        _questions.entry,
        _questions.revision,
    ).where(_questions.gap == gap)
    if never_asked_again:
        query = query.where(_questions.fixed.is_(None))
    found: dict[tuple[object, ...], Recorded] = {}
    for row in await tx.execute(query.order_by(_questions.id.desc())):
        key = (row.body, row.folded, row.reason, row.entry, row.revision)
        if key in found:
            found[key].ids.append(row.id)
        elif len(found) < limit:
            found[key] = Recorded(
                [row.id], row.body, row.text, row.language, row.reason, row.entry, row.revision
            )
    return list(found.values())


async def vectors_of(tx: Transaction, questions: Sequence[Recorded]) -> dict[int, Vector]:
    """The stored vectors by the questions' first ids; some questions may have none."""
    ids = [one.ids[0] for one in questions]
    found: dict[int, Vector] = {}
    for start in range(0, len(ids), ROWS_AT_ONCE):
        query = sa.select(_questions.id, _questions.vector).where(
            _questions.id.in_(ids[start : start + ROWS_AT_ONCE]), _questions.vector.is_not(None)
        )
        found.update((row.id, halves.from_bytes(row.vector)) for row in await tx.execute(query))
    return found


async def store(tx: Transaction, fixed: Mapping[int, bool], at: dt.datetime) -> None:
    """Keeps which questions were answered when they were asked again."""
    for answered in (True, False):
        ids = [id for id, one in fixed.items() if one is answered]
        for start in range(0, len(ids), ROWS_AT_ONCE):
            chosen = _questions.id.in_(ids[start : start + ROWS_AT_ONCE])
            statement = sa.update(rows.questions).where(chosen)
            await tx.execute(statement.values(fixed=answered, asked_again_at=at))


async def left(tx: Transaction, gap: str) -> tuple[int, int]:
    """How many of a gap's questions are not answered yet, and how many were never asked again."""
    never = sa.func.sum(sa.case((_questions.fixed.is_(None), 1), else_=0))
    query = sa.select(sa.func.count(), never).where(
        _questions.gap == gap, _questions.fixed.is_not(True)
    )
    count, unasked = (await tx.execute(query)).one()
    return count, int(unasked or 0)


async def still_unanswered(tx: Transaction, gap: str, limit: int) -> list[GapQuestion]:
    """The newest questions that got no answer when they were asked again, each text once."""
    newest = (
        sa.select(sa.func.max(_questions.id))
        .where(_questions.gap == gap, _questions.fixed.is_(False))
        .group_by(_questions.body, _questions.folded)
    )
    query = sa.select(rows.questions).where(_questions.id.in_(newest))
    found = await tx.execute(query.order_by(_questions.id.desc()).limit(limit))
    return [views.question(row) for row in found]
