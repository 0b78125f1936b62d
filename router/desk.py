"""The router as adapters see it: `router.adapters.Desk`, over the service."""

from __future__ import annotations

from collections.abc import Sequence

from brains import audit, foreign, secrets, store
from brains import conversations as rows
from brains.audit import Line
from brains.tokens import hash_token
from router.adapters import AnyRequest, Peer, Refusal, Served, Talk, Topic
from router.api.problems import HANDLERS, headers_of
from router.errors import NotAllowed, NotAuthenticated
from router.federation import presenting, way
from router.federation.trust import tokens
from router.federation.trust.errors import NoToken
from router.manifest import Manifest, Sealed
from router.messages import Reply, RouteResult, Started
from router.security import limits
from router.security.access import Access, Holder
from router.security.guards import adapter_of
from router.security.texts import clean
from router.security.visitors import require_any_origin, require_origin_of
from router.service import Service
from router.talk import ANSWERED, DeskTalk, spoken
from router.topics import topics_of

PUBLIC = "public"
PEER = "peer"
PEER_SCHEME = "samsvar"
DIGEST_CHARS = 16
# An id of this length is not guessed: it names one conversation from wherever it comes.
UNGUESSABLE_CHARS = 22
REFUSAL_CHARS_MAX = 1000


class AdapterDesk:
    """Implements `router.adapters.Desk`, for the adapter of that name."""

    def __init__(self, service: Service, access: Access, adapter: str = "") -> None:
        self._service = service
        self._access = access
        self._adapter = adapter
        self.chars_max = service.settings.message_chars_max

    def of(self, adapter: str) -> AdapterDesk:
        """The same desk for the adapter of that name."""
        return AdapterDesk(self._service, self._access, adapter)

    def bodies(self) -> list[Served]:
        """Every body whose bot answers here, by name."""
        hosts = [body for body in self._service.knowledge.bodies.values() if body.brain]
        return [
            Served(body.id, body.name, body.language, body.languages, body.website)
            for body in sorted(hosts, key=lambda body: body.name)
        ]

    def topics(self, body: str) -> list[Topic]:
        """See `router.adapters.Desk`."""
        return topics_of(self._service.knowledge.visible(body, store.now()), body)

    def address(self, request: AnyRequest) -> str:
        """See `router.adapters.Desk`."""
        return (self._service.settings.public_url or str(request.base_url)).rstrip("/")

    def caller(self, request: AnyRequest, body: str | None) -> str:
        """See `router.adapters.Desk`."""
        host = None if body is None else self._service.knowledge.body(body)
        refused = request.scope.get("auth")
        if isinstance(refused, NotAuthenticated | NotAllowed):
            raise refused
        holder: Holder | None = request.scope.get("user")
        if holder is not None:
            return self._admitted(holder, body)
        if host is None:
            require_any_origin(request, self._service)
        else:
            require_origin_of(request, host)
        return f"{PUBLIC}:{hash_token(limits.address(request))[:DIGEST_CHARS]}"

    async def caller_with(self, request: AnyRequest, body: str, secret: str) -> str:
        """See `router.adapters.Desk`."""
        self._service.knowledge.body(body)
        key = await self._access.key_of(secret, adapter_of(request.scope))
        return self._admitted(key, body)

    async def admit(self, request: AnyRequest, body: str, caller: str) -> None:
        """See `router.adapters.Desk`."""
        host = self._service.knowledge.body(body)
        if caller.startswith(PUBLIC):
            require_origin_of(request, host)
        else:
            self._admitted(await self._access.key_called(caller), body)

    async def peer(self, request: AnyRequest) -> Peer:
        """See `router.adapters.Desk`."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != PEER_SCHEME:
            raise NoToken
        query = request.url.query
        path = f"{request.url.path}?{query}" if query else request.url.path
        asked = tokens.Request(request.method, path, await request.body())
        known = await self._service.trust.gate.admit(token.strip(), asked)
        caller = f"{PEER}:{hash_token(known.id)[: 2 * DIGEST_CHARS]}"
        return Peer(caller, known.name, frozenset(known.bodies))

    def require_sender(self, peer: Peer, sender: str, via: Sequence[str]) -> None:
        """See `router.adapters.Desk`."""
        way.check_sender(peer.bodies, sender, via)

    async def record(self, peer: Peer, sender: str, body: str, reply: Reply) -> None:
        """See `router.adapters.Desk`."""
        line = Line(
            at=self._service.pipeline.clock(),
            by=peer.name,
            action=ANSWERED,
            body=body,
            object=sender,
            detail={"outcome": str(type(reply.outcome).__struct_config__.tag)},
        )
        async with self._service.db.write() as tx:
            await audit.append(tx, line)

    def manifest(self, brain: str | None = None, cursor: str | None = None) -> Manifest:
        """See `router.adapters.Desk`."""
        service = self._service
        now = service.pipeline.clock()
        return presenting.manifest(service.knowledge, service.trust.keys.id, now, brain, cursor)

    def keys(self) -> list[dict[str, str]]:
        """See `router.adapters.Desk`."""
        return self._service.trust.keys.published

    async def welcome(self, request: AnyRequest, introduction: Sealed) -> Sealed:
        """See `router.adapters.Desk`."""
        answer = await self._service.peering.welcome(introduction, self.address(request))
        await self._service.knowledge.catch_up()
        return answer

    async def secret(self, name: str) -> str:
        """See `router.adapters.Desk`."""
        return await secrets.secret(self._service.db, f"adapter:{name}")

    async def route(
        self, text: str, body: str | None = None, municipality: str | None = None
    ) -> RouteResult:
        """See `router.adapters.Desk`."""
        text = clean(text, self._service.settings.message_chars_max)
        return await self._service.route(text, body, municipality)

    async def start(
        self, adapter: str, caller: str, external: str, body: str, language: str | None = None
    ) -> Talk:
        """See `router.adapters.Desk`."""
        service = self._service
        started = await service.conversations.start(body, spoken(language))
        talk = await self._started(adapter, started, caller)
        await self.bind(adapter, caller, external, body, talk)
        return talk

    async def talk(
        self, adapter: str, caller: str, external: str, body: str, language: str | None = None
    ) -> Talk:
        """See `router.adapters.Desk`."""
        found = await self.find(adapter, caller, external, body)
        if found is not None:
            return found
        started = await self._service.conversations.start(body, spoken(language))
        talk, whose = await self._started(adapter, started, caller), _owner(caller, external)
        async with self._service.db.write() as tx:
            id = await foreign.claim(tx, adapter, whose, external, body, talk.id)
        if id == talk.id:
            return talk
        # Another first message of the same conversation was quicker.
        await talk.erase()
        return await self.talk(adapter, caller, external, body, language)

    async def bind(self, adapter: str, caller: str, external: str, body: str, talk: Talk) -> None:
        """See `router.adapters.Desk`."""
        async with self._service.db.write() as tx:
            await foreign.bind(tx, adapter, _owner(caller, external), external, body, talk.id)

    async def release(self, adapter: str, caller: str, external: str, body: str) -> None:
        """See `router.adapters.Desk`."""
        async with self._service.db.write() as tx:
            await foreign.release(tx, adapter, _owner(caller, external), external, body)

    async def find(self, adapter: str, caller: str, external: str, body: str) -> Talk | None:
        """See `router.adapters.Desk`."""
        self._service.knowledge.body(body)
        async with self._service.db.read() as tx:
            id = await foreign.find(tx, adapter, _owner(caller, external), external, body)
            if id is None:
                return None
            kept = await rows.get(tx, id)
        return DeskTalk(self._service, adapter, kept, None, await self._holder(caller))

    def refusal(self, request: AnyRequest, error: Exception) -> Refusal:
        """See `router.adapters.Desk`."""
        handler = next(HANDLERS[kind] for kind in type(error).mro() if kind in HANDLERS)
        response = handler(request, error)
        text = str(response.content.detail)[:REFUSAL_CHARS_MAX]
        readable = text.encode("utf-8", "replace").decode()  # it may name what nothing can encode
        return Refusal(response.status_code or 500, readable)

    def headers(self, error: Exception) -> dict[str, str]:
        """See `router.adapters.Desk`."""
        return headers_of(error)

    def _admitted(self, holder: Holder, body: str | None) -> str:
        """The caller, where it may ask that body."""
        if body is not None:
            self._access.require(holder, "ask", body=body)
        return holder.id

    async def _started(self, adapter: str, started: Started, caller: str) -> Talk:
        async with self._service.db.read() as tx:
            kept = await rows.get(tx, started.id)
        return DeskTalk(self._service, adapter, kept, started, await self._holder(caller))

    async def _holder(self, caller: str) -> Holder | None:
        """Whose key a caller has; None without one, and for a peer, whose adapter tells more."""
        if caller.startswith((PUBLIC, PEER)):
            return None
        try:
            return await self._access.key_called(caller)
        except NotAuthenticated:  # revoked since it was let in
            return None


def _owner(caller: str, external: str) -> str:
    """Whose conversation an id names: without a key, one that is easily guessed is only good
    from the same address."""
    guessable = len(external) < UNGUESSABLE_CHARS
    return caller if guessable or not caller.startswith(PUBLIC) else PUBLIC
