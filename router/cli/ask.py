"""`samsvar ask`: one question, answered as a visitor of that body would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from router.cli.running import command_line, console, opened, print_json, read_settings

if TYPE_CHECKING:
    from router.messages import Reply


@click.command("ask")
@click.argument("body")
@click.argument("question")
@click.option("--language", help="The page's language: nb, nn or en.")
@click.option("--json", "as_json", is_flag=True, help="The whole reply as JSON.")
@click.option("--demo", is_flag=True, help="Load the demo federation first, where it is not there.")
@command_line
async def command(
    body: str, question: str, language: str | None, as_json: bool, demo: bool
) -> None:
    """Ask BODY's bot one QUESTION: samsvar ask bergen "når åpner biblioteket?"."""
    from router.messages import Message
    from router.security.texts import clean

    settings = read_settings(demo=demo)
    text = clean(question, settings.message_chars_max)
    async with opened(settings) as service:
        reply = await service.ask(Message(body=body, text=text, language=language))
    if as_json:
        print_json(reply)
    else:
        show(reply)


def show(reply: Reply) -> None:
    """A reply for people: the text, the buttons, the sources, and how sure it is."""
    out = console()
    out.print(f"[bold]{reply.body.name}[/bold]")
    out.print(reply.text, markup=False)
    for option in reply.options:
        out.print(f"  → {option.label}", markup=False)
    for source in reply.sources:
        out.print(f"  {source.title}: {source.url}", markup=False, soft_wrap=True)
    outcome = type(reply.outcome).__struct_config__.tag
    out.print(f"[dim]{outcome}, probability {reply.probability:.2f}, {reply.language}[/dim]")
