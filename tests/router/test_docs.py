"""The docs keep up with the program: commands, dependencies, links, modules."""

from __future__ import annotations

import inspect
import itertools
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from brains.formats import READERS
from brains.formats.jsonl import Line
from brains.model import Source
from router.cli import main
from router.security.rights import RIGHTS
from router.settings import Settings, variable

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PACKAGES = ("embeddings", "brains", "router", "adapters")
PAGES = [*(page for page in [ROOT / "README.md"] if page.exists()), *sorted(DOCS.glob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NAME = re.compile(r"[A-Za-z0-9_.-]+")


def page(name: str) -> str:
    """The text of one page of the docs."""
    return (DOCS / name).read_text("utf-8")


# The command line


def commands(
    path: str = "samsvar", group: click.Group = main
) -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, a group before what is in it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(f"{path} {name}", command)


def reference(path: str, command: click.Command) -> str:
    """What the docs must say of a command, from its own help texts."""
    usage = " ".join(command.collect_usage_pieces(click.Context(command)))
    help_text = inspect.cleandoc(command.help or "").split("\n\n")
    lines = [f"    {path} {usage}", "", "\n\n".join(" ".join(p.split()) for p in help_text)]
    options = [_row(one, command) for one in command.params if isinstance(one, click.Option)]
    if options:
        lines += ["", "| option | meaning |", "|---|---|", *options]
    return "\n".join(lines)


def _row(option: click.Option, command: click.Command) -> str:
    value = "" if option.is_flag else f" {option.make_metavar(click.Context(command))}"
    name = (", ".join(option.opts) + value).replace("|", "\\|")
    notes = [option.help or ""]
    if option.required:
        notes.append("Required.")
    if option.multiple:
        notes.append("May be given several times.")
    if option.show_default:
        notes.append(f"Default: `{option.default}`.")
    return f"| `{name}` | {' '.join(note for note in notes if note)} |"


COMMANDS = dict(commands())


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_option_is_in_the_docs(path: str) -> None:
    expected = reference(path, COMMANDS[path])
    assert expected in page("cli.md"), f"docs/cli.md lacks this:\n\n{expected}"


def test_the_docs_name_no_command_that_is_gone() -> None:
    headings = re.findall(r"^#+ (samsvar \S+(?: \S+)?)$", page("cli.md"), re.MULTILINE)
    assert set(headings) == set(COMMANDS)


# Settings, formats, rights


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"].values()
    named = [*project["dependencies"], *itertools.chain.from_iterable(optional)]
    table = re.findall(r"^\| `([^`]+)` \|", page("dependencies.md"), re.MULTILINE)
    wanted = {found[0] for text in named if (found := NAME.match(text))} - {"samsvar"}
    clients = ROOT / "tests" / "adapters" / "js" / "package.json"
    wanted |= set(json.loads(clients.read_text("utf-8"))["dependencies"])
    assert set(table) == wanted
    assert len(table) == len(set(table))


def test_every_field_and_ending_of_an_import_is_explained() -> None:
    text = page("import.md")
    for field in (
        *Line.__struct_fields__,
        *(f"sources[].{name}" for name in Source.__struct_fields__),
    ):
        assert f"| `{field}` |" in text
    for ending in READERS:
        assert f"`{ending}`" in text


def test_every_role_is_explained() -> None:
    text = page("operating.md")
    for role, rights in RIGHTS.items():
        row = re.search(rf"^\| `{role}` \| (.*) \|$", text, re.MULTILINE)
        assert row is not None, role
        assert set(row[1].split(", ")) == rights


def test_settings_that_the_docs_name_are_there() -> None:
    known = {variable(name) for name in Settings.__struct_fields__}
    for file in PAGES:
        named = set(re.findall(r"SAMSVAR_[A-Z_]+[A-Z]", file.read_text("utf-8")))
        assert named <= known, file.name


# Links and modules


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_links_lead_somewhere(file: Path) -> None:
    for target in LINK.findall(file.read_text("utf-8")):
        if "://" not in target and not target.startswith(("#", "mailto:")):
            place = file.parent / target.partition("#")[0]
            assert place.exists(), f"{file.name} links to {target}"


@pytest.mark.parametrize("package", PACKAGES)
def test_the_architecture_or_its_package_names_every_module(package: str) -> None:
    text = page("architecture.md") + (ROOT / package / "__init__.py").read_text("utf-8")
    modules = [file for file in (ROOT / package).glob("*.py") if file.name != "__init__.py"]
    for module in modules:
        assert re.search(rf"\b{module.stem}\b", text), f"{package}/{module.name}"
