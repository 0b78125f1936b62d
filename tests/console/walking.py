"""Whoever walks through the routes: every kind of them, what they try, and what comes back."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import re
import zlib
from collections import Counter
from typing import Any, NamedTuple

import httpx
import msgspec
import sqlalchemy as sa
from argon2 import PasswordHasher
from litestar.handlers import HTTPRouteHandler

from brains import people, sessions, tables
from brains.people import Person
from router.console.flashes import Flash
from router.console.frame import FLASH_COOKIE
from router.security.access import Access
from router.security.audited import UNAUDITED
from router.security.signed_in import cookie_name
from router.service import Service
from tests.api.conftest import bearer
from tests.console import samples
from tests.console.conftest import form_client
from tests.console.kinds import Kind, mine_alone
from tests.console.planted import Target
from tests.console.prepared import PASSWORD, ROUTES, Scene, Sent
from tests.console.rules import OPEN, rules
from tests.waiting import PATIENCE_S

STREAM_SECONDS = 0.02
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
# Those in whose course a browser becomes somebody else's.
SIGNING_IN = {"/console/sign-in", "/console/set-password/{link}"}
NEW_SESSION = {"/console/account/password", "/console/sign-out"}
# What is written down by itself, not by the middleware.
BY_THEMSELVES = (
    "sign_in.ok",
    "sign_in.failed",
    "sign_in.out",
    "sign_in.out_everywhere",
    "people.password",
)


class Try(NamedTuple):
    """One route, for the things of one body; `aim` is whose its JSON is about, where another's."""

    method: str
    path: str
    handler: HTTPRouteHandler
    place: str
    target: Target
    given: Sent = Sent()
    aim: Target | None = None

    @property
    def rule(self) -> tuple[str, str]:
        return self.method, template(self.path)

    @property
    def audited(self) -> bool:
        return self.method != "GET" and not self.handler.opt.get(UNAUDITED)

    def url(self) -> str:
        """The path with the target's ids in it."""
        values = self.target.path() | self.given.path
        missing = [name for name in re.findall(r"{(\w+)", self.path) if name not in values]
        assert not missing, (
            f"{self.path} has the parameter {missing[0]}: plant one of each body's in planted.py "
            "and add its id to Target.path"
        )
        return re.sub(r"{(\w+)[^}]*}", lambda found: values[found[1]], self.path)

    def sent(self) -> dict[str, Any]:
        """What goes along: JSON to the API, a form to the console."""
        if self.method in ("GET", "DELETE"):
            return {"params": self.given.query} if self.given.query else {}
        if self.path.startswith("/console"):
            form = samples.form(self.target) | self.given.form
            return {"data": form, "files": self.given.files or None}
        data = self.handler.parsed_fn_signature.parameters.get("data")
        if data is None and self.given.json is None:
            return {}
        json = self.given.json
        if json is None and data is not None:
            json = samples.json(data.annotation, self.aim or self.target)
        headers = {"content-type": "application/json"}
        return {"content": samples.encoded(json), "headers": headers, "params": self.given.query}


class Answer(NamedTuple):
    """`warned` where the next page says that it came to nothing."""

    status: int
    text: str
    place: str
    warned: bool = False


def template(path: str) -> str:
    """A route's path as the table has it: without types, and without the files' digest."""
    plain = re.sub(r"{(\w+):\w+}", r"{\1}", path)
    return re.sub(r"/console/static/\w+/", "/console/static/{digest}/", plain)


