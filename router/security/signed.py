"""A value in a cookie that we made ourselves, and nobody else has changed or made up."""

from __future__ import annotations

import hashlib
import hmac


def sign(secret: str, kind: str, value: str) -> str:
    """`value` with a signature, good for one `kind` of cookie alone."""
    return f"{value}.{_signature(secret, kind, value)}"


def read(secret: str, kind: str, signed: str) -> str | None:
    """The value that `sign` signed, None for anything else."""
    value, _, signature = signed.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(secret, kind, value).encode()):
        return None
    return value


def _signature(secret: str, kind: str, value: str) -> str:
    return hmac.new(secret.encode(), f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()
