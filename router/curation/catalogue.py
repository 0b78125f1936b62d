"""A brain's entries as a list to look through: sought, narrowed, sorted, a page at a time.

The newest state of every entry is kept in memory, drafts too, and brought up
to date by the change feed, so that any order and any filter costs no query.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Literal

import msgspec

from brains import asked, changes, entries
from brains.database import Database
from brains.entries import Summary
from brains.knowledge import title_of

SOON = dt.timedelta(days=30)
COUNTED = dt.timedelta(days=30)
COUNTS_KEPT = dt.timedelta(minutes=1)
PAGE_ITEMS = 50

Show = Literal["", "draft", "in_review", "published", "retired", "changed"]
Order = Literal["changed", "title", "asked", "expires"]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to show. Empty means any.

    `show` "changed" is what is live and has a newer draft. `lacks` is a language. `audience`
    is `*`, a body or `group:x`. `expiring`: the answer's time is up, or is within `SOON`.
    """

    text: str = ""
    show: Show = ""
    topic: str = ""
    owner: str = ""
    audience: str = ""
    lacks: str = ""
    expiring: bool = False
    order: Order = "changed"


class Line(msgspec.Struct, frozen=True):
    """One line of the list. `asked` is how often it answered in the last 30 days."""

    summary: Summary
    asked: int


class Choices(msgspec.Struct, frozen=True):
    """What there is to narrow by, among the entries that may be seen."""

    statuses: dict[str, int]
    topics: list[str]
    owners: list[str]
    audiences: list[str]


class Lines(msgspec.Struct, frozen=True):
    """One page of `total` lines. `next` is the number of the page after it, None at the end."""

    items: list[Line]
    total: int
    next: int | None
    choices: Choices


class _Shelf:
    """One brain's entries, as of line `number` of the change feed."""

    def __init__(self) -> None:
        self.number = -1
        self.summaries: dict[str, Summary] = {}
        self.folded: dict[str, str] = {}
        self.lock = asyncio.Lock()

    def put(self, found: Iterable[Summary]) -> None:
        for summary in found:
            self.summaries[summary.entry.id] = summary
            self.folded[summary.entry.id] = _folded(summary)


class Catalogue:
    """All brains' entries, each read when first asked for."""

    def __init__(self, db: Database, clock: Callable[[], dt.datetime]) -> None:
        self._db = db
        self._clock = clock
        self._shelves: dict[str, _Shelf] = {}
        self._counts: dict[tuple[str, str | None], tuple[dt.datetime, dict[str, int]]] = {}

    async def look(
        self,
        brain: str,
        wanted: Wanted,
        sees: Callable[[Summary], bool],
        body: str | None = None,
        page: int = 1,
    ) -> Lines:
        """The entries that are wanted and that `sees` lets through. `body` counts only there."""
        shelf = await self._shelf(brain)
        counts = await self.answered(brain, body)
        seen = [one for one in shelf.summaries.values() if sees(one)]
        words = wanted.text.casefold().split()
        found = [
            one
            for one in seen
            if _fits(one, wanted, self._clock())
            and all(word in shelf.folded[one.entry.id] for word in words)
        ]
        found.sort(key=lambda one: _place(one, wanted.order, counts))
        start = (max(page, 1) - 1) * PAGE_ITEMS
        items = [
            Line(one, counts.get(one.entry.id, 0)) for one in found[start : start + PAGE_ITEMS]
        ]
        more = start + PAGE_ITEMS < len(found)
        return Lines(items, len(found), page + 1 if more else None, _choices(seen))

    async def summary(self, brain: str, id: str) -> Summary | None:
        """One entry's line."""
        return (await self._shelf(brain)).summaries.get(id)

    async def choices(self, brain: str, sees: Callable[[Summary], bool]) -> Choices:
        """What topics, owners and audiences the entries have."""
        shelf = await self._shelf(brain)
        return _choices([one for one in shelf.summaries.values() if sees(one)])

    async def answered(self, brain: str, body: str | None = None) -> dict[str, int]:
        """How often each entry answered in the last 30 days; at most a minute old."""
        now = self._clock()
        at, counts = self._counts.get((brain, body), (None, {}))
        if at is None or not now - COUNTS_KEPT < at <= now:
            async with self._db.read() as tx:
                counts = await asked.answered_since(tx, brain, now - COUNTED, body)
            self._counts[brain, body] = now, counts
        return counts

    async def _shelf(self, brain: str) -> _Shelf:
        shelf = self._shelves.setdefault(brain, _Shelf())
        async with shelf.lock, self._db.read() as tx:
            if shelf.number < 0:
                number = await changes.last(tx)
                shelf.put(await entries.summaries(tx, brain))
                shelf.number = number
            while feed := await changes.after(tx, shelf.number):
                ids = {one.key for one in feed if one.kind == "entry" and one.brain == brain}
                shelf.put(await entries.summaries(tx, brain, sorted(ids)))
                shelf.number = feed[-1].number
        return shelf


def has_newer(summary: Summary) -> bool:
    """Whether visitors get an older state than the newest."""
    return summary.live_revision not in (None, summary.entry.revision)


def _folded(summary: Summary) -> str:
    entry = summary.entry
    texts = (entry.id, entry.title, entry.topic, *entry.questions, *entry.answers.values())
    return "\n".join(texts).casefold()


def _fits(summary: Summary, wanted: Wanted, now: dt.datetime) -> bool:
    entry = summary.entry
    ends = entry.valid_until
    return (
        _is_shown(summary, wanted.show)
        and wanted.topic in ("", entry.topic)
        and wanted.owner in ("", entry.owner)
        and (not wanted.audience or wanted.audience in entry.audience)
        and (not wanted.lacks or wanted.lacks not in entry.answers)
        and (not wanted.expiring or (ends is not None and ends < now + SOON))
    )


def _is_shown(summary: Summary, show: Show) -> bool:
    if show == "changed":
        return has_newer(summary)
    if show == "":
        return summary.entry.status != "retired"
    return summary.entry.status == show


def _place(summary: Summary, order: Order, counts: dict[str, int]) -> tuple[object, ...]:
    entry = summary.entry
    title = title_of(entry).casefold()
    match order:
        case "title":
            return (title, entry.id)
        case "asked":
            return (-counts.get(entry.id, 0), title)
        case "expires":
            ends = entry.valid_until
            return (ends is None, ends.timestamp() if ends else 0.0, title)
        case _:
            return (-summary.updated_at.timestamp(), title)


def _choices(seen: Collection[Summary]) -> Choices:
    statuses: Counter[str] = Counter(one.entry.status for one in seen)
    statuses["changed"] = sum(has_newer(one) for one in seen)
    statuses[""] = len(seen) - statuses["retired"]
    topics = {one.entry.topic for one in seen} - {""}
    owners = {one.entry.owner for one in seen if one.entry.owner}
    audiences = {scope for one in seen for scope in one.entry.audience}
    return Choices(dict(statuses), sorted(topics), sorted(owners), sorted(audiences))
