"""Our seat in a caller's conversation: taken, or given up until the next invitation."""

from __future__ import annotations

from router.adapters import Desk, Talk

NAME = "openfloor"


class Seat:
    """Kept by the desk under the caller's own conversation id, so it survives a restart."""

    def __init__(self, desk: Desk, caller: str, conversation: str, body: str) -> None:
        self._desk = desk
        self._caller = caller
        self._conversation = conversation
        self._body = body

    async def talk(self) -> Talk | None:
        """Our conversation, None before it began and after we were shown out."""
        known, left = await self._find(), await self._find(self._left)
        return None if known is None or (left is not None and left.id == known.id) else known

    async def take(self, language: str | None) -> Talk:
        """A new conversation, also where there was one before."""
        return await self._desk.start(NAME, self._caller, self._conversation, self._body, language)

    async def give_up(self) -> None:
        """From now on the conversation that we have is the one that we left."""
        known = await self._find()
        if known is not None:
            await self._desk.bind(NAME, self._caller, self._left, self._body, known)

    async def is_given_up(self) -> bool:
        """Whether we were in it and were shown out."""
        return await self._find() is not None and await self.talk() is None

    @property
    def _left(self) -> str:
        return f"left\n{self._conversation}"

    async def _find(self, external: str | None = None) -> Talk | None:
        return await self._desk.find(NAME, self._caller, external or self._conversation, self._body)
