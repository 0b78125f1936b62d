"""A question taken to the body whose it is: which partners are tried, and who speaks afterwards.

`take` asks partners in turn, within the time limit of the first. The one that
answers has the conversation from then on (`Partner`, in the memory): `follow`
takes what is asked next to it, until the visitor goes back or asks about
something else. Nothing here raises for what a partner does.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import time
from collections.abc import Sequence

import msgspec

from brains import conversations as rows
from brains.database import Database
from brains.knowledge import Knowledge
from brains.model import Body, Connection
from router import opening, replies
from router.adapters import Question, Said, Told
from router.choices import SHARE
from router.federation.connections import Connections
from router.federation.exchange import Exchanged, Exchanges
from router.federation.way import HOPS_MAX
from router.messages import Option, Reply
from router.replies import Tried
from router.state import Asked, Offered, Partner
from router.texts import say

ID_BYTES = 16
OPTION_DIGEST_CHARS = 12
TRANSCRIPT_TURNS_MAX = 40

_reply = msgspec.json.Decoder(Reply)


class Taken(msgspec.Struct, frozen=True):
    """`reply` and `partner` where a partner answered; else None, and whom was `tried` in vain."""

    reply: Reply | None = None
    partner: Partner | None = None
    tried: tuple[Tried, ...] = ()


class Referring(msgspec.Struct, frozen=True):
    """What taking a question somewhere needs."""

    db: Database
    knowledge: Knowledge
    connections: Connections
    exchanges: Exchanges

    def reaches(self, other: Body, asked: Asked) -> Connection | None:
        """The connection to ask `other` over: switched on, open now, in the visitor's language,
        and not a way that the question has been already."""
        found = self.connections.reaching(other.id)
        passed = {*asked.via, asked.body.id}
        if found is None or not found.enabled or other.id in passed:
            return None
        if len(asked.via) + 1 > HOPS_MAX:
            return None
        if found.languages and asked.language not in found.languages:
            return None
        return found if is_open(found, other, asked.now) else None

    async def take(self, asked: Asked, others: Sequence[Body], text: str) -> Taken:
        """Asks the bodies in turn, the likeliest first; those that cannot be asked are passed by.

        `text` is the redacted question.
        """
        tried: list[Tried] = []
        ends: float | None = None
        for other in others:
            connection = self.reaches(other, asked)
            if connection is None:
                continue
            ends = ends or time.monotonic() + connection.time_limit_s
            partner = Partner(other.id, secrets.token_hex(ID_BYTES))
            question = self._question(asked, other, partner, text)
            done = await self._exchange(connection, question, ends)
            if done.told is not None and not done.unknown:
                return self._spoken(asked, other, partner, done.told, connection, first=True)
            tried.append(_in_vain(other, done))
        return Taken(tried=tuple(tried))

    async def follow(self, asked: Asked, text: str, choice: str | None = None) -> Taken:
        """Takes what is said next to the partner that answers for now."""
        partner = asked.memory.partner
        other = self.knowledge.bodies.get(partner.body) if partner else None
        connection = self.reaches(other, asked) if other else None
        if partner is None or other is None or connection is None:
            return Taken()
        transcript = await self._transcript(asked) if partner.shared else ()
        question = self._question(asked, other, partner, text, choice, transcript)
        done = await self._exchange(connection, question, None)
        if done.told is None or done.unknown:
            return Taken(tried=(_in_vain(other, done),))
        return self._spoken(asked, other, partner, done.told, connection, first=False)

    async def _exchange(
        self, connection: Connection, question: Question, ends: float | None
    ) -> Exchanged:
        left = None if ends is None else max(ends - time.monotonic(), 0.0)
        return await self.exchanges.ask(connection, question, left)

    def _question(
        self,
        asked: Asked,
        other: Body,
        partner: Partner,
        text: str,
        choice: str | None = None,
        transcript: tuple[Said, ...] = (),
    ) -> Question:
        return Question(
            text=text,
            body=other.id,
            sender=asked.body.id,
            sender_name=asked.body.name,
            language=asked.language,
            conversation=partner.conversation,
            choice=choice,
            state=partner.state,
            via=(*asked.via, asked.body.id),
            transcript=transcript,
        )

    def _spoken(
        self,
        asked: Asked,
        other: Body,
        partner: Partner,
        told: Told,
        connection: Connection,
        *,
        first: bool,
    ) -> Taken:
        offered = tuple(Offered(one.id, one.label) for one in told.options)
        options = [Option(option_id(other.id, one.id), one.label) for one in offered]
        before = asked.conversation and asked.memory.question
        if connection.transcript and before and not partner.shared:
            options.append(Option(SHARE, say("partner_share", asked.language, other=other.name)))
        told = msgspec.structs.replace(told, speaker=told.speaker or partner.speaker)
        reply = replies.of_partner(
            asked.body, other, told, options, asked.language, asked.now, first=first
        )
        kept = msgspec.structs.replace(
            partner, state=told.state, options=offered, speaker=told.speaker
        )
        return Taken(reply, None if told.ended else kept)

    async def _transcript(self, asked: Asked) -> tuple[Said, ...]:
        """What was said before, redacted as it was stored."""
        if asked.conversation is None:
            return ()
        async with self.db.read() as tx:
            turns = await rows.turns(tx, asked.conversation)
        return tuple(_said(turn, asked.body) for turn in turns[-TRANSCRIPT_TURNS_MAX:])


def option_id(body: str, option: str) -> str:
    """Our id of a partner's option: short, whatever the partner's own is like."""
    digest = hashlib.sha256(option.encode("utf-8", "surrogatepass")).hexdigest()
    return f"partner:{body}/{digest[:OPTION_DIGEST_CHARS]}"


def chosen(partner: Partner, choice: str) -> Offered | None:
    """The partner's option that our id means; None where it did not offer it last."""
    known = (one for one in partner.options if option_id(partner.body, one.id) == choice)
    return next(known, None)


def is_open(connection: Connection, other: Body, now: dt.datetime) -> bool:
    """Whether the partner's bot answers now, by the hours of its connection."""
    if not connection.opening_hours:
        return True
    hours = msgspec.structs.replace(other, opening_hours=connection.opening_hours, closed_days=[])
    return opening.open_until(hours, now) is not None


def _said(turn: rows.Turn, body: Body) -> Said:
    """A turn as a partner reads it, under the name of who said it in a body's conversation."""
    if turn.sender == "visitor":
        return Said("visitor", "", turn.text)
    spoke = _reply.decode(turn.reply).body.name if turn.reply is not None else body.name
    return Said("agent" if turn.sender == "agent" else "bot", spoke, turn.text)


def _in_vain(other: Body, done: Exchanged) -> Tried:
    return Tried(other.name, done.told is not None)
