"""The keys this installation signs with, and how they are changed without a pause.

There are a current key, which signs, and the next one, which is published
already: when it becomes the current one, peers know it. The one before it is
retired; what it signed is believed for a grace, in which slower processes of
this installation may still sign with it. The private parts are stored sealed.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import uuid
from collections.abc import Callable

from joserfc.jwk import OKPKey

from brains import secrets, signing
from brains.database import Database, Transaction
from brains.errors import SamsvarError
from brains.signing import SigningKey
from router.federation.trust import tokens
from router.security.sealing import Sealer

log = logging.getLogger(__name__)

GRACE = dt.timedelta(hours=24)
FOLLOW_EVERY_S = 5.0
ID_SECRET = "installation"
ID_CHARS_MAX = 100


class Keys:
    """Our id and keys, in memory. Make it with `await Keys.open(..)`."""

    def __init__(
        self, db: Database, sealer: Sealer, id: str, clock: Callable[[], dt.datetime]
    ) -> None:
        self.id = id
        self._db = db
        self._sealer = sealer
        self._clock = clock
        self._current: OKPKey
        self._current_id = ""
        self.published: list[tokens.Jwk] = []

    @classmethod
    async def open(
        cls, db: Database, sealer: Sealer, public_url: str, clock: Callable[[], dt.datetime]
    ) -> Keys:
        """The keys of this installation, made where there are none.

        Its id is its public address of the time it is first needed, or a made-up one, and stays.
        Raises `SealBroken`.
        """
        keys = cls(db, sealer, await identity(db, public_url), clock)
        async with db.read() as tx:
            found = await signing.listing(tx)
        if not found:
            async with db.write() as tx:
                await signing.lock(tx)
                if not await signing.listing(tx):
                    await keys._add(tx, "current")
                    await keys._add(tx, "next")
        await keys.reload()
        return keys

    def token(self, audience: str, request: tokens.Request) -> str:
        """A token of ours for one request to another installation."""
        now = self._clock().timestamp()
        return tokens.made(self._current, self.id, audience, request, now)

    async def rotate(self, *, at_once: bool = False) -> None:
        """The next key becomes the current one, and another is made to be next.

        `at_once` withdraws the old one without a grace: for a key that others may have.
        """
        now = self._clock()
        async with self._db.write() as tx:
            await signing.lock(tx)
            for key in await signing.listing(tx):
                if key.state == "current":
                    await signing.set_state(tx, key.id, "retired", now - GRACE if at_once else now)
                elif key.state == "next":
                    await signing.set_state(tx, key.id, "current")
            await self._add(tx, "next")
            await signing.forget_retired(tx, now - GRACE + dt.timedelta(microseconds=1))
        await self.reload()

    async def reload(self) -> None:
        """Reads what another process may have changed."""
        async with self._db.read() as tx:
            found = await signing.listing(tx)
        known_until = self._clock() - GRACE
        good = [key for key in found if key.retired is None or key.retired > known_until]
        current = next(key for key in found if key.state == "current")
        if current.id != self._current_id:
            self._current = OKPKey.import_key(json.loads(self._sealer.open(current.sealed)))
            self._current_id = current.id
        self.published = [key.public for key in good]

    async def follow(self) -> None:
        """Keeps up with other processes, for ever."""
        while True:
            await asyncio.sleep(FOLLOW_EVERY_S)
            try:
                await self.reload()
            except SamsvarError as error:
                log.warning("the signing keys could not be read again: %s", error)

    async def _add(self, tx: Transaction, state: signing.State) -> None:
        key = OKPKey.generate_key("Ed25519")
        public = tokens.plain(key)
        sealed = self._sealer.seal(json.dumps(key.as_dict(private=True)))
        await signing.add(tx, SigningKey(public["kid"], public, sealed, state, self._clock()))


async def identity(db: Database, public_url: str) -> str:
    """What this installation calls itself to others; it stays what it was first."""
    address = public_url.rstrip("/")
    made_up = uuid.uuid4().urn
    return await secrets.secret(
        db, ID_SECRET, address if 0 < len(address) <= ID_CHARS_MAX else made_up
    )
