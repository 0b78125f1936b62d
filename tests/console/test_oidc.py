"""Signing in at an OpenID Connect provider: a real one, in a server of its own.

`oidc-provider-mock` speaks the protocol and lets a test say who somebody is.
What an honest provider never does, `LyingProvider` does: a small server that
signs whatever a test wants.
"""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec
import oidc_provider_mock
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from litestar import Litestar

from brains import audit, people
from brains.errors import Invalid
from brains.people import Person
from brains.store import now
from router.api.app import create_app
from router.console.routes import console_routes
from router.security.oidc import Flow, Provider, ProviderFailed
from router.service import Service
from router.settings import Settings
from tests.api.conftest import served
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLIENT = "samsvar"
SIGN_IN = "/console/sign-in"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of a running provider."""
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(service: Service, settings: Settings, issuer: str) -> AsyncIterator[str]:
    """The address of an installation whose people may sign in at the provider."""
    ours = msgspec.structs.replace(
        settings, oidc_issuer=issuer, oidc_client_id=CLIENT, oidc_client_secret="s", oidc_name="Ad"
    )
    async with served(with_console(service, ours)) as address:
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def browser(site: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=site, timeout=PATIENCE_S) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def ola(service: Service) -> Person:
    """A new editor of `bergen` without a password."""
    async with service.db.write() as tx:
        return await people.add(
            tx,
            email=f"ola.{secrets.token_hex(6)}@example.org",
            name="Ola",
            role="editor",
            scope="body:bergen",
            at=now(),
        )


def with_console(service: Service, settings: Settings) -> Litestar:
    """The application of `tests/api/conftest.py`, with other settings."""
    return create_app(service, settings, pages=console_routes(service, settings))


async def known_there(issuer: str, subject: str, **claims: Any) -> None:
    """The provider has an account; these are its claims."""
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        response = await client.put(f"{issuer}/users/{subject}", json=claims)
    assert response.status_code == 204


async def sign_in(
    browser: httpx.AsyncClient,
    subject: str,
    wanted: str = "",
    meddle: Callable[[str], str] = lambda url: url,
    meddle_back: Callable[[str], str] = lambda url: url,
) -> httpx.Response:
    """Sign in as a browser would, as the provider's `subject`; the answer to coming back."""
    gone = await browser.get(f"{SIGN_IN}/provider", params={"next": wanted})
    assert gone.status_code == 303, gone.text
    async with httpx.AsyncClient(timeout=PATIENCE_S) as there:
        back = await there.post(meddle(gone.headers["location"]), data={"sub": subject})
    assert back.status_code == 302, back.text
    return await browser.get(meddle_back(back.headers["location"]))


