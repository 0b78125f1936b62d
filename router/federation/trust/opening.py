"""The trust of an installation, by its settings: for the service and for the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import httpx

from brains.database import Database
from router.federation import http
from router.federation.trust import Trust
from router.federation.trust.learning import Client
from router.security.sealing import Sealer
from router.settings import Settings

PEER_SECONDS_MAX = 20.0


def partner_client(settings: Settings) -> Client:
    """Opens HTTP clients that reach one peer's address each, and no other."""
    networks = http.allowed(settings.partner_networks)

    def opened(address: str) -> httpx.AsyncClient:
        return http.client(address, networks, PEER_SECONDS_MAX)

    return opened


async def open_trust(settings: Settings, db: Database, clock: Callable[[], dt.datetime]) -> Trust:
    """Our keys, and what is believed of others. Raises `SealBroken` and `StorageError`."""
    sealer, client = Sealer.of(settings), partner_client(settings)
    return await Trust.open(db, sealer, settings.public_url, client, clock)
