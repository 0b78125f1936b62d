"""What goes along with a message: `Asked`, the message itself on its way; `Memory`, what its
conversation remembers; `Partner`, who else has the conversation."""

from __future__ import annotations

import datetime as dt

import msgspec

from brains.model import Body


class Offered(msgspec.Struct, frozen=True):
    """An option of a partner's: its own id, and what the visitor reads."""

    id: str
    label: str


class Partner(msgspec.Struct, frozen=True, omit_defaults=True):
    """The partner that answers for now.

    `conversation` is the id that it knows the conversation by, `state` what its adapter gave
    back last. `shared` is that the visitor lets it read what was said, `speaker` the bot's name.
    """

    body: str
    conversation: str
    state: str = ""
    shared: bool = False
    speaker: str | None = None
    options: tuple[Offered, ...] = ()


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a conversation remembers between messages: its language, the last question, the
    buttons offered for it, and the partner that answers for now.

    `pending` is what the visitor was asked to name a municipality for, `member` the one that
    was named last, `taken` the question that was taken to the partner just now.
    """

    language: str | None = None
    question: str = ""
    offered: tuple[str, ...] = ()
    partner: Partner | None = None
    pending: str = ""
    member: str = ""
    taken: str = ""


class Asked(msgspec.Struct, frozen=True):
    """A message on its way: redacted, in a known language, asked in a body at a time.

    `via` are the bodies it passed before, oldest first.
    """

    body: Body
    text: str
    language: str
    certain_language: bool
    now: dt.datetime
    conversation: str | None
    memory: Memory
    via: tuple[str, ...] = ()
