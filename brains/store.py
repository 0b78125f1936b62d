"""The way in: every save, checked, embedded and written in one transaction.

Each function checks what it is given (raises `Invalid`, with everything that
is wrong), encodes new texts before it takes the write lock, and then writes
rows, vectors and lines of the change feed together or not at all. Saving what
is stored already changes nothing and costs little. Call
`Knowledge.catch_up()` afterwards to be sure that this node answers by it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from brains import changes, checks, codec, entries, facts, notes, rendering, templates, vectors
from brains.database import Database, Transaction
from brains.documents import BODIES, BRAINS, FACTS, LOCAL_ANSWERS, REMITS
from brains.entries import Draft, Head
from brains.errors import Conflict, Invalid, Problem, UnknownBody, UnknownEntry
from brains.model import Body, Brain, Entry, Fact, LocalAnswer, Remit, Texts
from brains.notes import NewNote
from brains.vectors import Progress, TextEncoder

AUTHOR_IMPORT = "import"


Also = Callable[[Transaction, dict[str, Head], list[Entry]], Awaitable[None]]


class Imported(msgspec.Struct, frozen=True):
    """What an import did, in numbers of entries."""

    created: int
    updated: int
    unchanged: int


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


async def save_brain(db: Database, brain: Brain) -> Brain:
    checks.refuse(checks.check_brain(brain))
    async with db.write() as tx:
        await BRAINS.put(tx, [brain], now())
    return brain


async def save_body(db: Database, body: Body) -> Body:
    await save_bodies(db, [body])
    return body


async def save_bodies(db: Database, bodies: Sequence[Body]) -> int:
    """Saves bodies, all or none, and returns how many changed."""
    async with db.write() as tx:
        brains = {brain.id for brain in await BRAINS.all(tx)}
        checks.refuse(
            _at(f"body {body.id}", problem)
            for body in bodies
            for problem in checks.check_body(body, brains)
        )
        return len(await BODIES.put(tx, bodies, now()))


async def save_entry(
    db: Database, encoder: TextEncoder, entry: Entry, author: str, note: NewNote | None = None
) -> Entry:
    """Saves into `entry.brain`, with what is said about it, and returns it with its revision.

    `entry.revision` is the revision the author started from: a later one in
    between is a `Conflict`. 0 saves whatever is there.
    """
    if note is not None:
        notes.check(note)
    try:
        saved = await _save(db, encoder, entry.brain, [entry], author, note=note)
    except Invalid as error:
        raise Invalid.of([_inner(problem) for problem in error.problems]) from None
    if saved:
        return saved[0]
    async with db.write() as tx:
        latest = await entries.get(tx, entry.brain, entry.id)
        if note is not None:
            await notes.add(tx, entry.brain, entry.id, latest.revision, note, author, now())
        return latest


async def import_entries(
    db: Database,
    encoder: TextEncoder,
    brain: str,
    items: Iterable[Entry],
    progress: Progress | None = None,
    *,
    author: str = AUTHOR_IMPORT,
    keep_edits: bool = False,
    also: Also | None = None,
) -> Imported:
    """Saves many entries, all or none. `progress` counts texts encoded.

    `also` writes in the same transaction, given what was there before and what was saved.

    `keep_edits` leaves alone what has not changed in the file since it was
    last imported, so that importing the same file at every start does not
    undo what curators did in between.
    """
    batch = list(items)
    async with db.read() as tx:
        before = await entries.heads(tx, brain, [entry.id for entry in batch])
    saved = await _save(
        db,
        encoder,
        brain,
        batch,
        author,
        progress=progress,
        imported=True,
        keep_edits=keep_edits,
        also=also,
    )
    created = sum(entry.id not in before for entry in saved)
    return Imported(created, len(saved) - created, len(batch) - len(saved))


async def retire_entry(
    db: Database,
    brain: str,
    id: str,
    author: str,
    revision: int = 0,
    note: NewNote | None = None,
) -> Entry:
    """Takes an entry away from visitors; its revisions stay. `revision` as in `save_entry`."""
    async with db.write() as tx:
        await changes.lock(tx)
        entry = await entries.get(tx, brain, id)
        if entry.status == "retired":
            return entry
        draft = _draft(
            msgspec.structs.replace(entry, status="retired", revision=revision or entry.revision)
        )
        heads = await entries.heads(tx, brain, [id])
        _refuse_overtaken([draft], heads)
        (retired,) = await entries.write(tx, brain, [draft], heads, author, now(), False)
        if note is not None:
            await notes.add(tx, brain, id, retired.revision, note, author, now())
        return retired


async def save_local_answers(
    db: Database, answers: Sequence[LocalAnswer], author: str = AUTHOR_IMPORT
) -> int:
    """Saves local answers, all or none, and returns how many changed.

    One without a revision is taken to be written against the shared answer of
    now. What is imported unchanged keeps the revision it was written against.
    """
    async with db.write() as tx:
        await changes.lock(tx)
        bodies, groups = await _bodies_and_groups(tx)
        stored = await LOCAL_ANSWERS.get(tx, [LOCAL_ANSWERS.key(answer) for answer in answers])
        problems: list[Problem] = []
        fresh: list[LocalAnswer] = []
        for answer in answers:
            where = f"local answer {answer.entry} of {answer.scope}"
            head = (await entries.heads(tx, answer.brain, [answer.entry])).get(answer.entry)
            if head is None:
                raise UnknownEntry(answer.entry)
            problems += [_at(where, p) for p in checks.check_local_answer(answer)]
            problems += [_at(where, p) for p in checks.check_scope(answer.scope, bodies, groups)]
            before = stored.get(LOCAL_ANSWERS.key(answer))
            if author == AUTHOR_IMPORT and before and before.answers == answer.answers:
                continue
            against = answer.revision or head.live_revision or head.revision
            fresh.append(
                msgspec.structs.replace(answer, revision=against, by=author, at=answer.at or now())
            )
        checks.refuse(problems)
        return len(await LOCAL_ANSWERS.put(tx, fresh, now()))


async def remove_local_answer(db: Database, brain: str, entry: str, scope: str) -> bool:
    async with db.write() as tx:
        return await LOCAL_ANSWERS.remove(tx, (brain, entry, scope), now())


async def set_fact(db: Database, fact: Fact) -> Fact:
    await save_facts(db, [fact])
    return fact


async def save_facts(db: Database, items: Sequence[Fact]) -> int:
    """Saves facts, all or none, and returns how many changed."""
    checks.refuse(
        _at(f"fact {fact.key} of {fact.body}", problem)
        for fact in items
        for problem in checks.check_fact(fact)
    )
    async with db.write() as tx:
        bodies, _ = await _bodies_and_groups(tx)
        by_body: dict[str, list[str]] = {}
        for fact in items:
            if fact.body not in bodies:
                raise UnknownBody(fact.body)
            by_body.setdefault(fact.body, []).append(fact.key)
        for body, keys in by_body.items():
            await facts.given(tx, body, keys)
        return len(await FACTS.put(tx, items, now()))


async def remove_fact(db: Database, body: str, key: str) -> bool:
    async with db.write() as tx:
        return await FACTS.remove(tx, (body, key), now())


async def save_remits(
    db: Database, encoder: TextEncoder, remits: Sequence[Remit], progress: Progress | None = None
) -> int:
    """Saves remits, all or none, and returns how many changed."""
    async with db.read() as tx:
        bodies, _ = await _bodies_and_groups(tx)
    checks.refuse(
        _at(f"remit {remit.topic} of {remit.body}", problem)
        for remit in remits
        for problem in checks.check_remit(remit, bodies)
    )
    texts = [question for remit in remits for question in remit.questions]
    prepared = await vectors.prepare(db, encoder, texts, "query", progress)
    async with db.write() as tx:
        changed = await REMITS.put(tx, remits, now())
        await vectors.store(tx, prepared)
    return len(changed)


async def remove_remit(db: Database, body: str, topic: str) -> bool:
    async with db.write() as tx:
        return await REMITS.remove(tx, (body, topic), now())


def passages(answers: Texts) -> list[str]:
    """What the encoder is shown of an entry's answers: plain text, facts left out."""
    return list(
        dict.fromkeys(rendering.plain(templates.outline(text)) for text in answers.values())
    )


