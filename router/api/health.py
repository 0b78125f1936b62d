"""For whoever watches over the service: does it live, can it answer?"""

from __future__ import annotations

from typing import Literal

import msgspec
from litestar import Response, get

from router.api.problems import Problem, problem, problems
from router.api.service import ServiceHere


class Health(msgspec.Struct, frozen=True):
    """How the service is."""

    status: Literal["ok", "ready"]


@get("/healthz")
async def healthz() -> Health:
    """The process lives."""
    return Health("ok")


@get("/readyz", responses=problems(503))
async def readyz(service: ServiceHere) -> Response[Health]:
    """The service can answer: its database is within reach and its knowledge is up to date."""
    found = await service.problems()
    if found:
        not_ready: Response[Problem] = problem(503, " ".join(found))
        return not_ready  # type: ignore[return-value]
    return Response(Health("ready"))
