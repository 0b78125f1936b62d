"""The connections of this installation: kept, switched on and off, and opened to partners."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence

import httpx
import msgspec

from brains import connections as rows
from brains.database import Database
from brains.errors import Invalid, UnknownConnection
from brains.knowledge import Knowledge
from brains.model import Connection
from router.adapters import Calls, PartnerFailed
from router.federation import http
from router.security.sealing import Sealer

# Proves us to the partner of a connection with a token for a request: method, path and body.
Signs = Callable[[Connection, str, str, bytes], str]


def unsigned(connection: Connection, method: str, path: str, body: bytes) -> str:
    """Where this installation has no keys of its own."""
    raise PartnerFailed("This installation has no signing keys.")


class OpenLine:
    """Implements `router.adapters.Line` for a connection."""

    def __init__(
        self, connection: Connection, secret: str, client: httpx.AsyncClient, signs: Signs
    ) -> None:
        self.connection = connection
        self.address = connection.address.rstrip("/")
        self.secret = secret
        self.settings: Mapping[str, str] = connection.settings
        self.http = client
        self._signs = signs

    def signed(self, method: str, path: str, body: bytes) -> str:
        """See `router.adapters.Line`."""
        return self._signs(self.connection, method, path, body)


class Connections:
    """`adapters` are those on which partners can be called; `networks` may be called though they
    are not public."""

    def __init__(
        self,
        db: Database,
        knowledge: Knowledge,
        sealer: Sealer,
        adapters: Callable[[], Mapping[str, Calls]],
        networks: Sequence[http.Network] = (),
        signs: Signs = unsigned,
    ) -> None:
        self._db = db
        self._knowledge = knowledge
        self._sealer = sealer
        self._find_adapters = adapters
        self._networks = networks
        self._lines: dict[str, OpenLine] = {}
        self.signs = signs

    @functools.cached_property
    def adapters(self) -> Mapping[str, Calls]:
        """By name. Found when first asked for: their libraries take a moment to load."""
        return self._find_adapters()

    def listing(self) -> list[Connection]:
        """Every connection, by the name of its body."""
        bodies = self._knowledge.bodies
        return sorted(
            self._knowledge.connections.values(),
            key=lambda one: bodies[one.body].name if one.body in bodies else one.body,
        )

    def get(self, body: str) -> Connection:
        """The body's own connection. Raises `UnknownConnection`."""
        found = self._knowledge.connections.get(body)
        if found is None:
            raise UnknownConnection(body)
        return found

    def reaching(self, body: str) -> Connection | None:
        """The connection over which a body's bot is asked: its own, or that of a group of its."""
        known = self._knowledge.bodies.get(body)
        slugs = (body, *(known.groups if known else ()))
        found = (self._knowledge.connections.get(slug) for slug in slugs)
        return next((one for one in found if one is not None), None)

    async def save(self, connection: Connection, secret: str | None = None) -> Connection:
        """Saves a connection; `secret` None leaves the secret it has, "" removes it.

        Raises `Invalid`, also for an adapter that is not here and settings it does not know, and
        where a secret that is kept would go to another server than it was given for.
        """
        self._check(connection)
        before = self._knowledge.connections.get(connection.body)
        sealed = before.sealed if before is not None else ""
        if (
            secret is None
            and before is not None
            and sealed
            and not _same_server(before, connection)
        ):
            raise Invalid(
                "The address leads to another server. Give the secret for it, or remove it.",
                "field secret",
            )
        if secret is not None:
            sealed = self._sealer.seal(secret) if secret else ""
        kept = msgspec.structs.replace(connection, sealed=sealed)
        await rows.save(self._db, kept)
        await self._knowledge.catch_up()
        return kept

    async def set_enabled(self, body: str, enabled: bool) -> Connection:
        """Switches it on or off: at once here, within a second in other processes."""
        changed = msgspec.structs.replace(self.get(body), enabled=enabled)
        await rows.save(self._db, changed)
        await self._knowledge.catch_up()
        return changed

    async def remove(self, body: str) -> None:
        """Raises `UnknownConnection`."""
        await rows.remove(self._db, body)
        await self._knowledge.catch_up()

    async def line(self, connection: Connection) -> OpenLine:
        """An open line to the partner. Raises `SealBroken`."""
        known = self._lines.get(connection.body)
        if known is not None and known.connection == connection:
            return known
        secret = self._sealer.open(connection.sealed) if connection.sealed else ""
        client = http.client(connection.address, self._networks, connection.time_limit_s)
        line = OpenLine(connection, secret, client, lambda *request: self.signs(*request))
        self._lines[connection.body] = line
        if known is not None:
            await known.http.aclose()
        return line

    async def close(self) -> None:
        """Hang up everywhere."""
        for line in self._lines.values():
            with contextlib.suppress(httpx.HTTPError):
                await line.http.aclose()
        self._lines.clear()

    def _check(self, connection: Connection) -> None:
        adapter = self.adapters.get(connection.adapter)
        if adapter is None:
            names = ", ".join(sorted(self.adapters))
            raise Invalid(
                f"There is no adapter called “{connection.adapter}” that calls partners. Use one "
                f"of {names}.",
                "field adapter",
            )
        try:
            httpx.URL(connection.address)
        except (httpx.InvalidURL, UnicodeError):
            raise Invalid(
                "This is no address that can be called. Check its host and port.", "field address"
            ) from None
        for key in connection.settings:
            if key not in adapter.settings:
                known = ", ".join(sorted(adapter.settings)) or "none"
                raise Invalid(
                    f"The adapter {connection.adapter} has no setting “{key}”. It has: {known}.",
                    f"field settings.{key}",
                )


def _same_server(one: Connection, other: Connection) -> bool:
    """Whether scheme, host and port are the same, whatever else the addresses are."""
    return one.address.split("/")[:3] == other.address.split("/")[:3]
