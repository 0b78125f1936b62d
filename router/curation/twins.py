"""A brain's entries that answer the same thing, and those that would: `overlap` asked in threads,
in small parts. What was found is remembered, so that only what has changed is looked at again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from brains.database import Database
from brains.gaps import affinity
from brains.vectors import TextEncoder
from embeddings.matcher import Item, Matcher
from router.curation.overlap import SAME_FROM, Alike, Overlap, Pair

AT_ONCE = 64
# With more of the brain changed all of it is looked at: what is usual in it, and how crowded it
# is about an entry, may be other than it was.
CHANGED_SHARE_MAX = 0.1


class Seen(NamedTuple):
    """What was looked at, by key, and the pairs that were found."""

    items: dict[str, Item]
    found: dict[Pair, Alike]


class Twins(msgspec.Struct, frozen=True):
    """`seen` is what was looked at last, by brain, in this process."""

    db: Database
    encoder: TextEncoder
    matcher: Matcher
    seen: dict[str, Seen] = {}

    async def find(
        self, brain: str, keys: Sequence[str], report: Callable[[float], None]
    ) -> list[Alike]:
        """The pairs of a brain's entries that answer the same, or share a phrasing to the letter;
        those most alike first. `keys` are those of all its entries that visitors get now."""
        items = {item.key: item for item in self.items(keys)}
        found, asked = _kept(self.seen.get(brain), items)
        if asked:
            overlap = await self.overlap([*items.values()])
            found |= await alike(overlap, asked, SAME_FROM, report)
        self.seen[brain] = Seen(items, found)
        return sorted(found.values(), key=lambda one: (-one.evidence, one.pair))

    def items(self, keys: Sequence[str]) -> list[Item]:
        """Of those that can be found now."""
        return [self.matcher.item(key) for key in keys if key in self.matcher]

    async def overlap(self, items: Sequence[Item]) -> Overlap:
        ways = affinity.ways_of(await affinity.said(self.db, self.encoder))
        return await asyncio.to_thread(Overlap, items, ways)


async def alike(
    overlap: Overlap, keys: Sequence[str], least: float, report: Callable[[float], None]
) -> dict[Pair, Alike]:
    """The pairs with one of `keys` that share a phrasing or are alike enough."""
    found: dict[Pair, Alike] = {}
    for start in range(0, len(keys), AT_ONCE):
        report(start / len(keys))
        part = await asyncio.to_thread(overlap.pairs, keys[start : start + AT_ONCE], least)
        found.update((one.pair, one) for one in part)
    return found


def _kept(before: Seen | None, items: Mapping[str, Item]) -> tuple[dict[Pair, Alike], list[str]]:
    """The pairs that hold still, and whose likeness is to be asked."""
    if before is None:
        return {}, list(items)
    changed = [key for key, item in items.items() if before.items.get(key) is not item]
    gone = before.items.keys() - items.keys()
    if len(changed) + len(gone) > CHANGED_SHARE_MAX * len(items):
        return {}, list(items)
    old = {*changed, *gone}
    kept = {pair: one for pair, one in before.found.items() if old.isdisjoint(pair)}
    return kept, changed
