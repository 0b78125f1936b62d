"""Signing in by password and link, staying signed in, and out; forms from elsewhere."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from argon2 import PasswordHasher

from brains import audit, people, sessions, tables
from brains.people import Person
from brains.sessions import DAYS_MAX, IDLE_HOURS
from router.console import flashes, frame
from router.console.flashes import Flash, Undo
from router.security import attempts, signed, signed_in
from router.service import Service
from router.settings import Settings
from tests.console.conftest import ClientOf
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="session")

PASSWORD = "fire små fugler på rad"
SIGN_IN = "/console/sign-in"


class Browser:
    """A browser without a script: it sends a page's form as it stands."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def post(self, page: str, url: str | None = None, **data: str) -> httpx.Response:
        """Open `page` and send its form to `url`, or back to the page."""
        shown = await self.client.get(page)
        token = re.search(r'name="_csrf_token" value="(\w+)"', shown.text)
        assert token is not None, shown.text
        return await self.client.post(url or page, data={**data, "_csrf_token": token[1]})

    async def sign_in(self, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        """Sign in as one who is not signed in."""
        if "samsvar_session" in self.client.cookies:
            self.client.cookies.delete("samsvar_session")
        return await self.post(SIGN_IN, email=email, password=password, **more)


@pytest_asyncio.fixture(loop_scope="session")
async def browser(base_url: str) -> AsyncIterator[Browser]:
    headers = {"accept": "text/html", "accept-language": "nb", "user-agent": "X Firefox/1 Linux"}
    async with httpx.AsyncClient(base_url=base_url, timeout=PATIENCE_S, headers=headers) as client:
        yield Browser(client)


@pytest_asyncio.fixture(loop_scope="session")
async def kari(service: Service) -> Person:
    """A new curator of `kommune` with a password. Cheap hashing keeps the tests quick."""
    hashed = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    async with service.db.write() as tx:
        person = await people.add(
            tx,
            email=f"kari.{secrets.token_hex(6)}@example.org",
            name="Kari",
            role="curator",
            scope="brain:kommune",
            at=dt.datetime.now(dt.UTC),
        )
        await people.set_password(tx, person.id, hashed)
        return await people.get(tx, person.id)


async def lines(service: Service, person: Person) -> list[audit.Line]:
    """What the audit log has about a person, newest first."""
    async with service.db.read() as tx:
        return (await audit.listing(tx, audit.Filter(who=person.id))).items


def session_cookie(response: httpx.Response) -> str:
    """The header that sets the session's cookie."""
    (found,) = (
        one for one in response.headers.get_list("set-cookie") if one.startswith("samsvar_session=")
    )
    return found


async def test_a_right_password_opens_the_console(
    browser: Browser, kari: Person, service: Service
) -> None:
    response = await browser.sign_in(kari.email.upper())
    assert (response.status_code, response.headers["location"]) == (303, "/console")
    header = session_cookie(response)
    assert "HttpOnly" in header and "SameSite=lax" in header and "Path=/" in header
    page = await browser.client.get("/console/account")
    assert page.status_code == 200 and "Kari" in page.text and "Firefox, Linux" in page.text
    (line,) = await lines(service, kari)
    assert (line.action, line.by) == ("sign_in.ok", "Kari")


@pytest.mark.parametrize("typed", ["wrong password", "", PASSWORD + " ", PASSWORD.upper()])
async def test_a_wrong_password_does_not(browser: Browser, kari: Person, typed: str) -> None:
    response = await browser.sign_in(kari.email, typed)
    assert response.status_code == 401
    assert "E-postadressen eller passordet er feil." in response.text
    assert typed == "" or typed not in response.text
    assert "samsvar_session" not in browser.client.cookies
    assert kari.email in response.text, "the address need not be typed again"


async def test_it_is_not_told_which_accounts_there_are(browser: Browser, kari: Person) -> None:
    def same(text: str) -> str:
        return re.sub(r'value="[^"]*"', "", text)

    known = await browser.sign_in(kari.email, "wrong")
    unknown = await browser.sign_in("nobody@example.org", "wrong")
    assert known.status_code == unknown.status_code == 401
    assert same(known.text) == same(unknown.text)


async def test_too_many_attempts_must_wait_also_with_the_right_password(
    browser: Browser, kari: Person
) -> None:
    for _ in range(attempts.ACCOUNT_FREE):
        assert (await browser.sign_in(kari.email, "wrong")).status_code == 401
    response = await browser.sign_in(kari.email)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) <= attempts.WAIT_SECONDS_FIRST + 1
    assert "For mange forsøk" in response.text


