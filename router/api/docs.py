"""The API's description as a page to read, at /docs: no script, nothing from elsewhere.

It is made from the served OpenAPI document, so that it cannot fall behind it.
"""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from litestar import Litestar, MediaType, Request, Response, get

METHODS = ("get", "post", "put", "delete")
Json = dict[str, Any]


@get("/docs", media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=False)
def docs(request: Request[Any, Any, Any]) -> Response[str]:
    """The page."""
    return Response(_page(request.app), media_type=MediaType.HTML)


@functools.lru_cache(maxsize=4)
def _page(app: Litestar) -> str:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(kind=kind)
    template = environment.from_string(files("router.api").joinpath("docs.html").read_text("utf-8"))
    schema = app.openapi_schema.to_schema()
    return template.render(
        info=schema["info"],
        groups=groups(schema),
        schemas=sorted(schema["components"]["schemas"].items()),
    )


def groups(schema: Json) -> dict[str, list[Json]]:
    """The operations by their first tag, in the order of the paths."""
    found: dict[str, list[Json]] = {}
    for path, item in schema["paths"].items():
        for method in METHODS:
            if method in item:
                operation = {"method": method.upper(), "path": path, **item[method]}
                found.setdefault(operation.get("tags", ["other"])[0], []).append(operation)
    return found


def kind(schema: Json) -> str:
    """One line for a schema: `string`, `list of Option`, `Reply`, `string or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for combined in ("oneOf", "anyOf"):
        if combined in schema:
            return " or ".join(dict.fromkeys(kind(part) for part in schema[combined]))
    if "enum" in schema:
        return " | ".join("null" if value is None else str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    named = schema.get("type", "anything")
    if named == "array":
        return f"list of {kind(schema.get('items', {}))}"
    if named == "object" and isinstance(values := schema.get("additionalProperties"), dict):
        return f"map to {kind(values)}"
    return " or ".join(named) if isinstance(named, list) else str(named)
