"""`samsvar gaps`: what nobody could answer, and the answer that closes it for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from brains.model import Gap, GapStatus

BRAIN = click.option("--brain", required=True, help="The brain it is missing from.")


@click.group("gaps", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """What nobody could answer, and the answer that closes it for everybody.

    Without a command: the open gaps of every brain.
    """
    if context.invoked_subcommand is None:
        context.invoke(listing)


@command.command("list")
@click.option("--brain", help="Only this brain's; every brain's when left out.")
@click.option(
    "--status",
    type=click.Choice(["open", "answered", "dismissed"]),
    default="open",
    show_default=True,
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 200))
@click.option("--json", "as_json", is_flag=True)
@command_line
async def listing(brain: str | None, status: GapStatus, limit: int, as_json: bool) -> None:
    """The gaps of a brain, or of all, most asked first."""
    gaps: list[Gap] = []
    async with opened(read_settings()) as service:
        brains = [service.knowledge.brain(brain).id] if brain else sorted(service.knowledge.brains)
        for one in brains:
            gaps += (await service.curation.gaps(one, status, None, limit)).items
    gaps = sorted(gaps, key=lambda gap: -gap.count)[:limit]
    if as_json:
        print_json({"items": gaps})
        return
    console().print(_table(gaps) if gaps else f"No gap is {status}.")


@command.command("show")
@click.argument("gap")
@BRAIN
@command_line
async def show(gap: str, brain: str) -> None:
    """One gap, with its questions."""
    async with opened(read_settings()) as service:
        found = await service.curation.gap(brain, gap)
        questions = await service.curation.gap_questions(brain, gap)
    out = console()
    out.print(f"[bold]{found.id}[/bold], {found.status}, asked {found.count} times")
    for question in questions:
        out.print(f"  {question.body:<16} {question.text}", markup=False)


@command.command("answer")
@click.argument("gap")
@BRAIN
@click.option("--nb", help="The answer in Bokmål, as Markdown.")
@click.option("--nn", help="The answer in Nynorsk.")
@click.option("--en", help="The answer in English.")
@click.option("--question", "questions", multiple=True, help="A phrasing, instead of those asked.")
@click.option("--audience", multiple=True, help="*, group:vestland or a body; everyone by default.")
@click.option("--title", help="What it is about, as on a button.")
@command_line
async def answer(
    gap: str,
    brain: str,
    nb: str | None,
    nn: str | None,
    en: str | None,
    questions: tuple[str, ...],
    audience: tuple[str, ...],
    title: str | None,
) -> None:
    """Publish the missing answer: from now on every body gives it."""
    answers = {tag: text for tag, text in (("nb", nb), ("nn", nn), ("en", en)) if text}
    if not answers:
        raise click.UsageError("Give the answer in one language at least: --nb, --nn or --en.")
    async with opened(read_settings()) as service:
        result = await service.curation.answer_gap(
            brain, gap, answers, AUTHOR, list(questions) or None, list(audience) or None, title
        )
    console().print(
        f"Published as {result.entry.id}. Asked again, {result.answered_now} of "
        f"{result.asked_again} questions are answered now."
    )


@command.command("dismiss")
@click.argument("gap")
@BRAIN
@command_line
async def dismiss(gap: str, brain: str) -> None:
    """Close a gap that is nobody's matter."""
    async with opened(read_settings()) as service:
        await service.curation.dismiss_gap(brain, gap, AUTHOR)
    console().print("Dismissed. It opens again if it is asked again.")


def _table(gaps: list[Gap]) -> Table:
    table = Table("id", "brain", "asked", "in", "question", "nearest")
    for gap in gaps:
        bodies = ", ".join(f"{body.id} {body.count}" for body in gap.bodies)
        nearest = gap.nearest[0].title if gap.nearest else "-"
        table.add_row(gap.id, gap.brain, str(gap.count), bodies, gap.summary, nearest)
    return table
