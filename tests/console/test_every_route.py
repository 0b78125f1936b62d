"""Who sees and changes what, through every route there is, by everybody there is.

Each body has things of its own, with marks in them (`planted.py`). Every route
of the running application is asked by every kind of holder, for the things of
each body, with every method it has. Then:

- an editor of one body has seen no mark of another's and changed no row of another's;
- a curator has not come near another brain; who may only read has changed nothing;
- who may not use a route was refused, and who may was not (`rules.py`);
- every change was made by somebody who may, with what `prepared.py` says it needs;
- each change is one line of the audit log, and what was refused is none.

Routes are taken from the application itself, so a new one is tried at once; it
needs a line in `rules.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from router.api.app import create_app
from router.console import wording
from router.console.routes import console_routes
from router.demo.pages import demo_routes
from router.security.attempts import Attempts
from router.security.audited import UNAUDITED, action
from router.security.passwords import Passwords
from router.security.sign_in import SignIn
from router.security.signed_in import SIGN_IN
from router.service import Service
from router.settings import Settings
from tests.api.conftest import federation, served
from tests.console.kinds import KINDS, Kind, mine_alone
from tests.console.planted import PUBLIC, Target, changed, marks, plant, snapshot
from tests.console.prepared import ROUTES
from tests.console.rules import OPEN, VISITOR, rules
from tests.console.walking import QUICK, Answer, Try, Walker, ask, template

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Pages of the demo are files; nothing in them is anybody's.
NOT_WALKED = ("/demo", "/widget")
# What nobody can do here, and why.
NOT_DONE = {
    ("POST", "/console/peers/accept"): "needs another installation that answers",
    ("GET", "/console/sign-in/callback"): "needs a provider: test_oidc.py",
    ("GET", "/console/sign-in/provider"): "needs a provider: test_oidc.py",
    ("GET", "/console/{rest}"): "says that there is no such page",
    ("GET", "/schema/{path}"): "has no other form than the one in the table",
}


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
    settings, db = own_service.settings, own_service.db
    made = create_app(
        own_service, settings, pages=[*console_routes(own_service, settings), *demo_routes()]
    )
    # Passwords are to be slow to compare, not to walk with.
    made.state.sign_in = SignIn(db, Attempts(db), Passwords(QUICK))
    return made


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
        async with Walker(address, own_service, kind, targets[kind.at_home]) as walker:
            before = await snapshot(own_service.db)
            changes = warned = 0
            for plain in tries(app, kind, targets):
                one = await walker.prepared(plain)
                answer = await ask(walker.client(one), one)
                done[one.rule].add(answer.status)
                wrong += faults(kind, one, answer)
                changes += one.audited and answer.status < 400
                warned += one.audited and answer.warned
                await walker.after(one)
            wrong += await walker.faults_of_the_log(changes, warned)
        after = await snapshot(own_service.db)
        mine = "|".join(filter(None, (kind.own, mine_alone(kind)))) if kind.own != "" else ""
        rows = [] if kind.own == "" else changed(before, after, mine or None, kind.foreign)
        wrong += [f"{kind.name} changed {row[:700]}" for row in rows]
    wrong += [
        f"{method} {path} was done by nobody: {sorted(statuses)}. See prepared.py"
        for (method, path), statuses in done.items()
        if (method, path) not in NOT_DONE and not any(status < 400 for status in statuses)
    ]
    assert not wrong, f"{len(wrong)} faults:\n" + "\n".join(sorted(set(wrong))[:60])


def tries(app: Litestar, kind: Kind, targets: dict[str, Target]) -> Iterator[Try]:
    """All routes, for others' things first and then for one's own; the ends of sessions last."""
    there = sorted(
        routes(app),
        key=lambda route: ("sign-out" in route[1], route[0] == "DELETE", route[0] != "GET"),
    )
    for place in (*kind.abroad, kind.at_home):
        for method, path, handler in there:
            if place != kind.at_home and not _names_something(method, path):
                continue
            if place != kind.at_home and is_open(method, path) != (kind.role is None):
                continue  # what is open to all, nobody at all has tried
            if kind.name == "partner" and path.startswith("/console"):
                continue  # a program has no session
            if kind.name == "visitor" and rules().get((method, template(path))) is not VISITOR:
                continue  # without a key it is nobody
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
    failed = answer.status >= 400 if is_prepared(one) else refused and not gone
    if kind.group in allowed and home and failed:
        found.append(f"{said}: should be allowed: {answer.text[:300]}")
    return found


def is_prepared(one: Try) -> bool:
    """Whether it is made sure that it can succeed."""
    return " ".join(one.rule) in ROUTES
