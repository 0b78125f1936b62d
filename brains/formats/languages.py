"""Language tags as other systems write them."""

from __future__ import annotations

from typing import Any

_SAME = {"no": "nb", "nor": "nb", "nob": "nb", "nno": "nn", "norwegian": "nb", "english": "en"}


def tag(value: Any, otherwise: str) -> str:
    """`nb-NO`, `no` and `Norwegian` are bokmål; what is not said or unknown is `otherwise`."""
    if isinstance(value, dict):
        value = value.get("alternateName") or value.get("name")
    if not isinstance(value, str) or not value.strip():
        return otherwise
    first = value.strip().replace("_", "-").partition("-")[0].lower()
    first = _SAME.get(first, first)
    return first if first.isascii() and first.isalpha() and len(first) in (2, 3) else otherwise
