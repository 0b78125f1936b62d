"""How often somebody may try to sign in: by account and by address.

Each attempt counts before its password is looked at, so that many at once are
no way round. An account that nobody has counts like any other: the answer
does not tell which accounts there are. Counts are in the database: one for all
processes, and a restart forgets nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from brains import attempts
from brains.attempts import Tried
from brains.database import Database
from brains.store import now as utc_now
from brains.tokens import hash_token

# Free attempts at one account; then each waits twice as long as the one before.
ACCOUNT_FREE = 5
WAIT_SECONDS_FIRST = 30
WAIT_SECONDS_MAX = 15 * 60
# Attempts from one address, at any accounts: an office shares one.
ADDRESS_MAX = 50
ADDRESS_SECONDS = 15 * 60
FORGOTTEN = dt.timedelta(hours=1)


class Attempts:
    """Counts in `db`."""

    def __init__(self, db: Database, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._db = db
        self._clock = clock

    async def count(self, email: str, address: str) -> int:
        """Count an attempt. Seconds to wait where it may not be made, 0 where it may."""
        account, place, now = _account(email), _place(address), self._clock()
        async with self._db.write() as tx:
            tried = await attempts.held(tx, (account, place), now)
            wait = max(_seconds(one.until - now) for one in tried.values())
            if wait > 0:
                return wait
            for key, pause in ((account, _account_pause), (place, _address_pause)):
                count = tried[key].count + 1
                until = now + dt.timedelta(seconds=pause(count))
                await attempts.keep(tx, key, Tried(count, until), now + FORGOTTEN)
        return 0

    async def succeeded(self, email: str, address: str) -> None:
        """The owner has come in: forget the attempts at the account, and this one of the address.

        So an office may have as many people as it likes behind one address.
        """
        account, place, now = _account(email), _place(address), self._clock()
        async with self._db.write() as tx:
            tried = await attempts.held(tx, (account, place), now)
            await attempts.forget(tx, account)
            count = max(0, tried[place].count - 1)
            await attempts.keep(tx, place, Tried(count, now), now + FORGOTTEN)


def _seconds(left: dt.timedelta) -> int:
    """Whole seconds that are enough, 0 for what is over."""
    seconds = left.total_seconds()
    return int(seconds) + 1 if seconds > 0 else 0


def _account_pause(count: int) -> int:
    """Seconds until the next attempt, after `count` of them."""
    if count < ACCOUNT_FREE:
        return 0
    return min(WAIT_SECONDS_FIRST << min(count - ACCOUNT_FREE, 10), WAIT_SECONDS_MAX)


def _address_pause(count: int) -> int:
    return ADDRESS_SECONDS if count % ADDRESS_MAX == 0 else 0


def _account(email: str) -> str:
    return f"account:{hash_token(email)}"


def _place(address: str) -> str:
    return f"address:{address}"
