"""A body's own values, used inside the shared answers, and those still missing."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, put
from litestar.params import JSONBody
from msgspec import Meta

from brains.errors import Invalid
from brains.model import Fact, MissingFact, Texts
from router.api.parameters import WITH_KEY, BodyPath
from router.api.problems import problems
from router.api.read_only import UNSET, Unset, refuse_changed
from router.api.service import ServiceHere
from router.security.guards import key_in, needs

AnyRequest = Request[Any, Any, Any]
FactKey = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,79}$")]
VALUE_CHARS_MAX = 2000
FACTS_MAX = 1000


class FactList(msgspec.Struct, frozen=True):
    """A body's facts, by key."""

    items: list[Fact]
    next: str | None = None


class MissingFactList(msgspec.Struct, frozen=True):
    """Facts that answers needed and the body has not given, most asked for first."""

    items: list[MissingFact]
    next: str | None = None


Value = Annotated[str, Meta(max_length=VALUE_CHARS_MAX)] | Texts


class FactItem(msgspec.Struct, forbid_unknown_fields=True):
    """A fact as it is listed. `body` and `label` are what they are."""

    key: FactKey
    value: Value
    body: str | Unset = UNSET
    label: Texts | Unset = UNSET


class FactsRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Values to set, by key: one for all languages or one a language; null removes the fact.

    What was read can be sent back: `items` does the same as `facts`.
    """

    facts: Annotated[dict[FactKey, Value | None], Meta(max_length=FACTS_MAX)] = {}
    items: Annotated[list[FactItem], Meta(max_length=FACTS_MAX)] = []
    next: None = None

    def values(self, slug: str, labels: dict[str, Texts]) -> dict[str, str | Texts | None]:
        """By key. Raises `Invalid` for a fact named twice, or said to be another than it is."""
        given: dict[str, str | Texts | None] = {one.key: one.value for one in self.items}
        if len(given) < len(self.items) or given.keys() & self.facts.keys():
            raise Invalid("A fact is named more than once. Name each once.", "items")
        for one in self.items:
            refuse_changed(one, {"body": slug, "label": labels.get(one.key, {})})
        return self.facts | given


class FactController(Controller):
    """Needs a key of this body, of its brain, or of everything."""

    path = "/bodies/{slug:str}"
    security = WITH_KEY

    @get("/facts", guards=[needs("read", "body")], responses=problems(400, 401, 403, 404, 429))
    async def listing(self, slug: BodyPath, service: ServiceHere) -> FactList:
        """A body's facts."""
        service.knowledge.body(slug)
        return FactList(await service.curation.facts(slug))

    @put(
        "/facts",
        guards=[needs("set facts", "body")],
        responses=problems(400, 401, 403, 404, 409, 413, 415, 429, 503),
    )
    async def save(
        self,
        request: AnyRequest,
        slug: BodyPath,
        data: JSONBody[FactsRequest],
        service: ServiceHere,
    ) -> FactList:
        """Set the facts that are named; the others stay as they are."""
        body, by = service.knowledge.body(slug), key_in(request).name
        labels = {fact.key: fact.label for fact in await service.curation.facts(slug)}
        saved = await service.curation.set_facts(slug, data.values(slug, labels), by)
        if body.brain is not None:
            service.facts_given.ask_again_soon(body.brain, [slug], by)
        return FactList(saved)

    @get(
        "/missing-facts",
        guards=[needs("read", "body")],
        responses=problems(400, 401, 403, 404, 429),
    )
    async def missing(self, slug: BodyPath, service: ServiceHere) -> MissingFactList:
        """What this body should still give, so that shared answers can be given there."""
        service.knowledge.body(slug)
        return MissingFactList(await service.curation.missing_facts(slug))
