"""A notice in a reply: what the visitor gets of it, and how its id stands for an answer's."""

from __future__ import annotations

import datetime as dt

import msgspec

# What answers then is no entry: this, and the notice's id.
OF_NOTICE = "notice/"


class Noticed(msgspec.Struct, frozen=True):
    """A notice in the words a visitor gets, and its end, None where it has none."""

    id: str
    markdown: str
    language: str
    ends_at: dt.datetime | None
