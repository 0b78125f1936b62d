"""Remembers what visitors really ask, for curating: nothing waits for it, and nothing fails by it.

A question is noted in memory when its reply is made, and stored with the others
of the last half second; what fixes were worth is counted with them. What cannot
be stored is tried again; where the database stays away, the oldest are let go.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence

import msgspec

from brains import asked as rows
from brains.asked import AskedRow, Outcome
from brains.database import Database
from brains.errors import SamsvarError
from brains.gaps.spared import Spared
from brains.knowledge import Knowledge
from brains.model import Body
from brains.vectors import TextEncoder, Vector
from router.messages import Answered, Clarify, Referred, Reply, Unanswered
from router.notices import OF_NOTICE

log = logging.getLogger(__name__)

FLUSH_EVERY_S = 0.5
WAITING_MAX = 20_000
RECENT_MAX = 2_000
READ_AT_ONCE = 500


class AskedQuestions:
    """Belongs to one event loop. `flush_for_ever` stores what `note` has taken."""

    def __init__(
        self, db: Database, encoder: TextEncoder, knowledge: Knowledge, spared: Spared
    ) -> None:
        self._db = db
        self._spared = spared
        self._encoder = encoder
        self._knowledge = knowledge
        self._waiting: deque[AskedRow] = deque(maxlen=WAITING_MAX)
        self._flushing = asyncio.Lock()

    def note(
        self,
        body: Body,
        text: str,
        language: str,
        reply: Reply,
        at: dt.datetime,
        conversation: str | None,
        vector: Vector | None,
    ) -> None:
        """Takes a redacted question and its reply. `vector` is None where the visitor answered
        the bot's own question with a button: `reply` is then what was chosen."""
        outcome = _outcome(reply, chosen=vector is None)
        if outcome is None or not text or body.brain is None:
            return
        brain, entry = self._answered_by(reply)
        self._waiting.append(
            AskedRow(
                brain=body.brain,
                body=body.id,
                text=text,
                language=language,
                outcome=outcome,
                probability=reply.probability,
                asked_at=at,
                entry_brain=brain,
                entry=entry,
                conversation=conversation,
                fingerprint=self._encoder.fingerprint,
                vector=vector,
            )
        )

    async def flush(self) -> None:
        """Stores what was noted so far. Raises `StorageError`, and keeps it for the next time."""
        async with self._flushing:
            batch = list(self._waiting)
            if not batch:
                return
            self._waiting.clear()
            try:
                batch = await self._with_vectors(batch)
                async with self._db.write(aside=True) as tx:
                    await self._spared.count(tx, await rows.add(tx, batch))
            except BaseException:
                room = WAITING_MAX - len(self._waiting)
                self._waiting.extendleft(reversed(batch[-room:] if room else []))
                raise

    async def flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY_S)
            try:
                await self.flush()
            except SamsvarError as error:
                log.warning("questions asked could not be stored yet: %s", error)
            except Exception:
                self._waiting.clear()
                log.exception("questions asked could not be stored, and were let go")

    async def recent(
        self, brain: str, limit: int = RECENT_MAX, body: str | None = None
    ) -> list[AskedRow]:
        """The newest distinct questions of the brain (or of one body), newest first, each with a
        vector of this encoder."""
        await self.flush()
        async with self._db.read() as tx:
            found = await rows.recent(tx, brain, limit, body)
        return await self._with_vectors(found)

    async def of_entry(
        self, brain: str, entry: str, limit: int = RECENT_MAX, body: str | None = None
    ) -> list[AskedRow]:
        """As `recent`: those that the entry answered, or was chosen for."""
        await self.flush()
        async with self._db.read() as tx:
            found = await rows.of_entry(tx, brain, entry, limit, body)
        return await self._with_vectors(found)

    async def untaken(
        self, since: dt.datetime, until: dt.datetime
    ) -> AsyncIterator[list[AskedRow]]:
        """The questions of that time whose visitors took none of the choices they were offered,
        some hundreds at once; see `brains.asked.untaken`."""
        await self.flush()
        after = 0
        while True:
            async with self._db.read() as tx:
                found, after = await rows.untaken(tx, since, until, after, READ_AT_ONCE)
            yield await self._with_vectors(found)
            if not after:
                return

    async def _with_vectors(self, asked: Sequence[AskedRow]) -> list[AskedRow]:
        """Those without a vector of this encoder are encoded."""
        fingerprint = self._encoder.fingerprint
        lacking = {
            row.text: row for row in asked if row.vector is None or row.fingerprint != fingerprint
        }
        if not lacking:
            return list(asked)
        encoded = dict(zip(lacking, await self._encoder.encode(list(lacking)), strict=True))
        return [
            msgspec.structs.replace(row, vector=encoded[row.text], fingerprint=fingerprint)
            if row.vector is None or row.fingerprint != fingerprint
            else row
            for row in asked
        ]

    def _answered_by(self, reply: Reply) -> tuple[str | None, str | None]:
        """The brain and the entry that gave the answer, here or for another body."""
        match reply.outcome:
            case Answered(entry=entry) if not entry.startswith(OF_NOTICE):
                return self._knowledge.body(reply.body.id).brain, entry
            case Referred(reply=Reply() as inner):
                return self._answered_by(inner)
        return None, None


def _outcome(reply: Reply, *, chosen: bool) -> Outcome | None:
    match reply.outcome:
        case Answered() | Referred(reply=Reply()) if chosen:
            return "chosen"
        case Answered():
            return "answered"
        case Referred():
            return "referred"
        case Clarify():
            return "clarify"
        case Unanswered():
            return "unanswered"
    return None  # a crisis, or a wish for a human: nobody's to read
