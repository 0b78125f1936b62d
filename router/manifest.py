"""What an installation says of itself to others: its bodies, what they answer, its keys.

Two installations that trust each other exchange these over our own protocol,
`adapters/samsvar/`.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from brains.model import ContactPoint, Slug

Name = Annotated[str, Meta(min_length=1, max_length=200)]
BODIES_MAX = 2_000
NAMES_MAX = 100
PLACES_MAX = 500
TOPICS_AT_ONCE = 150
QUESTIONS_SHOWN = 10


class PresentedBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A body that answers there, from `brain`. The rest is as in `brains.model.Body`."""

    id: Slug
    name: Name
    brain: Slug
    short_name: Annotated[str, Meta(max_length=200)] = ""
    kind: Annotated[str, Meta(max_length=40)] = "municipality"
    language: Annotated[str, Meta(max_length=35)] = "nb"
    languages: Annotated[list[str], Meta(max_length=NAMES_MAX)] = []
    groups: Annotated[list[str], Meta(max_length=NAMES_MAX)] = []
    bot_name: Annotated[str, Meta(max_length=200)] = ""
    places: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=PLACES_MAX)] = []
    municipality_number: Annotated[str, Meta(max_length=10)] | None = None
    website: Annotated[str, Meta(max_length=500)] | None = None
    timezone: Annotated[str, Meta(max_length=60)] = "Europe/Oslo"
    contacts: Annotated[list[ContactPoint], Meta(max_length=20)] = []
    opening_hours: dict[str, list[str]] = {}


class PresentedBrain(msgspec.Struct, frozen=True):
    id: Slug
    name: Name


class PresentedTopic(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that people ask: title and phrasings, never the answer. `body` is there where
    only that body of the brain answers it."""

    brain: Slug
    id: Annotated[str, Meta(max_length=120)]
    title: Annotated[str, Meta(max_length=200)]
    questions: Annotated[list[str], Meta(max_length=QUESTIONS_SHOWN)]
    body: Slug | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`next` is the cursor of more topics; pages after the first have topics alone."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    name: Name
    brains: Annotated[list[PresentedBrain], Meta(max_length=BODIES_MAX)] = []
    bodies: Annotated[list[PresentedBody], Meta(max_length=BODIES_MAX)] = []
    topics: Annotated[list[PresentedTopic], Meta(max_length=TOPICS_AT_ONCE)] = []
    next: Annotated[str, Meta(max_length=600)] | None = None


class Introduction(msgspec.Struct, frozen=True, kw_only=True):
    """What an installation tells another that it federates with."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    name: Name
    address: Annotated[str, Meta(max_length=500)]
    keys: Annotated[list[dict[str, str]], Meta(min_length=1, max_length=10)]
    brains: Annotated[list[PresentedBrain], Meta(max_length=BODIES_MAX)]
    bodies: Annotated[list[PresentedBody], Meta(max_length=BODIES_MAX)]


class Sealed(msgspec.Struct, frozen=True):
    """An introduction's JSON, and the HMAC-SHA256 that proves that the sender knows the code of
    the invitation. The code itself is never sent."""

    invitation: Annotated[str, Meta(max_length=40)]
    introduction: Annotated[str, Meta(max_length=2_000_000)]
    mac: Annotated[str, Meta(max_length=64)]