async def test_an_unknown_account_is_held_up_alike(browser: Browser) -> None:
    answers = [
        (await browser.sign_in("held.up@example.org", "wrong")).status_code
        for _ in range(attempts.ACCOUNT_FREE + 1)
    ]
    assert answers == [401] * attempts.ACCOUNT_FREE + [429]


async def test_a_disabled_person_is_out_at_once(
    browser: Browser, kari: Person, client_of: ClientOf
) -> None:
    await browser.sign_in(kari.email)
    assert (await browser.client.get("/console/account")).status_code == 200
    admin = client_of("admin")
    response = await admin.post(f"/console/people/{kari.id}/disable")
    assert response.status_code == 303
    assert (await browser.client.get("/console/account")).status_code == 303
    assert (await browser.sign_in(kari.email)).status_code == 401
    await admin.post(f"/console/people/{kari.id}/enable")
    assert (await browser.sign_in(kari.email)).status_code == 303


async def test_every_sign_in_is_a_new_session(browser: Browser, kari: Person) -> None:
    await browser.sign_in(kari.email)
    first = browser.client.cookies["samsvar_session"]
    shown = (await browser.client.get("/console/account")).text
    token = re.search(r'name="_csrf_token" value="(\w+)"', shown)
    assert token is not None
    data = {"email": kari.email, "password": PASSWORD, "_csrf_token": token[1]}
    await browser.client.post(SIGN_IN, data=data)
    assert browser.client.cookies["samsvar_session"] != first
    browser.client.cookies.set("samsvar_session", first, domain="127.0.0.1", path="/")
    assert (await browser.client.get("/console/account")).status_code == 303


async def test_signing_out_ends_the_session_not_only_the_cookie(
    browser: Browser, kari: Person
) -> None:
    await browser.sign_in(kari.email)
    token = browser.client.cookies["samsvar_session"]
    response = await browser.post("/console/account", "/console/sign-out")
    assert (response.status_code, response.headers["location"]) == (303, SIGN_IN)
    assert "Max-Age=0" in session_cookie(response)
    browser.client.cookies.set("samsvar_session", token)
    assert (await browser.client.get("/console/account")).status_code == 303


async def test_signing_out_everywhere(browser: Browser, kari: Person, service: Service) -> None:
    await browser.sign_in(kari.email)
    async with service.db.write() as tx:
        other = await sessions.start(tx, kari.id, dt.datetime.now(dt.UTC))
    await browser.post("/console/account", "/console/account/sign-out-everywhere")
    async with service.db.read() as tx:
        assert await sessions.find(tx, other, dt.datetime.now(dt.UTC)) is None
        assert await sessions.listing(tx, kari.id, dt.datetime.now(dt.UTC)) == []


async def test_changing_the_password_signs_the_other_browsers_out(
    browser: Browser, kari: Person, service: Service
) -> None:
    await browser.sign_in(kari.email)
    async with service.db.write() as tx:
        other = await sessions.start(tx, kari.id, dt.datetime.now(dt.UTC))
    change = "/console/account/password"
    chosen = "et helt nytt langt passord"

    async def changed(current: str, password: str, again: str) -> httpx.Response:
        return await browser.post(
            "/console/account", change, current=current, password=password, again=again
        )

    assert "Dette er ikke passordet" in (await changed("wrong", chosen, chosen)).text
    assert "ikke like" in (await changed(PASSWORD, chosen, "something else")).text
    assert "minst 12 tegn" in (await changed(PASSWORD, "kort", "kort")).text
    async with service.db.read() as tx:
        assert await sessions.find(tx, other, dt.datetime.now(dt.UTC)) is not None
    assert (await changed(PASSWORD, chosen, chosen)).status_code == 303
    assert (await browser.client.get("/console/account")).status_code == 200
    async with service.db.read() as tx:
        assert await sessions.find(tx, other, dt.datetime.now(dt.UTC)) is None
    assert (await browser.sign_in(kari.email, chosen)).status_code == 303
    assert "people.password" in {line.action for line in await lines(service, kari)}


