"""A request of another installation: whose it is, or a refusal that says what to change.

What costs us something comes last: a stranger's token is refused before any
signature is checked, and only a token that is right in every other way is
written down as used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from brains import peers, signing
from brains.database import Database
from brains.peers import Peer
from router.federation.trust import tokens
from router.federation.trust.errors import (
    Replayed,
    StrangerRefused,
    SwitchedOff,
    UnknownKey,
)
from router.federation.trust.learning import Learning

# Used tokens are remembered longer than they are good, should the clock be set back.
REMEMBERED = dt.timedelta(minutes=10)


class Gate:
    """Lets in what a peer has signed for us. `ours` is this installation's id."""

    def __init__(
        self, db: Database, ours: str, learning: Learning, clock: Callable[[], dt.datetime]
    ) -> None:
        self._db = db
        self._ours = ours
        self._learning = learning
        self._clock = clock

    async def admit(self, token: str, request: tokens.Request) -> Peer:
        """The peer that sends this. Raises a subclass of `Untrusted`, and `SwitchedOff`.

        The peer's row is read each time, so that switching one off holds at once everywhere.
        """
        unproved = tokens.read(token)
        async with self._db.read() as tx:
            peer = await peers.find(tx, unproved.claims.iss)
        if peer is None:
            raise StrangerRefused
        if not peer.enabled:
            raise SwitchedOff
        await self._prove(unproved, peer)
        now = self._clock()
        tokens.check(unproved.claims, self._ours, request, now.timestamp())
        async with self._db.write() as tx:
            if not await signing.use(tx, peer.id, unproved.claims.jti, now + REMEMBERED):
                raise Replayed
        return peer

    async def _prove(self, unproved: tokens.Unproved, peer: Peer) -> None:
        try:
            tokens.prove(unproved, peer.keys)
        except UnknownKey:
            learned = await self._learning.keys_of(peer)
            tokens.prove(unproved, learned)

    async def forget(self) -> int:
        """Forgets used tokens that nobody can use any more, and returns how many those were."""
        async with self._db.write() as tx:
            return await signing.forget_used(tx, self._clock())
