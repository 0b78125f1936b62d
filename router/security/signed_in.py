"""Who is signed in to the console: the cookie, the person behind it, and what a stranger gets.

Every route of the console needs somebody signed in, except those that say
`opt={OPEN: True}`. A stranger who wants a page is sent to sign in and back; a
fragment and a stream get 401, a form too unless we know whose it was (`kept_forms`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

from litestar import Request
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware, DefineMiddleware
from litestar.middleware.csrf import CSRFMiddleware
from litestar.response import Redirect
from litestar.types import ASGIApp, Receive, Scope, Send

from brains import sessions
from brains.database import Database
from brains.people import Person
from brains.sessions import Session, SignedIn
from brains.store import now as utc_now
from router.errors import NotAllowed, NotAuthenticated
from router.security import limits, origins
from router.security.access import Access
from router.security.sign_in import Visit
from router.settings import Settings

AnyRequest = Request[Any, Any, Any]

# Routes of the console that strangers may use.
OPEN = "open_to_strangers"
CONSOLE = "/console"
SIGN_IN = f"{CONSOLE}/sign-in"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN_CHARS_MAX = 200
NEXT_CHARS_MAX = 1000

_WHERE = re.compile(rf"{CONSOLE}(?:[/?][^\s\\\x00-\x1f\x7f]*)?")
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


Keeping = Callable[[AnyRequest], Awaitable[str | None]]


class SessionMiddleware(ASGIMiddleware):
    """Puts the signed-in `Person` or None into `scope["user"]`, their `Session` into "auth".

    `keep` takes a stranger's form, and says where it is found after signing in.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, keep: Keeping) -> None:
        self._keep = keep

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let a signed-in person through, and a stranger where the route is open."""
        request: AnyRequest = Request(scope, receive)
        found = await self._find(request)
        scope["user"], scope["auth"] = found if found else (None, None)
        if found is None and not scope["route_handler"].opt.get(OPEN):
            wanted = _here(request) if _wants_page(request) else await self._keep(request)
            if wanted is None:
                raise NotAuthenticated("Nobody is signed in. Sign in and try again.")
            await _to_sign_in(request, wanted)(scope, receive, send)
            return
        if request.method not in SAFE:
            require_own_origin(request)
        await next_app(scope, receive, send)

    async def _find(self, request: AnyRequest) -> SignedIn | None:
        found, now = await _signed_in(request), utc_now()
        if found is not None and sessions.is_due(found.session, now):
            db: Database = request.app.state.service.db
            async with db.write() as tx:
                await sessions.seen(tx, found.session, now)
        return found


def middleware(settings: Settings, csrf_secret: str, keep: Keeping) -> list[Any]:
    """What every route of the console passes, in order: who it is, how often, whose form."""
    return [
        SessionMiddleware(keep),
        limits.by_address("requests", settings.requests_per_minute),
        limits.by_key(settings.key_requests_per_minute),
        DefineMiddleware(CSRFMiddleware, config=csrf(settings, csrf_secret)),
    ]


def csrf(settings: Settings, secret: str) -> CSRFConfig:
    """Forms carry the token of their browser's cookie."""
    return CSRFConfig(
        secret=secret,
        cookie_name=named("samsvar_form", settings),
        cookie_path="/",
        cookie_secure=is_secure(settings),
        cookie_httponly=True,
        cookie_samesite="lax",
    )


def person_in(request: AnyRequest) -> Person:
    """Who is signed in. Raises `NotAuthenticated` where nobody is."""
    person = request.scope.get("user")
    if person is None:
        raise NotAuthenticated("Nobody is signed in. Sign in and try again.")
    return cast(Person, person)


async def is_as_before(request: AnyRequest) -> bool:
    """Whether whoever began a long request is signed in still, with the same role and place."""
    then, found = person_in(request), await _signed_in(request)
    return found is not None and (found.person.role, found.person.scope) == (then.role, then.scope)


def session_in(request: AnyRequest) -> Session:
    """The session of whoever is signed in."""
    person_in(request)
    return cast(Session, request.scope["auth"])


def token_in(request: AnyRequest) -> str | None:
    """What the session's cookie holds, None without one."""
    token = request.cookies.get(cookie_name(request.app.state.settings))
    return token if token and len(token) <= TOKEN_CHARS_MAX else None


def cookie_name(settings: Settings) -> str:
    """The name of the session's cookie."""
    return named("samsvar_session", settings)


def cookie(settings: Settings, token: str) -> Cookie:
    """The session's cookie; an empty token removes it."""
    return Cookie(
        key=cookie_name(settings),
        value=token,
        path="/",
        max_age=int(dt.timedelta(days=sessions.DAYS_MAX).total_seconds()) if token else 0,
        httponly=True,
        secure=is_secure(settings),
        samesite="lax",
    )


def own_path(wanted: str | None) -> str:
    """`wanted` where it is a page of the console, else the console's first: never another site."""
    if wanted and len(wanted) <= NEXT_CHARS_MAX and _WHERE.fullmatch(wanted):
        path = unquote(urlsplit(wanted).path)
        if path != SIGN_IN and ".." not in path.split("/"):
            return wanted
    return CONSOLE


def browser(request: AnyRequest) -> str:
    """The browser and system as their owner knows them: `Firefox, Linux`."""
    agent = request.headers.get("user-agent", "")
    named = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return ", ".join(filter(None, (named, system)))


def visit(request: AnyRequest) -> Visit:
    """Where a request to sign in comes from."""
    return Visit(limits.address(request), browser(request), token_in(request))


def access(request: AnyRequest) -> Access:
    """What everybody may do."""
    return cast(Access, request.app.state.access)


async def _signed_in(request: AnyRequest) -> SignedIn | None:
    token = token_in(request)
    if token is None:
        return None
    db: Database = request.app.state.service.db
    async with db.read() as tx:
        return await sessions.find(tx, token, utc_now())


def _wants_page(request: AnyRequest) -> bool:
    streams = "text/event-stream" in request.headers.get("accept", "")
    return request.method == "GET" and "x-fragment" not in request.headers and not streams


def _here(request: AnyRequest) -> str:
    query = request.scope.get("query_string", b"").decode("latin-1")
    return own_path(request.url.path + (f"?{query}" if query else ""))


def _to_sign_in(request: AnyRequest, wanted: str) -> ASGIApp:
    target = SIGN_IN if wanted == CONSOLE else f"{SIGN_IN}?next={quote(wanted, safe='')}"
    response: Redirect = Redirect(target, status_code=303)
    return cast(ASGIApp, response.to_asgi_response(None, request))


def require_own_origin(request: AnyRequest) -> None:
    """A second line behind the form's token: a browser says which page a form is on."""
    settings: Settings = request.app.state.settings
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    own = origin is None or origins.is_own(origin, request.url.scheme, host, settings.public_url)
    if not own or request.headers.get("sec-fetch-site") == "cross-site":
        raise NotAllowed("This form was sent from another website.")


def named(name: str, settings: Settings) -> str:
    """A cookie's name: over HTTPS with the prefix by which browsers bind it to this one host."""
    return f"__Host-{name}" if is_secure(settings) else name


def is_secure(settings: Settings) -> bool:
    """Whether people reach us over HTTPS."""
    return settings.public_url.startswith("https:")
