"""Two installations become peers, and stay it: invitation, joining, new bodies, off and on.

    here                                          there
    federation invite -> code  . . by hand . . >  federation join ADDRESS CODE
    welcome: what I am  <- - - - HTTP - - - - ->  join: what I am

Both introductions carry an HMAC under the invitation's code, which is itself
never sent: each side knows that the other was given the code, whatever lies
between them. The code is good once and for a day. Needs the database alone, so
that the command line can do it beside a running service.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence

import httpx
import msgspec

from brains import audit, cards, checks, peers, signing
from brains.audit import Line
from brains.database import Database, Transaction
from brains.documents import BODIES, BRAINS, CONNECTIONS
from brains.errors import Conflict, Invalid
from brains.peers import Invitation, Peer
from brains.tokens import hash_token
from router.errors import NotAllowed, PeerFailed
from router.federation import adopting, presenting
from router.federation.adopting import Here, Plan
from router.federation.trust import tokens
from router.federation.trust.keys import Keys
from router.federation.trust.learning import Client, Learning
from router.manifest import Introduction, Manifest, PresentedBody, PresentedBrain, Sealed

INVITED_FOR = dt.timedelta(hours=24)
ID_BYTES = 9
SECRET_BYTES = 24
JOIN_PATH = "/adapters/samsvar/join"
MANIFEST_PATH = "/adapters/samsvar/manifest"
WHO = (b"join", b"welcome")
JOINED = "federation.join"


class InvitationOver(NotAllowed):
    """The invitation is used, too old or not one of ours, or the code is not its own."""

    def __init__(self) -> None:
        super().__init__(
            "The invitation is not good here: it was used, is older than a day, or the code is "
            "wrong. Ask for a new one (samsvar federation invite)."
        )


class Joined(msgspec.Struct, frozen=True):
    """The peer, and of the bodies that it offers those that were left out, with the reason."""

    peer: Peer
    left_out: dict[str, str]


class Peering:
    """`keys` are ours; `client` opens an HTTP client for an address."""

    def __init__(
        self,
        db: Database,
        keys: Keys,
        client: Client,
        learning: Learning,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._db = db
        self._keys = keys
        self._client = client
        self._learning = learning
        self._clock = clock

    async def invite(self) -> str:
        """The code of a new invitation, to be given to the other's operator over a safe way."""
        # Hexadecimal: a code that began with a dash would be an option to a command line.
        id, secret = secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
        now = self._clock()
        async with self._db.write() as tx:
            invitation = Invitation(id, hash_token(secret), now + INVITED_FOR)
            await peers.invite(tx, invitation, now)
        return f"{id}.{secret}"

    async def join(self, address: str, code: str, own: str) -> Joined:
        """Become a peer of the installation at `address`; `own` is where it reaches us.

        Raises `InvitationOver`, `PeerFailed`, and `Invalid` for an address that is none.
        """
        id, _, secret = code.strip().partition(".")
        key, address = hash_token(secret), address.rstrip("/")
        introduction = await self._introduction(own)
        sent = _sealed(id, introduction, key, WHO[0])
        answer = await self._post(address + JOIN_PATH, sent)
        theirs = _opened(answer, key, WHO[1] + sent.mac.encode())
        async with self._db.write() as tx:
            return await self._add(tx, msgspec.structs.replace(theirs, address=address))

    async def welcome(self, sent: Sealed, own: str) -> Sealed:
        """What the other installation's `join` sends us, answered. Raises `InvitationOver`."""
        async with self._db.read() as tx:
            invitation = await peers.invitation(tx, sent.invitation, self._clock())
        if invitation is None:
            raise InvitationOver
        theirs = _opened(sent, invitation.secret_hash, WHO[0])
        async with self._db.write() as tx:
            await signing.lock(tx)
            if not await peers.use_up(tx, invitation.id):
                raise InvitationOver
            joined = await self._add(tx, theirs)
            line = Line(at=self._clock(), by=joined.peer.name, action=JOINED, object=theirs.id)
            await audit.append(tx, line)
        introduction = await self._introduction(own)
        who = WHO[1] + sent.mac.encode()
        return _sealed(invitation.id, introduction, invitation.secret_hash, who)

    async def accept(self, name: str) -> Joined:
        """Let a peer speak for the bodies that it answers for since it became one, too."""
        async with self._db.read() as tx:
            peer = await peers.named(tx, name)
        manifest = await self.manifest(peer)
        async with self._db.write() as tx:
            return await self._adopt(tx, peer, manifest.brains, manifest.bodies)

    async def refresh(self, peer: Peer) -> None:
        """Fetches the peer's keys, and notes the bodies that it offers and nobody has accepted.

        Raises `PeerFailed`.
        """
        try:
            await self._learning.ask(peer)
        except (httpx.HTTPError, msgspec.MsgspecError, ValueError) as error:
            raise PeerFailed(f"Its keys could not be fetched: {error}") from error
        manifest = await self.manifest(peer)
        async with self._db.write() as tx:
            here = await _here(tx, peer.id)
            found = adopting.plan(peer.id, peer.address, manifest.brains, manifest.bodies, here)
            offered = [body for body in found.speaks_for if body not in peer.bodies]
            if offered != peer.offered:
                await peers.set_offered(tx, peer.id, offered)

    async def manifest(self, peer: Peer) -> Manifest:
        """The first page of what the peer says of itself. Raises `PeerFailed`."""
        request = tokens.Request("GET", MANIFEST_PATH, b"")
        token = self._keys.token(peer.id, request)
        try:
            async with self._client(peer.address) as http:
                headers = {"Authorization": f"Samsvar {token}"}
                response = await http.get(peer.address + MANIFEST_PATH, headers=headers)
            return msgspec.json.decode(_content(response), type=Manifest)
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            raise PeerFailed(f"{peer.address} sent no manifest: {error}") from error

    async def set_enabled(self, name: str, enabled: bool) -> Peer:
        """Switches a peer off or on, with all its connections: at once here, within a second in
        other processes. Raises `UnknownPeer`."""
        async with self._db.write() as tx:
            peer = msgspec.structs.replace(await peers.named(tx, name), enabled=enabled)
            await peers.put(tx, peer)
            switched = [
                msgspec.structs.replace(connection, enabled=enabled)
                for connection in await CONNECTIONS.all(tx)
                if adopting.is_of(connection, peer.address)
            ]
            await CONNECTIONS.put(tx, switched, self._clock())
        return peer

    async def remove(self, name: str) -> Peer:
        """Forgets a peer and its connections; its bodies stay, without a way there. Raises
        `UnknownPeer`."""
        async with self._db.write() as tx:
            peer = await peers.named(tx, name)
            for connection in await CONNECTIONS.all(tx):
                if adopting.is_of(connection, peer.address):
                    await CONNECTIONS.remove(tx, (connection.body,), self._clock())
            await peers.remove(tx, peer.id)
        return peer

    async def _introduction(self, own: str) -> Introduction:
        async with self._db.read() as tx:
            bodies, brains = await presenting.stored(tx)
        return Introduction(
            id=self._keys.id,
            name=presenting.name_of(bodies, brains),
            address=own.rstrip("/"),
            keys=self._keys.published,
            brains=presenting.presented_brains(bodies, brains),
            bodies=presenting.presented_bodies(bodies),
        )

    async def _add(self, tx: Transaction, theirs: Introduction) -> Joined:
        """The peer as a row; one that was known already is known anew."""
        if theirs.id == self._keys.id:
            raise Invalid("That is this installation itself. Give the address of another.")
        try:
            keys = tokens.published(theirs.keys)
        except ValueError as error:
            raise Invalid(str(error), "keys") from error
        for known in await peers.listing(tx):
            if theirs.id == known.id or theirs.address == known.address:
                _require_same(known, theirs, keys)
        peer = Peer(
            id=theirs.id,
            name=theirs.name,
            address=theirs.address,
            keys=keys,
            bodies=[],
            added_at=self._clock(),
        )
        return await self._adopt(tx, peer, theirs.brains, theirs.bodies)

    async def _adopt(
        self,
        tx: Transaction,
        peer: Peer,
        brains: Sequence[PresentedBrain],
        bodies: Sequence[PresentedBody],
    ) -> Joined:
        here = await _here(tx, peer.id)
        plan = adopting.plan(peer.id, peer.address, brains, bodies, here)
        _check(plan, here)
        now = self._clock()
        await BODIES.put(tx, plan.bodies, now)
        for slug in plan.removed:
            await CONNECTIONS.remove(tx, (slug,), now)
        await CONNECTIONS.put(tx, plan.connections, now)
        for connection in plan.connections:
            await cards.ask_again(tx, connection.body)
        kept = msgspec.structs.replace(peer, bodies=plan.speaks_for, offered=[])
        await peers.put(tx, kept)
        return Joined(kept, plan.left_out)

    async def _post(self, url: str, sent: Sealed) -> Sealed:
        try:
            async with self._client(url) as http:
                content = msgspec.json.encode(sent)
                headers = {"Content-Type": "application/json"}
                response = await http.post(url, content=content, headers=headers)
            return msgspec.json.decode(_content(response), type=Sealed)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PeerFailed(f"{url} cannot be reached: {error}") from error
        except msgspec.MsgspecError as error:
            raise PeerFailed(f"{url} is no address of a Samsvar: {error}") from error


