"""`samsvar export`: a brain's entries as a file, to import again or to put on a web page."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import rich_click as click

from router.cli.running import command_line, opened, read_settings


@click.command("export")
@click.option("--brain", required=True)
@click.option(
    "--format", type=click.Choice(["jsonl", "faqpage"]), default="jsonl", show_default=True
)
@click.option("--body", help="Whose facts fill the answers of a faqpage.")
@click.option("--language", default="nb", show_default=True, help="Of a faqpage.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of the terminal."
)
@command_line
async def command(
    brain: str,
    format: Literal["jsonl", "faqpage"],
    body: str | None,
    language: str,
    out: Path | None,
) -> None:
    """Write a brain's published entries to the terminal or a file."""
    if format == "faqpage" and body is None:
        raise click.UsageError("A faqpage is one body's: say which with --body.")
    async with opened(read_settings()) as service:
        text = await service.curation.export(brain, format, body, language)
    if out is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        _write(out, text)


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}.") from None
