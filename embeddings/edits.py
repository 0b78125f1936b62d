"""One item as it is and as it would be, each held beside all others: what questions find.

Most questions have neither among their nearest phrasings: nothing changes for them, and counting
who is nearer shows it. For most others it is so far from the best that the best candidate stays
the same, and as probable. Only what is left is calibrated, twice. All of it for a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from embeddings import fitting
from embeddings.matcher import EVERYONE, Matcher, Phrasing
from embeddings.ranking import Item, Near, Ordered, Scored, merged

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

UNSEEN = -2.0


class Asking(NamedTuple):
    """A question with its vector (d,), asked by somebody of those scopes. `before` and `after`
    are where it is held, if it is a phrasing, which is then asked as if it were new."""

    text: str
    vector: Floats
    scopes: frozenset[str]
    before: Phrasing | None = None
    after: Phrasing | None = None


Both = tuple[list[Scored], list[Scored]]


class Edit:
    """`before` and `after` are matchers that differ only in the item `key`. `matcher` is the one
    they are made from: nobody else may have it."""

    def __init__(self, matcher: Matcher, key: str, old: Item | None, new: Item | None) -> None:
        matcher.remove(key)
        self.key = key
        self._others = matcher
        self.before = matcher.variant([old] if old else [])
        self.after = matcher.variant([new] if new else [])

    def find(
        self, asked: Sequence[Asking], limit: int, noise: float, is_firm: Callable[[str], bool]
    ) -> list[Both | None]:
        """What each question finds before and after; None where another candidate than the item
        is the best both times, and its probability differs by less than `noise`.

        That is said only of a best candidate that `is_firm`: others may be passed over later.
        """
        found: list[Both | None] = [None] * len(asked)
        centred = self._others.space.centred(np.stack([one.vector for one in asked]))
        alike = [self._alike(one) for one in asked]
        possible = np.flatnonzero(self._possible(asked, centred)).tolist()
        for _, group in groupby(sorted(possible, key=alike.__getitem__), alike.__getitem__):
            places = list(group)
            part = [asked[place] for place in places]
            near = self._others.shortlist(centred[places], part[0].scopes)
            before = _Side.of(self.before, self.key, part, [one.before for one in part], near)
            after = _Side.of(self.after, self.key, part, [one.after for one in part], near)
            open_ = [
                number
                for number, one in enumerate(part)
                if self._is_own(one) or not _is_settled(before, after, number, noise, is_firm)
            ]
            both = zip(before.scored(open_, limit), after.scored(open_, limit), strict=True)
            for number, pair in zip(open_, both, strict=True):
                found[places[number]] = pair
        return found

    def _possible(self, asked: Sequence[Asking], centred: Floats) -> Mask:
        """Which questions may have the item among their nearest, shape (n,)."""
        own = self._own_similarity(asked, centred)
        is_own = np.array([self._is_own(one) for one in asked])
        possible: Mask = (own > UNSEEN) | is_own
        # A phrasing is here because it is near: to count would be in vain.
        counted = np.flatnonzero([one.before is None and one.after is None for one in asked])
        least = fitting.SHORTLIST_ROWS
        possible[counted] &= ~self._others.outnumbered(centred[counted], own[counted], least)
        return possible

    def _own_similarity(self, asked: Sequence[Asking], centred: Floats) -> Floats:
        """To the item's nearest phrasing, old or new, shape (n,); `UNSEEN` for who sees neither."""
        best = np.full(len(asked), UNSEEN, dtype=np.float32)
        for matcher in (self.before, self.after):
            if self.key in matcher:
                item = matcher.item(self.key)
                sees = np.array([_sees(one.scopes, item) for one in asked])
                alike = (centred @ matcher.space.centred(item.vectors).T).max(axis=1)
                best[sees] = np.maximum(best, alike)[sees]
        return best

    def _alike(self, asked: Asking) -> tuple[list[str], bool, bool]:
        """Equal for questions that can be asked together."""
        scopes = asked.scopes & (self.before.scopes | self.after.scopes)
        return sorted(scopes), asked.before is None, asked.after is None

    def _is_own(self, asked: Asking) -> bool:
        """Whether it is one of the item's own phrasings."""
        return any(one is not None and one.key == self.key for one in (asked.before, asked.after))


class _Side(NamedTuple):
    """Questions of one scope beside one of the two matchers. `without` has the rows that are the
    questions themselves."""

    matcher: Matcher
    key: str
    texts: list[str]
    asked: fitting.Asked
    near: list[Near]
    orders: list[Ordered | None]
    without: list[int] | None

    @staticmethod
    def of(
        matcher: Matcher,
        key: str,
        part: Sequence[Asking],
        places: Sequence[Phrasing | None],
        others: Sequence[Near],
    ) -> _Side:
        """`others` are the nearest rows but the item's."""
        texts, held = [one.text for one in part], [one for one in places if one is not None]
        if held:
            asked = matcher.asked(held)
        else:
            vectors = np.stack([one.vector for one in part])
            asked = fitting.Asked.of(texts, vectors, matcher.space)
        near = _with_own(matcher, key, part[0].scopes, asked.centred, others)
        without = [matcher.row(one) for one in held] or None
        if without is not None:
            near = [one.without(row) for one, row in zip(near, without, strict=True)]
        orders = matcher.orders(texts, asked.features, near, without)
        return _Side(matcher, key, texts, asked, near, orders, without)

    def scored(self, places: Sequence[int], limit: int) -> list[list[Scored]]:
        return self.matcher.calibrated(
            [self.texts[place] for place in places],
            self.asked.pick(np.array(places, dtype=np.intp)),
            [self.near[place] for place in places],
            [self.orders[place] for place in places],
            limit,
            self.without and [self.without[place] for place in places],
        )

    def has_nearest(self, place: int) -> bool:
        """Whether the item has the nearest phrasing."""
        return self.matcher.key_of(int(self.near[place].rows[0])) == self.key


def _with_own(
    matcher: Matcher,
    key: str,
    scopes: frozenset[str],
    centred: Floats,
    others: Sequence[Near],
) -> list[Near]:
    """The nearest rows, the item's own among them."""
    if key not in matcher or not _sees(scopes, matcher.item(key)):
        return list(others)
    rows = np.array(matcher.rows(key), dtype=np.int64)
    alike = centred @ matcher.space.centred(matcher.item(key).vectors).T
    return [
        merged([(near.rows, near.similarities), (rows, own)])
        for near, own in zip(others, alike, strict=True)
    ]


def _is_settled(
    before: _Side, after: _Side, place: int, noise: float, is_firm: Callable[[str], bool]
) -> bool:
    old, new = before.orders[place], after.orders[place]
    if old is None or new is None:
        return old is new
    best = old.keys[0]
    if best != new.keys[0] or best == before.key or not is_firm(best) or old.exact != new.exact:
        return False
    if before.has_nearest(place) or after.has_nearest(place):
        return False
    pairs = [(old, before.near[place]), (new, after.near[place])]
    return before.matcher.moves_at_most(*pairs) < noise


def _sees(scopes: frozenset[str], item: Item) -> bool:
    return EVERYONE in item.scopes or not scopes.isdisjoint(item.scopes)
