"""Conversations with visitors, kept in the database: they survive a page change and a restart.

A message, its reply and what is remembered after it are written in one
transaction before the reply leaves. Everything kept is redacted.
"""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import AsyncGenerator, Callable, Sequence

import msgspec

from brains import conversations as rows
from brains.database import Database
from brains.errors import Invalid, UnknownConversation
from brains.knowledge import Knowledge
from brains.model import Body
from router import choices, replies
from router.curation.broadcasts import Broadcasts
from router.errors import WrongToken
from router.events import Events
from router.federation.confirming import Confirming
from router.messages import (
    Conversation,
    Message,
    Notice,
    Option,
    Reply,
    Spoken,
    Started,
    Turn,
)
from router.pipeline import Pipeline
from router.popular import popular
from router.redact import redact
from router.state import Memory
from router.texts import languages, say
from router.titles import title_in
from router.unhelpful import unhelpful_answer

_memory = msgspec.json.Decoder(Memory)
_reply = msgspec.json.Decoder(Reply)


class Conversations(msgspec.Struct, frozen=True):
    """Every call but `start` needs the conversation's token.

    Raises `UnknownConversation` for an id that is not there (or is erased), and
    `WrongToken` for a token that does not open it.
    """

    db: Database
    knowledge: Knowledge
    pipeline: Pipeline
    events: Events
    broadcasts: Broadcasts
    confirming: Confirming
    clock: Callable[[], dt.datetime]

    async def start(
        self, body: str, language: str | None = None, origin: str | None = None
    ) -> Started:
        """A new conversation in the page's language, or the body's own."""
        host = self.knowledge.body(body)
        spoken = language if language in languages() else host.language
        now = self.clock()
        state = msgspec.json.encode(Memory())
        async with self.db.write() as tx:
            made, token = await rows.start(tx, host.id, spoken, now, origin, state)
        return Started(
            made.id,
            token,
            replies.greeting(host, spoken),
            self._popular(host, spoken),
            replies.speaker(host),
            replies.human(host, now),
            spoken,
            list(self.broadcasts.notices(body, spoken)),
        )

    async def authorise(self, id: str, token: str) -> str:
        """The slug of the conversation's body."""
        return (await self._opened(id, token)).body

    async def say(
        self, id: str, token: str, text: str | None = None, choice: str | None = None
    ) -> Reply:
        """One message of the visitor: `text`, or the `choice` of an option."""
        return await self.say_in(await self._opened(id, token), text, choice)

    async def say_in(
        self,
        kept: rows.Conversation,
        text: str | None = None,
        choice: str | None = None,
        via: Sequence[str] = (),
    ) -> Reply:
        """`say`, in a conversation that the caller has opened already; `via` are the bodies that
        the message has passed."""
        memory = _memory.decode(kept.state)
        message = Message(kept.body, text or "", choice, kept.language, kept.id, tuple(via))
        reply, remembered = await self.pipeline.answer(message, memory)
        shown = redact(text) if text else self._label_of(choice or "", kept.language)
        reply = await self._keep(kept.id, shown, reply, remembered)
        self.confirming.heard(kept.id, memory, remembered, reply, choice)
        return reply

    async def speak(self, id: str, token: str, language: str) -> Spoken:
        """The visitor has chosen a language. Raises `Invalid` for one the bot does not speak."""
        return await self.speak_in(await self._opened(id, token), language)

    async def speak_in(self, kept: rows.Conversation, language: str) -> Spoken:
        """`speak`, in a conversation that the caller has opened already."""
        if language not in languages():
            known = ", ".join(sorted(languages()))
            raise Invalid(f"The bot does not speak “{language}”. It speaks {known}.", "language")
        memory = msgspec.structs.replace(_memory.decode(kept.state), language=None)
        async with self.db.write() as tx:
            await rows.save_state(tx, kept.id, msgspec.json.encode(memory), language)
        return self._first(kept.body, language)

    def first_in(self, kept: rows.Conversation) -> Spoken:
        """What a conversation that the caller has opened already shows before anything else."""
        return self._first(kept.body, kept.language)

    def _first(self, body: str, language: str) -> Spoken:
        host = self.knowledge.body(body)
        return Spoken(
            language,
            replies.greeting(host, language),
            self._popular(host, language),
            list(self.broadcasts.notices(host.id, language)),
        )

    def _popular(self, host: Body, language: str) -> list[Option]:
        month = self.clock().month
        return popular(self.knowledge, self.pipeline.languages, host, language, month)

    async def notices(self, id: str, token: str) -> AsyncGenerator[Sequence[Notice], None]:
        """The broadcasts to show first in this conversation: now, and each time they change."""
        kept = await self._opened(id, token)
        return self.broadcasts.watch(kept.body, kept.language)

    async def handover(self, id: str, token: str) -> Reply:
        """The visitor pressed the button for a human."""
        return await self.say(id, token, choice=choices.HUMAN)

    async def feedback(
        self, id: str, token: str, turn: int, helpful: bool, comment: str | None = None
    ) -> None:
        """Whether the reply of that turn helped. Raises `Invalid` if there is none.

        The question of an answer that did not help is recorded in a gap, once.
        """
        await self.feedback_in(await self._opened(id, token), turn, helpful, comment)

    async def feedback_in(
        self, kept: rows.Conversation, turn: int, helpful: bool | None, comment: str | None = None
    ) -> None:
        """`feedback`, in a conversation that the caller has opened already.

        None takes back what was said about the reply.
        """
        async with self.db.write() as tx:
            await rows.feedback(tx, kept.id, turn, helpful, redact(comment) if comment else None)
            said = await rows.turns(tx, kept.id) if helpful is not None else []
        if helpful is not None:
            self.confirming.judged(kept.id, said, turn, helpful)
        if helpful is False and (unhelpful := unhelpful_answer(said, turn)) is not None:
            await self.pipeline.recording.unhelpful(
                unhelpful, kept.body, kept.language, kept.id, self.clock()
            )

    async def erase(self, id: str, token: str) -> None:
        """Remove the conversation and all its turns."""
        await self.erase_in(await self._opened(id, token))

    async def erase_in(self, kept: rows.Conversation) -> None:
        """`erase`, of a conversation that the caller has opened already."""
        async with self.db.write() as tx:
            await rows.erase(tx, kept.id)
            await self.confirming.erase(tx, kept.id)
        self.events.publish(kept.id, "state", {"state": "closed"})

    async def get(self, id: str, token: str) -> Conversation:
        """All that is needed to show the conversation again."""
        return await self.shown(await self._opened(id, token))

    async def shown(self, kept: rows.Conversation) -> Conversation:
        """`get`, of a conversation that the caller has opened already."""
        host = self.knowledge.body(kept.body)
        async with self.db.read() as tx:
            said = await rows.turns(tx, kept.id)
        return Conversation(
            kept.id,
            replies.speaker(host),
            kept.language,
            "bot",
            replies.human(host, self.clock()),
            [_turn(one) for one in said],
            list(self.broadcasts.notices(host.id, kept.language)),
        )

    async def transcript(self, id: str, token: str) -> str:
        """The conversation as plain text, for the visitor to keep."""
        return written(await self.get(id, token))

    async def _opened(self, id: str, token: str) -> rows.Conversation:
        async with self.db.read() as tx:
            await rows.get(tx, id)
            try:
                return await rows.authorised(tx, id, token)
            except UnknownConversation:
                raise WrongToken from None

    async def _keep(self, id: str, shown: str, reply: Reply, memory: Memory) -> Reply:
        now = self.clock()
        async with self.db.write() as tx:
            await rows.append(tx, id, "visitor", shown, now)
            turn = await rows.append(tx, id, "bot", reply.text, now, b"{}")
            reply = msgspec.structs.replace(reply, turn=turn)
            await rows.set_reply(tx, id, turn, reply.text, msgspec.json.encode(reply))
            await rows.save_state(tx, id, msgspec.json.encode(memory))
        self.events.publish(id, "reply", reply, turn)
        return reply

    def _label_of(self, choice: str, language: str) -> str:
        """What the visitor saw on the button."""
        chosen = choices.parse(choice)
        if chosen.kind in (choices.HUMAN, choices.NONE):
            key = "talk_to_human" if chosen.kind == choices.HUMAN else "none_of_these"
            return say(key, language)
        if chosen.body is not None and chosen.body in self.knowledge.bodies:
            return self.knowledge.bodies[chosen.body].name
        if chosen.kind == "remit":
            remit = self.knowledge.remits.get(chosen.place, {}).get(chosen.id)
            return remit.title if remit else chosen.id
        entry = self.knowledge.entries.get(chosen.place, {}).get(chosen.id)
        return title_in(entry, language, self.pipeline.languages) if entry else chosen.id


def written(shown: Conversation) -> str:
    """A conversation as plain text."""
    language = shown.language
    lines = [say("transcript", language, body=shown.body.name), ""]
    for turn in shown.turns:
        speaker = say("visitor", language)
        if turn.reply is not None:
            speaker = f"{turn.reply.body.name} ({say('bot', language)})"
        lines += [f"[{turn.at:%Y-%m-%d %H:%M} UTC] {speaker}:", turn.text, ""]
    return "\n".join(lines)


def _turn(said: rows.Turn) -> Turn:
    reply = _reply.decode(said.reply) if said.reply is not None else None
    shown = reply.html if reply is not None else f"<p>{html.escape(said.text)}</p>"
    return Turn(said.turn, said.sender, said.text, shown, said.at, reply)
