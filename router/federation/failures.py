"""What went wrong with a partner: from an exception to a kind, and a text for operators."""

from __future__ import annotations

import logging
from typing import Literal

import httpx
import msgspec

from brains.errors import SamsvarError
from router.adapters import PartnerFailed
from router.federation import http
from router.federation.cleaning import Nothing

log = logging.getLogger(__name__)

UNAVAILABLE = frozenset({502, 503, 504})

Failure = Literal[
    "slow",  # nothing, or not all of it, within the time limit
    "down",  # no connection
    "broken",  # the connection ended half-way
    "error",  # the partner said that it failed
    "refused",  # it refused us, or an address that is not its own was to be called
    "too large",
    "nonsense",  # what came is not its protocol, or says nothing
    "busy",  # too many questions wait for it
    "left alone",  # the breaker is open
]


def failure_of(error: BaseException) -> tuple[Failure, str]:
    """What kind of failure an exception is, and a text for operators."""
    match error:
        case TimeoutError() | httpx.TimeoutException():
            return "slow", "It did not answer within the time limit."
        case http.Forbidden():
            return "refused", str(error)
        case http.TooLarge():
            return "too large", str(error)
        case httpx.ConnectError():
            return "down", "No connection: " + (str(error) or type(error).__name__)
        case httpx.HTTPStatusError():
            return _of_status(error.response)
        case httpx.HTTPError():
            return "broken", str(error) or type(error).__name__
        case Nothing() | PartnerFailed() | SamsvarError() | msgspec.MsgspecError():
            return "nonsense", str(error)
        case _:
            log.error("An adapter failed: %s", type(error).__name__, exc_info=error)
            return "nonsense", f"The adapter failed with {type(error).__name__}."


def _of_status(response: httpx.Response) -> tuple[Failure, str]:
    status = response.status_code
    if status >= 500:
        return "error", f"It answered with HTTP {status}."
    if response.is_redirect:
        return "refused", f"It answered with HTTP {status}: redirects are not followed."
    return "refused", f"It answered with HTTP {status}."


def may_pass(error: httpx.HTTPError) -> bool:
    """Whether asking again at once may help: not reached, cut off, or overloaded."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in UNAVAILABLE
    return isinstance(error, httpx.ConnectError | httpx.RemoteProtocolError | httpx.ReadError)