async def _save(
    db: Database,
    encoder: TextEncoder,
    brain: str,
    batch: Sequence[Entry],
    author: str,
    *,
    progress: Progress | None = None,
    imported: bool = False,
    keep_edits: bool = False,
    note: NewNote | None = None,
    also: Also | None = None,
) -> list[Entry]:
    """Saves those that are new or differ, and returns them.

    What is imported leaves a newer draft of what is live alone; what a person
    saves takes its place.
    """
    async with db.read() as tx:
        await entries.require_brain(tx, brain)
        before = await entries.heads(tx, brain, [entry.id for entry in batch])
        bodies, groups = await _bodies_and_groups(tx)
    checks.refuse(_problems(batch, bodies, groups))
    drafts = [_draft(entry) for entry in batch]
    fresh = [draft for draft in drafts if _differs(draft, before, imported, keep_edits)]
    if not fresh and also is None:
        return []
    questions = [question for draft in fresh for question in draft.entry.questions]
    answers = [text for draft in fresh for text in passages(draft.entry.answers)]
    prepared_questions = await vectors.prepare(db, encoder, questions, "query", progress)
    prepared_answers = await vectors.prepare(db, encoder, answers, "passage", progress)
    async with db.write() as tx:
        await changes.lock(tx)
        before = await entries.heads(tx, brain, [draft.entry.id for draft in fresh])
        fresh = [draft for draft in fresh if _differs(draft, before, imported, keep_edits)]
        _refuse_overtaken(fresh, before)
        await vectors.store(tx, prepared_questions)
        await vectors.store(tx, prepared_answers)
        saved = await entries.write(tx, brain, fresh, before, author, now(), imported)
        if note is not None:
            for entry in saved:
                await notes.add(tx, brain, entry.id, entry.revision, note, author, now())
        if also is not None:
            await also(tx, before, saved)
        return saved


