"""Puts the demo federation into a database: two brains, sixteen bodies, remits, facts.

What an installation's curators have changed since stays as they have it;
loading again adds only what is new in the files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from brains import store
from brains.database import Database
from brains.documents import BODIES, FACTS, LOCAL_ANSWERS, Documents
from brains.formats import jsonl
from brains.model import Body, Brain, Entry, Fact, LocalAnswer, Remit
from brains.vectors import Progress, TextEncoder

T = TypeVar("T", bound=msgspec.Struct)

FOLDER = Path(__file__).parent
# What a municipality and another body both have a part in.
SHARED = (
    ("entry:kommune/sosial-sosialhjelp", "entry:nav/om-nav-sosialhjelp"),
    ("entry:kommune/eldre-hjelpemidler", "entry:nav/hjelpemidler-soknad"),
    ("entry:kommune/bolig-startlan", "remit:husbanken/startlan"),
    ("entry:kommune/eldre-tt-kort", "remit:vestland/tt-kort"),
)
BRAINS = (
    Brain(id="kommune", name="Kommune", shared=[list(matter) for matter in SHARED]),
    Brain(id="nav", name="NAV"),
)
AUTHOR = "demo"
CONTACT_TOPIC = "kontakt"


async def load(
    db: Database, encoder: TextEncoder, progress: Progress | None = None, only: str = ""
) -> None:
    """Load all of it, or one brain and who has no other: half of a federation to be joined.

    `progress` hears of texts encoded, for each brain anew.
    """
    brains = [brain for brain in BRAINS if only in ("", brain.id)]
    bodies = read_bodies(only)
    known = {body.id for body in bodies}
    for brain in brains:
        await store.save_brain(db, brain)
    await store.save_bodies(db, await _new(db, BODIES, bodies))
    facts = [fact for fact in read_facts() if fact.body in known]
    await store.save_facts(db, await _new(db, FACTS, facts))
    for brain in brains:
        await store.import_entries(
            db, encoder, brain.id, read_entries(brain.id), progress, author=AUTHOR, keep_edits=True
        )
    local = [one for one in _lines("local.jsonl", LocalAnswer) if only in ("", one.brain)]
    await store.save_local_answers(db, await _new(db, LOCAL_ANSWERS, local))
    remits = [remit for remit in read_remits(bodies) if remit.body in known]
    await store.save_remits(db, encoder, remits, progress)


def read_bodies(only: str = "") -> list[Body]:
    """All bodies, or without those that answer from another brain than `only`."""
    return [body for body in _lines("bodies.jsonl", Body) if not only or body.brain in (None, only)]


def read_entries(brain: str) -> list[Entry]:
    """The entries of a brain, from one file a topic."""
    files = sorted((FOLDER / brain).glob("*.jsonl"))
    return [entry for file in files for entry in jsonl.read(file.read_text("utf-8"))]


def read_facts() -> list[Fact]:
    """Each body's facts, from one file a topic: key to label and values."""
    facts = []
    for file in sorted((FOLDER / "facts").glob("*.json")):
        topic: dict[str, dict[str, Any]] = json.loads(file.read_text("utf-8"))
        for key, fact in topic.items():
            for body, value in fact["values"].items():
                facts.append(Fact(body, key, value, fact["label"]))
    return facts


def read_remits(bodies: list[Body]) -> list[Remit]:
    """What the other bodies are responsible for, and how to reach each of them."""
    return [*_lines("remits.jsonl", Remit), *(_contact(one) for one in bodies if not one.brain)]


def _contact(body: Body) -> Remit:
    """Every body is asked for by name: its phone number, its website, its office."""
    name = body.called
    return Remit(
        body=body.id,
        topic=CONTACT_TOPIC,
        title=f"Kontakte {name}",
        url=body.website,
        questions=[
            f"Hvordan kontakter jeg {name}?",
            f"telefonnummer til {name}",
            f"Korleis kjem eg i kontakt med {name}?",
            f"Hvordan logger jeg inn hos {name}?",
            f"nettsiden til {name}",
            f"åpningstider {name}",
            f"How do I contact {name}?",
            name,
        ],
    )


async def _new(db: Database, shelf: Documents[T], items: list[T]) -> list[T]:
    """Those that are not stored yet."""
    async with db.read() as tx:
        known = await shelf.get(tx, [shelf.key(item) for item in items])
    return [item for item in items if shelf.key(item) not in known]


def _lines(name: str, kind: type[T]) -> list[T]:
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    return [msgspec.json.decode(line, type=kind) for line in lines if line.strip()]
