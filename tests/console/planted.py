"""Each body's own things, each with a mark that says whose it is; and what the database holds.

A mark is a word like `xvossxfactx`: of `voss`, in a fact. It survives every
rendering, so a response that has it has shown that thing.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from brains import audit, facts, notes, peers, people, store, tables
from brains.audit import Line
from brains.database import Database, Transaction
from brains.formats import Contents, Row
from brains.imports import Import
from brains.model import Broadcast, Connection, Entry, Fact, LocalAnswer, Status
from brains.notes import NewNote
from brains.peers import Peer
from router.jobs import Progress
from router.security.access import Access
from router.service import Service

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
PLACES = {"bergen": "kommune", "voss": "kommune", "nav": "nav"}
PEER = "https://another.example"
SHARED_GAP = "Kan jeg leie kommunens festsal til bryllup i sommer"
# So unlike each other that each is a gap of its own, and stays one.
ASKED = {
    "bergen": ("Hvem eier hunden som bjeffer om natten", "Når stenger svømmehallen på lørdager"),
    "voss": ("Kor finn eg kart over skiløypene", "Får me låne lavvoen til klassetur"),
    "nav": ("Hvorfor ble meldekortet avvist", "Kommer utbetalingen før helligdagene"),
}
MARK = re.compile(r"x(bergen|voss|nav)x([a-z]+)x")
# What a body's bot tells everybody who asks.
PUBLIC = {"fact", "local", "entry", "broadcast"}

# Kept beside the truth, or only added to, or one's own session, or read of partners meanwhile.
NOT_COMPARED = {
    "alembic_version",
    "asked",
    "audit",
    "cards",
    "changes",
    "conversations",
    "gap_days",
    "sessions",
    "sign_in_attempts",
    "turns",
    "usage",
    "vectors",
}


class Target(NamedTuple):
    """The ids of one body's things, by the names that routes' paths have for them."""

    brain: str
    slug: str
    entry: str
    draft: str
    gap: str
    other_gap: str
    question: str
    fact: str
    broadcast: str
    person: str
    key_id: str
    link: str
    conversation: str
    token: str
    import_id: str
    job: str

    def path(self) -> dict[str, str]:
        """Path parameter to value."""
        return {
            **self._asdict(),
            "audience": self.slug,
            "key": self.fact,
            "person_id": self.person,
            "rest": "nowhere/at/all",
            "file_path": "console.css",
            "path": "nothing",
        }


def mark(slug: str, what: str) -> str:
    """The word in `what` of a body's."""
    return f"x{slug}x{what}x"


def marks(text: str) -> set[tuple[str, str]]:
    """Whose things are in a response, and which."""
    return set(MARK.findall(text))


async def plant(service: Service) -> dict[str, Target]:
    """A target for each body, and `shared`: what belongs to no body of `kommune`'s alone."""
    targets = {}
    peer = Peer(id=PEER, name="En annen", address=PEER, keys=[], bodies=[], added_at=NOW)
    async with service.db.write() as tx:
        await peers.put(tx, peer)
    for slug, brain in PLACES.items():
        targets[slug] = await _plant_one(service, brain, slug)
    shared = await _entry(service, "kommune", "felles", None, ["*"], "published")
    gap = await _ask(service, "kommune", "bergen", f"{SHARED_GAP} {mark('bergen', 'asked')}")
    same = await _ask(service, "kommune", "voss", f"{mark('voss', 'asked')} {SHARED_GAP}")
    assert gap == same, "the shared gap should hold both bodies' questions"
    targets["shared"] = targets["bergen"]._replace(entry=shared, gap=gap)
    return targets


