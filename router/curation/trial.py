"""A change to one entry, and questions asked with and without it.

The entry as visitors get it and as it is proposed are each put into a variant
of the matcher, as newcomers both: only the edit differs. A phrasing is asked as
if it were new, wherever it is held.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from brains.knowledge import scopes_of
from brains.model import Body, Entry
from brains.vectors import Vector
from embeddings.matcher import Matcher, Phrasing, Scored
from router.curation.verdicts import Known

# The phrasings nearest to a change that are tried: it cannot win those further away than all these.
PHRASINGS_MAX = 2_000
AT_ONCE = 128
CANDIDATES = 10


class Question(NamedTuple):
    """One to try in `body`. `phrasing_of` is the key of whose phrasing it is, None where a visitor
    asked it so many `times`. `before` and `after` are where the phrasing is held, if it is."""

    text: str
    vector: Vector
    body: Body
    language: str
    known: Known = Known()
    times: int = 1
    phrasing_of: str | None = None
    before: Phrasing | None = None
    after: Phrasing | None = None


class Trial(NamedTuple):
    """`old` is None where visitors do not get the entry now, `new` where it is to be retired."""

    key: str
    old: Entry | None
    new: Entry | None
    before: Matcher
    after: Matcher
    now: dt.datetime

    def meets(self, body: Body) -> bool:
        """Whether the body's visitors can meet the change."""
        scopes = scopes_of(body)
        return any(scopes & {*entry.audience} for entry in (self.old, self.new) if entry)

    def phrasings(self, bodies: Sequence[Body]) -> list[Question]:
        """The entry's own phrasings, old and new, and those of others nearest to it, each asked
        in the first of `bodies` that has both. Slow: for a thread."""
        hosts = [body for body in bodies if self.meets(body)]
        if not hosts:
            return []
        near = [one for one in self._near() if one.key != self.key]
        others = [self._other(one, host) for one in near if (host := self._host(one, hosts))]
        return [*self._own(hosts[0]), *others]

    def added(self) -> list[str]:
        """The phrasings that are new."""
        known = set(self.old.questions if self.old else ())
        return [text for text in (self.new.questions if self.new else ()) if text not in known]

    def stolen(self, questions: Sequence[Question]) -> list[bool]:
        """Of questions that would go to the entry from another, whether it takes what is the
        other's: that is wanted, or has the nearest phrasing still. Slow: for a thread."""
        if not questions:
            return []
        scopes = scopes_of(questions[0].body)
        nearest = self.after.nearest_keys(np.stack([one.vector for one in questions]), scopes)
        return [
            one.known.wanted not in (None, self.key) or (one.known == Known() and near != self.key)
            for one, near in zip(questions, nearest, strict=True)
        ]

    @property
    def id(self) -> str:
        return self.key.partition("/")[2]

    def _near(self) -> list[Phrasing]:
        held = [matcher for matcher in (self.before, self.after) if self.key in matcher]
        changed = np.vstack([matcher.item(self.key).vectors for matcher in held])
        return self.after.phrasings_near(changed, PHRASINGS_MAX)

    def _host(self, phrasing: Phrasing, hosts: Sequence[Body]) -> Body | None:
        scopes = self.after.item(phrasing.key).scopes
        return next((body for body in hosts if scopes_of(body) & scopes), None)

    def _other(self, phrasing: Phrasing, host: Body) -> Question:
        item, number = self.after.item(phrasing.key), phrasing.number
        text, vector = item.texts[number], item.vectors[number]
        known = Known(wanted=phrasing.key)
        return Question(
            text, vector, host, host.language, known, 1, phrasing.key, phrasing, phrasing
        )

    def _own(self, host: Body) -> Iterator[Question]:
        before, after = (
            self._places(matcher) if self.key in matcher else {}
            for matcher in (self.before, self.after)
        )
        for text in {**before, **after}:
            matcher, held = (self.after, after) if text in after else (self.before, before)
            known = Known(wanted=self.key) if text in after else Known()
            yield Question(
                text,
                matcher.item(self.key).vectors[held[text].number],
                host,
                host.language,
                known,
                1,
                self.key,
                before.get(text),
                after.get(text),
            )

    def _places(self, matcher: Matcher) -> dict[str, Phrasing]:
        texts = matcher.item(self.key).texts
        return {text: Phrasing(self.key, number) for number, text in enumerate(texts)}


def batches(questions: Iterable[Question]) -> Iterator[list[Question]]:
    """Questions that can be asked together: in one body, held alike."""
    ordered = sorted(questions, key=_alike)
    for _, group in groupby(ordered, key=_alike):
        alike = list(group)
        for start in range(0, len(alike), AT_ONCE):
            yield alike[start : start + AT_ONCE]


def ask(trial: Trial, batch: Sequence[Question]) -> list[tuple[list[Scored], list[Scored]]]:
    """What each of a batch finds before and after. Slow: for a thread."""
    before = _search(trial.before, batch, [one.before for one in batch])
    after = _search(trial.after, batch, [one.after for one in batch])
    return list(zip(before, after, strict=True))


def _search(
    matcher: Matcher, batch: Sequence[Question], places: Sequence[Phrasing | None]
) -> list[list[Scored]]:
    scopes = scopes_of(batch[0].body)
    held = [place for place in places if place is not None]
    if held:
        return matcher.search_without(held, scopes, CANDIDATES)
    vectors = np.stack([one.vector for one in batch])
    return matcher.search_many([one.text for one in batch], vectors, scopes, CANDIDATES)


def _alike(question: Question) -> tuple[str, bool, bool]:
    return question.body.id, question.before is None, question.after is None
