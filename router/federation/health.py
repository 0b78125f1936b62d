"""How the connections do: what was asked over them lately, how it ended, how long it took.

Read from the audit log, so that every process shows the same.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from brains import audit
from brains.audit import Line
from brains.database import Database
from brains.knowledge import Knowledge
from brains.model import Body, Connection
from router.adapters import Question
from router.federation.breaker import State
from router.federation.connections import Connections
from router.federation.exchange import ACTION, Exchanged, Exchanges
from router.federation.referring import is_open
from router.redact import redact
from router.security.texts import clean

LOOKED_BACK = dt.timedelta(days=1)
LINES_MAX = 5_000
FAULTS_SHOWN = 10
TRIAL_TEXT = "Hei"
TRIAL_CHARS_MAX = 1_000
ENDED_WELL = ("answered", "unknown")


class Fault(msgspec.Struct, frozen=True):
    """One exchange that failed: when, what kind of failure, and more for operators."""

    at: dt.datetime
    kind: str
    reason: str


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """A connection in the last day. Shares are 0 to 1, None where nothing was asked.

    `breaker` is this process's; milliseconds are of exchanges that did not fail.
    """

    connection: Connection
    name: str
    breaker: State
    open_now: bool
    asked: int = 0
    answered_share: float | None = None
    unknown_share: float | None = None
    failed_share: float | None = None
    median_milliseconds: int | None = None
    slowest_tenth_milliseconds: int | None = None
    last_answered: dt.datetime | None = None
    faults: list[Fault] = []


class HealthDesk(msgspec.Struct, frozen=True):
    """Looks after the connections; see the module's text."""

    db: Database
    knowledge: Knowledge
    connections: Connections
    exchanges: Exchanges
    clock: Callable[[], dt.datetime]

    async def all(self) -> list[Health]:
        """Every connection's, by the name of its body."""
        async with self.db.read() as tx:
            lines = await audit.recent(tx, ACTION, self.clock() - LOOKED_BACK, LINES_MAX)
        return [self._health(one, lines) for one in self.connections.listing()]

    async def of(self, body: str) -> Health:
        """One connection's. Raises `UnknownConnection`."""
        self.connections.get(body)
        return next(one for one in await self.all() if one.connection.body == body)

    async def try_it(self, body: str, text: str = TRIAL_TEXT) -> Exchanged:
        """Asks the partner something now, redacted, whatever its breaker says.

        Raises `UnknownConnection`, and `Invalid` for a text that is empty or too long.
        """
        connection = self.connections.get(body)
        asking = next((one for one in self.knowledge.bodies.values() if one.brain), None)
        question = Question(
            text=redact(clean(text, TRIAL_CHARS_MAX)),
            body=body,
            sender=asking.id if asking else "",
            sender_name=asking.name if asking else "",
            language=asking.language if asking else "nb",
            conversation=f"trial-{self.clock().timestamp():.0f}",
            via=(asking.id,) if asking else (),
        )
        return await self.exchanges.ask(connection, question, probe=True)

    def _health(self, connection: Connection, lines: Sequence[Line]) -> Health:
        body = self.knowledge.body(connection.body)
        own = [line for line in lines if self._is_over(line, connection)]
        results = Counter(str(line.detail["result"]) for line in own)
        took = [
            int(line.detail["milliseconds"] or 0)
            for line in own
            if line.detail["result"] in ENDED_WELL
        ]
        failed = [line for line in own if line.detail["result"] not in ENDED_WELL]
        answered = [line.at for line in own if line.detail["result"] == "answered"]
        return Health(
            connection=connection,
            name=body.name,
            breaker=self.exchanges.breaker(connection).state,
            open_now=self._open_now(connection, body),
            asked=len(own),
            answered_share=_share(results["answered"], own),
            unknown_share=_share(results["unknown"], own),
            failed_share=_share(len(failed), own),
            median_milliseconds=round(statistics.median(took)) if took else None,
            slowest_tenth_milliseconds=_slowest_tenth(took),
            last_answered=max(answered, default=None),
            faults=[_fault(line) for line in failed[:FAULTS_SHOWN]],
        )

    def _is_over(self, line: Line, connection: Connection) -> bool:
        """Whether an exchange went over this connection: with its body, or a member of it."""
        reaching = self.connections.reaching(line.object)
        return reaching is not None and reaching.body == connection.body

    def _open_now(self, connection: Connection, body: Body) -> bool:
        return is_open(connection, body, self.clock())


def _share(count: int, of: Sequence[Line]) -> float | None:
    return round(count / len(of), 3) if of else None


def _slowest_tenth(took: Sequence[int]) -> int | None:
    """Nine of ten took no longer."""
    return sorted(took)[min(len(took) - 1, int(0.9 * len(took)))] if took else None


def _fault(line: Line) -> Fault:
    return Fault(line.at, str(line.detail["result"]), str(line.detail["reason"] or ""))
