"""Learns from visitors whose questions are: what several confirmed becomes part of a remit.

Nothing waits for it. What a conversation says of a referral is taken at once
and stored with the others of the last seconds; then the bodies concerned get
their confirmed questions as one more topic of their remit, `confirmed`, which
the matcher learns like any other. A body that answers from a brain here needs
none: its entries say what it knows.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from brains import conversations as turns_rows
from brains import referrals, store
from brains.database import Database, Transaction
from brains.errors import SamsvarError
from brains.knowledge import Knowledge
from brains.model import Remit
from brains.referrals import Referral
from brains.vectors import TextEncoder
from router.messages import Referred, Reply
from router.state import Memory
from router.unhelpful import asked_before, reply_of

log = logging.getLogger(__name__)

TOPIC = "confirmed"
STORE_EVERY_S = 2.0
# All bodies again after so many rounds: what was confirmed long ago is forgotten.
ALL_EVERY_ROUNDS = 300
WAITING_MAX = 5_000


class Said(NamedTuple):
    """That a question was, or was not, the body's."""

    body: str
    question: str
    helpful: bool = True


class _Heard(NamedTuple):
    said: Said
    conversation: str
    at: dt.datetime


class Confirming:
    """Belongs to one event loop. `for_ever` stores and learns what `heard` and `judged` take."""

    def __init__(
        self,
        db: Database,
        knowledge: Knowledge,
        encoder: TextEncoder,
        secret: str,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._db = db
        self._knowledge = knowledge
        self._encoder = encoder
        self._secret = secret
        self._clock = clock
        self._waiting: deque[_Heard] = deque(maxlen=WAITING_MAX)
        self._changed: set[str] = set()

    def heard(
        self, conversation: str, before: Memory, after: Memory, reply: Reply, choice: str | None
    ) -> None:
        """A message and its reply: whether it accepts a referral."""
        self._take(conversation, accepted(before, after, reply, choice))

    def judged(
        self, conversation: str, said: Sequence[turns_rows.Turn], turn: int, helpful: bool
    ) -> None:
        """The visitor said of a turn whether it helped."""
        self._take(conversation, judged(said, turn, helpful))

    async def erase(self, tx: Transaction, conversation: str) -> None:
        """Removes what a conversation said."""
        self._waiting = deque(
            (one for one in self._waiting if one.conversation != conversation), WAITING_MAX
        )
        await referrals.erase(tx, [referrals.digest(self._secret, conversation)])

    async def questions(self, body: str) -> list[str]:
        """What visitors have confirmed to be the body's."""
        async with self._db.read() as tx:
            rows = await referrals.of_body(tx, body, self._encoder.fingerprint)
        return referrals.confirmed(rows)

    async def remove(self, body: str, question: str) -> bool:
        """A curator takes a question back out. Whether it was there."""
        async with self._db.read() as tx:
            if not await referrals.known(tx, body, question):
                return False
        async with self._db.write() as tx:
            count = await referrals.forget(tx, body, question, self._clock())
        if count:
            await self._learn(body)
        return bool(count)

    async def store(self) -> None:
        """Stores what was taken so far, and learns from it. Raises `StorageError`."""
        batch = list(self._waiting)
        if batch:
            vectors = await self._encoder.encode([one.said.question for one in batch], "query")
            rows = [
                Referral(
                    body=one.said.body,
                    text=one.said.question,
                    conversation=referrals.digest(self._secret, one.conversation),
                    helpful=one.said.helpful,
                    at=one.at,
                    fingerprint=self._encoder.fingerprint,
                    vector=vector,
                )
                for one, vector in zip(batch, vectors, strict=True)
            ]
            async with self._db.write() as tx:
                await referrals.note(tx, rows)
            self._waiting = deque((one for one in self._waiting if one not in batch), WAITING_MAX)
            self._changed.update(one.said.body for one in batch)
        while self._changed:
            await self._learn(next(iter(self._changed)))

    async def for_ever(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(STORE_EVERY_S)
            try:
                if rounds % ALL_EVERY_ROUNDS == 0:
                    async with self._db.read() as tx:
                        self._changed.update(await referrals.bodies(tx))
                await self.store()
            except SamsvarError as error:
                log.warning("confirmed referrals could not be stored yet: %s", error)
            except Exception:
                self._waiting.clear()
                self._changed.clear()
                log.exception("confirmed referrals could not be stored, and were let go")
            rounds += 1

    async def _learn(self, body: str) -> None:
        """Makes the body's topic what is confirmed now."""
        known = self._knowledge.bodies.get(body)
        kept = self._knowledge.remits.get(body, {}).get(TOPIC)
        questions = await self._new_questions(body) if known and not known.brain else []
        if questions and known is not None:
            title = f"Annet hos {known.called}"
            remit = Remit(body=body, topic=TOPIC, title=title, questions=questions)
            if kept is None or kept.questions != questions:
                await store.save_remits(self._db, self._encoder, [remit])
        elif kept is not None:
            await store.remove_remit(self._db, body, TOPIC)
        self._knowledge.wake()
        self._changed.discard(body)

    async def _new_questions(self, body: str) -> list[str]:
        """What was confirmed and is in no other topic of the body's: those say more."""
        remits = self._knowledge.remits.get(body, {})
        topics = [remit for topic, remit in remits.items() if topic != TOPIC]
        held = {_even(question) for remit in topics for question in remit.questions}
        return [one for one in await self.questions(body) if _even(one) not in held]

    def _take(self, conversation: str, said: Said | None) -> None:
        if said is not None and said.question:
            self._waiting.append(_Heard(said, conversation, self._clock()))


def _even(question: str) -> str:
    """The words of a question, in any case and without what ends it."""
    return " ".join(question.casefold().split()).rstrip(" ?!.")


def accepted(before: Memory, after: Memory, reply: Reply, choice: str | None) -> Said | None:
    """The referral that a message accepts: by a button for it, or by going on with a partner that
    the question before was taken to."""
    if choice is not None and choice in before.offered and isinstance(reply.outcome, Referred):
        return Said(reply.outcome.body, before.question)
    if before.taken and before.partner is not None and after.partner is not None:
        same = before.partner.body == after.partner.body
        return Said(after.partner.body, before.taken) if same else None
    return None


def judged(said: Sequence[turns_rows.Turn], turn: int, helpful: bool) -> Said | None:
    """What saying whether a reply helped says of a referral, where it was one."""
    by_number = {one.turn: one for one in said}
    reply = reply_of(by_number.get(turn))
    if reply is None or not isinstance(reply.outcome, Referred):
        return None
    asked = asked_before(by_number, turn - 1)
    return Said(reply.outcome.body, asked.text, helpful) if asked is not None else None