def _require_same(known: Peer, theirs: Introduction, keys: Sequence[peers.Jwk]) -> None:
    """Who was invited cannot take the place of another peer. Raises `Conflict`."""
    shared = {key["kid"] for key in known.keys} & {key["kid"] for key in keys}
    if known.id != theirs.id or not shared:
        raise Conflict(
            f"A peer with that id or address is known already, with other keys: {known.name} "
            f"({known.address}). If it was installed anew, remove it first (samsvar federation "
            "remove)."
        )


def _sealed(invitation: str, introduction: Introduction, key: str, who: bytes) -> Sealed:
    text = msgspec.json.encode(introduction).decode()
    return Sealed(invitation, text, _mac(key, who, text))


def _opened(sealed: Sealed, key: str, who: bytes) -> Introduction:
    """Raises `InvitationOver` where the sender does not know the code, `Invalid` for nonsense."""
    expected = _mac(key, who, sealed.introduction)
    if not hmac.compare_digest(expected.encode(), sealed.mac.encode("utf-8", "replace")):
        raise InvitationOver
    try:
        opened = msgspec.json.decode(sealed.introduction, type=Introduction)
    except msgspec.MsgspecError as error:
        raise Invalid(f"The introduction cannot be read: {error}", "introduction") from error
    return msgspec.structs.replace(opened, address=opened.address.rstrip("/"))


