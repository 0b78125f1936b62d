"""The command `samsvar`: one file a command, each importing what is heavy only when it runs.

serve.py     the service, with --demo a whole federation to try
ask.py       one question, on the terminal
load.py      `import`: entries from files into a brain
save.py      `export`: a brain's entries as a file
bodies.py    the organisations: list, show, add, facts, missing facts
gaps.py      what nobody could answer: list, show, answer, dismiss
people.py    who may sign in to the console: add, list, disable, password
keys.py      keys of programs: create, list, revoke
federation.py  other installations: invite, join, list, refresh, rotate, off, on
evaluate.py  `eval`: how good the answers are, on questions with known answers
doctor.py    is everything in order?
running.py   what the commands have in common
"""

from __future__ import annotations

import importlib
import importlib.metadata

import rich_click as click

COMMANDS = {
    "serve": "serve",
    "ask": "ask",
    "import": "load",
    "export": "save",
    "bodies": "bodies",
    "gaps": "gaps",
    "people": "people",
    "keys": "keys",
    "federation": "federation",
    "eval": "evaluate",
    "doctor": "doctor",
}


class Commands(click.RichGroup):
    """Finds a command in the module of its name when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None for an unknown one."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"router.cli.{COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command


def _version() -> str:
    try:
        return importlib.metadata.version("samsvar")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), prog_name="samsvar")
def main() -> None:
    """One shared brain of questions and answers for many organisations' bots.

    Try it: samsvar serve --demo
    """