def _problems(batch: Sequence[Entry], bodies: set[str], groups: set[str]) -> Iterable[Problem]:
    if len(batch) > checks.ENTRIES_AT_ONCE_MAX:
        yield Problem("", f"Import at most {checks.ENTRIES_AT_ONCE_MAX} entries at a time.")
        return
    seen: set[str] = set()
    for entry in batch:
        where = f"entry {entry.id}"
        if entry.id in seen:
            yield Problem(where, "There are two entries with this id.")
        seen.add(entry.id)
        for problem in checks.check_entry(entry):
            yield _at(where, problem)
        for problem in checks.check_references(entry, bodies, groups):
            yield _at(where, problem)


def tidy(entry: Entry) -> Entry:
    """The entry as it is stored: no space around texts, no phrasing twice."""
    return msgspec.structs.replace(
        entry,
        questions=list(dict.fromkeys(" ".join(question.split()) for question in entry.questions)),
        answers={language: text.strip() for language, text in entry.answers.items()},
        title=entry.title.strip(),
        topic=entry.topic.strip(),
    )


def _draft(entry: Entry) -> Draft:
    kept = tidy(entry)
    return Draft(kept, codec.digest(entries.content(kept)))


def _differs(draft: Draft, heads: dict[str, Head], imported: bool, keep_edits: bool) -> bool:
    head = heads.get(draft.entry.id)
    if head is None:
        return True
    if keep_edits and head.imported_digest == draft.digest:
        return False
    return draft.digest != head.digest and not (imported and draft.digest == head.live_digest)


def _refuse_overtaken(drafts: Sequence[Draft], heads: dict[str, Head]) -> None:
    for draft in drafts:
        head = heads.get(draft.entry.id, Head())
        if draft.entry.revision not in (0, head.revision):
            raise Conflict(
                f"Somebody saved revision {head.revision} of “{draft.entry.id}” after you "
                f"opened revision {draft.entry.revision}. Look at theirs, then save again."
            )


async def _bodies_and_groups(tx: Transaction) -> tuple[set[str], set[str]]:
    bodies = await BODIES.all(tx)
    return {body.id for body in bodies}, {group for body in bodies for group in body.groups}


def _at(where: str, problem: Problem) -> Problem:
    return Problem(f"{where}, {problem.pointer}" if problem.pointer else where, problem.text)


def _inner(problem: Problem) -> Problem:
    """A problem of the one entry that was saved, without saying which."""
    return Problem(problem.pointer.partition(", ")[2] or problem.pointer, problem.text)
