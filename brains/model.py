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
# `snoozed` is an open gap that nobody needs to see until a time; `merged` is now part of another.
GapStatus = Literal["open", "snoozed", "answered", "dismissed", "forwarded", "merged"]
DismissReason = Literal["not ours", "abuse", "own case", "other"]
Urgency = Literal["high", "medium", "low"]
# Why a question is in a gap: nobody answered it, the answer did not help, or a fact was missing.
AskedReason = Literal["unanswered", "unhelpful", "missing fact", "not chosen"]
Role = Literal["admin", "curator", "editor", "partner", "reader", "agent"]
# Those of people. A partner is a program: it has a key, and nobody signs in as one.
PERSON_ROLES: tuple[Role, ...] = ("admin", "curator", "editor", "reader", "agent")

EVERYONE = "*"
GROUP_PREFIX = "group:"
# The kind of a body that stands for many.
GROUP_KIND = "group"
MUNICIPALITY_KIND = "municipality"
# A county's remit is for those of its municipalities, which have its slug among their groups.
COUNTY_KIND = "county"


class ContactPoint(msgspec.Struct, frozen=True):
    """A way to reach a body: `kind` is phone, email, chat, visit or web."""

    kind: str
    label: Texts
    value: str
    url: str | None = None


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation in the federation.

    `bot_name` is what its bot calls itself, if anything, such as Frida.
    `brain` is the brain its bot answers from, None where this installation
    only knows its remit. `language` is its own written form of Norwegian.
    `opening_hours` maps mon..sun to spans, `["08:00-15:30"]`, in `timezone`;
    `closed_days` are ISO dates. `places` are names that people have for where
    it is: towns, postal places, postcodes. A body of kind `group` stands for the
    bodies that have its slug in `groups`.
    """

    id: Slug
    name: str
    short_name: str = ""
    bot_name: str = ""
    kind: str = "municipality"
    brain: str | None = None
    language: str = "nb"
    languages: list[str] = msgspec.field(default_factory=lambda: ["nb", "nn", "en"])
    groups: list[str] = []
    municipality_number: str | None = None
    places: list[str] = []
    website: str | None = None
    timezone: str = "Europe/Oslo"
    contacts: list[ContactPoint] = []
    opening_hours: dict[str, list[str]] = {}
    closed_days: list[str] = []
    greeting: Texts = {}
    popular: list[str] = []
    origins: list[str] = []

    @property
    def called(self) -> str:
        """Its name in a sentence: the short one, where it has one."""
        return self.short_name or self.name


class Brain(msgspec.Struct, frozen=True, kw_only=True):
    """A collection of entries. `shared` are matters that several bodies have a part in: each a
    list of what belongs together, `["entry:kommune/startlan", "remit:husbanken/startlan"]`."""

    id: Slug
    name: str
    shared: list[list[str]] = []


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
    """A body's or a group's own answer to a shared entry. `scope` is a body's slug or `group:x`.

    `revision` is the shared entry's when this was written, 0 where nobody knows; `unread` where
    nobody had seen what it changes, and nobody but its writer has read it since.
    """

    brain: str
    entry: str
    scope: str
    answers: Texts
    revision: int = 0
    by: str = ""
    at: dt.datetime | None = None
    unread: bool = False


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


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """How the bot of `body` is reached; of a group's body, the bots of all its members.

    `sealed` is the secret, encrypted; `settings` are the adapter's own. A question waits
    `time_limit_s` seconds at most. No `languages` are all of them, no `opening_hours` (as a
    body's) always. `unknown` are texts that a reply of "I don't know" has in it, `*` for
    anything. `transcript` is whether it may be sent what was said before, if the visitor agrees.
    """

    body: Slug
    adapter: str
    address: str
    sealed: str = ""
    settings: dict[str, str] = {}
    enabled: bool = True
    time_limit_s: float = 6.0
    languages: list[str] = []
    opening_hours: dict[str, list[str]] = {}
    unknown: list[str] = []
    transcript: bool = False


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
    """One redacted question of a gap, as asked in `body`.

    `entry` and `revision` are the answer that did not help, where `reason` is
    unhelpful. `fixed` is whether it was answered when last asked again, None
    where that never happened.
    """

    id: int
    body: str
    text: str
    language: str
    asked_at: dt.datetime
    reason: AskedReason = "unanswered"
    entry: str | None = None
    revision: int | None = None
    fixed: bool | None = None
    asked_again_at: dt.datetime | None = None


class Spared(msgspec.Struct, frozen=True):
    """What closing a gap was worth so far: answers given by the fix to people who never had to
    report it, and the bodies they asked in that had never reported it."""

    answers: int = 0
    bodies: int = 0


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """One missing answer.

    `summary` is the question most like all of them; `title` is a curator's own
    wording, if any. `last_week` and `week_before` count questions. `owner` is
    the body whose matter it probably is, where that is not the asker's own. `since_closed`
    questions came after it was dismissed or forwarded.
    """

    id: str
    brain: str
    summary: str
    status: GapStatus
    count: int
    bodies: list[BodyCount]
    first_seen: dt.datetime
    last_seen: dt.datetime
    nearest: list[Nearest] = []
    title: str | None = None
    urgency: Urgency = "low"
    last_week: int = 0
    week_before: int = 0
    unhelpful: int = 0
    owner: str | None = None
    owner_probability: float = 0.0
    assignee: str | None = None
    snoozed_until: dt.datetime | None = None
    dismiss_reason: DismissReason | None = None
    forwarded_to: str | None = None
    merged_into: str | None = None
    answered_by: str | None = None
    closed_at: dt.datetime | None = None
    closed_by: str | None = None
    since_closed: int = 0
    spared: Spared = Spared()


class GapEvent(msgspec.Struct, frozen=True):
    """One line of a gap's history. `kind` is opened, reopened, merged, split, assigned, snoozed,
    renamed, forwarded, dismissed, asked_again, answered or tidied; `by` is None for the system.
    Later events have higher ids."""

    at: dt.datetime
    kind: str
    by: str | None
    detail: dict[str, str | int | list[str]]
    id: int = 0


class Broadcast(msgspec.Struct, frozen=True, kw_only=True):
    """One notice to all visitors of a brain's bodies, or of some, for a time.

    `texts` is Markdown a language; `entry` is an answer that it offers. `level`
    is how loudly it is said. `ends_at` None is until it is withdrawn.
    """

    id: Slug
    brain: str = ""
    texts: Texts
    audience: list[str] = msgspec.field(default_factory=lambda: [EVERYONE])
    level: Literal["info", "warning"] = "info"
    entry: str | None = None
    starts_at: dt.datetime
    ends_at: dt.datetime | None = None
    by: str = ""


class Change(msgspec.Struct, frozen=True):
    """A line of the change feed: `kind` is one of `brains.changes.Kind`."""

    number: int
    kind: str
    brain: str | None
    key: str
    at: dt.datetime
