"""One exchange with a partner: a question goes out, and a reply or a failure comes back in time.

Whatever the partner does, the exchange ends within its time limit: retries back
off and end, a breaker leaves alone who fails again and again, and one partner
has so many at once and no more, so that others are not held up. What it said is
cleaned; "I don't know" is known as such. Each exchange is a line in the audit
log, without a word of what was said.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import random
import time
from collections.abc import Callable

import httpx
import msgspec

from brains import audit
from brains.audit import Line
from brains.database import Database
from brains.errors import SamsvarError
from brains.model import Connection
from router.adapters import PartnerFailed, Question, Told
from router.federation.breaker import Breaker
from router.federation.cleaning import cleaned
from router.federation.connections import Connections
from router.federation.failures import Failure, failure_of, may_pass
from router.federation.unknown import says_unknown

log = logging.getLogger(__name__)

AT_ONCE_MAX = 20
WAITING_MAX = 400
RETRIES_MAX = 2
BACKOFF_SECONDS = 0.15
# A retry with less time than this left would only be cut off.
RETRY_SECONDS_MIN = 0.5
ACTION = "federation.asked"


class Exchanged(msgspec.Struct, frozen=True):
    """`told` is what the partner said, None where it failed; `unknown` that it does not know.

    `detail` is for operators. `milliseconds` is from question to end.
    """

    told: Told | None
    milliseconds: int
    failure: Failure | None = None
    detail: str = ""
    unknown: bool = False


class Exchanges:
    """All exchanges of a process."""

    def __init__(
        self, db: Database, connections: Connections, clock: Callable[[], dt.datetime]
    ) -> None:
        self._db = db
        self._connections = connections
        self._clock = clock
        self._breakers: dict[str, tuple[Connection, Breaker]] = {}
        self._waiting: dict[str, int] = {}
        self._at_once: dict[str, asyncio.Semaphore] = {}

    def breaker(self, connection: Connection) -> Breaker:
        """The breaker of a connection. One that was changed begins with a new one."""
        of, known = self._breakers.get(connection.body, (None, None))
        if known is None or of != connection:
            known = Breaker()
            self._breakers[connection.body] = connection, known
        return known

    async def ask(
        self,
        connection: Connection,
        question: Question,
        seconds: float | None = None,
        probe: bool = False,
    ) -> Exchanged:
        """Asks the partner, within the connection's time limit or the less that is left of it.

        A `probe` goes even to a partner that is left alone: somebody wants to know.
        """
        began = time.monotonic()
        limit = connection.time_limit_s
        deadline = began + (limit if seconds is None else min(seconds, limit))
        told, failure, detail = await self._guarded(connection, question, deadline, probe)
        done = Exchanged(
            told,
            round(1000 * (time.monotonic() - began)),
            failure,
            detail,
            told is not None and says_unknown(told, connection, question.via),
        )
        await self._write_down(connection, question, done)
        return done

    async def _guarded(
        self, connection: Connection, question: Question, deadline: float, probe: bool
    ) -> tuple[Told | None, Failure | None, str]:
        waiting = self._waiting.get(connection.body, 0)
        if waiting >= WAITING_MAX:
            return None, "busy", f"{WAITING_MAX} questions are waiting for it already."
        breaker, leave, went = self.breaker(connection), None, False
        self._waiting[connection.body] = waiting + 1
        try:
            async with asyncio.timeout(deadline - time.monotonic()), self._slots(connection.body):
                leave = breaker.lets_through()
                if leave is None and not probe:
                    return None, "left alone", "It failed again and again; it is asked later."
                went = True
                told = cleaned(await self._tried(connection, question, deadline))
        except Exception as error:
            if went:
                breaker.failed()
            return None, *failure_of(error)
        except asyncio.CancelledError:
            if leave is not None:
                breaker.unanswered(leave)
            raise
        finally:
            self._waiting[connection.body] -= 1
        breaker.succeeded()
        return told, None, ""

    def _slots(self, body: str) -> asyncio.Semaphore:
        """So many are with one partner at once; the next wait, as long as they may."""
        return self._at_once.setdefault(body, asyncio.Semaphore(AT_ONCE_MAX))

    async def _tried(self, connection: Connection, question: Question, deadline: float) -> Told:
        """Asks, and again where that may help: the partner was not reached or is overloaded."""
        line = await self._connections.line(connection)
        adapter = self._connections.adapters.get(connection.adapter)
        if adapter is None:
            raise PartnerFailed(f"The adapter {connection.adapter} is not installed.")
        for attempt in range(RETRIES_MAX + 1):
            try:
                return await adapter.ask(line, question)
            except httpx.HTTPError as error:
                pause = BACKOFF_SECONDS * 2**attempt * random.uniform(1.0, 2.0)
                left = deadline - time.monotonic() - pause
                if attempt == RETRIES_MAX or left < RETRY_SECONDS_MIN or not may_pass(error):
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("the last attempt raises or returns")

    async def _write_down(
        self, connection: Connection, question: Question, done: Exchanged
    ) -> None:
        line = Line(
            at=self._clock(),
            by=question.sender_name,
            action=ACTION,
            body=question.sender,
            object=question.body,
            detail={
                "adapter": connection.adapter,
                "result": done.failure or ("unknown" if done.unknown else "answered"),
                "milliseconds": done.milliseconds,
                "reason": done.detail[:200],
            },
        )
        try:
            async with self._db.write() as tx:
                await audit.append(tx, line)
        except SamsvarError as error:
            log.error("The audit log lacks an exchange with %s: %s", connection.body, error)
