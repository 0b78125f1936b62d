"""The public message types: a `Message` in, a `Reply` out.

Everything that talks to Samsvar (the website widget, the HTTP API, a partner's
protocol) speaks in these types and no others, so adapters import this module
and nothing else of the router.

Shapes follow the API contract, version 1. A reply's `outcome` is a tagged
union: its JSON has a `type` of `answered`, `clarify`, `referred`, `handover`,
`crisis` or `unanswered`.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec


class Speaker(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body that is speaking. Always named, so that a visitor knows who answers.

    `bot` is the name its bot goes by, where it has one.
    """

    id: str
    name: str
    bot: str | None = None


class Source(msgspec.Struct, frozen=True):
    """Where an answer has its facts from."""

    title: str
    url: str


class Option(msgspec.Struct, frozen=True):
    """A button. Its `id` is what comes back as `choice`."""

    id: str
    label: str


class Human(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether a human can be reached now, and how long the wait is, in seconds."""

    available: bool
    wait_seconds: int | None = None


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way to reach somebody. `kind` is phone, email, chat, visit or web."""

    kind: str
    label: str
    value: str
    url: str | None = None


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something the visitor may have meant: an entry, or a body where `entry` is None."""

    id: str
    title: str
    probability: float
    entry: str | None = None
    body: str | None = None


class Answered(msgspec.Struct, frozen=True, tag_field="type", tag="answered"):
    entry: str
    revision: int


class Clarify(msgspec.Struct, frozen=True, tag_field="type", tag="clarify"):
    candidates: list[Candidate]


class Referred(msgspec.Struct, frozen=True, tag_field="type", tag="referred"):
    """Another body's question. Where it answered, `answered_by` is that body, `reply` its reply."""

    body: str
    answered_by: str | None = None
    url: str | None = None
    reply: Reply | None = None


class Handover(msgspec.Struct, frozen=True, tag_field="type", tag="handover"):
    """A human was asked for. Without a live queue, `contacts` are the ways to reach one."""

    queue: str | None = None
    position: int | None = None
    contacts: list[Contact] = []
    open_now: bool | None = None


class Crisis(msgspec.Struct, frozen=True, tag_field="type", tag="crisis"):
    contacts: list[Contact]


class Unanswered(msgspec.Struct, frozen=True, tag_field="type", tag="unanswered"):
    """Nobody here knows. `gap` is the id of the gap it was recorded in."""

    gap: str | None = None
    missing_fact: str | None = None


Outcome = Answered | Clarify | Referred | Handover | Crisis | Unanswered
OutcomeType = Literal["answered", "clarify", "referred", "handover", "crisis", "unanswered"]


class Reply(msgspec.Struct, frozen=True):
    """What the visitor gets.

    `text` is plain text, `html` the same as cleaned HTML, `language` the
    language both are in (BCP 47). `probability` is the calibrated probability
    that the best candidate is right, from 0 to 1.
    """

    turn: int
    outcome: Outcome
    text: str
    html: str
    language: str
    body: Speaker
    human: Human
    options: list[Option] = []
    sources: list[Source] = []
    probability: float = 0.0


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message to a body's bot: `text`, or the `choice` of a button offered earlier.

    `language` is what the visitor's page is in, a hint and no more. `via`
    lists the bodies the message has passed, oldest first.
    """

    body: str
    text: str = ""
    choice: str | None = None
    language: str | None = None
    conversation: str | None = None
    via: tuple[str, ...] = ()


class Notice(msgspec.Struct, frozen=True):
    """A broadcast as a visitor sees it, before anything else.

    `version` changes when what it says does: one that was dismissed is shown
    again then. `option` is a button that asks for the answer it offers.
    """

    id: str
    version: str
    level: Literal["info", "warning"]
    text: str
    html: str
    language: str
    option: Option | None = None


class Started(msgspec.Struct, frozen=True):
    """A new conversation. `token` is shown this once and opens the conversation from then on."""

    id: str
    token: str
    greeting: str
    popular: list[Option]
    body: Speaker
    human: Human
    language: str
    broadcasts: list[Notice] = []


class Spoken(msgspec.Struct, frozen=True):
    """What a conversation shows first, in the language it has now."""

    language: str
    greeting: str
    popular: list[Option]
    broadcasts: list[Notice]


ConversationState = Literal["bot", "queue", "human", "closed"]


class Turn(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a conversation: who said it, when (UTC), and the bot's whole reply."""

    turn: int
    sender: Literal["visitor", "bot", "agent", "system"] = msgspec.field(name="from")
    text: str
    html: str
    at: dt.datetime
    reply: Reply | None = None


class Conversation(msgspec.Struct, frozen=True):
    """All that is needed to show a conversation again."""

    id: str
    body: Speaker
    language: str
    state: ConversationState
    human: Human
    turns: list[Turn]
    broadcasts: list[Notice] = []


class RouteResult(msgspec.Struct, frozen=True):
    """Whose question it is.

    `body` is the one it most probably belongs to, `probability` how probable
    the first candidate is, `candidates` all that come into question, best
    first. `ask` are the one or two to ask the visitor about: where it is
    uncertain, or where both have a part in the matter. Without a body and
    without anyone to ask about it is nobody's.
    """

    body: str | None
    probability: float
    candidates: list[Candidate]
    ask: list[str] = []
