"""A gap's questions by their words: each wording once, with how often and from which bodies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from brains import pages
from brains.database import Transaction
from brains.gaps import rows, views
from brains.model import AskedReason, BodyCount, GapQuestion
from brains.pages import PAGE_ITEMS, Page

_questions = rows.questions.c
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Wording(msgspec.Struct, frozen=True):
    """Questions of the same words (letter case and spaces aside). `newest` speaks for them,
    `reasons` are why they were recorded; `fixed` whether all are answered now, None where they
    have not all been asked again."""

    newest: GapQuestion
    count: int
    bodies: list[BodyCount]
    reasons: list[AskedReason]
    fixed: bool | None


async def wordings(
    tx: Transaction,
    id: str,
    cursor: str | None = None,
    limit: int = PAGE_ITEMS,
    only_body: str | None = None,
) -> Page[Wording]:
    """A page of a gap's wordings, those asked last first."""
    mine = [_questions.gap == id]
    if only_body is not None:
        mine.append(_questions.body == only_body)
    newest = sa.func.max(_questions.id)
    query = sa.select(_questions.folded, newest).where(*mine).group_by(_questions.folded)
    if cursor is not None:
        query = query.having(newest < pages.place(cursor, tuple[_Number])[0])
    limit = pages.size(limit)
    found = (await tx.execute(query.order_by(newest.desc()).limit(limit + 1))).all()
    shown = found[:limit]
    alike = [_questions.folded.in_([row[0] for row in shown]), *mine]
    groups = sa.select(
        _questions.folded,
        _questions.body,
        _questions.reason,
        _questions.fixed,
        sa.func.count().label("times"),
    ).where(*alike)
    by = (_questions.folded, _questions.body, _questions.reason, _questions.fixed)
    counted = (await tx.execute(groups.group_by(*by))).all()
    speaking = sa.select(rows.questions).where(_questions.id.in_([row[1] for row in shown]))
    speaks = {row.folded: views.question(row) for row in await tx.execute(speaking)}
    items = [
        _wording(speaks[folded], [row for row in counted if row.folded == folded])
        for folded, _ in shown
    ]
    return Page(items, pages.cursor(shown[-1][1]) if len(found) > limit else None)


def _wording(newest: GapQuestion, groups: Sequence[sa.Row[Any]]) -> Wording:
    bodies: Counter[str] = Counter()
    for row in groups:
        bodies[row.body] += row.times
    ordered = sorted(bodies.items(), key=lambda one: (-one[1], one[0]))
    fixed = {row.fixed for row in groups}
    return Wording(
        newest,
        bodies.total(),
        [BodyCount(body, count) for body, count in ordered],
        sorted({row.reason for row in groups}),
        False if False in fixed else None if None in fixed else True,
    )
