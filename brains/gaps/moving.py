"""Questions moved from one gap to another: merged, split, put back. Counts follow them exactly.

A merged gap keeps its row, with `merged_into`, so that links to it hold; its
questions remember in `came_from` where they were, so that it can be put back.
Questions of the same words stay together wherever they go: one text is in one gap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import sqlalchemy as sa

from brains import asked as halves
from brains import codec
from brains.database import ROWS_AT_ONCE
from brains.errors import Invalid
from brains.gaps import heat, rows
from brains.gaps.changing import Change
from brains.gaps.recorded import added, count
from brains.vectors import Vector, from_bytes, to_bytes

SUMMARISED_MAX = 200  # the newest questions among which the one that speaks for a gap is chosen
MERGED_AT_ONCE_MAX = 50
_questions = rows.questions.c


class _Moved(msgspec.Struct, frozen=True):
    """Questions on their way, as sums."""

    size: int
    total: Vector
    bodies: Mapping[str, int]
    days: Mapping[str, int]
    unhelpful: int
    shares: Mapping[str, float]


async def merge(change: Change, id: str, others: Sequence[str], kind: str = "merged") -> None:
    """Puts all questions of `others` into the gap. Raises `UnknownGap` and `Invalid`."""
    wanted = list(dict.fromkeys(others))
    if not wanted or id in wanted:
        raise Invalid("Choose one other gap at least to merge into this one.", "field gaps")
    if len(wanted) > MERGED_AT_ONCE_MAX:
        raise Invalid(f"Merge at most {MERGED_AT_ONCE_MAX} gaps at a time.", "field gaps")
    target = await change.row(id)
    refuse_merged(target)
    for other in wanted:
        source = await change.row(other)
        refuse_merged(source)
        await _merge_one(change, id, source)
        change.note(other, kind, into=id)
    change.note(id, kind, gaps=wanted)
    if target.status == "answered":
        await change.set(id, status="open", closed_at=None, closed_by=None)
        change.note(id, "reopened", gaps=wanted)


async def unmerge(change: Change, id: str, other: str) -> None:
    """Gives a merged gap its questions back; those that came since stay."""
    gone = await change.row(other)
    if gone.merged_into != id:
        raise Invalid("That gap is not merged into this one.", "field gap")
    family = await _family(change, other)
    moved = await _choose(change, id, _questions.came_from.in_(family))
    came_from = sa.case((_questions.came_from == other, sa.null()), else_=_questions.came_from)
    await change.set(other, status="open", merged_into=None)
    await _move(change, id, other, moved, came_from)
    change.note(id, "unmerged", gap=other)
    change.note(other, "unmerged", gap=id)


async def split(change: Change, id: str, question_ids: Sequence[int], kind: str = "split") -> str:
    """Moves questions, and those of the same words, into a gap of their own: its id.

    Raises `Invalid` where none or all of the gap's questions were chosen.
    """
    source = await change.row(id)
    refuse_merged(source)
    moved = await _same_words(change, id, question_ids)
    _refuse_none_or_all(len(moved), source.size)
    new = rows.new_id()
    kept = ("summary", "nearest", "fingerprint", "summary_vector", "first_seen", "last_seen")
    await change.add(
        new,
        status="open",
        size=0,
        vector_sum=to_bytes(np.zeros_like(from_bytes(source.vector_sum))),
        **{name: getattr(source, name) for name in kept},
    )
    await _move(change, id, new, moved, sa.null())
    change.note(id, kind, gap=new, questions=len(moved))
    change.note(new, kind, gap=id, questions=len(moved))
    return new


async def move(
    change: Change, source: str, target: str, question_ids: Sequence[int], kind: str
) -> None:
    """Moves some questions, and those of the same words, between two gaps.

    Raises `Invalid` where none or all of the source's were chosen.
    """
    before = await change.row(source)
    for row in (before, await change.row(target)):
        refuse_merged(row)
    moved = await _same_words(change, source, question_ids)
    _refuse_none_or_all(len(moved), before.size)
    await _move(change, source, target, moved, sa.null())
    change.note(source, kind, gap=target, questions=len(moved))
    change.note(target, kind, gap=source, questions=len(moved))


def refuse_merged(row: sa.Row[Any]) -> None:
    if row.status == "merged":
        raise Invalid("This gap is part of another one now. Work on that one.", "gap")


def _refuse_none_or_all(chosen: int, size: int) -> None:
    if not 0 < chosen < size:
        raise Invalid(
            "Choose some of the gap's questions, not none and not all.", "field questions"
        )


async def _merge_one(change: Change, id: str, source: sa.Row[Any]) -> None:
    moved = _Moved(
        source.size,
        from_bytes(source.vector_sum),
        await _counts(change, rows.bodies, "body", source.id),
        await _counts(change, rows.days, "day", source.id),
        source.unhelpful,
        codec.decode(source.owner_shares, dict[str, float]),
    )
    home = sa.func.coalesce(_questions.came_from, _questions.gap)
    await change.tx.execute(
        sa.update(rows.questions)
        .where(_questions.gap == source.id)
        .values(gap=id, came_from=home, fixed=None)
    )
    await change.set(source.id, status="merged", merged_into=id, closed_at=None, closed_by=None)
    await _apply(change, source.id, moved, -1)
    await _apply(change, id, moved, +1)


async def _move(
    change: Change, source: str, target: str, moved: Sequence[Any], came_from: Any
) -> None:
    """Moves chosen rows; owner shares follow in proportion."""
    if not moved:
        return
    ids = [row.id for row in moved]
    for start in range(0, len(ids), ROWS_AT_ONCE):
        chosen = _questions.id.in_(ids[start : start + ROWS_AT_ONCE])
        statement = sa.update(rows.questions).where(chosen)
        await change.tx.execute(statement.values(gap=target, came_from=came_from))
    before = await change.row(source)
    part = len(moved) / max(before.size, 1)
    shares = codec.decode(before.owner_shares, dict[str, float])
    sums = _Moved(
        len(moved),
        _total(moved, from_bytes(before.vector_sum) / np.float32(max(before.size, 1))),
        Counter(row.body for row in moved),
        Counter(heat.day_of(row.asked_at) for row in moved),
        sum(row.reason == "unhelpful" for row in moved),
        {owner: share * part for owner, share in shares.items()},
    )
    await _apply(change, source, sums, -1)
    await _apply(change, target, sums, +1)
    for id in (source, target):
        await _summarise(change, id)


async def _apply(change: Change, id: str, moved: _Moved, sign: int) -> None:
    """Adds the sums to a gap's, or takes them away."""
    for table, what, counts in (
        (rows.bodies, "body", moved.bodies),
        (rows.days, "day", moved.days),
    ):
        await count(change.tx, table, what, {id: {k: sign * n for k, n in counts.items()}})
        empty = sa.delete(table).where(table.c.gap == id, table.c["count"] <= 0)
        await change.tx.execute(empty)
    row = await change.row(id)
    size, unhelpful = row.size + sign * moved.size, row.unhelpful + sign * moved.unhelpful
    hot = heat.of_days(await _counts(change, rows.days, "day", id))
    bodies = await _counts(change, rows.bodies, "body", id)
    shares = codec.decode(row.owner_shares, dict[str, float])
    times = sa.select(sa.func.min(_questions.asked_at), sa.func.max(_questions.asked_at))
    first, last = (await change.tx.execute(times.where(_questions.gap == id))).one()
    total = from_bytes(row.vector_sum) + np.float32(sign) * moved.total
    await change.set(
        id,
        size=size,
        unhelpful=unhelpful,
        heat=hot,
        priority=heat.priority(hot, len(bodies), size, unhelpful),
        owner_shares=codec.encode(
            added(shares, {owner: sign * share for owner, share in moved.shares.items()})
        ),
        vector_sum=to_bytes(total),
        first_seen=first or row.first_seen,
        last_seen=last or row.last_seen,
    )


