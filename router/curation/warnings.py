"""What makes a change harmful: the reasons a curator is shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from router.curation.verdicts import Judgement, Verdict

# answered elsewhere   a new phrasing is answered by another entry today
# too general          a new phrasing's words are in several other entries' phrasings
# takes phrasings      what is worded like another entry's phrasings would go to this one
# takes questions      what visitors asked, and another entry answers, would go to this one
# others' matters      what is referred to another body today would be answered here
# more worse           of the questions tried, more would be answered worse than better
# lacks facts          bodies that answer today would lack a fact
Kind = Literal[
    "answered elsewhere",
    "too general",
    "takes phrasings",
    "takes questions",
    "others' matters",
    "more worse",
    "lacks facts",
]
SHOWN_MAX = 5
# So few questions one way or the other say nothing.
WORSE_MIN = 3
WORSE_PHRASINGS_MIN = 3
# Of some 2,000 phrasings tried, one that changes sides is a close call, and no harm done.
TAKEN_PHRASINGS_MIN = 2


class Reason(msgspec.Struct, frozen=True):
    """`count` questions (or bodies), of which some: their texts, and the ids of the entries (or
    bodies) that they are taken from."""

    kind: Kind
    count: int
    texts: list[str] = []
    others: list[str] = []


class Tried(msgspec.Struct, frozen=True):
    """A question with its verdicts. `of` is the key of whose phrasing it is, None where it was
    asked; `is_stolen` where the changed entry takes it from another."""

    text: str
    before: Verdict
    after: Verdict
    judgement: Judgement | None
    of: str | None = None
    is_stolen: bool = False


def reasons(
    key: str, tried: Sequence[Tried], shared: Mapping[str, Sequence[str]], lacking: Sequence[str]
) -> list[Reason]:
    """`shared` has for each new phrasing, but those known to be rightly this entry's, the ids of
    the entries it could as well be about; `lacking` the bodies that would lack a fact."""
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
        Reason("lacks facts", len(lacking), [], list(lacking[:SHOWN_MAX])),
    ]
    return [reason for reason in found if reason.count]


def _of(kind: Kind, tried: Sequence[Tried]) -> Reason:
    owners = dict.fromkeys(one.before.entry for one in tried if one.before.entry is not None)
    texts = list(dict.fromkeys(one.text for one in tried))
    return Reason(kind, len(texts), texts[:SHOWN_MAX], list(owners)[:SHOWN_MAX])


def _ids(shared: Mapping[str, Sequence[str]], texts: Sequence[str]) -> list[str]:
    ids = dict.fromkeys(id for text in texts for id in shared[text])
    return list(ids)[:SHOWN_MAX]


def _taken(stolen: Sequence[Tried]) -> Sequence[Tried]:
    texts = {one.text for one in stolen}
    return stolen if len(texts) >= TAKEN_PHRASINGS_MIN else []


def _was_answered(one: Tried) -> bool:
    return one.before.answers is not None or one.judgement == "worse"


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
