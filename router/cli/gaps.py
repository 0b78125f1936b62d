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
    from brains.gaps.listing import Order
    from brains.model import DismissReason, Gap, GapStatus

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
    type=click.Choice(["open", "snoozed", "answered", "dismissed", "forwarded"]),
    default="open",
    show_default=True,
)
@click.option("--body", help="Only what this body has been asked.")
@click.option(
    "--order",
    type=click.Choice(["priority", "newest", "count"]),
    default="priority",
    show_default=True,
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 200))
@click.option("--json", "as_json", is_flag=True)
@command_line
async def listing(
    brain: str | None,
    status: GapStatus,
    body: str | None,
    order: Order,
    limit: int,
    as_json: bool,
) -> None:
    """The gaps of a brain, or of each in turn, the most urgent first."""
    gaps: list[Gap] = []
    async with opened(read_settings()) as service:
        brains = [service.knowledge.brain(brain).id] if brain else sorted(service.knowledge.brains)
        for one in brains:
            desk = service.gap_desk
            gaps += (await desk.list(one, status=status, body=body, order=order, limit=limit)).items
    if as_json:
        print_json({"items": gaps})
        return
    console().print(_table(gaps) if gaps else f"No gap is {status}.")


@command.command("show")
@click.argument("gap")
@BRAIN
@command_line
async def show(gap: str, brain: str) -> None:
    """One gap, with its newest questions and what was done to it."""
    async with opened(read_settings()) as service:
        found = await service.gap_desk.get(brain, gap)
        questions = await service.gap_desk.questions(brain, gap)
        events = await service.gap_desk.events(brain, gap)
    out = console()
    out.print(f"[bold]{found.id}[/bold], {found.status}, urgency {found.urgency}")
    out.print(f"Asked {found.count} times, {found.last_week} in the last week.")
    if found.owner is not None:
        out.print(f"Probably {found.owner}'s ({found.owner_probability:.0%}).", highlight=False)
    for question in questions.items:
        out.print(f"  {question.body:<16} {question.text}", markup=False)
    for event in reversed(events):
        out.print(f"  {event.at:%Y-%m-%d %H:%M} {event.kind} {event.by or ''}", markup=False)


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
    """Publish the missing answer, and close the gap if it answers all that was asked."""
    answers = {tag: text for tag, text in (("nb", nb), ("nn", nn), ("en", en)) if text}
    if not answers:
        raise click.UsageError("Give the answer in one language at least: --nb, --nn or --en.")
    from brains.model import EVERYONE, Entry  # here: other commands start faster without it

    entry = Entry(
        id="",
        title=title or "",
        questions=list(questions),
        answers=answers,
        audience=list(audience) or [EVERYONE],
    )
    async with opened(read_settings()) as service:
        result = await service.gap_desk.answer_new(brain, gap, entry, AUTHOR)
    assert result.entry is not None
    out = console()
    out.print(
        f"Published as {result.entry.id}. Asked again, {result.answered_now} of "
        f"{result.asked_again} questions are answered now. The gap is {result.gap.status}."
    )
    for question in result.still:
        out.print(f"  still not answered: {question.body:<16} {question.text}", markup=False)


@command.command("dismiss")
@click.argument("gap")
@BRAIN
@click.option(
    "--reason",
    type=click.Choice(["not ours", "abuse", "own case", "other"]),
    default="other",
    show_default=True,
)
@command_line
async def dismiss(gap: str, brain: str, reason: DismissReason) -> None:
    """Close a gap that is nobody's to answer, and say why."""
    async with opened(read_settings()) as service:
        await service.gap_desk.dismiss(brain, gap, reason, AUTHOR)
    console().print("Dismissed. The same words go on being counted there.")


def _table(gaps: list[Gap]) -> Table:
    table = Table("id", "brain", "urgency", "asked", "this week", "in", "question", "nearest")
    for gap in gaps:
        bodies = ", ".join(f"{body.id} {body.count}" for body in gap.bodies)
        nearest = gap.nearest[0].title if gap.nearest else "-"
        table.add_row(
            gap.id,
            gap.brain,
            gap.urgency,
            str(gap.count),
            str(gap.last_week),
            bodies,
            gap.title or gap.summary,
            nearest,
        )
    return table
