"""Who sees and changes what, through every route there is, by everybody there is.

Each body has things of its own, with marks in them (`planted.py`). Every route
of the running application is asked by every kind of holder, for the things of
each body, with every method it has. Then:

- an editor of one body has seen no mark of another's and changed no row of another's;
- a curator has not come near another brain; who may only read has changed nothing;
- who may not use a route was refused, and who may was not (`rules.py`).

Routes are taken from the application itself, so a new one is tried at once; it
needs a line in `rules.py`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from brains import people, sessions
from brains.model import Role
from router.api.app import create_app
from router.console import wording
from router.console.routes import console_routes
from router.demo.pages import demo_routes
from router.security.access import Access
from router.security.audited import UNAUDITED, action
from router.security.signed_in import SIGN_IN
from router.service import Service
from router.settings import Settings
from tests.api.conftest import bearer, federation, served
from tests.console import samples
from tests.console.conftest import form_client
from tests.console.planted import PUBLIC, Target, changed, marks, plant, snapshot
from tests.console.rules import OPEN, rules

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Pages of the demo are files; nothing in them is anybody's.
NOT_WALKED = ("/demo", "/widget")
STREAM_SECONDS = 0.3
AT_ONCE = 4


class Kind(NamedTuple):
    """Somebody who asks. `group` is their name in `rules.py`, where their own things count.

    `own` and `foreign` are expressions over rows: what they may have changed, and what not.
    """

    name: str
    group: str
    role: Role | None
    scope: str
    at_home: str
    abroad: tuple[str, ...]
    hidden: frozenset[str]
    own: str | None
    foreign: str = "(?!)"


EVERY = frozenset({"bergen", "voss", "nav"})
NAV = r"\bnav\b|xnavx"
# Those who can change the least come first: what the others remove is then still there.
KINDS = [
    Kind("nobody", "anonymous", None, "", "bergen", ("voss", "nav"), EVERY, None),
    Kind("partner", "partner", "partner", "*", "bergen", (), EVERY, None),
    Kind("agent", "agent", "agent", "body:bergen", "bergen", ("voss",), EVERY - {"bergen"}, None),
    Kind(
        "reader", "reader", "reader", "brain:kommune", "bergen", ("nav",), frozenset({"nav"}), None
    ),
    Kind(
        "editor of voss",
        "editor",
        "editor",
        "body:voss",
        "voss",
        ("bergen", "shared"),
        EVERY - {"voss"},
        r"\bvoss\b|xvossx",
        rf"\bbergen\b|xbergenx|{NAV}",
    ),
    Kind(
        "editor of bergen",
        "editor",
        "editor",
        "body:bergen",
        "bergen",
        ("voss", "shared", "nav"),
        EVERY - {"bergen"},
        r"\bbergen\b|xbergenx",
        rf"\bvoss\b|xvossx|{NAV}",
    ),
    Kind(
        "curator of nav",
        "curator",
        "curator",
        "brain:nav",
        "nav",
        ("bergen",),
        EVERY - {"nav"},
        NAV,
        r"\bkommune\b|\bbergen\b|\bvoss\b|x(bergen|voss)x",
    ),
    Kind(
        "curator of kommune",
        "curator",
        "curator",
        "brain:kommune",
        "bergen",
        ("nav",),
        frozenset({"nav"}),
        r"\bkommune\b|\bbergen\b|\bvoss\b|x(bergen|voss)x",
        r"xnavx",
    ),
    Kind("admin", "admin", "admin", "*", "bergen", (), frozenset(), ""),
]


class Try(NamedTuple):
    """One route, for the things of one body."""

    method: str
    path: str
    handler: HTTPRouteHandler
    place: str
    target: Target

    @property
    def rule(self) -> tuple[str, str]:
        return self.method, template(self.path)

    def url(self) -> str:
        """The path with the target's ids in it."""
        values = self.target.path()
        missing = [name for name in re.findall(r"{(\w+)", self.path) if name not in values]
        assert not missing, (
            f"{self.path} has the parameter {missing[0]}: plant one of each body's in planted.py "
            "and add its id to Target.path"
        )
        return re.sub(r"{(\w+)[^}]*}", lambda found: values[found[1]], self.path)

    def sent(self) -> dict[str, Any]:
        """What goes along: JSON to the API, a form to the console."""
        if self.method in ("GET", "DELETE"):
            return {}
        if self.path.startswith("/console"):
            return {"data": samples.form(self.target)}
        data = self.handler.parsed_fn_signature.parameters.get("data")
        if data is None:
            return {}
        body = samples.encoded(samples.json(data.annotation, self.target))
        return {"content": body, "headers": {"content-type": "application/json"}}


