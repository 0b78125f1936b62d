"""How many requests a minute: by address, by key, by conversation.

Litestar's rate limiter, once for each thing that is counted. The counts are in
the application's store `rate_limit`. An IPv6 visitor owns at least a /64, so
that much counts as one address.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.exceptions import TooManyRequestsException
from litestar.middleware.base import DefineMiddleware
from litestar.middleware.rate_limit import CacheObject, RateLimitConfig, RateLimitMiddleware
from litestar.stores.base import Store
from litestar.stores.memory import MemoryStore

from brains.tokens import hash_token
from router.adapters import FROM_INSTALLATIONS

STORE = "rate_limit"
SWEEP_SECONDS = 60.0
IPV6_PREFIX = 64
SECONDS = 60

AnyRequest = Request[Any, Any, Any]


class _Count(msgspec.Struct, array_like=True):
    requests: int
    reset: int


class CountingLimit(RateLimitMiddleware):
    """Litestar's limiter, keeping a number where it keeps every request's time.

    A limit of thousands a minute then costs no more than one of ten.
    """

    async def retrieve_cached_history(self, key: str, store: Store) -> CacheObject:
        """The requests counted so far, as a history of that length."""
        now = int(time.time())
        stored = await store.get(key)
        count = msgspec.json.decode(stored, type=_Count) if stored else None
        if count is None or count.reset <= now:
            return CacheObject(history=[], reset=now + SECONDS)
        return CacheObject(history=range(count.requests), reset=count.reset)  # type: ignore[arg-type]

    async def set_cached_history(self, key: str, cache_object: CacheObject, store: Store) -> None:
        """Count one request more."""
        requests = len(cache_object.history) + 1
        cache_object.history = range(requests)  # type: ignore[assignment]
        count = _Count(requests, cache_object.reset)
        await store.set(key, msgspec.json.encode(count), expires_in=SECONDS)


def by_address(name: str, per_minute: int) -> DefineMiddleware:
    """At most `per_minute` requests without a key from one address, counted under `name`."""
    return RateLimitConfig(
        rate_limit=("minute", per_minute),
        identifier_for_request=lambda request: f"{name}:{address(request)}",
        check_throttle_handler=_is_anonymous,
        store=STORE,
        middleware_class=CountingLimit,
    ).middleware


def by_key(per_minute: int) -> DefineMiddleware:
    """At most `per_minute` requests with one key, or of one other installation."""

    def whose(request: AnyRequest) -> str:
        key = request.scope.get("user")
        return f"key:{key.id}" if key is not None else f"installation:{address(request)}"

    return RateLimitConfig(
        rate_limit=("minute", per_minute),
        identifier_for_request=whose,
        check_throttle_handler=lambda request: not _is_anonymous(request),
        store=STORE,
        middleware_class=CountingLimit,
    ).middleware


def by_caller(adapter: str, per_minute: int) -> DefineMiddleware:
    """At most `per_minute` requests to one adapter with one key, or from one address without."""

    def caller(request: AnyRequest) -> str:
        key = request.scope.get("user")
        return f"{adapter}:{key.id if key is not None else address(request)}"

    return RateLimitConfig(
        rate_limit=("minute", per_minute),
        identifier_for_request=caller,
        store=STORE,
        middleware_class=CountingLimit,
    ).middleware


def by_conversation(per_minute: int) -> DefineMiddleware:
    """At most `per_minute` requests with one conversation's token."""
    return RateLimitConfig(
        rate_limit=("minute", per_minute),
        identifier_for_request=_conversation,
        store=STORE,
        middleware_class=CountingLimit,
    ).middleware


def address(request: AnyRequest) -> str:
    """What counts as one address: an IPv4 address, or an IPv6 network."""
    host = request.client.host if request.client else "local"
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped or ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))


def retry_after_seconds(error: TooManyRequestsException) -> int:
    """Seconds until the count starts anew."""
    reset = (error.headers or {}).get("RateLimit-Reset", SECONDS)
    return max(1, int(reset))


@contextlib.asynccontextmanager
async def swept_store(app: Litestar) -> AsyncIterator[None]:
    """While the application runs, forget counts that are over: addresses never run out."""
    store = app.stores.get(STORE)
    task = asyncio.create_task(_sweep(store)) if isinstance(store, MemoryStore) else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _sweep(store: MemoryStore) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        await store.delete_expired()


def _is_anonymous(request: AnyRequest) -> bool:
    handler = request.scope.get("route_handler")
    signs = handler is not None and handler.opt.get(FROM_INSTALLATIONS)
    return request.scope.get("user") is None and not signs


def _conversation(request: AnyRequest) -> str:
    token = request.headers.get("authorization", "") or request.query_params.get("token", "")
    return f"conversation:{request.path_params.get('conversation', '')}:{hash_token(token)[:16]}"
