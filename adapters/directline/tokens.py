"""Tokens: whose conversation it is, signed by this installation and stored nowhere.

A token is bound to one conversation of one body and one caller, and is good for
half an hour; a client asks for a fresh one before that.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey

from adapters.directline.errors import Refused
from router.adapters import Desk

SECRET = "directline"
ALGORITHM = "HS256"
EXPIRES_SECONDS = 1800


class Pass(msgspec.Struct, frozen=True):
    """Who may use which conversation. `user` is what the client calls its user."""

    caller: str
    body: str
    conversation: str
    user: str | None = None


async def issue(desk: Desk, granted: Pass) -> str:
    """A token for it, good from now."""
    claims: dict[str, Any] = {
        "sub": granted.caller,
        "aud": granted.body,
        "conv": granted.conversation,
        "exp": _now() + EXPIRES_SECONDS,
    }
    if granted.user is not None:
        claims["user"] = granted.user
    return jwt.encode({"alg": ALGORITHM}, claims, await _key(desk))


async def read(desk: Desk, token: str, body: str) -> Pass:
    """Whom it lets in where. Raises `Refused` for one that is not ours, or no longer good."""
    known = jwt.JWTClaimsRegistry(
        exp={"essential": True}, aud={"essential": True, "value": body}, sub={"essential": True}
    )
    try:
        claims = jwt.decode(token, await _key(desk), algorithms=[ALGORITHM]).claims
        known.validate(claims)
    except ExpiredTokenError:
        text = "The token has expired. Ask for a new one with the secret, and refresh it in time."
        raise Refused(403, text, "TokenExpired") from None
    except (JoseError, ValueError):
        raise Refused(403, "The token is not one for this bot.") from None
    return Pass(claims["sub"], body, claims["conv"], claims.get("user"))


def _now() -> int:
    return int(time.time())


async def _key(desk: Desk) -> OctKey:
    return OctKey.import_key(await desk.secret(SECRET))
