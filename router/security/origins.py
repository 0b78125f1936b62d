"""From which web pages visitors may write.

A browser names the page's origin in each request that could do harm. It must
be our own, or one that the body has listed: a bot shows up only on websites
its body knows of. Programs send no `Origin` and are not held up.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from brains.model import Body
from router.errors import NotAllowed

DEFAULT_PORTS = {"http": 80, "https": 443}


def normal(origin: str) -> str:
    """`scheme://host[:port]`, lower-case, without a default port; "" for what is no origin."""
    try:
        parts = urlsplit(origin.strip().lower())
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in DEFAULT_PORTS or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    suffix = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def is_own(origin: str, scheme: str, host: str, public_url: str) -> bool:
    """Whether `origin` is the address that this request itself was sent to."""
    asked = normal(origin)
    return bool(asked) and asked in {normal(f"{scheme}://{host}"), normal(public_url)}


def is_listed(origin: str, bodies: Iterable[Body]) -> bool:
    """Whether any of `bodies` lists `origin`."""
    asked = normal(origin)
    return bool(asked) and any(
        asked == normal(listed) for body in bodies for listed in body.origins
    )


def require_listed(origin: str, body: Body) -> None:
    """Raise `NotAllowed`, naming what to change, unless `body` lists `origin`."""
    if not is_listed(origin, [body]):
        raise NotAllowed(
            f"The page {origin[:200]} is not one of {body.name}'s websites. Its administrator can "
            "add it to the body's origins."
        )
