"""Signing in at an OpenID Connect provider: authorization code with PKCE, state and nonce.

    begun = await provider.begin(redirect_uri)        # send the browser to begun.url
    account = await provider.finish(begun.flow, redirect_uri, came_back_to)

Where the provider is, its own discovery document says (OpenID Connect
Discovery 1.0); nothing else is called. The ID token is believed only when its
signature, issuer, audience, time and nonce are right (OpenID Connect Core 1.0,
3.1.3.7).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import (
    parse_authorization_code_response,
    prepare_grant_uri,
    prepare_token_request,
)
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from brains.errors import Invalid
from router.errors import NotAuthenticated
from router.settings import Settings, variable

SCOPE = "openid email profile"
DISCOVERY = "/.well-known/openid-configuration"
TIMEOUT_SECONDS = 10.0
METADATA_SECONDS = 3600.0
# Keys are fetched anew for a token signed by an unknown one, but not for each such token.
KEYS_SECONDS_MIN = 60.0
CLOCKS_APART_SECONDS = 60
RANDOM_BYTES = 32
# Signatures that only the provider can make; the first is what every provider knows.
ALGORITHMS = ("RS256", "ES256", "PS256", "RS384", "RS512", "ES384", "ES512", "PS384", "PS512")


class ProviderFailed(NotAuthenticated):
    """The provider is down, refused, or said something that is not to be believed."""


class Flow(msgspec.Struct, frozen=True):
    """What the browser must bring back: kept in its own cookie meanwhile."""

    state: str
    nonce: str
    verifier: str


class Begun(msgspec.Struct, frozen=True):
    url: str
    flow: Flow


class Account(msgspec.Struct, frozen=True):
    """Who the provider says it is. `email` only where the provider has verified it."""

    issuer: str
    subject: str
    email: str | None = None


class _Metadata(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    id_token_signing_alg_values_supported: list[str] = []
    token_endpoint_auth_methods_supported: list[str] = []


class Provider:
    """One provider, as the settings name it. `clock` is in seconds, for what is remembered."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str = "",
        name: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer.rstrip("/")
        self.name = name or str(urlsplit(issuer).hostname)
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._metadata: tuple[_Metadata, float] | None = None
        self._keys: tuple[KeySet, float] | None = None

    @classmethod
    def of(cls, settings: Settings) -> Provider | None:
        """The provider of an installation, None where it has none. Raises `Invalid`."""
        if not settings.oidc_issuer:
            return None
        if not settings.oidc_client_id:
            raise Invalid(
                "Signing in at a provider needs the client id it gave you.",
                variable("oidc_client_id"),
            )
        return cls(
            settings.oidc_issuer,
            settings.oidc_client_id,
            settings.oidc_client_secret,
            settings.oidc_name,
        )

    async def begin(self, redirect_uri: str) -> Begun:
        """Where to send the browser. Raises `ProviderFailed`."""
        metadata = await self._discovered()
        flow = Flow(*(secrets.token_urlsafe(RANDOM_BYTES) for _ in range(3)))
        url: str = prepare_grant_uri(
            metadata.authorization_endpoint,
            self._client_id,
            "code",
            redirect_uri,
            SCOPE,
            flow.state,
            nonce=flow.nonce,
            code_challenge=create_s256_code_challenge(flow.verifier),
            code_challenge_method="S256",
        )
        return Begun(url, flow)

    async def finish(self, flow: Flow, redirect_uri: str, came_back_to: str) -> Account:
        """Who came back, to the address `came_back_to`. Raises `ProviderFailed`."""
        try:
            code = parse_authorization_code_response(came_back_to, flow.state)["code"]
        except AuthlibBaseError as error:
            raise ProviderFailed("The sign-in was broken off, or is not the one begun.") from error
        metadata = await self._discovered()
        tokens = await self._tokens(metadata, code, redirect_uri, flow.verifier)
        claims = await self._claims(metadata, tokens, flow.nonce)
        if "email" not in claims and metadata.userinfo_endpoint:
            claims = {**await self._userinfo(metadata, tokens, str(claims["sub"])), **claims}
        verified = claims.get("email_verified") in (True, "true")
        email = claims.get("email") if verified else None
        return Account(self.issuer, str(claims["sub"]), email if isinstance(email, str) else None)

    async def _discovered(self) -> _Metadata:
        if self._metadata and self._clock() - self._metadata[1] < METADATA_SECONDS:
            return self._metadata[0]
        found: _Metadata = await self._get(self.issuer + DISCOVERY, _Metadata)
        if found.issuer.rstrip("/") != self.issuer:
            raise ProviderFailed(f"The provider calls itself {found.issuer}, not {self.issuer}.")
        for url in (found.token_endpoint, found.jwks_uri, found.userinfo_endpoint):
            self._require_as_safe(url or self.issuer)
        self._metadata = (found, self._clock())
        return found

    def _require_as_safe(self, url: str) -> None:
        """An address that is called must be HTTPS, unless the issuer itself is not (on this
        machine, see the setting)."""
        if urlsplit(url).scheme != "https" and urlsplit(url)[:2] != urlsplit(self.issuer)[:2]:
            raise ProviderFailed("The provider names an address without HTTPS.")

    async def _tokens(
        self, metadata: _Metadata, code: str, redirect_uri: str, verifier: str
    ) -> dict[str, Any]:
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=verifier
        )
        headers = {"content-type": "application/x-www-form-urlencoded"}
        auth = ClientAuth(self._client_id, self._client_secret, self._way(metadata))
        url, headers, body = auth.prepare("POST", metadata.token_endpoint, headers, body)
        found: dict[str, Any] = await self._send(
            "POST", url, dict[str, Any], headers=headers, content=body
        )
        return found

    def _way(self, metadata: _Metadata) -> str:
        """How we say who we are; the first is what a provider that says nothing takes."""
        if not self._client_secret:
            return "none"
        offered = metadata.token_endpoint_auth_methods_supported or ["client_secret_basic"]
        ways = ("client_secret_basic", "client_secret_post")
        return next((way for way in ways if way in offered), ways[0])

    async def _claims(
        self, metadata: _Metadata, tokens: Mapping[str, Any], nonce: str
    ) -> dict[str, Any]:
        """The claims of the ID token, once it is believed."""
        offered = metadata.id_token_signing_alg_values_supported or ALGORITHMS[:1]
        registry = JWSRegistry(
            algorithms=[one for one in ALGORITHMS if one in offered], strict_check_header=False
        )
        try:
            token = await self._decoded(metadata, str(tokens.get("id_token")), registry)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": metadata.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                    "nonce": {"essential": True, "value": nonce},
                },
                {"nonce": nonce, "client_id": self._client_id, **tokens},
            )
            claims.validate(leeway=CLOCKS_APART_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            raise ProviderFailed(f"The provider's ID token is not right: {error}") from error
        return dict(claims)

    async def _decoded(self, metadata: _Metadata, token: str, registry: JWSRegistry) -> jwt.Token:
        """The token with its signature checked. Keys change: those of today may be new."""
        try:
            return jwt.decode(token, await self._key_set(metadata), registry=registry)
        except (JoseError, ValueError):
            known = self._keys
            if known and self._clock() - known[1] < KEYS_SECONDS_MIN:
                raise
            self._keys = None
            return jwt.decode(token, await self._key_set(metadata), registry=registry)

    async def _key_set(self, metadata: _Metadata) -> KeySet:
        if self._keys is None:
            found = await self._get(metadata.jwks_uri, dict[str, Any])
            self._keys = (KeySet.import_key_set(found), self._clock())
        return self._keys[0]

    async def _userinfo(
        self, metadata: _Metadata, tokens: Mapping[str, Any], subject: str
    ) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {tokens.get('access_token')}"}
        url = str(metadata.userinfo_endpoint)
        found: dict[str, Any] = await self._send("GET", url, dict[str, Any], headers=headers)
        if found.get("sub") != subject:
            raise ProviderFailed("The provider tells of somebody else than it signed for.")
        return found

    async def _get(self, url: str, kind: type[Any]) -> Any:
        return await self._send("GET", url, kind)

    async def _send(self, method: str, url: str, kind: type[Any], **sent: Any) -> Any:
        """One call to the provider, whose JSON answer is read as `kind`."""
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
                response = await client.request(method, url, **sent)
            response.raise_for_status()
            return msgspec.json.decode(response.content, type=kind)
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            raise ProviderFailed(f"The sign-in service refused (status {status}).") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderFailed("The sign-in service cannot be reached.") from error
        except msgspec.MsgspecError as error:
            raise ProviderFailed("The sign-in service said something unreadable.") from error
