"""Entries that answer the same thing: found by their phrasings, some thousand in seconds.

Whose phrasings are on the whole alike is found by their means; of those pairs, and
of all with a text in common, the phrasings are compared one by one. Where two are
nearly equal, or where several of one entry's, asked as if they were new, find the
other rather, a visitor cannot know which answer comes. All of it for a thread.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from brains.vectors import Vector
from embeddings.matcher import EVERYONE, Matcher, Phrasing, folded

NEIGHBOURS = 8
# Centred cosines: of means, for two entries to be compared; of two phrasings, for one to be asked
# whose it is; and for them to be nearly equal.
MEANS_FROM, ASKED_FROM, EQUAL_FROM = 0.5, 0.75, 0.93
MEANS_AT_ONCE = 512
ASKED_MAX_EACH = 4
FOUND_FROM, FOUND_MIN = 0.5, 2
EXAMPLES_MAX = 4

Pair = tuple[str, str]


class Suspect(NamedTuple):
    """Two entries' keys, phrasings that are nearly equal, and those worth asking."""

    pair: Pair
    equal: list[str]
    ask: list[Phrasing]


def suspects(matcher: Matcher, keys: Sequence[str]) -> list[Suspect]:
    """The pairs of `keys` that may be about the same thing."""
    items = [matcher.item(key) for key in keys]
    if len(items) < 2:
        return []
    centre = np.vstack([item.vectors for item in items]).mean(axis=0)
    rows = {item.key: _unit(item.vectors - centre) for item in items}
    means = _unit(np.stack([rows[key].mean(axis=0) for key in keys]))
    pairs = {*_near(means, keys), *_same_text(matcher, keys)}
    found = [_compare(matcher, pair, rows) for pair in sorted(pairs)]
    return [one for one in found if one.equal or one.ask]


def same_thing(matcher: Matcher, suspect: Suspect) -> list[str]:
    """The phrasings that show it; none where the two are told apart after all."""
    found = list(suspect.equal)
    if suspect.ask:
        scopes = {EVERYONE}.union(*(matcher.item(key).scopes for key in suspect.pair))
        for asked, scored in zip(
            suspect.ask, matcher.search_without(suspect.ask, scopes, 1), strict=True
        ):
            other = suspect.pair[asked.key == suspect.pair[0]]
            if scored and scored[0].key == other and scored[0].probability >= FOUND_FROM:
                found.append(matcher.item(asked.key).texts[asked.number])
    shown = list(dict.fromkeys(found))
    return shown[:EXAMPLES_MAX] if suspect.equal or len(shown) >= FOUND_MIN else []


def _near(means: Vector, keys: Sequence[str]) -> Iterable[Pair]:
    for start in range(0, len(keys), MEANS_AT_ONCE):
        alike = means[start : start + MEANS_AT_ONCE] @ means.T
        alike[np.arange(len(alike)), start + np.arange(len(alike))] = -1.0
        kept = min(NEIGHBOURS, len(keys) - 1)
        nearest = np.argpartition(-alike, kept - 1, axis=1)[:, :kept]
        for row, others in enumerate(nearest):
            for other in others[alike[row, others] >= MEANS_FROM]:
                yield _pair(keys[start + row], keys[int(other)])


def _same_text(matcher: Matcher, keys: Sequence[str]) -> Iterable[Pair]:
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for key in keys:
        for text in matcher.item(key).texts:
            owners[folded(text)].add(key)
    for shared in owners.values():
        first, *others = sorted(shared)
        yield from ((first, other) for other in others)


def _compare(matcher: Matcher, pair: Pair, rows: dict[str, Vector]) -> Suspect:
    one, other = pair
    alike = rows[one] @ rows[other].T
    texts = matcher.item(one).texts
    equal = [texts[int(number)] for number in np.flatnonzero(alike.max(axis=1) >= EQUAL_FROM)]
    ask = [
        Phrasing(key, int(number))
        for key, best in ((one, alike.max(axis=1)), (other, alike.max(axis=0)))
        for number in np.argsort(-best)[:ASKED_MAX_EACH]
        if best[number] >= ASKED_FROM
    ]
    return Suspect(pair, equal, ask)


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def _unit(vectors: Vector) -> Vector:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
