"""Structs to stored JSON text and back, and the digest that tells whether two are the same."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def encode(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def decode(document: str, type_: type[T]) -> T:
    return msgspec.json.decode(document, type=type_)


def storable(text: str) -> str:
    """Text that both databases take: without NUL, and with lone surrogates replaced."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def digest(value: msgspec.Struct) -> str:
    """SHA-256 of what differs from the defaults, so that a new field changes nothing."""
    fields = msgspec.to_builtins(value)
    for field in msgspec.structs.fields(value):
        if fields.get(field.encode_name) == _default(field):
            fields.pop(field.encode_name, None)
    return digest_of(fields)


def digest_of(value: Any) -> str:
    """SHA-256 of the value's JSON."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.to_builtins(field.default_factory())
    return field.default