def with_query(url: str, **changes: str) -> str:
    """The address with other values in its query."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return parts._replace(query=urlencode({**query, **changes})).geturl()


async def refused(response: httpx.Response, browser: httpx.AsyncClient, why: str) -> None:
    assert response.status_code == 401
    assert why in response.text
    assert "samsvar_session" not in browser.cookies
    assert (await browser.get("/console/account")).status_code == 303


UNKNOWN = "Ingen har lagt deg til her ennå"
NOT_DONE = "Innloggingen ble ikke fullført"


async def test_a_person_signs_in_and_is_bound_to_the_account(
    browser: httpx.AsyncClient, issuer: str, ola: Person, service: Service
) -> None:
    assert "Logg inn med Ad" in (await browser.get(SIGN_IN)).text
    await known_there(issuer, "ola-1", email=ola.email.upper(), email_verified=True)
    response = await sign_in(browser, "ola-1", "/console/account")
    assert (response.status_code, response.headers["location"]) == (303, "/console/account")
    assert "Ola" in (await browser.get("/console/account")).text
    # From now on it is the account that counts, whatever its address.
    await known_there(issuer, "ola-1", email="other@example.org", email_verified=True)
    assert (await sign_in(browser, "ola-1")).status_code == 303
    async with service.db.read() as tx:
        bound = await people.by_subject(tx, issuer, "ola-1")
        (line, *_) = (await audit.listing(tx, audit.Filter(who=ola.id))).items
    assert bound is not None and bound.id == ola.id
    assert (line.action, line.detail) == ("sign_in.ok", {"way": "provider"})


async def test_the_request_carries_pkce_state_and_nonce(browser: httpx.AsyncClient) -> None:
    gone = await browser.get(f"{SIGN_IN}/provider")
    asked = parse_qs(urlsplit(gone.headers["location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 43 for name in ("code_challenge", "state", "nonce"))
    assert "openid" in asked["scope"][0].split()
    cookie = gone.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    again = await browser.get(f"{SIGN_IN}/provider")
    assert parse_qs(urlsplit(again.headers["location"]).query)["nonce"] != asked["nonce"]


async def test_an_unknown_address_does_not_come_in(browser: httpx.AsyncClient, issuer: str) -> None:
    await known_there(issuer, "eva", email="eva@example.org", email_verified=True)
    await refused(await sign_in(browser, "eva"), browser, UNKNOWN)


@pytest.mark.parametrize("verified", [False, None, "yes"])
async def test_an_unverified_address_proves_nothing(
    browser: httpx.AsyncClient, issuer: str, ola: Person, verified: object
) -> None:
    claims = {} if verified is None else {"email_verified": verified}
    await known_there(issuer, "mallory", email=ola.email, **claims)
    await refused(await sign_in(browser, "mallory"), browser, UNKNOWN)


async def test_another_account_with_the_same_address_does_not_come_in(
    browser: httpx.AsyncClient, issuer: str, ola: Person
) -> None:
    await known_there(issuer, "ola-2", email=ola.email, email_verified=True)
    assert (await sign_in(browser, "ola-2")).status_code == 303
    browser.cookies.clear()
    await known_there(issuer, "mallory-2", email=ola.email, email_verified=True)
    await refused(await sign_in(browser, "mallory-2"), browser, UNKNOWN)


async def test_a_disabled_person_does_not_come_in(
    browser: httpx.AsyncClient, issuer: str, ola: Person, service: Service
) -> None:
    await known_there(issuer, "ola-3", email=ola.email, email_verified=True)
    async with service.db.write() as tx:
        await people.disable(tx, ola.id, now())
    await refused(await sign_in(browser, "ola-3"), browser, UNKNOWN)


async def test_a_token_for_another_nonce_is_refused(
    browser: httpx.AsyncClient, issuer: str, ola: Person
) -> None:
    await known_there(issuer, "ola-4", email=ola.email, email_verified=True)
    response = await sign_in(browser, "ola-4", meddle=lambda url: with_query(url, nonce="x" * 43))
    await refused(response, browser, NOT_DONE)


async def test_another_browsers_state_is_refused(
    browser: httpx.AsyncClient, issuer: str, ola: Person
) -> None:
    await known_there(issuer, "ola-5", email=ola.email, email_verified=True)
    response = await sign_in(
        browser, "ola-5", meddle_back=lambda url: with_query(url, state="y" * 43)
    )
    await refused(response, browser, NOT_DONE)


async def test_a_code_brought_by_a_browser_that_did_not_ask_is_refused(
    browser: httpx.AsyncClient, issuer: str, site: str, ola: Person
) -> None:
    await known_there(issuer, "ola-6", email=ola.email, email_verified=True)
    back: list[str] = []
    await sign_in(browser, "ola-6", meddle_back=lambda url: back.append(url) or f"{site}{SIGN_IN}")
    async with httpx.AsyncClient(base_url=site, timeout=PATIENCE_S) as victim:
        await refused(await victim.get(back[0]), victim, NOT_DONE)


async def test_a_forged_flow_is_refused(browser: httpx.AsyncClient) -> None:
    await browser.get(f"{SIGN_IN}/provider")
    value = browser.cookies["samsvar_flow"]
    browser.cookies.clear()
    browser.cookies.set("samsvar_flow", f"x{value}", domain="127.0.0.1", path="/")
    await refused(await browser.get(f"{SIGN_IN}/callback?code=1&state=2"), browser, NOT_DONE)


async def test_a_flow_is_good_once(browser: httpx.AsyncClient, issuer: str, ola: Person) -> None:
    await known_there(issuer, "ola-7", email=ola.email, email_verified=True)
    response = await sign_in(browser, "ola-7")
    assert response.status_code == 303
    assert "samsvar_flow" not in browser.cookies


async def test_a_person_who_says_no_there_comes_back_to_the_form(
    browser: httpx.AsyncClient,
) -> None:
    await browser.get(f"{SIGN_IN}/provider")
    response = await browser.get(f"{SIGN_IN}/callback?error=access_denied&state=x")
    await refused(response, browser, NOT_DONE)


async def test_without_a_provider_there_is_none_to_go_to(
    base_url: str,
) -> None:
    async with httpx.AsyncClient(base_url=base_url, timeout=PATIENCE_S) as client:
        assert "provider" not in (await client.get(SIGN_IN)).text
        assert (await client.get(f"{SIGN_IN}/provider")).status_code == 404


async def test_a_provider_that_is_down_is_told_plainly(
    service: Service, settings: Settings
) -> None:
    ours = msgspec.structs.replace(
        settings, oidc_issuer="http://localhost:1", oidc_client_id=CLIENT
    )
    async with (
        served(with_console(service, ours)) as address,
        httpx.AsyncClient(base_url=address, timeout=PATIENCE_S) as client,
    ):
        await refused(await client.get(f"{SIGN_IN}/provider"), client, NOT_DONE)


# What an honest provider never does

SIGNING = RSAKey.generate_key(2048, parameters={"kid": "one"})
FOREIGN = RSAKey.generate_key(2048, parameters={"kid": "one"})
NEWER = ECKey.generate_key("P-256", parameters={"kid": "two"})


class LyingProvider:
    """Signs `claims` with `key`; shows `shown` as its keys and `metadata` as its addresses."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.flow = Flow("s" * 43, "n" * 43, "v" * 43)
        self.key: Any = SIGNING
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.shown: list[Any] = [SIGNING]
        self.token: str | None = None
        self.metadata: dict[str, Any] = {
            "issuer": address,
            "authorization_endpoint": f"{address}/authorize",
            "token_endpoint": f"{address}/token",
            "jwks_uri": f"{address}/jwks",
            "userinfo_endpoint": f"{address}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
        }
        self.userinfo: dict[str, Any] = {"sub": "42"}
        self.claims: dict[str, Any] = {
            "iss": address,
            "sub": "42",
            "aud": CLIENT,
            "nonce": self.flow.nonce,
            "iat": int(time.time()),
            "exp": int(time.time()) + 300,
            "email": "ola@example.org",
            "email_verified": True,
        }
        self.asked: list[str] = []
        self.sent: dict[str, str] = {}

    def answer(self, path: str) -> dict[str, Any]:
        """What is at an address."""
        self.asked.append(path)
        if path == "/jwks":
            return {"keys": [key.as_dict(private=False) for key in self.shown]}
        if path == "/token":
            algorithms = [str(self.header["alg"])]
            token = self.token or jwt.encode(
                self.header, self.claims, self.key, algorithms=algorithms
            )
            return {"access_token": "a", "token_type": "Bearer", "id_token": token}
        return self.userinfo if path == "/userinfo" else self.metadata

    async def says(self, provider: Provider | None = None) -> Any:
        """What we make of it."""
        provider = provider or Provider(self.address, CLIENT, "secret")
        back = f"http://here/callback?code=1&state={self.flow.state}"
        return await provider.finish(self.flow, "http://here/callback", back)


