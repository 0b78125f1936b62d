"""The service, as the routes are given it."""

from __future__ import annotations

from litestar.di import NamedDependency

from router.service import Service

ServiceHere = NamedDependency[Service]
