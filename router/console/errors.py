"""What goes wrong in the console, as a page of the console; elsewhere as before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Response
from litestar.exceptions import HTTPException

from brains.errors import SamsvarError
from router.console import frame, problems, wording
from router.security.signed_in import SIGN_IN, own_path

PREFIX = "/console"
FORM_TOKEN = "CSRF"  # how Litestar says that a form's token was not this browser's

Handler = Callable[[frame.AnyRequest, Any], Response[Any]]


def handlers(usual: Mapping[Any, Handler]) -> dict[Any, Handler]:
    """The handlers of errors: `usual`, and pages for whoever looks at the console."""
    return {kind: _handler(handler) for kind, handler in usual.items()}


def _handler(usual: Handler) -> Handler:
    def handle(request: frame.AnyRequest, error: Exception) -> Response[Any]:
        response = usual(request, error)
        return _page(request, error, response) if _wants_page(request) else response

    return handle


def _wants_page(request: frame.AnyRequest) -> bool:
    path = request.url.path
    inside = path == PREFIX or path.startswith(f"{PREFIX}/")
    return inside and "text/html" in request.headers.get("accept", "")


def _page(
    request: frame.AnyRequest, error: Exception, response: Response[Any]
) -> frame.ConsolePage:
    status = response.status_code or HTTPStatus.INTERNAL_SERVER_ERROR
    detail = getattr(response.content, "detail", "")
    spoken = frame.language(request)
    known = status if wording.has(f"common.error.{status}", spoken) else 500
    text = f"common.error.text_{known}"
    if isinstance(error, HTTPException) and FORM_TOKEN in error.detail:
        text = "common.error.text_form"
    foreseen = isinstance(error, SamsvarError | HTTPException) and status < 500
    return frame.page(
        request,
        "error.html",
        title=frame.say(request, f"common.error.{known}"),
        area="",
        status=int(status),
        text=frame.say(request, text),
        detail=problems.worded(detail, spoken) if foreseen or known == 500 else "",
        status_code=int(status),
        sign_in=_sign_in(request) if status == HTTPStatus.UNAUTHORIZED else "",
    )


def _sign_in(request: frame.AnyRequest) -> str:
    """Where to sign in, and come back to the page that was sent from."""
    sent_from = urlsplit(request.headers.get("referer", ""))
    page = own_path(sent_from.path + (f"?{sent_from.query}" if sent_from.query else ""))
    return f"{SIGN_IN}?next={quote(page, safe='')}"
