"""How often somebody may try to sign in: by account and by address.

Each attempt counts before its password is looked at, so that many at once are
no way round. An account that nobody has counts like any other: the answer
does not tell which accounts there are. Counts are in the application's store
of rate limits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec
from litestar.stores.base import Store

from brains.tokens import hash_token

# Free attempts at one account; then each waits twice as long as the one before.
ACCOUNT_FREE = 5
WAIT_SECONDS_FIRST = 30
WAIT_SECONDS_MAX = 15 * 60
# Attempts from one address, at any accounts: an office shares one.
ADDRESS_MAX = 50
ADDRESS_SECONDS = 15 * 60
FORGOTTEN_SECONDS = 60 * 60


class _Tried(msgspec.Struct, array_like=True):
    count: int = 0
    # Not before this, in seconds since 1970.
    until: float = 0.0


class Attempts:
    """Counts in `store`; `clock` is in seconds since 1970."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._counting = asyncio.Lock()

    async def count(self, email: str, address: str) -> int:
        """Count an attempt. Seconds to wait where it may not be made, 0 where it may."""
        async with self._counting:
            wait = max(await self._wait(_account(email)), await self._wait(_place(address)))
            if wait > 0:
                return wait
            await self._tried(_account(email), _account_pause)
            await self._tried(_place(address), _address_pause)
        return 0

    async def succeeded(self, email: str, address: str) -> None:
        """The owner has come in: forget the attempts at the account, and this one of the address.

        So an office may have as many people as it likes behind one address.
        """
        async with self._counting:
            await self._store.delete(_account(email))
            place = _place(address)
            count = (await self._load(place)).count - 1
            await self._save(place, _Tried(max(0, count)))

    async def _wait(self, key: str) -> int:
        left = (await self._load(key)).until - self._clock()
        return max(0, int(left) + 1) if left > 0 else 0

    async def _tried(self, key: str, pause: Callable[[int], int]) -> None:
        count = (await self._load(key)).count + 1
        await self._save(key, _Tried(count, self._clock() + pause(count)))

    async def _save(self, key: str, tried: _Tried) -> None:
        await self._store.set(key, msgspec.json.encode(tried), expires_in=FORGOTTEN_SECONDS)

    async def _load(self, key: str) -> _Tried:
        stored = await self._store.get(key)
        return msgspec.json.decode(stored, type=_Tried) if stored else _Tried()


def _account_pause(count: int) -> int:
    """Seconds until the next attempt, after `count` of them."""
    if count < ACCOUNT_FREE:
        return 0
    return min(WAIT_SECONDS_FIRST << min(count - ACCOUNT_FREE, 10), WAIT_SECONDS_MAX)


def _address_pause(count: int) -> int:
    return ADDRESS_SECONDS if count % ADDRESS_MAX == 0 else 0


def _account(email: str) -> str:
    return f"sign-in:account:{hash_token(email)}"


def _place(address: str) -> str:
    return f"sign-in:address:{address}"
