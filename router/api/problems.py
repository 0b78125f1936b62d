"""Every error as RFC 9457 problem details: what happened, and what to change.

    {"type":"about:blank","title":"Not Found","status":404,"detail":"There is no body called “x”."}

`errors` lists each thing to change where there are several, `pointer` says
where. An error nobody foresaw is logged under the id that the visitor is told.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    TooManyRequestsException,
    ValidationException,
)
from litestar.openapi.datastructures import ResponseSpec

from brains.errors import Conflict, Invalid, NotFound, SamsvarError, StorageError
from router.errors import NotAllowed, NotAuthenticated, PeerFailed, UnsupportedContent
from router.security.limits import retry_after_seconds
from router.security.sealing import SealBroken

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
NO_BODY = "'data'"  # how Litestar says it

AnyRequest = Request[Any, Any, Any]


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to change: `pointer` says where."""

    detail: str
    pointer: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Change] = []


STATUS_OF: Mapping[type[SamsvarError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Invalid: HTTPStatus.BAD_REQUEST,
    Conflict: HTTPStatus.CONFLICT,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    UnsupportedContent: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
    SealBroken: HTTPStatus.SERVICE_UNAVAILABLE,
    PeerFailed: HTTPStatus.BAD_GATEWAY,
}

MEANINGS: Mapping[int, str] = {
    400: "What was sent is wrong; `errors` says what to change.",
    401: "No key or token, or one that is not valid.",
    403: "The key, or the page's origin, has no right to this.",
    404: "Something named in the path or the body does not exist.",
    405: "This address does not have that method.",
    409: "Somebody else changed the same thing first.",
    413: "The request is larger than the limit.",
    415: "The Content-Type is not one that this address reads.",
    429: "Too many requests; `Retry-After` says when to go on.",
    503: "The service cannot do this at the moment; try again.",
}


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """For a route's `responses`: the problems it may answer with, as OpenAPI shows them."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=MEANINGS[status],
            media_type=MEDIA_TYPE,
            generate_examples=False,
        )
        for status in statuses
    }


def problem(
    status: int,
    detail: str,
    *,
    errors: list[Change] | None = None,
    headers: dict[str, str] | None = None,
) -> Response[Problem]:
    """One problem as a response."""
    title = HTTPStatus(status).phrase
    return Response(
        Problem(title=title, status=status, detail=detail, errors=errors or []),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def refused(request: AnyRequest, error: SamsvarError) -> Response[Problem]:
    """What Samsvar refuses on purpose."""
    status = next(STATUS_OF[kind] for kind in type(error).mro() if kind in STATUS_OF)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        log.error("The database refused: %s", error)
    errors = [Change(item.text, item.pointer) for item in getattr(error, "problems", ())]
    return problem(status, str(error), errors=errors, headers=headers_of(error))


def headers_of(error: Exception) -> dict[str, str]:
    """The headers that tell a program what to do about an error, whatever form it is told in."""
    if isinstance(error, NotAuthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, StorageError):
        return {"Retry-After": str(RETRY_SECONDS)}
    if isinstance(error, TooManyRequestsException):
        return {**(error.headers or {}), "Retry-After": str(retry_after_seconds(error))}
    return {}


def http_error(request: AnyRequest, error: HTTPException) -> Response[Problem]:
    """What Litestar refuses: unknown addresses, bodies that do not fit."""
    if isinstance(error, TooManyRequestsException):
        return _too_many(error)
    if isinstance(error, ValidationException):
        return _does_not_fit(error)
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return unforeseen(request, error)
    reword = DETAILS.get(error.status_code)
    detail = reword(error.detail) if reword else error.detail
    return problem(error.status_code, detail, headers=dict(error.headers or {}))


def unforeseen(request: AnyRequest, error: Exception) -> Response[Problem]:
    """A fault of ours: logged with an id, told without its inside."""
    number = secrets.token_hex(4)
    template = request.scope.get("path_template") or "an unknown address"
    log.error("Fault %s in %s %s", number, request.method, template, exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"Something went wrong here. It is logged as {number}; try again, and if it happens "
        "again, tell whoever runs this service that number.",
    )


def _too_many(error: TooManyRequestsException) -> Response[Problem]:
    seconds = retry_after_seconds(error)
    detail = f"Too many requests. Go on in {seconds} seconds, or use a key with a higher limit."
    return problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers=headers_of(error))


def _does_not_fit(error: ValidationException) -> Response[Problem]:
    found: list[dict[str, Any]] = error.extra if isinstance(error.extra, list) else []
    changes = [Change(_message(item), _pointer(item)) for item in found]
    named = "; ".join(f"{change.pointer}: {change.detail}" for change in changes)
    return problem(HTTPStatus.BAD_REQUEST, named or error.detail, errors=changes)


def _message(found: Mapping[str, Any]) -> str:
    message = str(found.get("message", ""))
    return "The request has no body. Send JSON." if message == NO_BODY else message


def _pointer(found: Mapping[str, Any]) -> str:
    source = getattr(found.get("source"), "value", found.get("source")) or "body"
    key = str(found.get("key") or "")
    return f"{source} {key}" if key and key != "data" else str(source)


DETAILS: Mapping[int, Callable[[str], str]] = {
    404: lambda _: "There is nothing at this address. /docs lists the addresses there are.",
    405: lambda _: "This address does not have that method. /docs lists those it has.",
    413: lambda text: f"{text}. Send less at a time.".replace("..", "."),
}

HANDLERS: dict[Any, Any] = {
    SamsvarError: refused,
    HTTPException: http_error,
    Exception: unforeseen,
}
