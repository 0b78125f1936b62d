"""What surrounds every answer of the console: its headers and cookies, and the menu's counters."""

from __future__ import annotations

from litestar.connection import Request
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from brains.errors import SamsvarError
from router.console import flashes, frame
from router.console.live import Live

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
BRAIN_SECONDS = 365 * 86400


class FrameMiddleware(ASGIMiddleware):
    """Around everything else, so that refusals have the headers too."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the request through, and add to what comes back."""
        request: frame.AnyRequest = Request(scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableScopeHeaders(message)
                headers.setdefault("Content-Security-Policy", POLICY)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("Referrer-Policy", "same-origin")
                for one in _cookies(request):
                    headers.add("Set-Cookie", one.to_header(header=""))
            await send(message)

        await next_app(scope, receive, sending)


async def count(request: frame.AnyRequest) -> None:
    """Before a page is made: put the menu's `counters` into the request's state."""
    if request.method != "GET" or frame.holder(request) is None:
        return
    brain = frame.current_brain(request)
    if brain is None:
        return
    live: Live = request.app.state.live
    try:
        counts = await live.counts(frame.place(request, brain.id))
    except SamsvarError:
        return  # the page itself will say what is wrong
    request.scope["state"]["counters"] = counts


def cookie(request: frame.AnyRequest, key: str, value: str, seconds: int | None) -> Cookie:
    """A cookie that only the console gets; 0 seconds removes it."""
    return Cookie(
        key=key,
        value=value,
        path=frame.HOME,
        max_age=seconds,
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.public_url.startswith("https:"),
    )


def _cookies(request: frame.AnyRequest) -> list[Cookie]:
    state = request.scope["state"]
    found = []
    if waiting := state.get("flashes"):
        packed = flashes.packed(waiting, frame.service(request).form_secret)
        found.append(cookie(request, frame.FLASH_COOKIE, packed, None))
    elif state.get("flashes_shown") and frame.FLASH_COOKIE in request.cookies:
        found.append(cookie(request, frame.FLASH_COOKIE, "", 0))
    brain = request.path_params.get("brain") if request.method == "GET" else None
    if brain and frame.holder(request) and request.cookies.get(frame.BRAIN_COOKIE) != brain:
        known = {one.id for one in frame.brains(request)}
        if brain in known:
            found.append(cookie(request, frame.BRAIN_COOKIE, brain, BRAIN_SECONDS))
    return found
