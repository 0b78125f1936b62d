"""What an adapter is, and which are installed.

An adapter speaks one foreign protocol. Reading one is reading all: a `name`,
and `routes()`, whose handlers turn what comes in into a `Message` and the
`Reply` into what goes out. Handlers that declare `service` are given it. A
distribution names its adapters under the entry point group `samsvar.adapters`.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from typing import Protocol

from litestar.types import ControllerRouterHandler

GROUP = "samsvar.adapters"


class Adapter(Protocol):
    """One foreign protocol."""

    name: str

    def routes(self) -> Sequence[ControllerRouterHandler]:
        """The handlers, each with its whole path."""


def installed() -> list[Adapter]:
    """Every installed adapter, by name."""
    points = sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: point.name)
    return [point.load()() for point in points]
