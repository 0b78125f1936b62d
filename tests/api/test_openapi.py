"""The API's own description: complete, true, and readable without anything from elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import booleans
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.result import Ok

from router.service import Service
from tests.api.conftest import Visitor
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = 12
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ERRORS = {"400", "401", "403", "404", "409", "413", "415", "429", "503"}
# Endless by design; tests/api/test_conversations.py reads it.
STREAM = "/v1/conversations/{conversation}/events"
KNOWN = {
    "slug": "nav",
    "brain": "nav",
    "entry": "spurt",
    "gap": "none",
    "broadcast": "none",
    "audience": "nav",
}
PATHS = [
    "/healthz",
    "/readyz",
    "/v1/ask",
    "/v1/bodies",
    "/v1/bodies/{slug}",
    "/v1/bodies/{slug}/broadcasts",
    "/v1/bodies/{slug}/confirmed",
    "/v1/bodies/{slug}/facts",
    "/v1/bodies/{slug}/missing-facts",
    "/v1/bodies/{slug}/popular",
    "/v1/brains/{brain}/broadcasts",
    "/v1/brains/{brain}/broadcasts/{broadcast}",
    "/v1/brains/{brain}/entries",
    "/v1/brains/{brain}/entries/{entry}",
    "/v1/brains/{brain}/entries/{entry}/local-answers",
    "/v1/brains/{brain}/entries/{entry}/local-answers/{audience}",
    "/v1/brains/{brain}/entries/{entry}/local-answers/{audience}/preview",
    "/v1/brains/{brain}/entries/{entry}/notes",
    "/v1/brains/{brain}/entries/{entry}/preview",
    "/v1/brains/{brain}/entries/{entry}/publish",
    "/v1/brains/{brain}/entries/{entry}/restore",
    "/v1/brains/{brain}/entries/{entry}/retire",
    "/v1/brains/{brain}/entries/{entry}/return",
    "/v1/brains/{brain}/entries/{entry}/revisions",
    "/v1/brains/{brain}/entries/{entry}/submit",
    "/v1/brains/{brain}/export",
    "/v1/brains/{brain}/gaps",
    "/v1/brains/{brain}/gaps/overview",
    "/v1/brains/{brain}/gaps/{gap}",
    "/v1/brains/{brain}/gaps/{gap}/answer",
    "/v1/brains/{brain}/gaps/{gap}/ask-again",
    "/v1/brains/{brain}/gaps/{gap}/assign",
    "/v1/brains/{brain}/gaps/{gap}/dismiss",
    "/v1/brains/{brain}/gaps/{gap}/events",
    "/v1/brains/{brain}/gaps/{gap}/facts",
    "/v1/brains/{brain}/gaps/{gap}/forward",
    "/v1/brains/{brain}/gaps/{gap}/local-answer",
    "/v1/brains/{brain}/gaps/{gap}/merge",
    "/v1/brains/{brain}/gaps/{gap}/phrasing",
    "/v1/brains/{brain}/gaps/{gap}/questions",
    "/v1/brains/{brain}/gaps/{gap}/rename",
    "/v1/brains/{brain}/gaps/{gap}/reopen",
    "/v1/brains/{brain}/gaps/{gap}/similar",
    "/v1/brains/{brain}/gaps/{gap}/snooze",
    "/v1/brains/{brain}/gaps/{gap}/split",
    "/v1/brains/{brain}/gaps/{gap}/unmerge",
    "/v1/brains/{brain}/import",
    "/v1/brains/{brain}/local-answers",
    "/v1/connections",
    "/v1/connections/{slug}",
    "/v1/connections/{slug}/try",
    "/v1/conversations",
    "/v1/conversations/{conversation}",
    STREAM,
    "/v1/conversations/{conversation}/feedback",
    "/v1/conversations/{conversation}/handover",
    "/v1/conversations/{conversation}/language",
    "/v1/conversations/{conversation}/messages",
    "/v1/conversations/{conversation}/transcript",
    "/v1/route",
]


async def described(client: httpx.AsyncClient) -> dict[str, Any]:
    """The served OpenAPI document."""
    schema: dict[str, Any] = (await client.get("/schema/openapi.json")).json()
    return schema


async def test_every_address_is_described(client: httpx.AsyncClient) -> None:
    assert sorted((await described(client))["paths"]) == PATHS


async def test_errors_are_described_as_problems(client: httpx.AsyncClient) -> None:
    for path, item in (await described(client))["paths"].items():
        for method, operation in item.items():
            assert operation.get("description"), (method, path)
            for status in ERRORS & set(operation["responses"]):
                content = operation["responses"][status]["content"]
                assert list(content) == ["application/problem+json"], (method, path, status)
                assert content["application/problem+json"]["schema"]["$ref"].endswith("Problem")
            if path.startswith("/v1/"):
                assert {"400", "401", "403", "429"} <= set(operation["responses"])


async def test_the_docs_page_needs_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    for path in PATHS:
        assert path in page
    assert not re.search(r"<(script|link|img|iframe)", page)
    assert re.findall(r'(?:href|src)="(?!/|#)[^"]*"', page) == []


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
async def test_schemathesis_finds_no_fault(
    base_url: str,
    client: httpx.AsyncClient,
    keys: dict[str, dict[str, str]],
    visitor: Visitor,
    service: Service,
    mode: GenerationMode,
) -> None:
    schema = schemathesis.openapi.from_dict(await described(client))
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        if operation.path == STREAM:
            continue
        headers = visitor.headers if "{conversation}" in operation.path else keys["admin"]
        known = {**KNOWN, "conversation": visitor.id}
        await asyncio.to_thread(_walk, operation, mode, base_url, headers, known)
    assert await service.problems() == []


def _walk(
    operation: Any,
    mode: GenerationMode,
    base_url: str,
    headers: dict[str, str],
    known: dict[str, str],
) -> None:
    """Send an operation what fits its description, or does not; half the time to what exists."""

    @hypothesis_settings(
        max_examples=EXAMPLES,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), exists=booleans())
    def check(case: Any, exists: bool) -> None:
        if exists and operation.method != "delete":
            for name in case.path_parameters or {}:
                case.path_parameters[name] = known[name]
        case.call_and_validate(
            base_url=base_url, headers=headers, checks=CHECKS, timeout=PATIENCE_S
        )

    with contextlib.suppress(Unsatisfiable):  # an operation that takes nothing cannot be misused
        check()
