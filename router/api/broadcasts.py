"""Broadcasts: published, planned, changed and withdrawn; and what a body shows now, for anybody."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.params import JSONBody
from msgspec import Meta

from brains.broadcasts import State
from brains.errors import UnknownBroadcast
from brains.model import EVERYONE, Broadcast, Texts
from router.api.parameters import (
    WITH_KEY,
    WITH_OR_WITHOUT_KEY,
    BodyPath,
    BrainPath,
    BroadcastPath,
    LanguageQuery,
)
from router.api.problems import problems
from router.api.service import ServiceHere
from router.messages import Notice
from router.security.access import Access
from router.security.guards import key_in, needs
from router.security.own import broadcast_for, require_broadcast
from router.security.visitors import require_any_origin

AnyRequest = Request[Any, Any, Any]
READ = problems(400, 401, 403, 404, 429)
WRITE = problems(400, 401, 403, 404, 409, 413, 415, 429, 503)


class BroadcastRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A notice: Markdown a language. Without `starts_at` it shows at once, without `ends_at` until
    it is withdrawn. `entry` is an answer that it offers with a button."""

    texts: Texts
    audience: Annotated[list[Annotated[str, Meta(max_length=130)]], Meta(max_length=500)] = (
        msgspec.field(default_factory=lambda: [EVERYONE])
    )
    level: Literal["info", "warning"] = "info"
    entry: Annotated[str, Meta(max_length=120)] | None = None
    starts_at: Annotated[dt.datetime, Meta(tz=True)] | None = None
    ends_at: Annotated[dt.datetime, Meta(tz=True)] | None = None

    def broadcast(self, id: str, now: dt.datetime) -> Broadcast:
        """The broadcast this asks for."""
        values = msgspec.structs.asdict(self) | {"starts_at": self.starts_at or now}
        return Broadcast(id=id, **values)


class BroadcastItem(Broadcast, frozen=True, kw_only=True):
    """A broadcast, and whether it is planned, showing or over."""

    state: State


class BroadcastList(msgspec.Struct, frozen=True):
    """A brain's broadcasts, those that start last first."""

    items: list[BroadcastItem]
    next: str | None = None


class NoticeList(msgspec.Struct, frozen=True):
    """What to show first, warnings before the rest."""

    items: list[Notice]
    next: str | None = None


@get(
    "/bodies/{slug:str}/broadcasts",
    security=WITH_OR_WITHOUT_KEY,
    responses=READ,
    tags=["bodies"],
)
async def notices(
    request: AnyRequest, slug: BodyPath, service: ServiceHere, language: LanguageQuery = None
) -> NoticeList:
    """What this body's visitors are told first just now, for its own pages to show too."""
    require_any_origin(request, service)
    body = service.knowledge.body(slug)
    return NoticeList(list(service.broadcasts.notices(slug, language or body.language)))


class BroadcastController(Controller):
    """To everyone or a group: a curator's key. To bodies: a key that may keep each of them."""

    path = "/brains/{brain:str}/broadcasts"
    security = WITH_KEY

    @get("/", guards=[needs("read", "any body")], responses=READ)
    async def listing(
        self, request: AnyRequest, brain: BrainPath, service: ServiceHere
    ) -> BroadcastList:
        """A brain's broadcasts: planned, showing and over. A body's key sees those it shows."""
        access: Access = request.app.state.access
        own = access.own_body(key_in(request))
        seen = [broadcast_for(service, own, one) for one in service.broadcasts.list(brain)]
        return BroadcastList([_item(service, one) for one in seen if one is not None])

    @post("/", guards=[needs("keep body", "any body")], responses=WRITE)
    async def publish(
        self,
        request: AnyRequest,
        brain: BrainPath,
        data: JSONBody[BroadcastRequest],
        service: ServiceHere,
    ) -> BroadcastItem:
        """Show a notice in every widget of its audience, within a second or from `starts_at`."""
        new = data.broadcast("", service.pipeline.clock())
        by = require_broadcast(request, brain, new.audience)
        return _item(service, await service.broadcasts.save(brain, new, by))

    @put("/{broadcast:str}", guards=[needs("keep body", "any body")], responses=WRITE)
    async def change(
        self,
        request: AnyRequest,
        brain: BrainPath,
        broadcast: BroadcastPath,
        data: JSONBody[BroadcastRequest],
        service: ServiceHere,
    ) -> BroadcastItem:
        """Change a notice as a whole."""
        before = _existing(request, service, brain, broadcast)
        new = data.broadcast(broadcast, before.starts_at)
        by = require_broadcast(request, brain, before.audience, new.audience)
        return _item(service, await service.broadcasts.save(brain, new, by))

    @delete("/{broadcast:str}", guards=[needs("keep body", "any body")], responses=WRITE)
    async def withdraw(
        self, request: AnyRequest, brain: BrainPath, broadcast: BroadcastPath, service: ServiceHere
    ) -> None:
        """Take a notice away, from every widget within a second."""
        before = _existing(request, service, brain, broadcast)
        require_broadcast(request, brain, before.audience)
        await service.broadcasts.delete(brain, broadcast)


def _existing(request: AnyRequest, service: ServiceHere, brain: str, id: str) -> Broadcast:
    """The broadcast, where the request's key may see it; else as if there were none."""
    access: Access = request.app.state.access
    one = service.broadcasts.get(brain, id)
    if broadcast_for(service, access.own_body(key_in(request)), one) is None:
        raise UnknownBroadcast(id)
    return one


def _item(service: ServiceHere, one: Broadcast) -> BroadcastItem:
    return BroadcastItem(**msgspec.structs.asdict(one), state=service.broadcasts.state(one))
