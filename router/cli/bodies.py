"""`samsvar bodies`: the organisations of the federation and their facts."""

from __future__ import annotations

import rich_click as click
from rich.table import Table

from router.cli.running import (
    AUTHOR,
    command_line,
    console,
    opened,
    print_json,
    read_settings,
)


@click.group("bodies")
def command() -> None:
    """The organisations of the federation and their facts."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True)
@command_line
async def listing(as_json: bool) -> None:
    """All bodies."""
    async with opened(read_settings()) as service:
        bodies = sorted(service.knowledge.bodies.values(), key=lambda body: body.id)
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
    async with opened(read_settings()) as service:
        print_json(service.knowledge.body(body))


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

    from brains.model import Body

    given = {
        "name": name,
        "brain": brain,
        "groups": list(groups),
        "origins": list(origins),
        "website": website,
        "municipality_number": municipality_number,
    }
    async with opened(read_settings()) as service:
        old = service.knowledge.bodies.get(body)
        fresh = Body(id=body, name=name, kind=kind, language=language)
        changes = {field: value for field, value in given.items() if value}
        new = msgspec.structs.replace(old or fresh, **changes)
        saved = await service.curation.add_body(new, AUTHOR)
    console().print(f"{saved.name} ({saved.id}) is {'changed' if old else 'added'}.")


@command.command("facts")
@click.argument("body")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Set a fact.")
@click.option("--remove", "removed", multiple=True, metavar="KEY", help="Remove a fact.")
@command_line
async def facts(body: str, pairs: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """Show BODY's facts, after setting or removing some."""
    changes = {**dict(_pair(pair) for pair in pairs), **dict.fromkeys(removed)}
    async with opened(read_settings()) as service:
        service.knowledge.body(body)
        if changes:
            await service.curation.set_facts(body, changes, AUTHOR)
        found = await service.curation.facts(body)
    table = Table("fact", "value")
    for fact in sorted(found, key=lambda item: item.key):
        table.add_row(fact.key, fact.value if isinstance(fact.value, str) else _texts(fact.value))
    console().print(table)


@command.command("missing")
@click.argument("body")
@command_line
async def missing(body: str) -> None:
    """The facts that BODY's visitors asked for in vain."""
    async with opened(read_settings()) as service:
        service.knowledge.body(body)
        found = await service.curation.missing_facts(body)
    table = Table("fact", "entry", "asked for", "last")
    for item in found:
        last = f"{item.last_seen:%Y-%m-%d}"
        table.add_row(item.key, f"{item.brain}/{item.entry}", str(item.count), last)
    console().print(table if found else "None is missing.")


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise click.UsageError(f"“{text}” is not KEY=VALUE.")
    return key, value


def _texts(texts: dict[str, str]) -> str:
    return "\n".join(f"{language}: {text}" for language, text in texts.items())
