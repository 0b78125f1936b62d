"""One conversation as adapters see it: `router.adapters.Talk`, over the service."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from brains import audit
from brains import conversations as rows
from brains.audit import Line
from brains.errors import Invalid
from router.api import metrics
from router.conversations import written
from router.messages import Reply, Spoken, Started, Turn
from router.security.access import Holder
from router.security.texts import clean
from router.service import Service
from router.texts import languages

TURNS_MAX = 2**31 - 1
ANSWERED = "federation.answered"


class DeskTalk:
    """Implements `router.adapters.Talk`."""

    def __init__(
        self,
        service: Service,
        adapter: str,
        kept: rows.Conversation,
        started: Started | None,
        holder: Holder | None = None,
    ) -> None:
        """`holder` is whose key the caller has: what it is told is in the audit log."""
        self._service = service
        self._adapter = adapter
        self._kept = kept
        self._holder = holder
        self.id = kept.id
        self.language = kept.language
        self.started = started

    async def say(
        self, text: str = "", choice: str | None = None, via: Sequence[str] = ()
    ) -> Reply:
        if choice is None:
            text = clean(text, self._service.settings.message_chars_max)
        async with self._service.db.read() as tx:  # what was said since it was opened counts
            kept = await rows.get(tx, self.id)
        reply = await self._service.conversations.say_in(kept, text or None, choice, via)
        metrics.count(reply, self._adapter)
        await self._record(reply)
        return reply

    async def speak(self, language: str) -> None:
        first = await self._service.conversations.speak_in(self._kept, spoken(language) or language)
        self.language = first.language
        self._kept = msgspec.structs.replace(self._kept, language=first.language)

    async def feedback(self, turn: int, helpful: bool | None, comment: str | None = None) -> None:
        if not 0 < turn <= TURNS_MAX:
            raise Invalid("There is no reply of that number.", "turn")
        await self._service.conversations.feedback_in(self._kept, turn, helpful, comment)

    async def first(self) -> Spoken:
        return self._service.conversations.first_in(self._kept)

    async def turns(self) -> list[Turn]:
        return (await self._service.conversations.shown(self._kept)).turns

    async def transcript(self) -> str:
        return written(await self._service.conversations.shown(self._kept))

    async def erase(self) -> None:
        await self._service.conversations.erase_in(self._kept)

    async def _record(self, reply: Reply) -> None:
        """A line in the audit log, without a word of what was said."""
        if self._holder is None:
            return
        line = Line(
            at=self._service.pipeline.clock(),
            by=self._holder.name,
            by_id=self._holder.id,
            action=ANSWERED,
            body=self._kept.body,
            object=self._adapter,
            detail={"outcome": reply.outcome.__struct_config__.tag},
        )
        async with self._service.db.write() as tx:
            await audit.append(tx, line)


def spoken(language: str | None) -> str | None:
    """A language that the bot speaks, None for any other: `nb-NO` is `nb`, plain `no` too."""
    tag = (language or "").replace("_", "-").split("-")[0].lower()
    tag = "nb" if tag == "no" else tag
    return tag if tag in languages() else None
