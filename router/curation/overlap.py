"""Entries that answer the same thing: found by their phrasings, some thousand in seconds.

Two whose phrasings are on the whole alike, each among the nearest few of the other by
their means, and all with a text in common are suspected. Their phrasings are asked as
if they were new: where some of each find the other first, and all of them find it
likely, a visitor cannot know which answer comes. So it is where two phrasings are
nearly equal. How near the nearest two phrasings are says nothing: entries on the
price of two things are nearer there than two on the same. All of it for a thread.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from brains.vectors import Vector
from embeddings.matcher import EVERYONE, Matcher, Phrasing, Scored, folded

NEIGHBOURS = 3
# Centred cosines: of means, for two entries to be compared; of two phrasings, to be nearly equal.
MEANS_FROM, EQUAL_FROM = 0.3, 0.93
MEANS_AT_ONCE = 512
ASKED_MAX_EACH, CANDIDATES = 8, 5
# The share of each one's phrasings that find the other first, and the mean probability that all of
# them give the other: docs/impact.md has how often that is right.
FOUND_FROM, LIKELY_FROM = 0.15, 0.12
EXAMPLES_MAX = 4

Pair = tuple[str, str]


class Suspect(NamedTuple):
    """Two entries' keys, phrasings that are nearly equal, and those to ask."""

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
    return [_compare(matcher, pair, rows) for pair in sorted(pairs)]


def same_things(matcher: Matcher, suspects: Sequence[Suspect]) -> list[list[str]]:
    """For each the phrasings that show it; none where the two are told apart after all."""
    found: list[list[str]] = [[] for _ in suspects]
    scopes = [_scopes(matcher, one) for one in suspects]
    order = sorted(range(len(suspects)), key=lambda place: sorted(scopes[place]))
    for _, group in groupby(order, key=lambda place: sorted(scopes[place])):
        places = list(group)
        asked = [one for place in places for one in suspects[place].ask]
        scored = iter(matcher.search_without(asked, scopes[places[0]], CANDIDATES))
        for place in places:
            suspect = suspects[place]
            answers = [next(scored) for _ in suspect.ask]
            found[place] = _shown(matcher, suspect, answers)
    return found


def _shown(matcher: Matcher, suspect: Suspect, answers: Sequence[Sequence[Scored]]) -> list[str]:
    """`answers` are what each phrasing of `suspect.ask` finds."""
    first: dict[str, list[bool]] = {key: [] for key in suspect.pair}
    likely: list[float] = []
    texts = list(suspect.equal)
    for asked, scored in zip(suspect.ask, answers, strict=True):
        other = suspect.pair[asked.key == suspect.pair[0]]
        is_first = bool(scored) and scored[0].key == other
        first[asked.key].append(is_first)
        likely.append(sum(one.probability for one in scored if one.key == other))
        if is_first:
            texts.append(matcher.item(asked.key).texts[asked.number])
    is_found = all(np.mean(each) >= FOUND_FROM for each in first.values())
    if suspect.equal or (is_found and np.mean(likely) >= LIKELY_FROM):
        return list(dict.fromkeys(texts))[:EXAMPLES_MAX]
    return []


def _scopes(matcher: Matcher, suspect: Suspect) -> frozenset[str]:
    own = (matcher.item(key).scopes for key in suspect.pair)
    return frozenset({EVERYONE}).union(*own)


def _near(means: Vector, keys: Sequence[str]) -> Iterable[Pair]:
    """Those that are each among the nearest of the other."""
    kept = min(NEIGHBOURS, len(keys) - 1)
    near: set[tuple[int, int]] = set()
    for start in range(0, len(keys), MEANS_AT_ONCE):
        alike = means[start : start + MEANS_AT_ONCE] @ means.T
        alike[np.arange(len(alike)), start + np.arange(len(alike))] = -1.0
        nearest = np.argpartition(-alike, kept - 1, axis=1)[:, :kept]
        for row, others in enumerate(nearest):
            near.update((start + row, int(o)) for o in others[alike[row, others] >= MEANS_FROM])
    return [_pair(keys[one], keys[other]) for one, other in near if (other, one) in near]


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
        Phrasing(key, number)
        for key in pair
        for number in range(min(ASKED_MAX_EACH, len(matcher.item(key).texts)))
    ]
    return Suspect(pair, equal, ask)


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def _unit(vectors: Vector) -> Vector:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
