"""`samsvar serve`: the service on one address, ready when it says so."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from typing import TYPE_CHECKING, Any

import rich_click as click
from rich.panel import Panel

from router.cli.running import command_line, console, opened, read_settings

if TYPE_CHECKING:
    import uvicorn
    from litestar import Litestar

    from router.settings import Settings

SHUTDOWN_SECONDS_MAX = 5
STARTED_POLL_SECONDS = 0.01
STOPPING = (signal.SIGINT, signal.SIGTERM)
# Pages worth opening, where the installation has them.
PAGES = {
    "/": "Start here",
    "/demo": "The demo federation's websites",
    "/console": "The curators' console",
    "/docs": "The API",
}


@click.command("serve")
@click.option("--demo", is_flag=True, help="Load a small federation of Norwegian bodies to try.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@command_line
async def command(demo: bool, host: str, port: int) -> None:
    """Run the service.

    The first start builds the encoder (some seconds) and embeds every text once.
    """
    import uvicorn

    from router.api.app import create_app
    from router.console.routes import console_routes
    from router.demo.pages import demo_routes
    from router.installed import installed

    settings = read_settings(demo=demo)
    listening = _listen(host, port)
    _log(settings)
    async with opened(settings) as service:
        app = create_app(
            service,
            settings,
            adapters=installed(),
            pages=[
                *console_routes(service, settings),
                *(demo_routes() if settings.demo else []),
            ],
        )
        server = uvicorn.Server(_config(app, settings))
        await _until_stopped(server, listening, app)


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything slow is done. Raises a usage error where it is taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Listening waits until there is somebody to answer.
        listening.bind(address)
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on {host}, port {port}: {error.strerror}. Choose another with --port."
        ) from None
    return listening


async def _until_stopped(server: uvicorn.Server, listening: socket.socket, app: Litestar) -> None:
    """Serve until a signal, then return, so that the service is closed in order.

    uvicorn would raise the signal again, and end the process before that.
    """
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        # The console's pages listen without end, and stopping would wait for them.
        app.state.live.end()
        server.handle_exit(number, None)

    for number in STOPPING:
        loop.add_signal_handler(number, stop, number)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():  # noqa: ASYNC110 (uvicorn tells nobody)
        await asyncio.sleep(STARTED_POLL_SECONDS)
    if server.started:
        await _welcome(app, listening)
    await serving


def _config(app: Litestar, settings: Settings) -> Any:
    import uvicorn

    return uvicorn.Config(
        app,
        # Our own log line has no path or query in it: those hold tokens.
        access_log=False,
        log_level=settings.log_level,
        log_config=None,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS_MAX,
    )


def _log(settings: Settings) -> None:
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for noisy in ("httpx", "sqlalchemy", "sentence_transformers", "alembic", "mcp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


async def _welcome(app: Litestar, listening: socket.socket) -> None:
    out = console()
    host, port = listening.getsockname()[:2]
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    base = f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
    known = {route.path for route in app.routes}
    for path, what in PAGES.items():
        if path in known:
            out.print(f"{base + path:<40} {what}", soft_wrap=True)
    await _show_people(app)
    secret = await app.state.access.first_admin_key()
    if secret is not None:
        text = f"{secret}\n\nThe administrator's key, shown this once: keep it safe."
        out.print(Panel(text, title="Admin key", expand=False))
    out.print("Ready. Stop with Ctrl+C.")


async def _show_people(app: Litestar) -> None:
    """Who may sign in to a demo that has just begun."""
    settings: Settings = app.state.settings
    if not settings.demo:
        return
    from router.demo.people import first_people, people_of

    password = await first_people(app.state.service.db, settings.demo_brain)
    if password is not None:
        names = "\n".join(
            f"{email}  ({role})" for email, _, role, _ in people_of(settings.demo_brain)
        )
        text = f"{names}\n\nPassword of each: {password}\nShown this once."
        console().print(Panel(text, title="Sign in at /console as", expand=False))