@pytest.fixture
def liar() -> Iterator[LyingProvider]:
    """A provider that a test makes lie, on a socket of its own."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            provider.sent[urlsplit(self.path).path] = self.rfile.read(length).decode()
            body = json.dumps(provider.answer(urlsplit(self.path).path)).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = LyingProvider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()


async def test_the_code_is_redeemed_with_what_its_challenge_was_made_of(
    liar: LyingProvider,
) -> None:
    """As a provider with PKCE checks it (RFC 7636, 4.6); the other one here does not."""
    provider = Provider(liar.address, CLIENT, "secret")
    begun = await provider.begin("http://here/callback")
    asked = parse_qs(urlsplit(begun.url).query)
    liar.flow, liar.claims["nonce"] = begun.flow, asked["nonce"][0]
    await liar.says(provider)
    sent = parse_qs(liar.sent["/token"])
    made_of = hashlib.sha256(sent["code_verifier"][0].encode()).digest()
    assert urlsafe_b64encode(made_of).decode().rstrip("=") == asked["code_challenge"][0]
    assert sent["redirect_uri"] == asked["redirect_uri"] and sent["code"] == ["1"]


async def test_an_honest_token_is_believed(liar: LyingProvider) -> None:
    account = await liar.says()
    assert (account.issuer, account.subject) == (liar.address, "42")
    assert account.email == "ola@example.org"


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("aud", "another-client"),
        ("aud", ["another-client", "third"]),
        ("aud", None),
        ("iss", "https://evil.example"),
        ("iss", None),
        ("nonce", "m" * 43),
        ("nonce", None),
        ("exp", -600),
        ("exp", None),
        ("exp", "never"),
        ("iat", 6000),
        ("nbf", 6000),
        ("sub", None),
        ("azp", "another-client"),
    ],
)
async def test_a_token_that_is_not_right_is_refused(
    liar: LyingProvider, claim: str, value: object
) -> None:
    """Whole numbers are seconds from now; reckoned here, as a test's name must not change."""
    if value is None:
        del liar.claims[claim]
    else:
        liar.claims[claim] = int(time.time()) + value if isinstance(value, int) else value
    with pytest.raises(ProviderFailed):
        await liar.says()


