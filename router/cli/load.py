"""`samsvar import`: entries from files into a brain, all of them or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from router.cli.running import (
    AUTHOR,
    command_line,
    console,
    opened,
    progress_shown,
    read_settings,
)

if TYPE_CHECKING:
    from router.results import ImportResult


# As in `brains.formats.FORMATS`, which takes longer to import than a help text may.
FORMATS = ("jsonl", "faqpage", "azure", "table", "excel", "rasa", "dialogflow")


@click.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--brain", required=True, help="The brain they go into; made where it is new.")
@click.option("--language", default="nb", show_default=True, help="Of files that do not say.")
@click.option(
    "--format", type=click.Choice(FORMATS), help="What the files are; without it, they tell."
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@command_line
async def command(
    files: tuple[Path, ...], brain: str, language: str, format: str | None, dry_run: bool
) -> None:
    """Import entries from FILES into a brain and publish them.

    Reads spreadsheets (.xlsx, .csv, .tsv), schema.org FAQPage (.html, .jsonld, .json), exports of
    Azure question answering (.json, .tsv, .xlsx), Rasa (.yml, several files together) and
    Dialogflow (.zip), and JSON Lines (.jsonl): see docs/import.md. An entry whose id is already
    there is changed. If anything is wrong, nothing is imported.
    """
    from brains import formats
    from brains.model import Brain

    uploaded = formats.from_disk(files)
    async with opened(read_settings()) as service:
        contents = await service.imports.read(uploaded, language, format)
        if brain not in service.knowledge.brains and not dry_run:
            await service.curation.add_brain(Brain(id=brain, name=brain), AUTHOR)
        with progress_shown() as report:
            result = await service.imports.at_once(brain, contents, AUTHOR, report, dry_run)
    _show(result)


def _show(result: ImportResult) -> None:
    out = console()
    for note in result.notes:
        out.print(note, markup=False)
    for row in result.rows:
        alike = [one.entry for one in row.duplicates] or ([row.same_as] if row.same_as else [])
        what = row.kind + (f" ({', '.join(row.fields)})" if row.fields else "")
        like = f", like {', '.join(alike)}" if alike else ""
        out.print(f"{row.place}: {row.id}: {what}{like}", markup=False)
    out.print(
        f"{result.total} entries {'for' if result.rows else 'in'} {result.brain}: "
        f"{result.created} new, {result.changed} changed, {result.unchanged} as they were."
    )
