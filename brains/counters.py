"""The few numbers that the console shows on every page, in one read."""

from __future__ import annotations

import datetime as dt
import zlib

import msgspec
import sqlalchemy as sa

from brains import codec, tables
from brains.database import Transaction
from brains.model import EVERYONE

_gaps, _entries, _revisions = tables.gaps.c, tables.entries.c, tables.entry_revisions.c
_bodies = tables.gap_bodies.c


class Counts(msgspec.Struct, frozen=True):
    """Open gaps and entries in review. `version` is another after every change to the gaps."""

    open: int = 0
    review: int = 0
    version: int = 0


class _Document(msgspec.Struct):
    audience: list[str] = msgspec.field(default_factory=lambda: [EVERYONE])


async def count(tx: Transaction, brain: str, now: dt.datetime) -> Counts:
    """The numbers of a brain."""
    is_open = sa.select(sa.func.count()).where(*_is_open(brain, now))
    review = sa.select(sa.func.count()).where(*_in_review(brain))
    version = sa.select(tables.gap_clocks.c.version).where(tables.gap_clocks.c.brain == brain)
    numbers = sa.select(*(one.scalar_subquery() for one in (is_open, review, version)))
    row = (await tx.execute(numbers)).one()
    return Counts(row[0], row[1], row[2] or 0)


async def count_own(
    tx: Transaction, brain: str, now: dt.datetime, body: str, scopes: frozenset[str]
) -> Counts:
    """The numbers for the people of one body, whose visitors get what is for `scopes`.

    What other bodies' visitors ask changes nothing in them.
    """
    own = sa.exists(sa.select(_bodies.gap).where(_bodies.gap == _gaps.id, _bodies.body == body))
    is_open = sa.select(sa.func.count()).where(*_is_open(brain, now), own)
    documents = sa.select(_revisions.document).join(
        tables.entries,
        sa.and_(
            _entries.brain == _revisions.brain,
            _entries.id == _revisions.entry,
            _entries.revision == _revisions.revision,
        ),
    )
    waiting = (await tx.execute(documents.where(*_in_review(brain)))).scalars()
    seen = [codec.decode(one, _Document).audience for one in waiting]
    return Counts(
        (await tx.execute(is_open)).scalar_one(),
        sum(not scopes.isdisjoint(audience) for audience in seen),
        await _own_version(tx, brain, body),
    )


async def _own_version(tx: Transaction, brain: str, body: str) -> int:
    """A digest of what the body's people see of the brain's gaps."""
    states = (
        sa.select(
            _gaps.status,
            sa.func.count(),
            sa.func.sum(_bodies["count"]),
            sa.func.max(_gaps.closed_at),
            sa.func.max(_gaps.snoozed_until),
        )
        .join(tables.gaps, _gaps.id == _bodies.gap)
        .where(_gaps.brain == brain, _bodies.body == body)
        .group_by(_gaps.status)
        .order_by(_gaps.status)
    )
    rows = [tuple(map(str, row)) for row in await tx.execute(states)]
    return zlib.crc32(repr(rows).encode())


def _is_open(brain: str, now: dt.datetime) -> tuple[sa.ColumnElement[bool], ...]:
    awake = sa.or_(_gaps.snoozed_until.is_(None), _gaps.snoozed_until <= now)
    return (_gaps.brain == brain, _gaps.status == "open", awake)


def _in_review(brain: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_entries.brain == brain, _entries.status == "in_review")
