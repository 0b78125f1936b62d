"""`samsvar eval`: how good the answers are, on questions whose answer is known."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from router.cli.running import console, plain_errors, progress_shown

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("eval")
@click.option("--brain-file", required=True, type=FILE, help="Entries, as samsvar import reads.")
@click.option("--questions", required=True, type=FILE, help="JSON Lines of questions.")
@click.option("--wrong-rate", default=0.05, show_default=True, type=click.FloatRange(0.0, 1.0))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="One JSON line a question."
)
@click.option("--model", help="A sentence-transformers folder or id instead of the packaged one.")
def command(
    brain_file: Path, questions: Path, wrong_rate: float, out: Path | None, model: str | None
) -> None:
    """Build a throw-away brain, ask every question, and say how it went."""
    with plain_errors():
        from router.evaluation import evaluate

        with progress_shown() as report:
            result = evaluate(brain_file, questions, out, wrong_rate, model, report)
        result.print(console())
