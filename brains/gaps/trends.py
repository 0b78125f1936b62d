"""How many questions came to each of many gaps, day by day, in one query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from brains.database import Transaction
from brains.gaps import heat, rows

_days, _questions = rows.days.c, rows.questions.c


async def trends(
    tx: Transaction,
    ids: Sequence[str],
    now: dt.datetime,
    count: int,
    only_body: str | None = None,
) -> dict[str, list[int]]:
    """Questions of the last `count` days by gap, today last; only one body's for its editors."""
    wanted = [heat.day_of(now - dt.timedelta(days=back)) for back in range(count - 1, -1, -1)]
    found = {id: dict.fromkeys(wanted, 0) for id in ids}
    if only_body is None:
        query = sa.select(_days.gap, _days.day, _days["count"])
        for gap, day, number in await tx.execute(
            query.where(_days.gap.in_(ids), _days.day >= wanted[0])
        ):
            found[gap][day] = number
    else:
        asked = sa.select(_questions.gap, _questions.asked_at).where(
            _questions.gap.in_(ids),
            _questions.body == only_body,
            _questions.asked_at >= now - dt.timedelta(days=count - 1),
        )
        for gap, at in await tx.execute(asked):
            day = heat.day_of(at)
            if day in found[gap]:
                found[gap][day] += 1
    return {id: list(by_day.values()) for id, by_day in found.items()}
