"""What one page says on the next: that something was done, and how to take it back.

Kept in a cookie of the browser that did it, signed: a button to take something back does what
we offered there, and nothing that another website wrote into the cookie.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import Literal

import msgspec

from router.security import signed

KIND = "flash"
COOKIE_CHARS_MAX = 3000
BYTES_MAX = 100_000

Kind = Literal["success", "warning", "danger", "info"]


class Undo(msgspec.Struct, frozen=True):
    """Where to post, and what, to take back what was just done."""

    url: str
    fields: dict[str, str | list[str]] = {}


class Flash(msgspec.Struct, frozen=True):
    """One message for the next page: a key of the texts and the values in it."""

    key: str
    kind: Kind = "success"
    values: dict[str, str | int] = {}
    undo: Undo | None = None


def packed(flashes: Sequence[Flash], secret: str) -> str:
    """Flashes as a cookie's value, signed with `secret`. The oldest are left out where they would
    not fit, and of the last one the undo: what a long text was may be more than a cookie holds."""
    kept = list(flashes)
    while kept:
        value = base64.urlsafe_b64encode(zlib.compress(msgspec.json.encode(kept))).decode()
        if len(value) <= COOKIE_CHARS_MAX:
            return signed.sign(secret, KIND, value)
        last = kept.pop(0)
        if not kept and last.undo is not None:
            kept = [msgspec.structs.replace(last, undo=None)]
    return ""


def unpacked(cookie: str | None, secret: str) -> list[Flash]:
    """What `packed` made, nothing for anything else."""
    value = signed.read(secret, KIND, cookie or "")
    if value is None:
        return []
    try:
        raw = zlib.decompressobj().decompress(base64.urlsafe_b64decode(value), BYTES_MAX)
        found: list[Flash] = msgspec.json.decode(raw, type=list[Flash])
    except (ValueError, binascii.Error, zlib.error, msgspec.MsgspecError):
        return []
    return found
