"""The bodies of the federation: what everybody may know, and what visitors ask them most."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, patch, put
from litestar.params import JSONBody, QueryParameter

from brains.errors import Invalid
from brains.model import Body, ContactPoint, Texts
from router.api.parameters import WITH_KEY, WITH_OR_WITHOUT_KEY, BodyPath
from router.api.problems import problems
from router.api.read_only import UNSET, Unset, refuse_changed
from router.api.service import ServiceHere
from router.messages import Human, Option
from router.security.access import Access
from router.security.guards import key_in, needs
from router.security.visitors import require_any_origin

AnyRequest = Request[Any, Any, Any]
ONLY_WITH_KEY = ("bot_name", "brain", "groups", "places", "popular", "origins")
REFUSALS = problems(400, 401, 403, 404, 429)


class BodySummary(msgspec.Struct, frozen=True):
    """One body. `answers` says whether its bot answers from a brain here."""

    id: str
    name: str
    short_name: str
    kind: str
    language: str
    languages: list[str]
    municipality_number: str | None
    website: str | None
    answers: bool


class BodyDetail(BodySummary, frozen=True):
    """One body, with how its people are reached and whether they are there now.

    From `bot_name` on, what only those see who may change it.
    """

    greeting: Texts
    contacts: list[ContactPoint]
    opening_hours: dict[str, list[str]]
    closed_days: list[str]
    timezone: str
    human: Human
    bot_name: str | Unset = UNSET
    brain: str | Unset | None = UNSET
    groups: list[str] | Unset = UNSET
    places: list[str] | Unset = UNSET
    popular: list[str] | Unset = UNSET
    origins: list[str] | Unset = UNSET


class BodyList(msgspec.Struct, frozen=True):
    """All bodies there are."""

    items: list[BodySummary]
    next: str | None = None


class PopularList(msgspec.Struct, frozen=True):
    """What people ask a body most at this time of the year; each `id` can be sent as a choice."""

    items: list[Option]
    next: str | None = None


class BodyRequest(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body to add or change, as a whole.

    What was read with the same key can be sent back: `answers` is whether there is a brain, and
    `human` changes by itself, so it is passed over.
    """

    answers: bool | Unset = UNSET
    human: Human | Unset = UNSET

    def body(self, sent: set[str]) -> Body:
        """The body asked for; `sent` are the fields that came.

        Raises `Invalid` for what everybody may see of a body, which is not the whole of it.
        """
        missing = [name for name in ONLY_WITH_KEY if name not in sent]
        if missing and "human" in sent:
            raise Invalid("This is not the whole body. Read it with your key first.", missing[0])
        refuse_changed(self, {"answers": self.brain is not None})
        values = msgspec.structs.asdict(self)
        return Body(**{name: values[name] for name in Body.__struct_fields__})


class OwnBodyRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What a body's own people keep; what is left out stays as it is."""

    greeting: Texts | msgspec.UnsetType = msgspec.UNSET
    contacts: list[ContactPoint] | msgspec.UnsetType = msgspec.UNSET
    opening_hours: dict[str, list[str]] | msgspec.UnsetType = msgspec.UNSET
    closed_days: list[str] | msgspec.UnsetType = msgspec.UNSET
    popular: list[str] | msgspec.UnsetType = msgspec.UNSET


class BodyController(Controller):
    """Reading needs no key; adding a body needs an administrator's, keeping it also its own."""

    path = "/bodies"

    @get("/", security=WITH_OR_WITHOUT_KEY, responses=problems(400, 401, 403, 429))
    async def listing(self, request: AnyRequest, service: ServiceHere) -> BodyList:
        """All bodies, by name."""
        require_any_origin(request, service)
        bodies = sorted(service.knowledge.bodies.values(), key=lambda body: body.name)
        return BodyList([BodySummary(**_summary(body)) for body in bodies])

    @get("/{slug:str}", security=WITH_OR_WITHOUT_KEY, responses=REFUSALS)
    async def show(self, request: AnyRequest, slug: BodyPath, service: ServiceHere) -> BodyDetail:
        """One body; the whole of it with a key that may change it."""
        require_any_origin(request, service)
        body, holder = service.knowledge.body(slug), request.scope.get("user")
        access: Access = request.app.state.access
        if holder is None or not access.may(holder, "keep body", brain=body.brain, body=slug):
            return _detail(body, service)
        return _whole(body, service)

    @get(
        "/{slug:str}/popular",
        security=WITH_OR_WITHOUT_KEY,
        responses=REFUSALS,
    )
    async def popular(
        self,
        request: AnyRequest,
        slug: BodyPath,
        service: ServiceHere,
        month: Annotated[
            int | None, QueryParameter(ge=1, le=12, required=False, description="1 to 12.")
        ] = None,
    ) -> PopularList:
        """What people ask this body most in a month, this one by default."""
        require_any_origin(request, service)
        service.knowledge.body(slug)
        return PopularList(await service.popular(slug, month))

    @put(
        "/{slug:str}",
        guards=[needs("manage bodies", "everywhere")],
        security=WITH_KEY,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 429, 503),
    )
    async def save(
        self, request: AnyRequest, slug: BodyPath, data: JSONBody[BodyRequest], service: ServiceHere
    ) -> BodyDetail:
        """Add a body, or change it as a whole. Its brain is made where there is none yet."""
        if data.id != slug:
            raise Invalid(f"The path says {slug} and the body says {data.id}.", "id")
        saved = await service.curation.add_body(
            data.body(set(await request.json())), key_in(request).name
        )
        return _whole(saved, service)

    @patch(
        "/{slug:str}",
        guards=[needs("keep body", "body")],
        security=WITH_KEY,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 429, 503),
    )
    async def keep(
        self,
        request: AnyRequest,
        slug: BodyPath,
        data: JSONBody[OwnBodyRequest],
        service: ServiceHere,
    ) -> BodyDetail:
        """Change a body's greeting, contact points, hours, closed days or popular questions."""
        given = {
            name: value
            for name, value in msgspec.structs.asdict(data).items()
            if value is not msgspec.UNSET
        }
        changed = msgspec.structs.replace(service.knowledge.body(slug), **given)
        saved = await service.curation.add_body(changed, key_in(request).name)
        return _whole(saved, service)


def _whole(body: Body, service: ServiceHere) -> BodyDetail:
    kept = {name: getattr(body, name) for name in ONLY_WITH_KEY}
    return msgspec.structs.replace(_detail(body, service), **kept)


def _summary(body: Body) -> dict[str, Any]:
    shared = {
        name: getattr(body, name) for name in BodySummary.__struct_fields__ if name != "answers"
    }
    return {**shared, "answers": body.brain is not None}


def _detail(body: Body, service: ServiceHere) -> BodyDetail:
    more = ("greeting", "contacts", "opening_hours", "closed_days", "timezone")
    return BodyDetail(
        **_summary(body),
        **{name: getattr(body, name) for name in more},
        human=service.human(body.id),
    )
