"""A change to one entry, and questions asked with and without it.

The entry as visitors get it and as it is proposed are each held beside all
others, as newcomers both (`embeddings.edits`): only the edit differs. A
phrasing is asked as if it were new, wherever it is held.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from brains.knowledge import scopes_of
from brains.knowledge.visibility import is_for
from brains.model import Body, Entry
from brains.vectors import Vector
from embeddings.edits import Asking, Both, Edit
from embeddings.matcher import Matcher, Phrasing
from embeddings.matter import strays
from router.curation.verdicts import NOISE, Known

# The phrasings nearest to a change that are tried: it cannot win those further away than all these.
PHRASINGS_MAX = 2_000
AT_ONCE = 256
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
    edit: Edit
    now: dt.datetime

    def meets(self, body: Body) -> bool:
        """Whether the body's visitors can meet the change."""
        return any(is_for(entry, scopes_of(body)) for entry in (self.old, self.new) if entry)

    def phrasings(self, bodies: Sequence[Body]) -> list[Question]:
        """The entry's own phrasings, old and new, and those of others nearest to it, each asked
        in the first of `bodies` that has both. Slow: for a thread."""
        hosts = [body for body in bodies if self.meets(body)]
        if not hosts:
            return []
        near = [one for one in self._near() if one.key != self.key]
        others = [self._other(one, host) for one in near if (host := self._host(one, hosts))]
        firsts = [hosts[0], *(group[0] for group in self.left(bodies))]
        return [*(one for host in firsts for one in self._own(host)), *others]

    def left(self, bodies: Sequence[Body]) -> list[list[Body]]:
        """The bodies whose visitors would not get the entry any more, though others still do; in
        groups whose visitors get the same entries."""
        if self.old is None or self.new is None:
            return []
        groups: dict[frozenset[str], list[Body]] = {}
        for body in bodies:
            scopes = scopes_of(body)
            if is_for(self.old, scopes) and not is_for(self.new, scopes):
                groups.setdefault(scopes & self.edit.before.scopes, []).append(body)
        return list(groups.values())

    def added(self) -> list[str]:
        """The phrasings that are new."""
        known = set(self.old.questions if self.old else ())
        return [text for text in (self.new.questions if self.new else ()) if text not in known]

    def ask(self, questions: Sequence[Question]) -> list[Both | None]:
        """What each finds before and after; None where the change makes next to no difference.
        Slow: for a thread, some hundred at a time."""
        asked = [
            Asking(one.text, one.vector, scopes_of(one.body), one.before, one.after)
            for one in questions
        ]
        return self.edit.find(asked, CANDIDATES, NOISE, _is_entry)

    def is_stolen(self, question: Question) -> bool:
        """Of a question that would go to the entry from another, whether it takes what is the
        other's: that is wanted, or has the nearest phrasing still. Slow: for a thread."""
        if question.known != Known():
            return question.known.wanted not in (None, self.key)
        near = self.edit.after.nearest_keys(question.vector[None, :], scopes_of(question.body))
        return near[0] != self.key

    def other_matter(self) -> str | None:
        """The key of another entry that a new answer is about, where no old one was about another.
        Slow: for a thread."""
        if self.key not in self.edit.after:
            return None
        after = self.edit.after.item(self.key)
        new = after.passages
        if self.key in self.edit.before:
            before = self.edit.before.item(self.key)
            if strays(self.edit.before, before, before.passages):
                return None
            new = new[~(new[:, None] == before.passages[None]).all(axis=2).any(axis=1)]
        return strays(self.edit.after, after, new)

    @property
    def id(self) -> str:
        return self.key.partition("/")[2]

    def _near(self) -> list[Phrasing]:
        held = [matcher for matcher in (self.edit.before, self.edit.after) if self.key in matcher]
        changed = np.vstack([matcher.item(self.key).vectors for matcher in held])
        return self.edit.after.phrasings_near(changed, PHRASINGS_MAX)

    def _host(self, phrasing: Phrasing, hosts: Sequence[Body]) -> Body | None:
        scopes = self.edit.after.item(phrasing.key).scopes
        return next((body for body in hosts if scopes_of(body) & scopes), None)

    def _other(self, phrasing: Phrasing, host: Body) -> Question:
        item, number = self.edit.after.item(phrasing.key), phrasing.number
        text, vector = item.texts[number], item.vectors[number]
        known = Known(wanted=phrasing.key)
        return Question(
            text, vector, host, host.language, known, 1, phrasing.key, phrasing, phrasing
        )

    def _own(self, host: Body) -> Iterator[Question]:
        before, after = (
            self._places(matcher) if self.key in matcher else {}
            for matcher in (self.edit.before, self.edit.after)
        )
        for text in {**before, **after}:
            matcher, held = (
                (self.edit.after, after) if text in after else (self.edit.before, before)
            )
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


def _is_entry(key: str) -> bool:
    """Whether a candidate is an entry: another county's remit may be passed over."""
    return key.startswith("entry:")