async def _plant_one(service: Service, brain: str, slug: str) -> Target:
    entry = await _entry(service, brain, f"{slug}-eget", slug, [slug], "published", "entry")
    draft = await _entry(service, brain, f"{slug}-utkast", slug, [slug], "draft", "draft")
    felles = await _entry(service, brain, f"{slug}-delt", None, ["*"], "published")
    fact = Fact(slug, "festsal_pris", mark(slug, "fact"), {"nb": "Pris på festsal"})
    await store.save_facts(service.db, [fact])
    texts = {"nb": f"Hos oss: {mark(slug, 'local')}"}
    # The one that is only read is on an entry whose local answers nobody takes away.
    local = [LocalAnswer(brain, one, slug, texts) for one in (felles, entry)]
    await store.save_local_answers(service.db, local)
    words, other = (f"{text} {mark(slug, 'question')}" for text in ASKED[slug])
    gap = await _ask(service, brain, slug, words)
    await service.knowledge.catch_up()
    await service.broadcasts.save(brain, notice(slug), "test")
    upload = await staged(service, brain, slug, slug)
    await service.connections.save(bot_of(slug))
    started = await service.conversations.start(slug, "nb")
    key, _ = await Access(service.db).create(mark(slug, "key"), "editor", f"body:{slug}")
    async with service.db.write() as tx:
        await facts.record_missing(tx, slug, mark(slug, "missing"), brain, felles, NOW)
        saying = NewNote("comment", mark(slug, "note"))
        await notes.add(tx, brain, entry, 1, saying, mark(slug, "by"), NOW)
        person = await people.add(
            tx,
            email=f"{mark(slug, 'email')}@example.org",
            name=mark(slug, "person"),
            role="editor",
            scope=f"body:{slug}",
            at=NOW,
        )
        link = await people.new_link(tx, person.id, dt.datetime.now(dt.UTC))
        await audit.append(
            tx,
            Line(
                at=NOW,
                by=mark(slug, "who"),
                action="facts.save",
                brain=brain,
                body=slug,
                object=mark(slug, "audit"),
            ),
        )
        question = await _question(tx, gap)
    await service.knowledge.catch_up()

    async def work(progress: Progress) -> str:
        progress(1.0, mark(slug, "job"))
        return mark(slug, "job")

    job = service.jobs.start(mark(slug, "job"), person.id, work, f"/console#{mark(slug, 'job')}")
    return Target(
        brain=brain,
        slug=slug,
        entry=entry,
        draft=draft,
        gap=gap,
        other_gap=await _ask(service, brain, slug, other),
        question=question,
        fact="festsal_pris",
        broadcast=notice(slug).id,
        person=person.id,
        key_id=key.id,
        link=link,
        conversation=started.id,
        token=started.token,
        import_id=upload.id,
        job=job.id,
    )


def notice(slug: str) -> Broadcast:
    """What a body tells its visitors."""
    return Broadcast(
        id=f"{slug}-melding",
        texts={"nb": mark(slug, "broadcast")},
        audience=[slug],
        starts_at=NOW,
    )


def bot_of(slug: str) -> Connection:
    """The bot of a body, where nobody is."""
    marked = [mark(slug, "connection")]
    return Connection(
        body=slug, adapter="rasa", address="http://127.0.0.1:9", unknown=marked, enabled=False
    )


async def staged(service: Service, brain: str, slug: str, body: str | None) -> Import:
    """An upload of one answer with the body's mark, which waits to be confirmed."""
    word = mark(slug, "import")
    entry = Entry(
        id=f"{slug}-{secrets.token_hex(4)}",
        title=f"Om {word} {secrets.token_hex(4)}",
        questions=[f"Hva gjelder for {word} {secrets.token_hex(8)}?"],
        answers={"nb": f"Dette gjelder for {word}."},
    )
    contents = Contents("jsonl", [Row("line 1", entry)])
    return await service.imports.stage(brain, f"{word}.jsonl", contents, mark(slug, "by"), body)


async def _entry(
    service: Service,
    brain: str,
    id: str,
    owner: str | None,
    audience: list[str],
    status: Status,
    what: str = "",
) -> str:
    word = mark(owner, what) if owner and what else id
    entry = Entry(
        id=id,
        title=f"Om {word}",
        questions=[f"Hva gjelder for {word}?", f"fortell om {word}"],
        answers={"nb": f"Dette gjelder for {word}."},
        owner=owner,
        audience=audience,
        status=status,
    )
    await service.curation.save_entry(brain, entry, "test")
    return id


async def _ask(service: Service, brain: str, body: str, text: str) -> str:
    vector = (await service.encoder.encode([text]))[0]
    now = dt.datetime.now(dt.UTC)
    return await service.gaps.record(brain, body, text, "nb", vector, [], now)


async def _question(tx: Transaction, gap: str) -> str:
    column = tables.gap_questions.c
    found = await tx.execute(sa.select(column.id).where(column.gap == gap).limit(1))
    return str(found.scalar_one())


async def snapshot(db: Database) -> dict[str, str]:
    """Every row that counts, as text, under a digest of its table and key."""
    rows: dict[str, str] = {}
    async with db.read() as tx:
        for name, table in tables.metadata.tables.items():
            if name in NOT_COMPARED:
                continue
            # When somebody last looked at a gap is no change of it.
            columns = [column for column in table.c if column.name != "touched_at"]
            for row in await tx.execute(sa.select(*columns)):
                key = [str(row._mapping[column.name]) for column in table.primary_key]
                rows[f"{name} {' '.join(key)}"] = str(tuple(row))
    return rows


def changed(
    before: Mapping[str, str], after: Mapping[str, str], own: str | None, foreign: str
) -> list[str]:
    """The rows that differ and have nothing to do with what is `own`, or have with `foreign`.

    Both are expressions over a row as text; None is own of nothing.
    """
    found = []
    for key in {*before, *after}:
        if before.get(key) == after.get(key):
            continue
        whole = f"{key} {before.get(key, '')} {after.get(key, '')}"
        if own is None or not re.search(own, whole) or re.search(foreign, whole):
            found.append(f"{key}: {before.get(key)} -> {after.get(key)}")
    return sorted(found)