async def test_a_foreign_signature_is_refused(liar: LyingProvider) -> None:
    liar.key = FOREIGN
    with pytest.raises(ProviderFailed):
        await liar.says()


async def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(
    liar: LyingProvider,
) -> None:
    signed = jwt.encode(liar.header, liar.claims, SIGNING).split(".")
    header = urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    told = f"{header}.{signed[1]}".encode()
    mac = hmac.digest(SIGNING.as_pem(private=False), told, "sha256")
    liar.token = f"{told.decode()}.{urlsafe_b64encode(mac).decode().rstrip('=')}"
    with pytest.raises(ProviderFailed):
        await liar.says()


async def test_an_unsigned_token_is_refused(liar: LyingProvider) -> None:
    signed = jwt.encode(liar.header, liar.claims, SIGNING)
    body = signed.split(".")[1]
    liar.token = f"eyJhbGciOiJub25lIn0.{body}."
    with pytest.raises(ProviderFailed):
        await liar.says()


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é"])
async def test_what_is_no_token_is_refused(liar: LyingProvider, token: str) -> None:
    liar.token = token or " "
    with pytest.raises(ProviderFailed):
        await liar.says()


async def test_a_new_key_is_fetched_once_and_not_for_every_forgery(liar: LyingProvider) -> None:
    seconds = [0.0]
    provider = Provider(liar.address, CLIENT, "secret", clock=lambda: seconds[0])
    await liar.says(provider)
    liar.key, liar.header = NEWER, {"alg": "ES256", "kid": "two"}
    liar.shown = [SIGNING, NEWER]
    with pytest.raises(ProviderFailed):
        await liar.says(provider)
    seconds[0] += 61
    assert (await liar.says(provider)).subject == "42"
    liar.key, liar.header = FOREIGN, {"alg": "RS256", "kid": "three"}
    for _ in range(3):
        with pytest.raises(ProviderFailed):
            await liar.says(provider)
    assert liar.asked.count("/jwks") == 2


async def test_the_address_may_come_from_userinfo_of_the_same_account(
    liar: LyingProvider,
) -> None:
    del liar.claims["email"], liar.claims["email_verified"]
    liar.userinfo = {"sub": "42", "email": "ola@example.org", "email_verified": True}
    assert (await liar.says()).email == "ola@example.org"
    liar.userinfo["sub"] = "43"
    with pytest.raises(ProviderFailed):
        await liar.says()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", "https://evil.example"),
        ("token_endpoint", "http://169.254.169.254/token"),
        ("jwks_uri", "file:///etc/passwd"),
        ("userinfo_endpoint", "http://evil.example/"),
    ],
)
async def test_nothing_is_called_that_the_issuer_does_not_vouch_for(
    liar: LyingProvider, field: str, value: str
) -> None:
    liar.metadata[field] = value
    with pytest.raises(ProviderFailed):
        await Provider(liar.address, CLIENT).begin("http://here/callback")


async def test_a_provider_needs_a_client_id() -> None:
    environ = {"SAMSVAR_OIDC_ISSUER": "https://id.example"}
    with pytest.raises(Invalid, match="SAMSVAR_OIDC_CLIENT_ID"):
        Provider.of(Settings.from_environment(environ))
    assert Provider.of(Settings.from_environment({})) is None


@pytest.mark.parametrize("issuer", ["http://id.example", "id.example", "ftp://id.example"])
async def test_a_provider_elsewhere_needs_https(issuer: str) -> None:
    with pytest.raises(Invalid, match="SAMSVAR_OIDC_ISSUER"):
        Settings.from_environment({"SAMSVAR_OIDC_ISSUER": issuer})
