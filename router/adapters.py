"""What an adapter is, and what it is given.

An adapter speaks one foreign protocol, in one direction or both. Reading one is
reading all: a `name`; `routes()`, whose handlers turn what comes in into a
message and the `Reply` into what goes out; and, where we call partners on it,
`ask`, which takes a question there. A handler that declares `desk: DeskHere` is
given the `Desk`, `ask` is given a `Line`: that is all of the router that an
adapter sees. Being there is enough to be found, see `router.installed`.

    called:   a foreign request -> desk.caller (whose key?) -> desk.talk (which conversation?)
                                -> talk.say -> Reply -> a foreign response
    calling:  Question -> ask(line, question) -> a foreign request -> its response -> Told

Refusals are exceptions with a text for whoever called, see `desk.refusal`;
`refusals(..)` makes a route answer all of them in the protocol's own form. What
goes wrong at a partner is an `httpx.HTTPError` or a `PartnerFailed`; limits,
retries, cleaning of what it said and what the visitor is told are the router's.
`docs/adapters.md` is the guide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, runtime_checkable

import httpx
import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import SkipValidation
from litestar.types import ControllerRouterHandler

from brains.errors import SamsvarError
from router.manifest import Manifest, Sealed
from router.messages import (
    Contact,
    Option,
    Reply,
    RouteResult,
    Source,
    Spoken,
    Started,
    Turn,
)

# A route's `opt` that says: installations call this, each for many visitors. It is counted by
# their addresses, at the rate of a key.
FROM_INSTALLATIONS = "from_installations"

AnyRequest = Request[Any, Any, Any]


class Served(msgspec.Struct, frozen=True):
    """A body that answers here, as directories and agent cards present it."""

    id: str
    name: str
    language: str
    languages: list[str]
    website: str | None


class Refusal(msgspec.Struct, frozen=True):
    """Why something was refused, for the protocol's own error: HTTP status, what to change."""

    status: int
    text: str


class Peer(msgspec.Struct, frozen=True):
    """Another installation that has proved itself: an opaque id as `caller`, its name, and the
    bodies here that it speaks for."""

    caller: str
    name: str
    bodies: frozenset[str]


class Talk(Protocol):
    """One conversation with a body's bot. `started` is set where it began just now; `language`
    is the one that the visitor's page is in."""

    id: str
    language: str
    started: Started | None

    async def say(
        self, text: str = "", choice: str | None = None, via: Sequence[str] = ()
    ) -> Reply:
        """A message, or the id of an option that was offered. `via` are the bodies it has passed,
        oldest first; raises for one that goes round in a loop."""

    async def speak(self, language: str) -> None:
        """The visitor has chosen a language."""

    async def feedback(self, turn: int, helpful: bool | None, comment: str | None = None) -> None:
        """Whether the reply of that turn helped; None takes back what was said about it."""

    async def first(self) -> Spoken:
        """What it shows before anything else: greeting, popular questions, broadcasts."""

    async def turns(self) -> list[Turn]:
        """All that was said."""

    async def transcript(self) -> str:
        """All that was said, as plain text."""

    async def erase(self) -> None:
        """Remove it and everything said in it."""


class Desk(Protocol):
    """The router, as an adapter sees it. `chars_max` is how long a message may be."""

    chars_max: int

    def bodies(self) -> list[Served]:
        """Every body whose bot answers here, by name."""

    def topics(self, body: str) -> list[Topic]:
        """What the body's bot answers, with questions as people ask them."""

    def address(self, request: AnyRequest) -> str:
        """This installation's own, as callers reach it, without a slash at its end."""

    def caller(self, request: AnyRequest, body: str | None) -> str:
        """Who calls: the key in `Authorization: Bearer`, or somebody without one. An opaque id.

        Raises for a wrong key, one that may not ask that body or use this adapter, an unknown
        body, and a web page that is not the body's (where no body is named: that is no body's).
        """

    async def caller_with(self, request: AnyRequest, body: str, secret: str) -> str:
        """As `caller`, where the protocol carries the key elsewhere."""

    async def admit(self, request: AnyRequest, body: str, caller: str) -> None:
        """As `caller`, where a token of the adapter's own says who calls. Raises for a key that
        was revoked since, too."""

    async def peer(self, request: AnyRequest) -> Peer:
        """Which other installation calls: the one whose token is in `Authorization: Samsvar`,
        signed for this very request. Raises for what proves nobody."""

    def require_sender(self, peer: Peer, sender: str, via: Sequence[str]) -> None:
        """Raises where `sender`, or the last of `via`, is not a body that the peer speaks for."""

    async def record(self, peer: Peer, sender: str, body: str, reply: Reply) -> None:
        """Writes into the audit log that `body` answered a visitor of `sender`: no words."""

    def manifest(self, brain: str | None = None, cursor: str | None = None) -> Manifest:
        """A page of what this installation says of itself; of one brain's topics."""

    def keys(self) -> list[dict[str, str]]:
        """The public keys that this installation signs with, as JWKs."""

    async def welcome(self, request: AnyRequest, introduction: Sealed) -> Sealed:
        """Another installation introduces itself with an invitation: it becomes a peer."""

    async def secret(self, name: str) -> str:
        """A secret of this installation's, to sign tokens with: made once, the same for ever."""

    async def route(
        self, text: str, body: str | None = None, municipality: str | None = None
    ) -> RouteResult:
        """Whose question it is: of the visitor of a body, in a municipality (slug or number)."""

    async def start(
        self, adapter: str, caller: str, external: str, body: str, language: str | None = None
    ) -> Talk:
        """A new conversation, known from now on by the caller's own id for it."""

    async def talk(
        self, adapter: str, caller: str, external: str, body: str, language: str | None = None
    ) -> Talk:
        """The conversation that the caller knows by its own id `external`; a new one if none.

        First messages that come at once are one conversation. Without a key, an id shorter than
        22 characters is only good from the same address: others could guess it.
        """

    async def find(self, adapter: str, caller: str, external: str, body: str) -> Talk | None:
        """The same, None where there is none."""

    async def bind(self, adapter: str, caller: str, external: str, body: str, talk: Talk) -> None:
        """The caller knows the conversation by this id too."""

    async def release(self, adapter: str, caller: str, external: str, body: str) -> None:
        """From now on the caller's id names no conversation. What was said in it is kept."""

    def refusal(self, request: AnyRequest, error: Exception) -> Refusal:
        """What to say to the caller about any exception; a fault of ours is logged."""

    def headers(self, error: Exception) -> dict[str, str]:
        """The headers of such an answer, which `refusals` adds."""