class Answer(NamedTuple):
    status: int
    text: str
    place: str


def template(path: str) -> str:
    """A route's path as the table has it: without types, and without the files' digest."""
    plain = re.sub(r"{(\w+):\w+}", r"{\1}", path)
    return re.sub(r"/console/static/\w+/", "/console/static/{digest}/", plain)


def routes(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Every method, path and handler of the application."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith(NOT_WALKED):
            for method, (handler, _) in route.route_handler_map.items():
                if method not in ("HEAD", "OPTIONS"):
                    yield method, route.path, handler


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_service(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """A service of this test's own: what it removes is nobody else's."""
    home = tmp_path_factory.mktemp("every-route")
    environ = {
        "SAMSVAR_HOME": str(home),
        "SAMSVAR_WRONG_RATE": str(settings.wrong_rate),
        "SAMSVAR_REQUESTS_PER_MINUTE": "1000000",
        "SAMSVAR_ASKS_PER_MINUTE": "1000000",
        "SAMSVAR_KEY_REQUESTS_PER_MINUTE": "1000000",
    }
    async with federation(Settings.from_environment(environ)) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app(own_service: Service) -> Litestar:
    settings = own_service.settings
    return create_app(
        own_service, settings, pages=[*console_routes(own_service, settings), *demo_routes()]
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(app: Litestar) -> AsyncIterator[str]:
    async with served(app) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def targets(own_service: Service) -> dict[str, Target]:
    return await plant(own_service)


async def test_every_route_has_a_rule(app: Litestar) -> None:
    known = rules()
    there = {(method, template(path)) for method, path, _ in routes(app)}
    new = sorted(f"{method} {path}" for method, path in there - set(known))
    gone = sorted(f"{method} {path}" for method, path in set(known) - there)
    assert not new, "Say who may use these, in tests/console/rules.py:\n" + "\n".join(new)
    assert not gone, "These are no more; remove them from tests/console/rules.py:\n" + "\n".join(
        gone
    )


async def test_every_change_has_words_in_the_log(app: Litestar) -> None:
    changes = {
        action(handler)
        for method, path, handler in routes(app)
        if method != "GET" and not handler.opt.get(UNAUDITED)
    }
    for language in wording.LANGUAGES:
        lacking = sorted(one for one in changes if not wording.has(f"audit.did.{one}", language))
        assert not lacking, f"texts/audit.{language}.toml lacks did.{lacking[0]} and {lacking[1:]}"


async def test_nobody_sees_or_changes_what_is_not_theirs(
    app: Litestar, address: str, own_service: Service, targets: dict[str, Target]
) -> None:
    wrong: list[str] = []
    done: dict[tuple[str, str], set[int]] = defaultdict(set)
    for kind in KINDS:
        async with signed_in(address, own_service, kind) as (api, console):
            before = await snapshot(own_service.db)
            for one in tries(app, kind, targets):
                client = console if one.path.startswith("/console") else api
                answer = await ask(client, one)
                done[one.rule].add(answer.status)
                wrong += faults(kind, one, answer)
        after = await snapshot(own_service.db)
        mine = "|".join(filter(None, (kind.own, mine_alone(kind)))) if kind.own != "" else ""
        rows = [] if kind.own == "" else changed(before, after, mine or None, kind.foreign)
        wrong += [f"{kind.name} changed {row[:700]}" for row in rows]
    unmade = sorted(
        f"{method} {path}: {sorted(statuses)}"
        for (method, path), statuses in done.items()
        if method != "GET" and not any(status < 400 for status in statuses)
    )
    print("Nobody could do these with what was sent:", *unmade, sep="\n  ")
    assert not wrong, f"{len(wrong)} faults:\n" + "\n".join(sorted(set(wrong))[:60])


def tries(app: Litestar, kind: Kind, targets: dict[str, Target]) -> Iterator[Try]:
    """All routes, for others' things first and then for one's own; the ends of sessions last."""
    there = sorted(routes(app), key=lambda route: ("sign-out" in route[1], route[0] != "GET"))
    for place in (*kind.abroad, kind.at_home):
        for method, path, handler in there:
            if place != kind.at_home and not _names_something(method, path):
                continue
            if place != kind.at_home and is_open(method, path) != (kind.role is None):
                continue  # what is open to all, nobody at all has tried
            if kind.name == "partner" and path.startswith("/console"):
                continue  # a program has no session
            target = targets[place]
            yield Try(method, path, handler, place, target)
            if "{entry" in path and place in kind.abroad:
                yield Try(method, path, handler, place, target._replace(entry=target.draft))


def is_open(method: str, path: str) -> bool:
    """Whether everybody may use the route."""
    return rules().get((method, template(path))) is OPEN


def _names_something(method: str, path: str) -> bool:
    """Whether a request can be about somebody else's things: by its address or what is sent."""
    return ("{" in path or method != "GET") and "sign-out" not in path


def faults(kind: Kind, one: Try, answer: Answer) -> list[str]:
    """What is wrong with an answer."""
    said = f"{kind.name}: {one.method} {template(one.path)} of {one.place} -> {answer.status}"
    found = []
    if answer.status >= 500:
        found.append(f"{said}: a fault of ours: {answer.text[:300]}")
    allowed = rules().get(one.rule)
    open_to_all = allowed is OPEN
    seen = {(slug, what) for slug, what in marks(answer.text) if slug in kind.hidden}
    if open_to_all:
        seen = {(slug, what) for slug, what in seen if what not in PUBLIC}
        # Whoever holds the link is who it is for.
        seen = set() if "{link" in one.path else seen
    found += [f"{said} shows {what} of {slug}" for slug, what in sorted(seen)]
    if allowed is None or open_to_all:
        return found
    to_sign_in = answer.status == 303 and answer.place.startswith(SIGN_IN)
    refused = answer.status in (401, 403, 404) or (to_sign_in and "sign-out" not in one.path)
    if kind.group not in allowed and not refused:
        found.append(f"{said}: should be refused")
    # After signing out there is nothing left to sign out of.
    home = one.place == kind.at_home and "sign-out" not in one.path
    gone = answer.status == 404
    if kind.group in allowed and home and refused and not gone:
        found.append(f"{said}: should be allowed: {answer.text[:200]}")
    return found


async def ask(client: httpx.AsyncClient, one: Try) -> Answer:
    """Make the request; of a stream, what comes first."""
    try:
        async with asyncio.timeout(30):
            async with client.stream(one.method, one.url(), **one.sent()) as response:
                text = await _text(response)
                place = response.headers.get("location", "")
                return Answer(response.status_code, f"{text} {place}", place)
    except httpx.HTTPError as error:
        raise AssertionError(f"{one.method} {one.path}: {error!r}") from error


async def _text(response: httpx.Response) -> str:
    if not response.headers.get("content-type", "").startswith("text/event-stream"):
        return (await response.aread()).decode("utf-8", "replace")
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(STREAM_SECONDS):
            async for part in response.aiter_raw():
                parts.append(part)
    except TimeoutError:
        pass
    return b"".join(parts).decode("utf-8", "replace")


def mine_alone(kind: Kind) -> str:
    """The address by which a kind's own person is known in a row."""
    return f"walker-{kind.name.replace(' ', '-')}@"


class signed_in:
    """Clients of one kind: with a key for the API, with a session for the console."""

    def __init__(self, address: str, service: Service, kind: Kind) -> None:
        self._address = address
        self._service = service
        self._kind = kind

    async def __aenter__(self) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
        kind, service = self._kind, self._service
        headers, token = {}, None
        if kind.role is not None:
            _, secret = await Access(service.db).create(
                f"key of {kind.name}", kind.role, kind.scope
            )
            headers = bearer(secret)
        if kind.role not in (None, "partner"):
            token = await _session(service, kind)
        self._api = httpx.AsyncClient(base_url=self._address, headers=headers, timeout=30)
        self._console = form_client(self._address, service, service.settings, token)
        return self._api, self._console

    async def __aexit__(self, *_: object) -> None:
        await self._api.aclose()
        await self._console.aclose()


async def _session(service: Service, kind: Kind) -> str:
    now = dt.datetime.now(dt.UTC)
    assert kind.role is not None
    async with service.db.write() as tx:
        person = await people.add(
            tx,
            email=f"{mine_alone(kind)}samsvar.example",
            name=f"Walker, {kind.name}",
            role=kind.role,
            scope=kind.scope,
            at=now,
        )
        return await sessions.start(tx, person.id, now)
