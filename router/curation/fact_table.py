"""All facts of a brain in one table: a row a fact, a column a body, and the gaps in it.

A gap is where an answer that a body's visitors would get needs a fact which the
body has not given. Answers decide it, not the table: what an answer can do
without is not a gap, and what no answer uses is marked so.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from brains import templates
from brains.knowledge import Knowledge, scopes_of, title_of
from brains.model import EVERYONE, Body, Entry, Texts


class Use(msgspec.Struct, frozen=True):
    """An answer that mentions a fact."""

    entry: str
    title: str
    topic: str


class Cell(msgspec.Struct, frozen=True):
    """A fact in a body. `needed_by` are the answers its visitors do not get for want of it, and
    `asked` how many of them asked."""

    value: str | Texts | None = None
    needed_by: tuple[str, ...] = ()
    asked: int = 0

    @property
    def missing(self) -> bool:
        return bool(self.needed_by)


class Row(msgspec.Struct, frozen=True):
    """A fact: what it is called, the answers that mention it, and its cell in each body."""

    key: str
    label: Texts
    uses: tuple[Use, ...]
    cells: Mapping[str, Cell]

    @property
    def topic(self) -> str:
        """The topic of the first answer that uses it."""
        return self.uses[0].topic if self.uses else ""

    @property
    def missing(self) -> int:
        """In how many bodies it is missing."""
        return sum(cell.missing for cell in self.cells.values())

    @property
    def asked(self) -> int:
        return sum(cell.asked for cell in self.cells.values() if cell.missing)


class Column(NamedTuple):
    """A body: how many facts it lacks, and how many visitors asked for them."""

    body: Body
    missing: int
    asked: int


class Table(msgspec.Struct, frozen=True):
    rows: Sequence[Row]
    columns: Sequence[Column]

    @property
    def topics(self) -> list[str]:
        return sorted({use.topic for row in self.rows for use in row.uses if use.topic})


def build(
    knowledge: Knowledge,
    bodies: Iterable[Body],
    brain: str,
    asked: Mapping[tuple[str, str], int],
    now: dt.datetime,
) -> Table:
    """The facts that answers in the brain mention or these bodies have, by topic and key.

    `asked` is `brains.facts.asked_for`.
    """
    shown = sorted(bodies, key=lambda body: body.name)
    live = [
        entry
        for entry in knowledge.entries[brain].values()
        if entry.valid_until is None or now < entry.valid_until
    ]
    uses: dict[str, dict[str, Use]] = {}
    needed: dict[tuple[str, str], dict[str, None]] = {}
    given = {body.id: frozenset(knowledge.facts.get(body.id, {})) for body in shown}

    @functools.cache
    def short_of(mentioned: frozenset[str]) -> frozenset[str]:
        """The bodies that lack some of them: most answers mention what others mention too."""
        return frozenset(id for id, facts in given.items() if not mentioned <= facts)

    for entry in live:
        for text, where in _texts(knowledge, entry, shown).items():
            mentioned = templates.mentioned(text)
            for key in mentioned:
                use = Use(entry.id, title_of(entry), entry.topic)
                uses.setdefault(key, {}).setdefault(entry.id, use)
            short = short_of(mentioned)
            for body in where if short else ():
                if body.id in short:
                    for key in templates.lacking(text, mentioned & given[body.id]):
                        needed.setdefault((key, body.id), {})[entry.id] = None
    keys = {*uses, *(key for body in shown for key in knowledge.facts.get(body.id, {}))}
    rows = [
        _row(knowledge, key, tuple(uses.get(key, {}).values()), shown, needed, asked)
        for key in keys
    ]
    rows.sort(key=lambda row: (row.topic or "~", row.key))
    return Table(rows, [_column(body, rows) for body in shown])


def _texts(
    knowledge: Knowledge, entry: Entry, bodies: Sequence[Body]
) -> Mapping[str, Sequence[Body]]:
    """The texts that answer an entry, each with the bodies whose visitors get it."""
    reached = bodies
    if EVERYONE not in entry.audience:
        reached = [body for body in bodies if not scopes_of(body).isdisjoint(entry.audience)]
    if not reached:
        return {}
    if not knowledge.local_answers.get((entry.brain, entry.id)):
        return dict.fromkeys(entry.answers.values(), reached)
    found: dict[str, list[Body]] = {}
    for body in reached:
        for text in set(knowledge.texts_in(entry, body).values()):
            found.setdefault(text, []).append(body)
    return found


def _row(
    knowledge: Knowledge,
    key: str,
    uses: tuple[Use, ...],
    bodies: Sequence[Body],
    needed: Mapping[tuple[str, str], Iterable[str]],
    asked: Mapping[tuple[str, str], int],
) -> Row:
    known = {
        body.id: fact
        for body in bodies
        if (fact := knowledge.facts.get(body.id, {}).get(key)) is not None
    }
    cells = {
        body.id: Cell(
            known[body.id].value if body.id in known else None,
            tuple(needed.get((key, body.id), ())),
            asked.get((body.id, key), 0),
        )
        for body in bodies
    }
    return Row(key, label_of(knowledge, key), uses, cells)


def label_of(knowledge: Knowledge, key: str) -> Texts:
    """What a fact is called, from the first body that says so."""
    labels = (facts[key].label for facts in knowledge.facts.values() if key in facts)
    return next((label for label in labels if label), {})


def _column(body: Body, rows: Iterable[Row]) -> Column:
    missing = [row.cells[body.id] for row in rows if row.cells[body.id].missing]
    return Column(body, len(missing), sum(cell.asked for cell in missing))
