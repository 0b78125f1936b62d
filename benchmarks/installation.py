"""A whole installation made up, as large as one may become: what `benchmarks.console` looks at."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa

from benchmarks.gap_load import HashingEncoder, messages
from benchmarks.impact import learned
from brains import asked, broadcasts, people, sessions, store, tables
from brains.database import Database
from brains.model import Body, Brain, Broadcast, Entry, Fact, LocalAnswer, Role
from embeddings.fitting import Background
from router.service import Service
from router.settings import Settings

BRAIN = "kommune"
ENTRIES, PHRASINGS, BODIES, FACTS = 5_000, 4, 90, 200
GAPS, PER_GAP, ASKED, AUDITED = 2_000, 10, 50_000, 20_000
BROADCASTS_MADE, LOCAL = 300, 500
AT_ONCE = 2_000
PEOPLE: dict[str, tuple[Role, str]] = {
    "admin": ("admin", "*"),
    "curator": ("curator", f"brain:{BRAIN}"),
    "editor": ("editor", "body:body0"),
}
FIRST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Made(NamedTuple):
    """The service, and a token of a session for each kind of person."""

    service: Service
    settings: Settings
    tokens: dict[str, str]


@asynccontextmanager
async def installation(folder: Path) -> AsyncIterator[Made]:
    """It is filled through the store, row by row as the service writes them."""
    settings = Settings.from_environment(
        {
            "SAMSVAR_HOME": str(folder),
            "SAMSVAR_REQUESTS_PER_MINUTE": "1000000",
            "SAMSVAR_ASKS_PER_MINUTE": "1000000",
            "SAMSVAR_KEY_REQUESTS_PER_MINUTE": "1000000",
        }
    )
    encoder = HashingEncoder()
    service = await Service.open(settings, encoder)
    _fit_with_means(service, encoder)
    db = service.db
    texts = [f"{message.text} {n}" for n, message in zip(range(ENTRIES), messages(), strict=False)]
    await store.save_brain(db, Brain(id=BRAIN, name="Kommune"))
    bodies = [Body(id=f"body{n}", name=f"Kommune {n}", brain=BRAIN) for n in range(BODIES)]
    await store.save_bodies(db, bodies)
    await store.import_entries(db, service.encoder, BRAIN, _entries(texts))
    for body in bodies:
        facts = [Fact(body.id, f"fact_{n}", f"{n} kroner") for n in range(FACTS)]
        await store.save_facts(db, facts)
    await store.save_local_answers(
        db,
        [
            LocalAnswer(BRAIN, f"entry-{n}", f"body{n % BODIES}", {"nb": "Hos oss er det slik."})
            for n in range(LOCAL)
        ],
    )
    await _broadcasts(db)
    await _gaps(db, texts)
    await _asked(db, service, texts)
    await _audit(db)
    tokens = await _people(db)
    await service.knowledge.catch_up()
    await service.knowledge.refit_if_stale()
    yield Made(service, settings, tokens)
    await service.close()


def _fit_with_means(service: Service, encoder: HashingEncoder) -> None:
    """To learn thousands of entries takes hours, and matters to no time measured here."""
    matcher = service.matcher
    nobody = Background([], np.zeros((0, encoder.dimensions), np.float32))

    def fit() -> Any:
        keys = [f"entry:{BRAIN}/entry-{number}" for number in range(ENTRIES)]
        return learned(matcher, [key for key in keys if key in matcher], nobody)

    matcher.fit = fit  # type: ignore[method-assign]


def _entries(texts: list[str]) -> list[Entry]:
    return [
        Entry(
            id=f"entry-{number}",
            title=f"Om {texts[number]}",
            topic=f"tema {number % 40}",
            questions=[texts[number], *(f"{texts[number]} {way}" for way in range(PHRASINGS - 1))],
            answers={"nb": f"Det koster {{{{ facts.fact_{number % FACTS} }}}}. Ring oss."},
        )
        for number in range(ENTRIES)
    ]


async def _broadcasts(db: Database) -> None:
    for number in range(BROADCASTS_MADE):
        starts = FIRST + dt.timedelta(days=number % 400)
        notice = Broadcast(
            id=f"notice-{number}",
            brain=BRAIN,
            texts={"nb": f"Vannet er stengt {number}."},
            audience=[f"body{number % BODIES}"],
            starts_at=starts,
            ends_at=starts + dt.timedelta(days=2),
        )
        await broadcasts.save(db, notice)


async def _gaps(db: Database, texts: list[str]) -> None:
    choose, vector = random.Random(1), b"\0" * 2 * HashingEncoder.dimensions
    for number in range(GAPS):
        id, seen = f"gap{number}", FIRST + dt.timedelta(minutes=number)
        asked_in = [f"body{choose.randrange(BODIES)}" for _ in range(PER_GAP)]
        async with db.write() as tx:
            await tx.execute(
                sa.insert(tables.gaps).values(
                    id=id, brain=BRAIN, version=number + 1, status="open", summary=texts[number],
                    size=PER_GAP, first_seen=seen, last_seen=seen, nearest="[]",
                    fingerprint=HashingEncoder.fingerprint, vector_sum=vector,
                    summary_vector=vector, heat=1.0, priority=float(choose.random()),
                )
            )  # fmt: skip
            await tx.execute(
                sa.insert(tables.gap_bodies),
                [
                    {"gap": id, "body": body, "count": asked_in.count(body)}
                    for body in sorted(set(asked_in))
                ],
            )
            await tx.execute(
                sa.insert(tables.gap_questions),
                [
                    {
                        "gap": id, "brain": BRAIN, "body": body, "text": f"{texts[number]} {place}",
                        "folded": f"{number} {place}", "language": "nb", "asked_at": seen,
                    }
                    for place, body in enumerate(asked_in)
                ],
            )  # fmt: skip
            day = {"gap": id, "day": seen.date().isoformat(), "count": PER_GAP}
            await tx.execute(sa.insert(tables.gap_days), [day])


async def _asked(db: Database, service: Service, texts: list[str]) -> None:
    vector, now = np.zeros(HashingEncoder.dimensions, np.float32), store.now()
    for start in range(0, ASKED, AT_ONCE):
        rows = [
            asked.AskedRow(
                brain=BRAIN,
                body=f"body{number % BODIES}",
                text=f"{texts[number % len(texts)]} {number}",
                language="nb",
                outcome="answered",
                probability=0.9,
                asked_at=now - dt.timedelta(seconds=ASKED - number),
                entry_brain=BRAIN,
                entry=f"entry-{number % ENTRIES}",
                fingerprint=service.encoder.fingerprint,
                vector=vector,
            )
            for number in range(start, start + AT_ONCE)
        ]
        async with db.write() as tx:
            await asked.add(tx, rows)


async def _audit(db: Database) -> None:
    for start in range(0, AUDITED, AT_ONCE):
        async with db.write() as tx:
            await tx.execute(
                sa.insert(tables.audit),
                [
                    {
                        "at": FIRST + dt.timedelta(minutes=number), "by": f"Kari {number % 9}",
                        "by_id": None, "action": "entries.save", "brain": BRAIN,
                        "body": f"body{number % BODIES}", "object": f"entry-{number % ENTRIES}",
                        "detail": "{}",
                    }
                    for number in range(start, start + AT_ONCE)
                ],
            )  # fmt: skip


async def _people(db: Database) -> dict[str, str]:
    tokens: dict[str, str] = {}
    async with db.write() as tx:
        for kind, (role, scope) in PEOPLE.items():
            email = f"{kind}@samsvar.example"
            person = await people.add(
                tx, email=email, name=kind, role=role, scope=scope, at=store.now()
            )
            tokens[kind] = await sessions.start(tx, person.id, store.now())
    return tokens
