"""What makes a change harmful: the reasons a curator is shown. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from brains.knowledge import key_of
from brains.model import Body
from router.curation.verdicts import Judgement, Verdict

# answered elsewhere   a new phrasing is answered by another entry today
# too general          a new phrasing's words are in several other entries' phrasings
# takes phrasings      what is worded like another entry's phrasings would go to this one
# takes questions      what visitors asked, and another entry answers, would go to this one
# others' matters      what is referred to another body today would be answered here
# more worse           of the questions tried, more would be answered worse than better
# loses answers        what visitors asked, and it answers today, nothing would
# lacks facts          bodies that answer today would lack a fact
# not always valid     what visitors asked, and it answers today, waits for it or is soon without it
# loses bodies         bodies whose visitors would get nothing instead
# other owner          what visitors asked would be referred to another body than today
# says less            a text has no link, number or figure any more, or little of what it said
# drops languages      a language that the answer had, it has no more
# wrong language       what is written for one language is in another
# other matter         the text is about what another entry answers
# fewer languages      the same, where nobody asked in it of late
# has own text         bodies have a text of their own: the new one does not reach their visitors
Kind = Literal[
    "answered elsewhere",
    "too general",
    "takes phrasings",
    "takes questions",
    "others' matters",
    "more worse",
    "loses answers",
    "lacks facts",
    "not always valid",
    "loses bodies",
    "other owner",
    "says less",
    "drops languages",
    "wrong language",
    "other matter",
    "fewer languages",
    "has own text",
]
# Good to know, and as it should be.
HARMLESS: frozenset[Kind] = frozenset({"fewer languages", "has own text"})
SHOWN_MAX = 5
# So few questions one way or the other say nothing.
WORSE_MIN = 3
WORSE_PHRASINGS_MIN = 3
# Of some 2,000 phrasings tried, one that changes sides is a close call, and no harm done.
TAKEN_PHRASINGS_MIN = 2


class Reason(msgspec.Struct, frozen=True):
    """`count` questions (or bodies), of which some: their texts, and the ids of the entries (or
    bodies) that they are taken from; `since` and `until` when, where it is not for good."""

    kind: Kind
    count: int
    texts: list[str] = []
    others: list[str] = []
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    @property
    def does_harm(self) -> bool:
        return self.kind not in HARMLESS


class Away(NamedTuple):
    """A time without the entry. `until` is None where it does not come back."""

    since: dt.datetime
    until: dt.datetime | None = None


class Tried(msgspec.Struct, frozen=True):
    """A question of `body` with its verdicts. `of` is the key of whose phrasing it is, None where
    it was asked; `is_stolen` where the changed entry takes it from another."""

    text: str
    body: str
    before: Verdict
    after: Verdict
    judgement: Judgement | None
    of: str | None = None
    is_stolen: bool = False


def reasons(
    key: str, tried: Sequence[Tried], shared: Mapping[str, Sequence[str]], without: Sequence[str]
) -> list[Reason]:
    """`shared` has for each new phrasing, but those known to be rightly this entry's, the ids of
    the entries it could as well be about; `without` the bodies that would lack a fact."""
    others = [one for one in tried if one.of != key]
    stolen = [one for one in others if one.is_stolen]
    elsewhere = [
        one
        for one in tried
        if one.of == key and one.text in shared and one.before.answers not in (None, key)
    ]
    general = [text for text, ids in shared.items() if ids]
    found = [
        _of("answered elsewhere", elsewhere),
        Reason("too general", len(general), general[:SHOWN_MAX], _ids(shared, general)),
        _of("takes phrasings", _taken([one for one in stolen if one.of is not None])),
        _of("takes questions", [one for one in stolen if one.of is None and _was_answered(one)]),
        _of("others' matters", [one for one in others if _was_anothers(one, key)]),
        _of("more worse", _more_worse(others)),
        _asked("loses answers", [one for one in tried if _is_lost(one, key)]),
        _asked("other owner", [one for one in tried if _moves(one, key)]),
    ]
    return [*_said(found), *lacking(without)]


def window(key: str, tried: Sequence[Tried], away: Away | None) -> list[Reason]:
    """What visitors asked that has no answer for a time, or after it."""
    if away is None:
        return []
    found = _asked("not always valid", [one for one in tried if one.before.answers == key])
    return _said([msgspec.structs.replace(found, since=away.since, until=away.until)])


def left(key: str, tried: Sequence[Tried], groups: Sequence[Sequence[Body]]) -> list[Reason]:
    """The bodies, of `groups` that are each alike, where nothing answers the entry's phrasings
    any more. The first of a group has them tried."""
    lost: list[str] = []
    for group in groups:
        own = [one for one in tried if one.of == key and one.body == group[0].id]
        if sum(one.after.answers is not None for one in own) <= len(own) / 2:
            lost += [body.id for body in group]
    return _said([Reason("loses bodies", len(lost), [], lost[:SHOWN_MAX])])


def about_another(key: str | None, brain: str) -> list[Reason]:
    """What a new text is about, where that is another entry of the brain."""
    prefix = key_of(brain, "")
    if key is None or not key.startswith(prefix):
        return []
    return [Reason("other matter", 1, [], [key.removeprefix(prefix)])]


def lacking(bodies: Sequence[str]) -> list[Reason]:
    """The bodies that would lack a fact."""
    return _said([Reason("lacks facts", len(bodies), [], list(bodies[:SHOWN_MAX]))])


def without_languages(
    gone: Sequence[str], asked: Sequence[str] = (), *, shared: bool
) -> list[Reason]:
    """The languages a text is no more in. It does harm where it is the `shared` one, and where
    visitors `asked` in them."""
    kind: Kind = "drops languages" if shared or asked else "fewer languages"
    return _said([Reason(kind, len(gone), list(dict.fromkeys(asked))[:SHOWN_MAX], list(gone))])


def unreached(bodies: Sequence[str]) -> list[Reason]:
    return _said([Reason("has own text", len(bodies), [], list(bodies[:SHOWN_MAX]))])


def _said(reasons: Sequence[Reason]) -> list[Reason]:
    return [reason for reason in reasons if reason.count]


def _of(kind: Kind, tried: Sequence[Tried]) -> Reason:
    owners = dict.fromkeys(one.before.entry for one in tried if one.before.entry is not None)
    texts = list(dict.fromkeys(one.text for one in tried))
    return Reason(kind, len(texts), texts[:SHOWN_MAX], list(owners)[:SHOWN_MAX])


def _asked(kind: Kind, tried: Sequence[Tried]) -> Reason:
    """Of what visitors asked, without whose it was: it was the entry's own."""
    return msgspec.structs.replace(_of(kind, [one for one in tried if one.of is None]), others=[])


