"""What was written before somebody was signed out: found, and filled in on its page.

A page whose address has `kept=<token>` is filled with that form. Where it has no
place for something of it, or is no page, the form is shown by itself instead.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request

from brains import kept_forms
from brains.kept_forms import KeptForm
from brains.store import now as utc_now
from router.console.filling import fill
from router.security.kept_forms import KEPT

AnyRequest = Request[Any, Any, Any]

PARAMETER = "kept"
STATE = "kept"
LONG_CHARS = 40


class Found(msgspec.Struct, frozen=True):
    """A kept form, and where it is shown by itself."""

    form: KeptForm
    whole: str


def filled_url(page: str, token: str) -> str:
    """The page, to be filled."""
    return f"{page}{'&' if '?' in page else '?'}{PARAMETER}={token}"


def whole_url(token: str) -> str:
    """The form by itself, with all that was in it."""
    return f"{KEPT}/{token}?whole=true"


async def find(request: AnyRequest, token: str) -> KeptForm | None:
    """What whoever is signed in wrote; None for another's, and for what is not kept any more."""
    async with request.app.state.service.db.read() as tx:
        return await kept_forms.find(tx, token, request.scope["user"].id, utc_now())


async def prepare(request: AnyRequest) -> None:
    """Before a page is made: put the form that its address names into the request's state."""
    token = request.query_params.get(PARAMETER)
    if token is None or request.method != "GET" or request.scope.get("user") is None:
        return
    form = await find(request, token)
    if form is not None:
        request.scope["state"][STATE] = Found(form, whole_url(token))


def found(request: AnyRequest) -> Found | None:
    """The form to fill this page with."""
    known: Found | None = request.scope["state"].get(STATE)
    return known


def filled(page: bytes, known: Found) -> bytes | None:
    """The page filled, None where it has no place for something that was written."""
    text, left = fill(page.decode(), known.form)
    return None if any(value.strip() for _, value in left) else text.encode()