async def test_a_password_under_old_parameters_is_hashed_anew(
    browser: Browser, kari: Person, service: Service
) -> None:
    async with service.db.read() as tx:
        old = await people.password_hash(tx, kari.id)
    await browser.sign_in(kari.email)
    async with service.db.read() as tx:
        new = await people.password_hash(tx, kari.id)
    assert old is not None and new is not None and old != new
    assert not PasswordHasher().check_needs_rehash(new)
    assert (await browser.client.get("/console/account")).status_code == 200
    assert (await browser.sign_in(kari.email)).status_code in (200, 303)


async def test_a_link_sets_a_password_once(
    browser: Browser, service: Service, client_of: ClientOf
) -> None:
    admin = client_of("admin")
    form = {
        "email": "ny@example.org",
        "name": "Ny Person",
        "role": "editor",
        "scope": "body:bergen",
        "language": "en",
    }
    shown = await admin.post("/console/people/new", data=form)
    link = re.search(r"http://[^\"]*(/console/set-password/[\w-]+)", shown.text)
    assert link is not None, shown.text
    page = await browser.client.get(link[1])
    assert page.status_code == 200 and "Ny Person" in page.text
    assert page.headers["referrer-policy"] == "same-origin"
    weak = await browser.post(link[1], password="ny person 1234", again="ny person 1234")
    assert weak.status_code == 400 and "lett å gjette" in weak.text
    done = await browser.post(link[1], password=PASSWORD, again=PASSWORD)
    assert done.status_code == 303
    account = await browser.client.get("/console/account")
    assert "Ny Person" in account.text
    again = await browser.client.get(link[1])
    assert again.status_code == 401 and "used or too old" in again.text
    async with service.db.read() as tx:
        person = await people.by_email(tx, "ny@example.org")
    assert person is not None and person.has_password
    found = await lines(service, person)
    assert [line.action for line in found] == ["sign_in.ok", "people.password"]
    assert PASSWORD not in str(found) and link[1] not in str(found)


async def test_an_old_link_is_refused(browser: Browser, kari: Person, service: Service) -> None:
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=people.LINK_DAYS)
    async with service.db.write() as tx:
        link = await people.new_link(tx, kari.id, long_ago)
    assert (await browser.client.get(f"/console/set-password/{link}")).status_code == 401


# What a stranger gets


async def test_a_stranger_is_sent_to_sign_in_and_back(browser: Browser, kari: Person) -> None:
    wanted = "/console/brains/kommune/entries?text=sn%C3%B8"
    response = await browser.client.get(wanted)
    assert response.status_code == 303
    place = response.headers["location"]
    assert place.startswith(SIGN_IN + "?next=")
    form = (await browser.client.get(place)).text
    hidden = re.search(r'name="next" value="([^"]*)"', form)
    assert hidden is not None and hidden[1] == wanted
    signed = await browser.sign_in(kari.email, next=hidden[1])
    assert signed.headers["location"] == wanted


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/console/../../evil",
        "/console/%2e%2e/%2E./evil",
        "/console//evil.example/..",
        "/consoleevil",
        "javascript:alert(1)",
        "/console/x\r\nSet-Cookie: a=b",
        "/console/sign-in?next=/console/sign-in",
        "/v1/bodies",
        "/console\n",
        "/console/x\x00y",
        "/console/x\x7f",
    ],
)
async def test_nobody_is_sent_to_another_site(
    browser: Browser, kari: Person, elsewhere: str
) -> None:
    response = await browser.sign_in(kari.email, next=elsewhere)
    assert response.headers["location"] == "/console"


@pytest.mark.parametrize(
    "headers", [{"x-fragment": "gaps"}, {"accept": "text/event-stream"}], ids=["part", "stream"]
)
async def test_parts_and_streams_get_401(base_url: str, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=PATIENCE_S) as client:
        assert (await client.get("/console/account")).status_code == 401


