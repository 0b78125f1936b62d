"""Saves entries and records gaps until killed; says each on a line once it is acknowledged."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import sys

from brains import store
from brains.database import Database
from brains.gaps import Gaps
from brains.model import Brain, Entry
from tests.fakes import FakeEncoder


async def main(path: str, round_number: str) -> None:
    db, encoder = await Database.open(f"sqlite:///{path}"), FakeEncoder()
    await store.save_brain(db, Brain(id="kommune", name="K"))
    gaps = await Gaps.open(db, encoder)
    for i in itertools.count():
        name = f"e{round_number}-{i}"
        entry = Entry(id=name, brain="kommune", questions=[name], answers={"nb": name})
        await store.save_entry(db, encoder, entry, "kari")
        print("entry", name, flush=True)
        vector = encoder.encode_now([name])[0]
        now = dt.datetime.now(dt.UTC)
        await gaps.record("kommune", "bergen", name, "nb", vector, [], now)
        print("gap", name, flush=True)


asyncio.run(main(*sys.argv[1:]))
