"""Lists that come a page at a time: items, and the cursor of the next page or None."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Generic, TypeVar

import msgspec

from brains.errors import Invalid

T = TypeVar("T")

PAGE_ITEMS = 50
PAGE_ITEMS_MAX = 500


class Page(msgspec.Struct, Generic[T], frozen=True):
    items: list[T]
    next: str | None = None


def cursor(*place: Any) -> str:
    """An opaque cursor for the place after an item."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def place(cursor: str, type_: type[T]) -> T:
    """What `cursor` was made of. Raises `Invalid` for one that we did not make."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(raw, type=type_)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise Invalid(
            "This cursor is not one of ours. Start again from the first page.", "cursor"
        ) from error


def size(limit: int) -> int:
    return max(1, min(limit, PAGE_ITEMS_MAX))