async def _summarise(change: Change, id: str) -> None:
    """The question most like all of the gap's speaks for it."""
    row = await change.row(id)
    query = sa.select(_questions.text, _questions.vector).where(
        _questions.gap == id, _questions.vector.is_not(None)
    )
    newest = await change.tx.execute(query.order_by(_questions.id.desc()).limit(SUMMARISED_MAX))
    found = newest.all()
    if not found:
        return
    vectors = np.stack([halves.from_bytes(one.vector) for one in found])
    best = int((vectors @ from_bytes(row.vector_sum)).argmax())
    await change.set(id, summary=found[best].text, summary_vector=to_bytes(vectors[best]))


async def _choose(change: Change, id: str, which: Any) -> Sequence[Any]:
    query = sa.select(
        _questions.id, _questions.body, _questions.asked_at, _questions.reason, _questions.vector
    )
    return (await change.tx.execute(query.where(_questions.gap == id, which))).all()


async def _same_words(change: Change, id: str, ids: Sequence[int]) -> Sequence[Any]:
    """The gap's questions that have the words of one of those."""
    found: dict[int, Any] = {}
    for start in range(0, len(ids), ROWS_AT_ONCE):
        chosen = sa.select(_questions.folded).where(
            _questions.gap == id, _questions.id.in_(list(ids[start : start + ROWS_AT_ONCE]))
        )
        rows_found = await _choose(change, id, _questions.folded.in_(chosen))
        found.update((row.id, row) for row in rows_found)
    return list(found.values())


async def _family(change: Change, id: str) -> list[str]:
    """The gap and all that were merged into it, and into those."""
    family, fresh = [id], [id]
    while fresh:
        query = sa.select(rows.gaps.c.id).where(
            rows.gaps.c.brain == change.brain, rows.gaps.c.merged_into.in_(fresh)
        )
        fresh = [one for one in (await change.tx.execute(query)).scalars() if one not in family]
        family += fresh
    return family


async def _counts(change: Change, table: sa.Table, what: str, id: str) -> dict[str, int]:
    query = sa.select(table.c[what], table.c["count"]).where(table.c.gap == id)
    return {row[0]: row[1] for row in await change.tx.execute(query)}


def _total(moved: Sequence[Any], mean: Vector) -> Vector:
    """The sum of the questions' vectors; one that has none yet counts as the gap's mean."""
    total = np.zeros_like(mean)
    for row in moved:
        total += halves.from_bytes(row.vector) if row.vector is not None else mean
    return total
