"""A peer's new keys: asked for at its registered address, and nowhere else, once a minute.

A token that names a key we do not know makes us ask. Because it may come from
anybody, it can neither say where to ask nor make us ask often.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Annotated

import httpx
import msgspec

from brains import peers
from brains.database import Database
from brains.errors import SamsvarError
from brains.peers import Jwk, Peer
from router.federation.trust import tokens

log = logging.getLogger(__name__)

PATH = "/adapters/samsvar/keys"
ASK_EVERY = dt.timedelta(minutes=1)

# An HTTP client for one address and no other.
Client = Callable[[str], httpx.AsyncClient]


class KeySet(msgspec.Struct, frozen=True):
    """A JWK set, RFC 7517."""

    keys: Annotated[list[dict[str, str]], msgspec.Meta(max_length=20)]


class Learning:
    """`client` opens an HTTP client for an address."""

    def __init__(self, db: Database, client: Client, clock: Callable[[], dt.datetime]) -> None:
        self._db = db
        self._client = client
        self._clock = clock

    async def keys_of(self, peer: Peer) -> list[Jwk]:
        """The keys that the peer publishes now; those known already where it cannot be asked."""
        now = self._clock()
        if peer.keys_asked_at is not None and peer.keys_asked_at >= now - ASK_EVERY:
            return peer.keys
        async with self._db.write() as tx:
            if not await peers.claim_keys(tx, peer.id, now, now - ASK_EVERY):
                latest = await peers.find(tx, peer.id)
                return [] if latest is None else latest.keys
        try:
            return await self.ask(peer)
        except (httpx.HTTPError, SamsvarError, msgspec.MsgspecError, ValueError) as error:
            log.warning("the keys of the peer %s could not be fetched: %s", peer.name, error)
            return peer.keys

    async def ask(self, peer: Peer) -> list[Jwk]:
        """Fetches the peer's keys, and keeps them instead of those that were known.

        Raises `httpx.HTTPError`, `msgspec.MsgspecError` or `ValueError` for what is no key set.
        """
        async with self._client(peer.address) as http:
            response = await http.get(peer.address + PATH)
            response.raise_for_status()
            found = tokens.published(msgspec.json.decode(response.content, type=KeySet).keys)
        async with self._db.write() as tx:
            await peers.set_keys(tx, peer.id, found)
        return found