def _mac(key: str, who: bytes, text: str) -> str:
    message = who + b"\0" + text.encode("utf-8", "replace")
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def _content(response: httpx.Response) -> bytes:
    """What came. Raises `PeerFailed` with what the other said, where it refused."""
    if response.is_success:
        return response.content
    detail = refusal(response)
    raise PeerFailed(f"{response.url.host} refused: {detail}")


def refusal(response: httpx.Response) -> str:
    """Why another installation refuses, from its problem details."""
    try:
        problem = msgspec.json.decode(response.content, type=dict[str, object])
        return str(problem.get("detail") or "")[:500] or f"HTTP {response.status_code}"
    except msgspec.MsgspecError:
        return f"HTTP {response.status_code}"


async def _here(tx: Transaction, peer: str) -> Here:
    bodies = {body.id: body for body in await BODIES.all(tx)}
    connections = {one.body: one for one in await CONNECTIONS.all(tx)}
    others = {
        body for other in await peers.listing(tx) if other.id != peer for body in other.bodies
    }
    brains = {brain.id for brain in await BRAINS.all(tx)}
    return Here(bodies, brains, connections, others)


def _check(plan: Plan, here: Here) -> None:
    """Raises `Invalid` for a body or an address that cannot be saved."""
    checks.refuse(p for body in plan.bodies for p in checks.check_body(body, here.brains))
    checks.refuse(p for one in plan.connections for p in checks.check_connection(one))
