"""The router as adapters see it: `router.adapters.Desk`, over the service."""

from __future__ import annotations

import msgspec

from brains import conversations as rows
from brains import foreign, secrets, store
from router.adapters import AnyRequest, Refusal, Served, Talk, Topic
from router.api import metrics
from router.api.problems import HANDLERS
from router.conversations import written
from router.errors import NotAuthenticated
from router.messages import Message, Reply, RouteResult, Spoken, Started, Turn
from router.security.access import Access
from router.security.texts import clean
from router.security.visitors import require_any_origin, require_origin_of
from router.service import Service
from router.topics import topics_of

PUBLIC = "public"
LANGUAGE_CHARS = 2


class AdapterDesk:
    """Implements `router.adapters.Desk`."""

    def __init__(self, service: Service, access: Access) -> None:
        self._service = service
        self._access = access
        self.chars_max = service.settings.message_chars_max

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
        if isinstance(request.scope.get("auth"), NotAuthenticated):
            raise request.scope["auth"]
        holder = request.scope.get("user")
        if holder is not None:
            return str(holder.id)
        if host is None:
            require_any_origin(request, self._service)
        else:
            require_origin_of(request, host)
        return PUBLIC

    async def caller_with(self, request: AnyRequest, body: str, secret: str) -> str:
        """See `router.adapters.Desk`."""
        self._service.knowledge.body(body)
        return (await self._access.key_of(secret)).id

    async def admit(self, request: AnyRequest, body: str, caller: str) -> None:
        """See `router.adapters.Desk`."""
        host = self._service.knowledge.body(body)
        if caller == PUBLIC:
            require_origin_of(request, host)
        else:
            await self._access.require_valid(caller)

    async def secret(self, name: str) -> str:
        """See `router.adapters.Desk`."""
        return await secrets.secret(self._service.db, f"adapter:{name}")

    async def ask(self, message: Message) -> Reply:
        """One stateless question."""
        text = clean(message.text, self._service.settings.message_chars_max)
        reply = await self._service.ask(
            Message(message.body, text, None, message.language, None, message.via)
        )
        metrics.count(reply)
        return reply

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
        started = await service.conversations.start(body, _spoken(language))
        talk = await self._opened(started.id, started)
        await self.bind(adapter, caller, external, body, talk)
        return talk

    async def talk(
        self, adapter: str, caller: str, external: str, body: str, language: str | None = None
    ) -> Talk:
        """See `router.adapters.Desk`."""
        found = await self.find(adapter, caller, external, body)
        return found or await self.start(adapter, caller, external, body, language)

    async def bind(self, adapter: str, caller: str, external: str, body: str, talk: Talk) -> None:
        """See `router.adapters.Desk`."""
        async with self._service.db.write() as tx:
            await foreign.bind(tx, adapter, caller, external, body, talk.id)

    async def release(self, adapter: str, caller: str, external: str, body: str) -> None:
        """See `router.adapters.Desk`."""
        async with self._service.db.write() as tx:
            await foreign.release(tx, adapter, caller, external, body)

    async def find(self, adapter: str, caller: str, external: str, body: str) -> Talk | None:
        """See `router.adapters.Desk`."""
        self._service.knowledge.body(body)
        async with self._service.db.read() as tx:
            id = await foreign.find(tx, adapter, caller, external, body)
        return None if id is None else await self._opened(id, None)

    def refusal(self, request: AnyRequest, error: Exception) -> Refusal:
        """See `router.adapters.Desk`."""
        handler = next(HANDLERS[kind] for kind in type(error).mro() if kind in HANDLERS)
        response = handler(request, error)
        return Refusal(response.status_code or 500, response.content.detail)

    async def _opened(self, id: str, started: Started | None) -> Talk:
        async with self._service.db.read() as tx:
            return _Talk(self._service, await rows.get(tx, id), started)


class _Talk:
    """Implements `router.adapters.Talk`."""

    def __init__(self, service: Service, kept: rows.Conversation, started: Started | None) -> None:
        self._service = service
        self._kept = kept
        self.id = kept.id
        self.language = kept.language
        self.started = started

    async def say(self, text: str = "", choice: str | None = None) -> Reply:
        if choice is None:
            text = clean(text, self._service.settings.message_chars_max)
        async with self._service.db.read() as tx:  # what was said since it was opened counts
            kept = await rows.get(tx, self.id)
        reply = await self._service.conversations.say_in(kept, text or None, choice)
        metrics.count(reply)
        return reply

    async def speak(self, language: str) -> None:
        spoken = await self._service.conversations.speak_in(self._kept, _spoken(language) or "")
        self.language = spoken.language
        self._kept = msgspec.structs.replace(self._kept, language=spoken.language)

    async def feedback(self, turn: int, helpful: bool | None, comment: str | None = None) -> None:
        await self._service.conversations.feedback_in(self._kept, turn, helpful, comment)

    async def first(self) -> Spoken:
        return self._service.conversations.first_in(self._kept)

    async def turns(self) -> list[Turn]:
        return (await self._service.conversations.shown(self._kept)).turns

    async def transcript(self) -> str:
        return written(await self._service.conversations.shown(self._kept))

    async def erase(self) -> None:
        await self._service.conversations.erase_in(self._kept)


def _spoken(language: str | None) -> str | None:
    """`nb-NO` is `nb`; plain `no` is Bokmål."""
    if not language:
        return None
    tag = language.replace("_", "-").split("-")[0].lower()[: LANGUAGE_CHARS + 1]
    return "nb" if tag == "no" else tag