DeskHere = NamedDependency[SkipValidation[Desk]]


def refusals(answer: Callable[[AnyRequest, Exception], Response[Any]]) -> dict[Any, Any]:
    """A route's `exception_handlers`: `answer` makes every refusal, ours and Litestar's.

    The headers that say when to try again, and what is wanted for a key, are added to it.
    """

    def answered(request: AnyRequest, error: Exception) -> Response[Any]:
        response = answer(request, error)
        response.headers.update(request.app.state.desk.headers(error))
        return response

    return dict.fromkeys((SamsvarError, HTTPException, Exception), answered)


class Line(Protocol):
    """The connection to one partner, as the adapter that calls it sees it.

    `address` is the registered base URL, without a slash at its end; `secret` is ""
    where there is none; `settings` are the adapter's own, named in its `settings`.
    `http` reaches that address's host and no other, follows no redirect, keeps no
    cookie, and raises `httpx.HTTPError` for what hangs or is too large.
    """

    @property
    def address(self) -> str: ...

    @property
    def secret(self) -> str: ...

    @property
    def settings(self) -> Mapping[str, str]: ...

    @property
    def http(self) -> httpx.AsyncClient: ...

    def signed(self, method: str, path: str, body: bytes) -> str:
        """A token that proves us to a partner that trusts our keys: bound to one request with
        this very body, good once and for a minute. `path` is what comes after the address."""


class Said(msgspec.Struct, frozen=True):
    """One line of what was said before: by the visitor, or by a bot or human of that name."""

    by: Literal["visitor", "bot", "agent"]
    name: str
    text: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a partner. Everything in it is redacted.

    `body` is the partner's body, `sender` the one whose visitor asks, `via` every body that the
    question has passed, oldest first, `sender` last. `choice` is an option that this partner
    offered. `conversation` is an id that it may know the visitor's conversation by, the same
    for follow-ups; `state` is what the adapter itself gave back with the last reply in it, ""
    at first. `transcript` is only there with the visitor's consent.
    """

    text: str
    body: str
    sender: str
    sender_name: str
    language: str
    conversation: str
    choice: str | None = None
    state: str = ""
    via: tuple[str, ...] = ()
    transcript: tuple[Said, ...] = ()


Kind = Literal["answered", "clarify", "referred", "handover", "crisis", "unanswered"]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a partner replied. `text` is plain or `html` as it came: it is cleaned later.

    `kind` is what the protocol says it is, None where it does not say: then the connection's
    patterns for "I don't know" decide. `speaker` is the name that the bot gives itself.
    `options` have the partner's own ids. `ended` is that the partner has taken leave. `reply`
    is there where the partner speaks in our own shapes.
    """

    text: str = ""
    html: str = ""
    kind: Kind | None = None
    language: str | None = None
    speaker: str | None = None
    options: tuple[Option, ...] = ()
    sources: tuple[Source, ...] = ()
    contacts: tuple[Contact, ...] = ()
    state: str = ""
    ended: bool = False
    reply: Reply | None = None


class Topic(msgspec.Struct, frozen=True):
    """Something a partner says that it answers: a title and how people ask for it.

    `body` is the one body that answers it, where the partner speaks for several.
    """

    id: str
    title: str
    questions: tuple[str, ...]
    body: str | None = None


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a partner publishes about itself: a manifest, an agent card."""

    name: str
    description: str = ""
    languages: tuple[str, ...] = ()
    website: str | None = None
    topics: tuple[Topic, ...] = ()


class PartnerFailed(Exception):
    """The partner refused, or said what the protocol does not allow. The text is for operators,
    and has nothing of what the visitor wrote."""


class Adapter(Protocol):
    """One foreign protocol."""

    name: str

    def routes(self) -> Sequence[ControllerRouterHandler]:
        """The handlers, each with its whole path, under `/adapters/<name>/`. May be none."""


@runtime_checkable
class Calls(Protocol):
    """The part of an adapter that calls partners.

    `settings` names what a connection may set for it beside address and secret, and says what
    each is, in one line.
    """

    name: str
    settings: Mapping[str, str]

    async def ask(self, line: Line, question: Question) -> Told:
        """Take the question there. Raises `httpx.HTTPError` and `PartnerFailed`."""

    async def card(self, line: Line) -> Card | None:
        """What the partner publishes about itself; None where the protocol has no such thing."""
