"""`samsvar federation`: other installations, and what partners publish of themselves."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import rich_click as click
from rich.table import Table

from router.cli.running import AUTHOR, command_line, console, database, read_settings

if TYPE_CHECKING:
    from brains.database import Database
    from router.federation.peering import Joined, Peering
    from router.federation.trust import Trust
    from router.settings import Settings


@click.group("federation")
def command() -> None:
    """Other installations that this one trusts, and connections to partners."""


@command.command("invite")
@command_line
async def invite() -> None:
    """Print a code with which another installation joins this one, once, within a day.

    Give it to its operator over a way that others cannot read.
    """
    async with _opened() as (settings, db, trust):
        code = await _peering(settings, db, trust).invite()
        await _audit(db, "federation.invite", "")
    click.echo(code)
    address = settings.public_url.rstrip("/") or "<the address of this installation>"
    click.echo(f"There: samsvar federation join {address} {code}", err=True)


@command.command("join")
@click.argument("address")
@click.argument("code")
@click.option("--own-address", help="Where it reaches this one; SAMSVAR_PUBLIC_URL by default.")
@command_line
async def join(address: str, code: str, own_address: str | None) -> None:
    """Join the installation at ADDRESS with the CODE of its invitation.

    Both then trust each other's keys, know each other's bodies, and refer questions both ways.
    """
    async with _opened() as (settings, db, trust):
        own = own_address or settings.public_url
        if not own:
            raise click.ClickException(
                "Say where it reaches this installation: set SAMSVAR_PUBLIC_URL, or give "
                "--own-address https://..."
            )
        joined = await _peering(settings, db, trust).join(address, code, own)
        await _audit(db, "federation.join", joined.peer.id)
    _tell(joined)


@command.command("accept")
@click.argument("peer")
@command_line
async def accept(peer: str) -> None:
    """Let PEER speak for the bodies that have come to it since it joined, too."""
    async with _opened() as (settings, db, trust):
        joined = await _peering(settings, db, trust).accept(peer)
        await _audit(db, "federation.accept", joined.peer.id)
    _tell(joined)


@command.command("list")
@command_line
async def listing() -> None:
    """Peers, connections, and when the partners' manifests were last read."""
    from brains import cards, peers
    from brains.documents import CONNECTIONS

    async with database() as db, db.read() as tx:
        known = await peers.listing(tx)
        connections = await CONNECTIONS.all(tx)
        read = await cards.listing(tx)
    table = Table("peer", "address", "id", "speaks for", "offers", "state")
    for peer in known:
        state = "on" if peer.enabled else "off"
        bodies, offered = ", ".join(peer.bodies), ", ".join(peer.offered)
        table.add_row(peer.name, peer.address, peer.id, bodies or "-", offered or "-", state)
    console().print(table if known else "No peers. See samsvar federation invite.")
    table = Table("body", "adapter", "address", "state", "topics", "read", "problem")
    for one in connections:
        card = read.get(one.body, cards.CardRead(body=one.body))
        state, when = "on" if one.enabled else "off", _when(card.read_at)
        row = (one.body, one.adapter, one.address, state, str(card.topics), when, card.problem)
        table.add_row(*row)
    console().print(table if connections else "No connections.")


@command.command("refresh")
@click.argument("body", required=False)
@command_line
async def refresh(body: str | None) -> None:
    """Have the manifests of all partners read again, or that of BODY's.

    The running service does so within seconds; by itself it does so every hour.
    """
    from brains import cards
    from brains.documents import CONNECTIONS
    from brains.errors import UnknownConnection

    async with database() as db, db.write() as tx:
        if body is not None and not await CONNECTIONS.get(tx, [(body,)]):
            raise UnknownConnection(body)
        await cards.ask_again(tx, body)
    console().print("The running service reads them within seconds.")


@command.command("rotate")
@click.option("--at-once", is_flag=True, help="Withdraw the old key now: others may have it.")
@command_line
async def rotate(at_once: bool) -> None:
    """Sign with a new key. What the old one signed is good for another day.

    Peers know the new key already, or fetch it when they meet it.
    """
    async with _opened() as (_, db, trust):
        await trust.keys.rotate(at_once=at_once)
        await _audit(db, "federation.rotate", "")
    console().print("This installation signs with a new key; a running service within seconds.")


@command.command("off")
@click.argument("peer")
@command_line
async def off(peer: str) -> None:
    """Believe PEER nothing and ask it nothing, from now on, in every process."""
    await _switch(peer, False)


@command.command("on")
@click.argument("peer")
@command_line
async def on(peer: str) -> None:
    """Trust PEER again, and switch its connections on."""
    await _switch(peer, True)


@command.command("remove")
@click.argument("peer")
@command_line
async def remove(peer: str) -> None:
    """Forget PEER and the connections to it. Its bodies stay, without a way there."""
    async with _opened() as (settings, db, trust):
        gone = await _peering(settings, db, trust).remove(peer)
        await _audit(db, "federation.remove", gone.id)
    console().print(f"{gone.name} is no peer any more.")


async def _switch(peer: str, enabled: bool) -> None:
    async with _opened() as (settings, db, trust):
        switched = await _peering(settings, db, trust).set_enabled(peer, enabled)
        await _audit(db, "federation.on" if enabled else "federation.off", switched.id)
    console().print(f"{switched.name} is {'on' if enabled else 'off'}.")


@contextlib.asynccontextmanager
async def _opened() -> AsyncIterator[tuple[Settings, Database, Trust]]:
    from brains.store import now
    from router.federation.trust.opening import open_trust

    settings = read_settings()
    async with database() as db:
        yield settings, db, await open_trust(settings, db, now)


def _peering(settings: Settings, db: Database, trust: Trust) -> Peering:
    from brains.store import now
    from router.federation.peering import Peering
    from router.federation.trust.opening import partner_client

    return Peering(db, trust.keys, partner_client(settings), trust.learning, now)


async def _audit(db: Database, action: str, what: str) -> None:
    from brains import audit
    from brains.store import now

    async with db.write() as tx:
        await audit.append(tx, audit.Line(at=now(), by=AUTHOR, action=action, object=what))


def _tell(joined: Joined) -> None:
    out, peer = console(), joined.peer
    out.print(
        f"{peer.name} ({peer.address}) speaks here for: {', '.join(peer.bodies) or 'nobody'}."
    )
    for body, reason in sorted(joined.left_out.items()):
        out.print(f"Not for {body}: {reason}.")


def _when(at: dt.datetime | None) -> str:
    return "-" if at is None else f"{at:%Y-%m-%d %H:%M}"
