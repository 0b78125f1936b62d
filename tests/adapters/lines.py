"""A connection for tests: what `Adapter.ask` is given, without the router behind it."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from router.adapters import Question


class PlainLine:
    """Implements `router.adapters.Line`."""

    def __init__(
        self,
        address: str,
        http: httpx.AsyncClient,
        secret: str = "",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.address = address
        self.http = http
        self.secret = secret
        self.settings = settings or {}

    def signed(self, method: str, path: str, body: bytes) -> str:
        """No keys here."""
        raise NotImplementedError


def question(text: str, **more: object) -> Question:
    """A visitor of Bergen's asks NAV's bot."""
    given: dict[str, object] = {
        "text": text,
        "body": "nav",
        "sender": "bergen",
        "sender_name": "Bergen kommune",
        "language": "nb",
        "conversation": "c-1",
        "via": ("bergen",),
    }
    return Question(**(given | more))  # type: ignore[arg-type]