async def ask(client: httpx.AsyncClient, one: Try) -> Answer:
    """Make the request; of a stream, what comes first."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            async with client.stream(one.method, one.url(), **one.sent()) as response:
                text = await _text(response)
                place = response.headers.get("location", "")
                warned = any(one.kind in ("danger", "warning") for one in _flashes(response))
                return Answer(response.status_code, f"{text} {place}", place, warned)
    except httpx.HTTPError as error:
        raise AssertionError(f"{one.method} {one.path}: {error!r}") from error


def _flashes(response: httpx.Response) -> list[Flash]:
    cookie = response.cookies.get(FLASH_COOKIE, "").strip('"')
    try:
        raw = zlib.decompress(base64.urlsafe_b64decode(cookie.partition(".")[0]))
        return msgspec.json.decode(raw, type=list[Flash])
    except (ValueError, zlib.error):
        return []


async def _text(response: httpx.Response) -> str:
    if not response.headers.get("content-type", "").startswith("text/event-stream"):
        return (await response.aread()).decode("utf-8", "replace")
    coming = response.aiter_raw()
    parts = [await anext(coming, b"")]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STREAM_SECONDS):
            async for part in coming:
                parts.append(part)
    return b"".join(parts).decode("utf-8", "replace")


class Walker:
    """One of a kind: with a key for the API, with a session for the console."""

    def __init__(self, address: str, service: Service, kind: Kind, home: Target) -> None:
        self._service = service
        self._kind = kind
        self._home = home
        self._person: Person | None = None
        self._ids: list[str] = []
        self._api = httpx.AsyncClient(base_url=address, timeout=PATIENCE_S)
        self._console = form_client(address, service, service.settings, None)
        self._stranger = form_client(address, service, service.settings, None)

    async def __aenter__(self) -> Walker:
        kind = self._kind
        if kind.name == "visitor":
            self._api.headers.update(bearer(self._home.token))
        if kind.role is not None:
            access = Access(self._service.db)
            key, secret = await access.create(f"key of {kind.name}", kind.role, kind.scope)
            self._api.headers.update(bearer(secret))
            self._ids.append(key.id)
        if kind.role not in (None, "partner"):
            self._person = await _person(self._service, kind)
            self._ids.append(self._person.id)
            await self._renew()
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in (self._api, self._console, self._stranger):
            await client.aclose()

    def client(self, one: Try) -> httpx.AsyncClient:
        """Whoever signs in, as somebody else perhaps, does so in another browser."""
        if template(one.path) in SIGNING_IN and one.method == "POST":
            return self._stranger
        return self._console if one.path.startswith("/console") else self._api

    async def prepared(self, one: Try) -> Try:
        """The same with what it needs: all of it anew, where this is who may do it here."""
        prepare = ROUTES.get(" ".join(one.rule))
        if prepare is None:
            return one
        kind, allowed = self._kind, rules().get(one.rule)
        fresh = one.place == kind.at_home and allowed is not None and kind.group in allowed
        if fresh:
            await _jobs_ended()
        access: Access = Access(self._service.db)
        own = access.own_body(self._person) if self._person else None
        open_to_others = allowed is OPEN and kind.name != "admin"
        scene = Scene(self._service, one.target, self._person, own, fresh and not open_to_others)
        return one._replace(given=await prepare(scene))

    async def after(self, one: Try) -> None:
        """Sign in again where that ended the session."""
        if template(one.path) in NEW_SESSION and one.method == "POST":
            await self._renew()

    async def faults_of_the_log(self, changes: int, warned: int) -> list[str]:
        """Every change is one line, and nothing else is; what came to nothing may be."""
        by = [tables.audit.c.by_id.in_(self._ids), ~tables.audit.c.action.in_(BY_THEMSELVES)]
        async with self._service.db.read() as tx:
            rows = await tx.execute(sa.select(tables.audit.c.action).where(*by))
            actions = list(rows.scalars())
        if changes - warned <= len(actions) <= changes:
            return []
        return [f"{self._kind.name}: {changes} changes, {len(actions)} lines: {Counter(actions)}"]

    async def _renew(self) -> None:
        if self._person is None:
            return
        name = cookie_name(self._service.settings)
        for cookie in [one for one in self._console.cookies.jar if one.name == name]:
            self._console.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)
        async with self._service.db.write() as tx:
            token = await sessions.start(tx, self._person.id, dt.datetime.now(dt.UTC))
        self._console.cookies.set(name, token)


async def _person(service: Service, kind: Kind) -> Person:
    assert kind.role is not None
    hashed = QUICK.hash(PASSWORD)
    async with service.db.write() as tx:
        person = await people.add(
            tx,
            email=f"{mine_alone(kind)}samsvar.example",
            name=f"Walker, {kind.name}",
            role=kind.role,
            scope=kind.scope,
            at=dt.datetime.now(dt.UTC),
        )
        await people.set_password(tx, person.id, hashed)
    return person


async def _jobs_ended() -> None:
    """One has only so many at once."""
    running = [task for task in asyncio.all_tasks() if task.get_name().startswith("job: ")]
    if running:
        await asyncio.wait(running, timeout=PATIENCE_S)
