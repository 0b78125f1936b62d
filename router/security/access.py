"""From the key in a request to the `Key` it is, and whether its holder may do something.

A holder is whoever a request comes from: a `Key` of a program, or a `Person`
who is signed in. Both have one role in one scope, and the same rules.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from brains import keys
from brains.database import Database
from brains.keys import Key
from brains.model import Body, Role
from brains.tokens import hash_token, token_matches
from router.errors import NotAllowed, NotAuthenticated
from router.security.rights import EVERYWHERE, RIGHTS, Right, roles_with, scope_of

# How long a key revoked by another process may still be believed by this one.
REMEMBERED_SECONDS = 5.0
REMEMBERED_MAX = 1000

OPERATOR = "operator"
FIRST_KEY_NAME = "admin"


class Holder(Protocol):
    """A key, or a person who is signed in."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def role(self) -> Role: ...

    @property
    def scope(self) -> str: ...


class _Remembered(NamedTuple):
    key: Key
    until: float


class Access:
    """The keys of one installation.

    `admin_key` is the operator's own, from the settings; `bodies` says which
    brain each body answers from.
    """

    def __init__(
        self,
        db: Database,
        admin_key: str = "",
        bodies: Mapping[str, Body] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._bodies = {} if bodies is None else bodies
        self._admin_hash = hash_token(admin_key) if admin_key else None
        self._clock = clock
        self._remembered: dict[str, _Remembered] = {}

    async def key_of(self, secret: str, adapter: str | None = None) -> Key:
        """The key that `secret` is, where it is sent to that adapter (None: to our own API).

        Raises `NotAuthenticated` for any other or revoked one, `NotAllowed` for another
        adapter's.
        """
        key = await self._known(secret)
        if key.adapter is not None and key.adapter != adapter:
            raise NotAllowed(
                f"The key “{key.name}” is good for the adapter {key.adapter} alone. Use it there, "
                "or another key here."
            )
        return key

    async def _known(self, secret: str) -> Key:
        if self._admin_hash and token_matches(secret, self._admin_hash):
            return _operator()
        digest = hash_token(secret)
        remembered = self._remembered.get(digest)
        if remembered and remembered.until > self._clock():
            return remembered.key
        return await self._look_up(secret, digest)

    async def _look_up(self, secret: str, digest: str) -> Key:
        async with self._db.read() as tx:
            key = await keys.find(tx, secret)
        if key is None:
            self._remembered.pop(digest, None)
            raise NotAuthenticated(
                "The key is unknown or revoked. Send a valid one as “Authorization: Bearer <key>”, "
                "or none at all where none is needed."
            )
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[digest] = _Remembered(key, self._clock() + REMEMBERED_SECONDS)
        return key

    async def key_called(self, key_id: str) -> Key:
        """The key with that id. Raises `NotAuthenticated` where it has been revoked."""
        if key_id == OPERATOR and self._admin_hash:
            return _operator()
        async with self._db.read() as tx:
            key = await keys.get(tx, key_id)
        if key is None:
            raise NotAuthenticated("The key that the token was made with has been revoked.")
        return key

    def require(
        self, holder: Holder, right: Right, *, brain: str | None = None, body: str | None = None
    ) -> None:
        """Raise `NotAllowed`, naming what is needed, unless `holder` has `right` in that place.

        Without a brain and a body the place is the whole installation. For
        what is in a brain but only one body's, give both: either's key will
        do, if the body answers from that brain.
        """
        if right not in RIGHTS.get(holder.role, frozenset()):
            needed = " or ".join(roles_with(right))
            raise NotAllowed(
                f"This needs the right to {right}, which the role {needed} has. "
                f"The {_kind(holder)} “{holder.name}” is {holder.role}."
            )
        allowed = self._scopes(brain, body)
        if holder.scope not in allowed:
            raise NotAllowed(
                f"This needs a {_kind(holder)} whose scope is {' or '.join(sorted(allowed))}. "
                f"The {_kind(holder)} “{holder.name}” has {holder.scope}."
            )

    def _scopes(self, brain: str | None, body: str | None) -> set[str]:
        known = self._bodies.get(body) if body is not None else None
        scopes = {EVERYWHERE}
        if brain is not None:
            scopes.add(scope_of("brain", brain))
        if body is not None and (brain is None or (known and known.brain == brain)):
            scopes.add(scope_of("body", body))
        if brain is None and known is not None and known.brain is not None:
            scopes.add(scope_of("brain", known.brain))
        return scopes

    def may(
        self, holder: Holder, right: Right, *, brain: str | None = None, body: str | None = None
    ) -> bool:
        """Whether `require` would let it pass."""
        try:
            self.require(holder, right, brain=brain, body=body)
        except NotAllowed:
            return False
        return True

    def own_body(self, holder: Holder) -> str | None:
        """The body whose key or editor it is, None for one of a brain or of everything."""
        kind, _, name = holder.scope.partition(":")
        return name if kind == "body" else None

    def brain_of(self, body: str) -> str | None:
        """The brain that a body answers from, None for an unknown body too."""
        known = self._bodies.get(body)
        return None if known is None else known.brain

    async def first_admin_key(self) -> str | None:
        """A new admin key where there is no way in yet, to be shown once; None where there is."""
        if self._admin_hash:
            return None
        async with self._db.write() as tx:
            known = await keys.listing(tx)
            if any(_is_admin(key) for key in known):
                return None
            _, secret = await keys.create(tx, FIRST_KEY_NAME, "admin", EVERYWHERE, _now())
        return secret

    async def create(
        self, name: str, role: Role, scope: str, adapter: str | None = None
    ) -> tuple[Key, str]:
        """A new key and its secret, which is stored nowhere and shown this once.

        With `adapter` it is good for that protocol alone. Raises `Invalid` for a scope that does
        not exist.
        """
        async with self._db.write() as tx:
            return await keys.create(tx, name, role, scope, _now(), adapter)

    async def listing(self) -> list[Key]:
        """Every key, revoked ones too."""
        async with self._db.read() as tx:
            return await keys.listing(tx)

    async def revoke(self, key_id: str) -> bool:
        """Make a key useless, at once here and within seconds elsewhere. False: no such key."""
        self._remembered.clear()
        async with self._db.write() as tx:
            revoked = await keys.revoke(tx, key_id, _now())
        self._remembered.clear()
        return revoked


def _operator() -> Key:
    return Key(id=OPERATOR, name=OPERATOR, role="admin", scope=EVERYWHERE, created=_now())


def _kind(holder: Holder) -> str:
    return "key" if isinstance(holder, Key) else "person"


def _is_admin(key: Key) -> bool:
    return key.role == "admin" and key.scope == EVERYWHERE and key.revoked is None


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
