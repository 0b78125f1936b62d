"""Entries on the same thing, told from those that only look it: with the default encoder, and
what is looked at again."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from benchmarks import twins
from embeddings.matcher import Item
from router.curation.overlap import KNOWN_FROM, SAME_FROM, Overlap
from router.service import Service
from tests.conftest import DefaultEncoder
from tests.router.conftest import GYM

# Figures when these were measured are in docs/twins.md; a fall below is a regression.
FOUND_SHARE_MIN, WRONG_MAX = 0.7, 7


@pytest.mark.parametrize("half", list(twins.HALVES))
def test_most_twins_are_found_and_few_others(default_encoder: DefaultEncoder, half: str) -> None:
    found = twins.in_brain(default_encoder, half)
    assert found.found >= FOUND_SHARE_MIN * found.wanted
    assert len(found.wrong) <= WRONG_MAX


@pytest.mark.parametrize("half", list(twins.HALVES))
def test_nothing_is_merged_wrongly_by_default(default_encoder: DefaultEncoder, half: str) -> None:
    rows = twins.imported(default_encoder, half)
    assert rows.shown >= FOUND_SHARE_MIN * rows.wanted
    assert rows.merged_wrong == 0


def some_items(count: int) -> list[Item]:
    vectors = np.random.default_rng(0).standard_normal((count, 2, 32)).astype(np.float32)
    return [
        Item(f"entry:x/{number}", [f"spørsmål {number}", f"hva er {number}"], each, each[:1])
        for number, each in enumerate(vectors)
    ]


@pytest.mark.parametrize("count", [2, KNOWN_FROM])
def test_a_phrasing_in_common_counts_however_few_there_are(count: int) -> None:
    first, *others = some_items(count)
    same = msgspec.structs.replace(others[0], texts=["Spørsmål 0?", "noe annet"])
    items = [first, same, *others[1:]]
    ways = np.zeros((32, 1), np.float32)
    found = Overlap(items, ways).pairs([first.key], SAME_FROM)
    assert [(one.pair, one.equal) for one in found] == [((first.key, same.key), True)]


def test_twins_are_found_from_either_side() -> None:
    items = some_items(60)
    twin = msgspec.structs.replace(items[3], key="entry:x/twin", texts=["noe", "annet"])
    overlap = Overlap([*items, twin], np.zeros((32, 1), np.float32))
    pair = (items[3].key, twin.key)
    for keys in ([items[3].key], [twin.key], [one.key for one in items]):
        assert [one.pair for one in overlap.pairs(keys, SAME_FROM)] == [pair]


@pytest.mark.asyncio(loop_scope="session")
async def test_only_what_has_changed_is_looked_at_again(desk: Service) -> None:
    twins_of = desk.conflicts.twins
    keys = [f"entry:kommune/{id}" for id in sorted(desk.knowledge.entries["kommune"])]
    twins_of.seen.clear()
    shares: list[float] = []
    first = await twins_of.find("kommune", keys, shares.append)
    asked = len(shares)
    assert asked > 0
    assert await twins_of.find("kommune", keys, shares.append) == first
    assert len(shares) == asked
    twin = msgspec.structs.replace(GYM, id="gymsal-tvilling")
    await desk.curation.save_entry("kommune", twin, "test")
    key = "entry:kommune/gymsal-tvilling"
    found = await twins_of.find("kommune", sorted([*keys, key]), shares.append)
    assert len(shares) == asked + 1
    assert ("entry:kommune/gymsal", key) in [one.pair for one in found]
    assert [one for one in found if key not in one.pair] == first
    await desk.curation.retire_entry("kommune", "gymsal-tvilling", "test")
    assert await twins_of.find("kommune", keys, shares.append) == first
