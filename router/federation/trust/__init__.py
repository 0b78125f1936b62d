"""Trust between installations: who says it, that it was just now, to us, and these very words.

A request between installations carries a token (a JWS, RFC 7515, signed with
Ed25519, RFC 8037 and 9864) that is good for one request within a minute: it
names who sends (`iss`), to whom (`aud`), when (`iat`, `exp`), its own id
(`jti`), the method and path (`htm`, `htu`, as DPoP's, RFC 9449), and the digest
of the exact bytes of the body (`content_digest`, as RFC 9530's).

    tokens.py   making a token and checking one: pure functions over bytes, keys and a time
    keys.py     our own keys: current, next and retired; how they are changed without a pause
    gate.py     a request that comes in: which peer's it is, or a refusal that says what to change
    learning.py a peer's new keys, fetched from its registered address alone
    opening.py  all of it, by the settings
    errors.py   every refusal, as a tree

What a token proves is which installation sends. In whose name it may speak is
in the peer's row, see `router.federation.way`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable
from typing import NamedTuple

from brains.database import Database
from brains.errors import SamsvarError
from brains.model import Connection
from router.adapters import PartnerFailed
from router.federation.trust import tokens
from router.federation.trust.gate import Gate
from router.federation.trust.keys import Keys
from router.federation.trust.learning import Client, Learning
from router.security.sealing import Sealer

log = logging.getLogger(__name__)

FORGET_EVERY_S = 60.0
# The setting of a connection that names the peer it leads to.
PEER = "peer"


class Trust(NamedTuple):
    """All of it, for one installation. Make it with `await Trust.open(..)`."""

    keys: Keys
    learning: Learning
    gate: Gate

    @classmethod
    async def open(
        cls,
        db: Database,
        sealer: Sealer,
        public_url: str,
        client: Client,
        clock: Callable[[], dt.datetime],
    ) -> Trust:
        """Our keys and gate; `client` opens an HTTP client for an address. Raises `SealBroken`."""
        keys = await Keys.open(db, sealer, public_url, clock)
        learning = Learning(db, client, clock)
        return cls(keys, learning, Gate(db, keys.id, learning, clock))

    def signs(self, connection: Connection, method: str, path: str, body: bytes) -> str:
        """A token for a request over a connection. Raises `PartnerFailed` where its settings do
        not name a peer."""
        audience = connection.settings.get(PEER)
        if not audience:
            raise PartnerFailed("The connection does not say which peer it leads to.")
        return self.keys.token(audience, tokens.Request(method, path, body))

    async def forget_for_ever(self) -> None:
        """Forgets used tokens that nobody can use any more."""
        while True:
            await asyncio.sleep(FORGET_EVERY_S)
            try:
                await self.gate.forget()
            except SamsvarError as error:
                log.warning("used tokens could not be forgotten: %s", error)