def _ids(shared: Mapping[str, Sequence[str]], texts: Sequence[str]) -> list[str]:
    ids = dict.fromkeys(id for text in texts for id in shared[text])
    return list(ids)[:SHOWN_MAX]


def _taken(stolen: Sequence[Tried]) -> Sequence[Tried]:
    texts = {one.text for one in stolen}
    return stolen if len(texts) >= TAKEN_PHRASINGS_MIN else []


def _was_answered(one: Tried) -> bool:
    return one.before.answers is not None or one.judgement == "worse"


def _is_lost(one: Tried, key: str) -> bool:
    is_gone = one.before.answers == key and one.after.answers is None
    return one.judgement == "worse" and is_gone and key not in one.after.offered


def _moves(one: Tried, key: str) -> bool:
    before, after = one.before, one.after
    return before.answers == after.answers == key and before.owner != after.owner


def _was_anothers(one: Tried, key: str) -> bool:
    return one.before.outcome == "referred" and (one.after.outcome, one.after.best) == (
        "answered",
        key,
    )


def _more_worse(tried: Sequence[Tried]) -> list[Tried]:
    """Those worse off, where they outnumber the better off among what was asked, or among the
    phrasings."""
    found: list[Tried] = []
    for least, group in (
        (WORSE_MIN, [one for one in tried if one.of is None]),
        (WORSE_PHRASINGS_MIN, [one for one in tried if one.of is not None]),
    ):
        worse = [one for one in group if one.judgement == "worse"]
        better = sum(one.judgement == "better" for one in group)
        if len(worse) >= least and len(worse) > better:
            found += worse
    return found
