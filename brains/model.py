"""What the shared knowledge is made of: plain structs, no behaviour that touches the world.

Texts that exist in several languages are dicts from language tag to text,
`{"nb": "..", "nn": "..", "en": ".."}`. Times are timezone-aware UTC datetimes.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec

Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9](?:[a-z0-9_.:/-]{0,118}[a-z0-9])?$")]
EntryId = Annotated[str, msgspec.Meta(pattern=r"^\w(?:[\w.:/-]{0,118}\w)?$")]
Texts = dict[str, str]
Status = Literal["draft", "in_review", "published", "retired"]
GapStatus = Literal["open", "answered", "dismissed"]
Role = Literal["admin", "curator", "editor", "partner", "reader", "agent"]

EVERYONE = "*"
GROUP_PREFIX = "group:"


class ContactPoint(msgspec.Struct, frozen=True):
    """A way to reach a body: `kind` is phone, email, chat, visit or web."""

    kind: str
    label: Texts
    value: str
    url: str | None = None


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation in the federation.

    `brain` is the brain its bot answers from, None where this installation
    only knows its remit. `language` is its own written form of Norwegian.
    `opening_hours` maps mon..sun to spans, `["08:00-15:30"]`, in `timezone`;
    `closed_days` are ISO dates.
    """

    id: Slug
    name: str
    short_name: str = ""
    kind: str = "municipality"
    brain: str | None = None
    language: str = "nb"
    languages: list[str] = msgspec.field(default_factory=lambda: ["nb", "nn", "en"])
    groups: list[str] = []
    municipality_number: str | None = None
    website: str | None = None
    timezone: str = "Europe/Oslo"
    contacts: list[ContactPoint] = []
    opening_hours: dict[str, list[str]] = {}
    closed_days: list[str] = []
    greeting: Texts = {}
    popular: list[str] = []
    origins: list[str] = []


class Brain(msgspec.Struct, frozen=True, kw_only=True):
    id: Slug
    name: str


class Source(msgspec.Struct, frozen=True):
    title: str
    url: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing people ask. Answers are Markdown templates, see `brains.templates`.

    `audience` is `["*"]`, or groups (`"group:vestland"`) and bodies (`"bergen"`).
    `revision` counts from 1 and grows by one a saved change.
    """

    id: EntryId
    questions: list[str]
    answers: Texts
    title: str = ""
    topic: str = ""
    owner: str | None = None
    audience: list[str] = msgspec.field(default_factory=lambda: [EVERYONE])
    sources: list[Source] = []
    valid_from: dt.datetime | None = None
    valid_until: dt.datetime | None = None
    status: Status = "published"
    revision: int = 0
    brain: str = ""


class LocalAnswer(msgspec.Struct, frozen=True):
    """A body's or a group's own answer to a shared entry. `scope` is a body's slug or `group:x`."""

    brain: str
    entry: str
    scope: str
    answers: Texts


class Fact(msgspec.Struct, frozen=True):
    """A body's own value. `value` is the same in every language, or a text a language."""

    body: str
    key: str
    value: str | Texts
    label: Texts = {}


class Remit(msgspec.Struct, frozen=True, kw_only=True):
    """Something a body is responsible for that only its own bot can answer: sample questions."""

    body: str
    topic: str
    title: str
    questions: list[str]
    url: str | None = None


class MissingFact(msgspec.Struct, frozen=True):
    """A fact a shared answer needed and `body` has not given. `count` times asked for."""

    body: str
    key: str
    brain: str
    entry: str
    count: int
    last_seen: dt.datetime


class BodyCount(msgspec.Struct, frozen=True):
    id: str
    count: int


class Nearest(msgspec.Struct, frozen=True):
    entry: str
    title: str
    probability: float


class GapQuestion(msgspec.Struct, frozen=True):
    """One redacted question of a gap, as asked in `body`; `conversation` and `turn` say where."""

    id: int
    body: str
    text: str
    language: str
    asked_at: dt.datetime


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    brain: str
    summary: str
    status: GapStatus
    count: int
    bodies: list[BodyCount]
    first_seen: dt.datetime
    last_seen: dt.datetime
    nearest: list[Nearest] = []


class Change(msgspec.Struct, frozen=True):
    """A line of the change feed: `kind` is body, brain, entry, local_answer, fact, remit or gap."""

    number: int
    kind: str
    brain: str | None
    key: str
    at: dt.datetime
