"""A question between installations, and its answer."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from router.adapters import Said
from router.messages import Reply

Slug = Annotated[str, Meta(min_length=1, max_length=120)]
VIA_MAX = 20
TRANSCRIPT_MAX = 100


class Ask(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question to `body` from a visitor of `sender`: `text`, or the `choice` of an option of
    the last reply. `via` are the bodies it has passed, oldest first, `sender` last."""

    body: Slug
    sender: Slug
    conversation: Annotated[str, Meta(min_length=1, max_length=200)]
    text: Annotated[str, Meta(max_length=8_000)] = ""
    choice: Annotated[str, Meta(max_length=2_000)] | None = None
    language: Annotated[str, Meta(max_length=35)] | None = None
    via: Annotated[tuple[Slug, ...], Meta(max_length=VIA_MAX)] = ()
    transcript: Annotated[tuple[Said, ...], Meta(max_length=TRANSCRIPT_MAX)] = ()


class Answer(msgspec.Struct, frozen=True):
    reply: Reply


class KeySet(msgspec.Struct, frozen=True):
    """A JWK set, RFC 7517."""

    keys: list[dict[str, str]]


class Problem(msgspec.Struct, frozen=True):
    """What is read of RFC 9457 problem details."""

    detail: str = ""
