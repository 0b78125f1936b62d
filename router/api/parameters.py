"""The parameters that the routes have in common: their bounds, and what they mean."""

from __future__ import annotations

from typing import Annotated

from litestar.params import PathParameter, QueryParameter
from msgspec import Meta

LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$"
# How the OpenAPI page says what a request must carry.
WITH_KEY: list[dict[str, list[str]]] = [{"key": []}]
WITH_OR_WITHOUT_KEY: list[dict[str, list[str]]] = [{}, {"key": []}]
WITH_TOKEN: list[dict[str, list[str]]] = [{"conversation": []}]

# No control characters, which no database need keep.
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
# One path segment. What is in it is looked up, so anything printable may be asked for.
NAME = r"^[^\x00-\x1f\x7f]{1,200}$"

BodyPath = Annotated[str, PathParameter(pattern=NAME, description="The body's slug.")]
BrainPath = Annotated[str, PathParameter(pattern=NAME, description="The brain's id.")]
EntryPath = Annotated[
    str, PathParameter(pattern=NAME, description="The entry's id, a slash in it as `%2F`.")
]
AudiencePath = Annotated[
    str, PathParameter(pattern=NAME, description="A body's slug, or `group:` and a group.")
]
BroadcastPath = Annotated[str, PathParameter(pattern=NAME, description="The broadcast's id.")]
GapPath = Annotated[str, PathParameter(pattern=NAME, description="The gap's id.")]
ConversationPath = Annotated[str, PathParameter(pattern=NAME, description="The conversation's id.")]

Cursor = Annotated[
    str | None,
    QueryParameter(
        pattern=NAME, required=False, description="The `next` of the part before this one."
    ),
]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="At most so many items.")]
LanguageQuery = Annotated[
    str | None,
    QueryParameter(pattern=LANGUAGE, required=False, description="BCP 47, `nb`, `nn` or `en`."),
]

LanguageTag = Annotated[str, Meta(pattern=LANGUAGE, description="BCP 47: nb, nn, en, ...")]
