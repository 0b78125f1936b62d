"""What the commands have in common: settings, the service, progress, errors in plain words."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from brains.database import Database
    from router.service import Service
    from router.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

Report = Callable[[float, str], None]

# The model's own progress bars: ours shows the same.
os.environ.setdefault("TQDM_DISABLE", "1")

INTERRUPTED = 130
AUTHOR = "command line"


def command_line(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Run an async command. What Samsvar refuses on purpose becomes one line, and exit code 1."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with plain_errors():
            return asyncio.run(function(*args, **kwargs))

    return run


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Turn errors that a person can act on into a message without traceback."""
    from brains.errors import SamsvarError
    from embeddings.errors import EmbeddingsError

    try:
        yield
    except (SamsvarError, EmbeddingsError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def read_settings(*, demo: bool = False) -> Settings:
    """The settings of the environment, with `--demo` where it was given."""
    import msgspec

    from router.settings import Settings

    settings = Settings.from_environment()
    return msgspec.structs.replace(settings, demo=True) if demo else settings


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Service]:
    """The service, its progress shown on the terminal while it opens."""
    from router.service import Service

    with progress_shown() as report:
        service = await Service.open(settings, progress=report)
    try:
        yield service
    finally:
        await service.close()


@contextlib.asynccontextmanager
async def database() -> AsyncIterator[Database]:
    """The database alone: quick, for what needs no encoder. A running service follows along."""
    from brains.database import Database

    db = await Database.open(read_settings().database_url)
    try:
        yield db
    finally:
        await db.close()


@contextlib.contextmanager
def progress_shown() -> Iterator[Report]:
    """A progress bar on standard error; where that is no terminal, one line for each step."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("Starting", total=1.0)
        yield lambda share, what: bar.update(task, completed=share, description=what)


def _lines(console: Console) -> Report:
    said: list[str] = []

    def report(share: float, what: str) -> None:
        if what not in said[-1:]:
            said.append(what)
            console.print(what, highlight=False, markup=False)

    return report


def print_json(value: object) -> None:
    """One JSON value on standard output, as it goes over the wire."""
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(value), indent=2)
    click.echo(text.decode())


def console() -> Console:
    """Where people read: standard output, without colours for a pipe."""
    return Console(highlight=False)
