"""`samsvar import`: entries from files into a brain, all of them or none."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from router.cli.running import (
    AUTHOR,
    command_line,
    console,
    opened,
    progress_shown,
    read_settings,
)


@click.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--brain", required=True, help="The brain they go into; made where it is new.")
@click.option("--language", default="nb", show_default=True, help="Of files that do not say.")
@command_line
async def command(files: tuple[Path, ...], brain: str, language: str) -> None:
    """Import entries from FILES into a brain and publish them.

    Reads JSON Lines (.jsonl), schema.org FAQPage (.json, .jsonld, .html) and the other formats
    that docs/import.md lists. An entry whose id is already there is replaced. If anything is
    wrong, nothing is imported.
    """
    from brains import formats
    from brains.model import Brain

    entries = [entry for file in files for entry in formats.read(file, language)]
    async with opened(read_settings()) as service:
        if brain not in service.knowledge.brains:
            await service.curation.add_brain(Brain(id=brain, name=brain), AUTHOR)
        with progress_shown() as report:
            result = await service.curation.import_entries(brain, entries, AUTHOR, report)
    console().print(
        f"{result.total} entries in {brain}: {result.created} new, {result.changed} changed, "
        f"{result.unchanged} as they were."
    )
