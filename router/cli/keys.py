"""`samsvar keys`: who may do what. A key's secret is shown when it is made, and never again."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, get_args

import rich_click as click
from rich.table import Column, Table

from brains.model import Role
from router.cli.running import command_line, console, database

if TYPE_CHECKING:
    from router.security.access import Access


@click.group("keys")
def command() -> None:
    """Keys of curators, partner bots and agents."""


@command.command("create")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(get_args(Role)))
@click.option("--brain", help="Only in this brain and the bodies it serves.")
@click.option("--body", help="Only in this body.")
@click.option("--adapter", help="Only to this adapter, for instance a2a.")
@command_line
async def create(
    name: str, role: Role, brain: str | None, body: str | None, adapter: str | None
) -> None:
    """Make a key called NAME. Without --brain or --body it is good everywhere."""
    if brain and body:
        raise click.UsageError("Give --brain or --body, not both.")
    if adapter is not None:
        _require_installed(adapter)
    scope = f"brain:{brain}" if brain else f"body:{body}" if body else "*"
    async with _access() as access:
        key, secret = await access.create(name, role, scope, adapter)
    click.echo(secret)
    only = f", to the adapter {adapter} alone" if adapter else ""
    click.echo(f"Shown this once. {key.id}: {role} in {scope}{only}.", err=True)


@command.command("list")
@command_line
async def listing() -> None:
    """All keys, newest first, without their secrets."""
    async with _access() as access:
        found = await access.listing()
    columns = ("name", "role", "scope", "adapter", "made", "revoked")
    table = Table(Column("id", no_wrap=True), *columns)
    for key in found:
        revoked = f"{key.revoked:%Y-%m-%d %H:%M}" if key.revoked else "-"
        made = f"{key.created:%Y-%m-%d}"
        table.add_row(key.id, key.name, key.role, key.scope, key.adapter or "any", made, revoked)
    console().print(table)


@command.command("revoke")
@click.argument("key_id")
@command_line
async def revoke(key_id: str) -> None:
    """Make a key useless. A running service follows within seconds."""
    async with _access() as access:
        revoked = await access.revoke(key_id)
    if not revoked:
        raise click.ClickException(f"There is no key {key_id} to revoke; see samsvar keys list.")
    console().print("Revoked.")


def _require_installed(adapter: str) -> None:
    from router.installed import installed

    names = [one.name for one in installed()]
    if adapter not in names:
        raise click.UsageError(f"There is no adapter {adapter}. There are: {', '.join(names)}.")


@contextlib.asynccontextmanager
async def _access() -> AsyncIterator[Access]:
    from router.security.access import Access

    async with database() as db:
        yield Access(db)
