"""A token for one request: making one, and checking one. Pure functions; times are in seconds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from msgspec import Meta

from router.federation.trust.errors import (
    BodyChanged,
    ClockOff,
    MeantElsewhere,
    NoToken,
    TooLong,
    TooOld,
    UnknownKey,
    WrongAudience,
    WrongSignature,
)

ALGORITHM = "Ed25519"
TYPE = "samsvar+jwt"
LIFE_SECONDS = 60
LEEWAY_SECONDS = 5
TOKEN_CHARS_MAX = 4_000
ID_BYTES = 16

Jwk = dict[str, str]
_Text = Annotated[str, Meta(min_length=1, max_length=500)]


class Claims(msgspec.Struct, frozen=True):
    """What a token says. Times are in seconds since 1970."""

    iss: Annotated[str, Meta(min_length=1, max_length=200)]
    aud: _Text
    iat: float
    exp: float
    jti: _Text
    htm: _Text
    htu: _Text
    content_digest: _Text


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: _Text
    typ: str


class Unproved(NamedTuple):
    """A token as it says it is: nothing of it is known to be true."""

    token: str
    kid: str
    claims: Claims


class Request(NamedTuple):
    """What a token is bound to: `path` is below the installation's address."""

    method: str
    path: str
    body: bytes


def made(key: OKPKey, issuer: str, audience: str, request: Request, now: float) -> str:
    """A token of `issuer`, signed with `key`, for one request to `audience`."""
    claims = Claims(
        issuer,
        audience,
        int(now),
        int(now) + LIFE_SECONDS,
        secrets.token_urlsafe(ID_BYTES),
        request.method,
        request.path,
        digest(request.body),
    )
    header = {"alg": ALGORITHM, "kid": key.thumbprint(), "typ": TYPE}
    return jws.serialize_compact(header, msgspec.json.encode(claims), key, [ALGORITHM])


def read(token: str) -> Unproved:
    """What a token says of itself. Raises `NoToken`, and `WrongSignature` for another algorithm."""
    if len(token) > TOKEN_CHARS_MAX:
        raise NoToken
    try:
        found = jws.extract_compact(token.encode("ascii"))
        header = msgspec.convert(found.headers(), _Header)
        claims = msgspec.json.decode(found.payload, type=Claims)
    except (JoseError, msgspec.MsgspecError, ValueError):
        raise NoToken from None
    if header.alg != ALGORITHM or header.typ != TYPE:
        raise WrongSignature
    return Unproved(token, header.kid, claims)


def prove(unproved: Unproved, keys: Sequence[Jwk]) -> None:
    """Raises `UnknownKey` and `WrongSignature`."""
    key = next((key for key in keys if key.get("kid") == unproved.kid), None)
    if key is None:
        raise UnknownKey
    try:
        jws.deserialize_compact(unproved.token, public_key(key), [ALGORITHM])
    except (JoseError, ValueError):
        raise WrongSignature from None


def check(claims: Claims, ours: str, request: Request, now: float) -> None:
    """Whether a proved token is meant for us, now, and for this request.

    Raises what is wrong with it. That it is used once is for the caller to see to.
    """
    if not hmac.compare_digest(claims.aud.encode(), ours.encode()):
        raise WrongAudience(ours)
    if claims.iat > now + LEEWAY_SECONDS:
        raise ClockOff(claims.iat - now)
    if claims.exp <= now - LEEWAY_SECONDS:
        raise TooOld(now - claims.exp)
    if claims.exp - claims.iat > LIFE_SECONDS:
        raise TooLong(claims.exp - claims.iat, LIFE_SECONDS)
    if (claims.htm, claims.htu) != (request.method, request.path):
        raise MeantElsewhere(request.method, request.path)
    if not hmac.compare_digest(claims.content_digest.encode(), digest(request.body).encode()):
        raise BodyChanged


def digest(body: bytes) -> str:
    """As in the header Content-Digest, RFC 9530."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def public_key(jwk: Mapping[str, str]) -> OKPKey:
    """An Ed25519 key. Raises `ValueError` for any other."""
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or not jwk.get("x"):
        raise ValueError("The key is not an Ed25519 key.")
    try:
        return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": jwk["x"]})
    except (JoseError, TypeError) as error:
        raise ValueError("The key cannot be read.") from error


def published(keys: Sequence[Mapping[str, str]], most: int = 10) -> list[Jwk]:
    """Keys as a peer publishes them, each under its own thumbprint (RFC 7638) and nothing else.

    Raises `ValueError` for none, for too many, and for a key of another kind.
    """
    if not 0 < len(keys) <= most:
        raise ValueError(f"A peer publishes 1 to {most} keys.")
    return [plain(public_key(key)) for key in keys]


def plain(key: OKPKey) -> Jwk:
    """The public part, as a JWK whose `kid` is its thumbprint."""
    whole = key.as_dict(private=False)
    return {"kty": "OKP", "crv": "Ed25519", "x": str(whole["x"]), "kid": key.thumbprint()}
