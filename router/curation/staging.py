"""What an upload would change: pure comparisons of what was read with what is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from brains import entries, store
from brains.formats import Row
from brains.formats.jsonl import NAME as OURS
from brains.imports import Duplicate, Staged
from brains.knowledge import Found, title_of
from brains.model import Entry
from embeddings.packaged import Progress

# A file that is not ours says question and answer; what else an entry has, stays.
KEPT_FIELDS = ("title", "topic", "owner", "sources", "valid_from", "valid_until")
DUPLICATES_SHOWN = 3
_MARKS = re.compile(r"[\s?!.,:;…]+")


class Likeness(NamedTuple):
    """How alike a row is to an entry, or to another row: whether they share a phrasing, whether
    that is surely no chance, and the evidence otherwise."""

    equal: bool
    sure: bool
    evidence: float = 0.0


def compare(rows: Iterable[Row], existing: Mapping[str, Entry], format: str) -> list[Staged]:
    """Each row beside the entry of the same id, if there is one; choices at their defaults."""
    staged = [_compare(row, existing.get(row.entry.id), format) for row in rows]
    first: dict[str, str] = {}
    for row in staged:
        keys = [phrasing_key(question) for question in row.entry.questions]
        row.same_as = next((first[key] for key in keys if key in first), None)
        if row.same_as is not None and row.kind == "new":
            row.choice, row.into = "merge", row.same_as
        for key in keys:
            first.setdefault(key, row.entry.id)
    return staged


def mark_duplicates(
    row: Staged,
    alike: Mapping[str, Likeness],
    answers: Counter[str],
    tried: int,
    known: Mapping[str, Entry],
) -> None:
    """Names the entries that ask the same as a new row, and chooses what to do about it.

    `alike` has them by id; `answers` counts, of the `tried` phrasings, those that an entry would
    answer today. Only what shares a phrasing and surely is the same is merged unless somebody
    chooses otherwise: of what is merged, the file's answer is lost.
    """
    found = [
        Duplicate(id, title_of(known[id]), one.equal, answers[id], tried, one.sure)
        for id, one in alike.items()
        if id in known and id != row.entry.id
    ]
    found.sort(key=lambda one: (not one.sure, -alike[one.entry].evidence, one.entry))
    row.duplicates = found[:DUPLICATES_SHOWN]
    if row.duplicates and row.same_as is None and row.duplicates[0].sure:
        row.choice, row.into = "merge", row.duplicates[0].entry


def answering(found: Sequence[Found], brain: str, threshold: float) -> str | None:
    """The brain's entry that would answer a question today, of its candidates."""
    for one in found:
        if one.kind == "entry" and one.brain == brain:
            return one.id if one.probability >= threshold else None
    return None


def merged(target: Entry, questions: Sequence[str]) -> Entry:
    """An entry with more phrasings: those that differ by more than signs and capitals."""
    keys = {phrasing_key(question) for question in target.questions}
    more = []
    for question in questions:
        key = phrasing_key(question)
        if key not in keys:
            keys.add(key)
            more.append(question)
    return msgspec.structs.replace(target, questions=[*target.questions, *more])


def is_own(entry: Entry, body: str) -> bool:
    """Whether an entry is one body's alone: it owns it, and nobody else sees it."""
    return entry.owner == body and entry.audience == [body]


def shared(progress: Progress, most: float, what: str) -> Callable[[int, int], None]:
    """Progress counted in texts, as a share of at most `most`."""
    return lambda done, total: progress(most * done / max(total, 1), what)


def phrasing_key(text: str) -> str:
    """What two phrasings share that differ only in capitals, spaces and signs."""
    return _MARKS.sub(" ", text.casefold()).strip()


def _compare(row: Row, existing: Entry | None, format: str) -> Staged:
    entry = store.tidy(row.entry)
    if existing is None:
        return Staged(place=row.place, entry=entry, kind="new")
    if format != OURS:
        entry = _over(existing, entry)
    fields = _changed(existing, entry)
    return Staged(
        place=row.place,
        entry=entry,
        kind="changed" if fields else "unchanged",
        revision=existing.revision,
        fields=fields,
        choice="import" if fields else "skip",
        into=entry.id,
    )


def _over(existing: Entry, entry: Entry) -> Entry:
    """What a file of another system says, over what is there: nothing it does not say is lost."""
    kept = {name: getattr(existing, name) for name in KEPT_FIELDS if not getattr(entry, name)}
    return msgspec.structs.replace(
        entry,
        questions=merged(existing, entry.questions).questions,
        answers=existing.answers | entry.answers,
        audience=existing.audience,
        **kept,
    )


def _changed(existing: Entry, entry: Entry) -> list[str]:
    before, after = entries.content(existing), entries.content(entry)
    return [
        name for name in Entry.__struct_fields__ if getattr(before, name) != getattr(after, name)
    ]
