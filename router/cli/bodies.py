"""`samsvar bodies`: the organisations of the federation and their facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click
from rich.table import Table

from router.cli.running import command_line, console, database, print_json

if TYPE_CHECKING:
    from brains.database import Database
    from brains.model import Body, Fact


@click.group("bodies")
def command() -> None:
    """The organisations of the federation and their facts."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True)
@command_line
async def listing(as_json: bool) -> None:
    """All bodies."""
    from brains.documents import BODIES

    async with database() as db, db.read() as tx:
        bodies = await BODIES.all(tx)
    if as_json:
        print_json(bodies)
        return
    table = Table("id", "name", "kind", "brain", "language", "websites")
    for body in bodies:
        websites = ", ".join(body.origins)
        table.add_row(body.id, body.name, body.kind, body.brain or "-", body.language, websites)
    console().print(table)


@command.command("show")
@click.argument("body")
@command_line
async def show(body: str) -> None:
    """One body, as JSON."""
    async with database() as db:
        print_json(await _body(db, body))


@command.command("add")
@click.argument("body")
@click.option("--name", required=True, help="Its name, as visitors read it.")
@click.option("--brain", help="The brain its bot answers from; made where it is new.")
@click.option("--kind", default="municipality", show_default=True)
@click.option("--language", default="nb", show_default=True, help="Its own: nb or nn.")
@click.option("--group", "groups", multiple=True, help="A group it belongs to, as vestland.")
@click.option("--origin", "origins", multiple=True, help="A website of its, https://...")
@click.option("--website", help="Its front page.")
@click.option("--municipality-number")
@command_line
async def add(
    body: str,
    name: str,
    brain: str | None,
    kind: str,
    language: str,
    groups: tuple[str, ...],
    origins: tuple[str, ...],
    website: str | None,
    municipality_number: str | None,
) -> None:
    """Add BODY (its slug, as bergen), or change it: what is not given stays as it is."""
    import msgspec

    from brains import store
    from brains.errors import UnknownBody
    from brains.model import Body, Brain

    given = {
        "name": name,
        "brain": brain,
        "groups": list(groups),
        "origins": list(origins),
        "website": website,
        "municipality_number": municipality_number,
    }
    changes = {field: value for field, value in given.items() if value}
    async with database() as db:
        try:
            old, done = await _body(db, body), "changed"
        except UnknownBody:
            old, done = Body(id=body, name=name, kind=kind, language=language), "added"
        if brain and not await _exists(db, brain):
            await store.save_brain(db, Brain(id=brain, name=brain))
        await store.save_body(db, msgspec.structs.replace(old, **changes))
    console().print(f"{name} ({body}) is {done}.")


@command.command("facts")
@click.argument("body")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Set a fact.")
@click.option("--remove", "removed", multiple=True, metavar="KEY", help="Remove a fact.")
@command_line
async def facts(body: str, pairs: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """Show BODY's facts, after setting or removing some."""
    from brains import store
    from brains.model import Fact

    values = dict(_pair(pair) for pair in pairs)
    async with database() as db:
        labels = {fact.key: fact.label for fact in await _facts(db, body)}
        new = [Fact(body, key, value, labels.get(key, {})) for key, value in values.items()]
        await store.save_facts(db, new)
        for key in removed:
            await store.remove_fact(db, body, key)
        found = await _facts(db, body)
    table = Table("fact", "value")
    for fact in found:
        table.add_row(fact.key, fact.value if isinstance(fact.value, str) else _texts(fact.value))
    console().print(table)


@command.command("missing")
@click.argument("body")
@command_line
async def missing(body: str) -> None:
    """The facts that BODY's visitors asked for in vain."""
    from brains.facts import missing as missing_facts

    async with database() as db:
        await _body(db, body)
        async with db.read() as tx:
            found = await missing_facts(tx, body)
    table = Table("fact", "entry", "asked for", "last")
    for item in found:
        last = f"{item.last_seen:%Y-%m-%d}"
        table.add_row(item.key, f"{item.brain}/{item.entry}", str(item.count), last)
    console().print(table if found else "None is missing.")


async def _body(db: Database, slug: str) -> Body:
    from brains.documents import BODIES
    from brains.errors import UnknownBody

    async with db.read() as tx:
        found = await BODIES.get(tx, [(slug,)])
    if not found:
        raise UnknownBody(slug)
    return found[(slug,)]


async def _exists(db: Database, brain: str) -> bool:
    from brains.documents import BRAINS

    async with db.read() as tx:
        return bool(await BRAINS.get(tx, [(brain,)]))


async def _facts(db: Database, body: str) -> list[Fact]:
    from brains.documents import FACTS

    await _body(db, body)
    async with db.read() as tx:
        return await FACTS.where(tx, body=body)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise click.UsageError(f"“{text}” is not KEY=VALUE.")
    return key, value


def _texts(texts: dict[str, str]) -> str:
    return "\n".join(f"{language}: {text}" for language, text in texts.items())
