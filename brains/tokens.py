"""Tokens of visitors and keys of machines: hashed, compared.

They are 32 random bytes, so a plain SHA-256 is enough to keep them: there is
nothing to guess, and no password to slow a guesser down for.
"""

from __future__ import annotations

import hashlib
import hmac


def hash_token(token: str) -> str:
    """The hexadecimal SHA-256 of a token: all that is stored of it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def token_matches(token: str, expected_hash: str) -> bool:
    """Whether `token` is the one that was hashed, in constant time."""
    return hmac.compare_digest(hash_token(token), expected_hash)
