"""Connections: how other bodies' bots are reached, how they do, and trying one."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.params import JSONBody
from msgspec import Meta

from brains.model import Connection
from router.api.parameters import PRINTABLE, WITH_KEY, BodyPath, LanguageTag
from router.api.problems import problems
from router.api.service import ServiceHere
from router.federation.breaker import State
from router.federation.exchange import Exchanged
from router.federation.failures import Failure
from router.federation.health import TRIAL_CHARS_MAX, TRIAL_TEXT, Fault, Health
from router.messages import Option, Source
from router.security.guards import needs

AnyRequest = Request[Any, Any, Any]
READ = problems(400, 401, 403, 404, 429)
WRITE = problems(400, 401, 403, 404, 409, 413, 415, 429, 503)
SECRET_CHARS_MAX = 4_000

Text = Annotated[str, Meta(max_length=1_000)]


class ConnectionRequest(msgspec.Struct, forbid_unknown_fields=True):
    """How a body's bot is reached. `secret` left out keeps the one there is, null removes it.

    `settings` are the adapter's own. No `languages` are all, no `opening_hours` always.
    `unknown` are texts in a reply that says "I don't know", `*` in them for anything.
    """

    adapter: Annotated[str, Meta(max_length=100)]
    address: Text
    secret: (
        Annotated[str, Meta(max_length=SECRET_CHARS_MAX, pattern=PRINTABLE)]
        | msgspec.UnsetType
        | None
    ) = msgspec.UNSET
    settings: dict[str, Text] = {}
    enabled: bool = True
    time_limit_s: float = 6.0
    languages: list[LanguageTag] = []
    opening_hours: dict[str, list[Text]] = {}
    unknown: list[Text] = []
    transcript: bool = False

    def connection(self, body: str) -> Connection:
        """The connection this asks for, without its secret."""
        values = msgspec.structs.asdict(self)
        del values["secret"]
        return Connection(body=body, **values)

    def new_secret(self) -> str | None:
        """As `Connections.save` takes it."""
        return None if isinstance(self.secret, msgspec.UnsetType) else self.secret or ""


class ConnectionHealth(msgspec.Struct, frozen=True):
    """The last day. Shares are 0 to 1, null where nothing was asked. `breaker` is open while the
    partner is left alone because it failed again and again."""

    breaker: State
    open_now: bool
    asked: int
    answered_share: float | None
    unknown_share: float | None
    failed_share: float | None
    median_milliseconds: int | None
    slowest_tenth_milliseconds: int | None
    last_answered: dt.datetime | None
    faults: list[Fault]


class ConnectionItem(msgspec.Struct, frozen=True):
    """A connection and how it does. A secret is never shown, only whether there is one."""

    body: str
    name: str
    adapter: str
    address: str
    has_secret: bool
    settings: dict[str, str]
    enabled: bool
    time_limit_s: float
    languages: list[str]
    opening_hours: dict[str, list[str]]
    unknown: list[str]
    transcript: bool
    health: ConnectionHealth


class ConnectionList(msgspec.Struct, frozen=True):
    """Every connection, by the name of its body."""

    items: list[ConnectionItem]
    next: str | None = None


class TrialRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What to ask the partner."""

    text: Annotated[str, Meta(min_length=1, max_length=TRIAL_CHARS_MAX)] = TRIAL_TEXT


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. Where it failed, `failure` says how and `detail` says more."""

    outcome: Literal["answered", "unknown", "failed"]
    milliseconds: int
    failure: Failure | None = None
    detail: str = ""
    speaker: str | None = None
    text: str = ""
    html: str = ""
    options: list[Option] = []
    sources: list[Source] = []


class ConnectionController(Controller):
    """Everything here needs an administrator's key."""

    path = "/connections"
    guards = [needs("manage keys", "everywhere")]
    security = WITH_KEY
    tags = ["federation"]

    @get("/", responses=READ)
    async def listing(self, service: ServiceHere) -> ConnectionList:
        """Every connection, with how it did in the last day."""
        return ConnectionList([_item(one) for one in await service.health.all()])

    @get("/{slug:str}", responses=READ)
    async def show(self, slug: BodyPath, service: ServiceHere) -> ConnectionItem:
        """One body's connection, with how it did in the last day."""
        return _item(await service.health.of(slug))

    @put("/{slug:str}", responses=WRITE)
    async def save(
        self, slug: BodyPath, data: JSONBody[ConnectionRequest], service: ServiceHere
    ) -> ConnectionItem:
        """Connect a body's bot, or change its connection as a whole. Counts from the next question
        on, within a second in other processes."""
        await service.connections.save(data.connection(slug), data.new_secret())
        return _item(await service.health.of(slug))

    @delete("/{slug:str}", responses=WRITE)
    async def remove(self, slug: BodyPath, service: ServiceHere) -> None:
        """Remove a body's connection with its secret. The body stays, and is referred to."""
        await service.connections.remove(slug)

    @post("/{slug:str}/try", responses=WRITE, status_code=200)
    async def try_it(
        self, slug: BodyPath, data: JSONBody[TrialRequest], service: ServiceHere
    ) -> Trial:
        """Ask the partner something now, also where it is switched off or left alone."""
        return _trial(await service.health.try_it(slug, data.text))


def _item(health: Health) -> ConnectionItem:
    own = msgspec.structs.asdict(health.connection)
    has_secret = bool(own.pop("sealed"))
    did = {name: getattr(health, name) for name in ConnectionHealth.__struct_fields__}
    return ConnectionItem(
        **own, name=health.name, has_secret=has_secret, health=ConnectionHealth(**did)
    )


def _trial(done: Exchanged) -> Trial:
    if done.told is None:
        return Trial(
            outcome="failed",
            milliseconds=done.milliseconds,
            failure=done.failure,
            detail=done.detail,
        )
    return Trial(
        outcome="unknown" if done.unknown else "answered",
        milliseconds=done.milliseconds,
        speaker=done.told.speaker,
        text=done.told.text,
        html=done.told.html,
        options=list(done.told.options),
        sources=list(done.told.sources),
    )