async def test_a_session_is_over_when_idle_or_old(
    browser: Browser, kari: Person, service: Service
) -> None:
    now = dt.datetime.now(dt.UTC)
    idle = {"last_seen": now - dt.timedelta(hours=IDLE_HOURS)}
    old = {"created": now - dt.timedelta(days=DAYS_MAX)}
    for change in (idle, old):
        await browser.sign_in(kari.email)
        assert (await browser.client.get("/console/account")).status_code == 200
        async with service.db.write() as tx:
            mine = tables.sessions.c.person == kari.id
            await tx.execute(sa.update(tables.sessions).where(mine).values(**change))
        assert (await browser.client.get("/console/account")).status_code == 303


# Forms from elsewhere


async def test_a_form_without_its_token_is_refused(
    base_url: str, client_of: ClientOf, kari: Person
) -> None:
    admin = client_of("admin")
    cookies = dict(admin.cookies)
    path = f"/console/people/{kari.id}/disable"
    async with httpx.AsyncClient(base_url=base_url, cookies=cookies, timeout=PATIENCE_S) as bare:
        assert (await bare.post(path)).status_code == 403
        wrong = await bare.post(path, data={"_csrf_token": "0" * 128})
        assert wrong.status_code == 403
    async with httpx.AsyncClient(base_url=base_url, timeout=PATIENCE_S) as stranger:
        signing_in = await stranger.post(SIGN_IN, data={"email": kari.email, "password": PASSWORD})
        assert signing_in.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}],
)
async def test_a_form_on_another_site_is_refused_even_with_a_token(
    client_of: ClientOf, kari: Person, headers: dict[str, str]
) -> None:
    path = f"/console/people/{kari.id}/disable"
    assert (await client_of("admin").post(path, headers=headers)).status_code == 403


async def test_the_api_needs_no_form_token(base_url: str, keys: dict[str, dict[str, str]]) -> None:
    async with httpx.AsyncClient(
        base_url=base_url, headers=keys["admin"], timeout=PATIENCE_S
    ) as client:
        response = await client.put("/v1/bodies/bergen/facts", json={"facts": {}})
    assert response.status_code == 200


async def test_a_session_is_no_key_and_a_key_no_session(
    base_url: str, client_of: ClientOf, keys: dict[str, dict[str, str]]
) -> None:
    assert (await client_of("admin").get("/v1/bodies/bergen/facts")).status_code == 401
    async with httpx.AsyncClient(
        base_url=base_url, headers=keys["admin"], timeout=PATIENCE_S
    ) as client:
        assert (await client.get("/console/account")).status_code == 303


async def test_a_way_to_take_back_is_only_what_was_offered(
    client_of: ClientOf, service: Service
) -> None:
    """Another website of the same domain may write a cookie that comes to us."""
    made_up = Flash("people.saved", undo=Undo("/console/people/x/disable"), values={"name": "x"})
    editor = client_of("editor")
    for value in (
        flashes.packed([made_up], "another installation's secret"),
        flashes.packed([made_up], service.form_secret).rpartition(".")[0],
        signed.sign(service.form_secret, "flow", "x"),
        "",
    ):
        page = await editor.get("/console/account", headers={"cookie": _cookies(editor, value)})
        assert page.status_code == 200 and "/disable" not in page.text
    ours = flashes.packed([made_up], service.form_secret)
    page = await editor.get("/console/account", headers={"cookie": _cookies(editor, ours)})
    assert "/console/people/x/disable" in page.text
    gone = flashes.packed([Flash("people.no_such_text")], service.form_secret)
    page = await editor.get("/console/account", headers={"cookie": _cookies(editor, gone)})
    assert page.status_code == 200


def _cookies(client: httpx.AsyncClient, flash: str) -> str:
    kept = {**dict(client.cookies), frame.FLASH_COOKIE: flash}
    return "; ".join(f"{name}={value}" for name, value in kept.items())


# Cookies over HTTPS


async def test_over_https_the_cookies_belong_to_this_host_alone() -> None:
    settings = Settings.from_environment({"SAMSVAR_PUBLIC_URL": "https://svar.example"})
    cookie = signed_in.cookie(settings, "token")
    assert cookie.key == "__Host-samsvar_session"
    assert cookie.secure and cookie.httponly and cookie.path == "/" and cookie.domain is None
    form = signed_in.csrf(settings, "secret")
    assert form.cookie_name.startswith("__Host-") and form.cookie_secure
