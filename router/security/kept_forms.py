"""A form that comes after its session has ended is kept, and given back after signing in again.

Only for whoever's session it was, from a page of this browser's own, and never
what was typed into a password's field: the form itself names those (`_unkept`).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.exceptions import PermissionDeniedException
from litestar.middleware.csrf import CSRFMiddleware
from litestar.types import Message, Receive, Scope, Send

from brains import kept_forms, sessions
from brains.database import Database
from brains.kept_forms import KeptForm
from brains.store import now as utc_now
from router.errors import NotAllowed
from router.security.signed_in import CONSOLE, Keeping, csrf, own_path, require_own_origin, token_in
from router.settings import Settings

AnyRequest = Request[Any, Any, Any]

KEPT = f"{CONSOLE}/kept"
FORM_TOKEN = "_csrf_token"
UNKEPT = "_unkept"
BYTES_MAX = 500_000
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def keeping(settings: Settings, csrf_secret: str) -> Keeping:
    """Keeps a stranger's form, and returns the page where it is found after signing in.

    None for what is no form, too large, from elsewhere, or of nobody whom we remember.
    """

    async def keep(request: AnyRequest) -> str | None:
        token = token_in(request)
        if token is None or not _is_form(request):
            return None
        db: Database = request.app.state.service.db
        async with db.read() as tx:
            person = await sessions.whose(tx, token, utc_now())
        if person is None or not await _is_own(request, settings, csrf_secret):
            return None
        written = await _written(request)
        async with db.write() as tx:
            return f"{KEPT}/{await kept_forms.keep(tx, person, written, utc_now())}"

    return keep


def _is_form(request: AnyRequest) -> bool:
    length = request.headers.get("content-length", "")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    wants_page = "text/html" in request.headers.get("accept", "")
    short = length.isdecimal() and int(length) <= BYTES_MAX
    return request.method == "POST" and wants_page and kind in FORMS and short


async def _is_own(request: AnyRequest, settings: Settings, secret: str) -> bool:
    """Whether the form has this browser's token, and does not come from another site."""
    passed = False

    async def through(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal passed
        passed = True

    async def nothing(message: Message) -> None:
        """Nothing is answered here."""

    try:
        require_own_origin(request)
        check = CSRFMiddleware(through, csrf(settings, secret))
        await check(request.scope, request.receive, nothing)
    except (PermissionDeniedException, NotAllowed):
        return False
    return passed


async def _written(request: AnyRequest) -> KeptForm:
    form = await request.form()
    left_out = {FORM_TOKEN, UNKEPT, *form.getall(UNKEPT, [])}
    fields = [
        (name, value)
        for name, value in form.multi_items()
        if isinstance(value, str) and name not in left_out
    ]
    sent_from = urlsplit(request.headers.get("referer", ""))
    page = sent_from.path + (f"?{sent_from.query}" if sent_from.query else "")
    return KeptForm(request.url.path, page if own_path(page) == page else "", fields)
