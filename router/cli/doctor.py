"""`samsvar doctor`: is everything in order, and if not, what to do?"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import rich_click as click
from rich.markup import escape

from router.cli.running import command_line, console

if TYPE_CHECKING:
    from rich.console import Console

    from brains.database import Database
    from embeddings.encoder import Encoder
    from router.settings import Settings

PYTHON_MIN = (3, 11)
DISK_BYTES_MIN = 200 * 2**20
ADMIN_KEY_CHARS_MIN = 16
MIB = 2**20

State = Literal["good", "look", "wrong"]
MARKS: dict[State, str] = {
    "good": "[green]ok[/green]   ",
    "look": "[yellow]look[/yellow] ",
    "wrong": "[red]wrong[/red]",
}


@dataclass
class Finding:
    """What was looked at, how it is, and what to do where it is not good."""

    what: str
    state: State
    text: str


@click.command("doctor")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@command_line
async def command(host: str, port: int) -> None:
    """Check the installation. Exit code 1 if anything is wrong."""
    out = console()
    findings = [_python()]
    _tell(out, findings[0])
    settings, found = _settings()
    findings += _told(out, found)
    if settings is not None:
        findings += _told(out, [_disk(settings), _port(host, port), *_adapters()])
        encoder, finding = _encoder(settings)
        findings += _told(out, [finding])
        findings += _told(out, await _database(settings, encoder))
    if any(finding.state == "wrong" for finding in findings):
        out.print("Something is wrong.")
        sys.exit(1)
    out.print("Everything needed is in order.")


def _told(out: Console, findings: list[Finding]) -> list[Finding]:
    for finding in findings:
        _tell(out, finding)
    return findings


def _tell(out: Console, finding: Finding) -> None:
    mark = MARKS[finding.state]
    out.print(f"{mark} [bold]{finding.what}[/bold] {escape(finding.text)}", soft_wrap=True)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON_MIN:
        return Finding("Python", "wrong", f"is {version}; Samsvar needs 3.11 or newer.")
    return Finding("Python", "good", version)


def _settings() -> tuple[Settings | None, list[Finding]]:
    from brains.errors import Invalid
    from router.settings import Settings, unknown_variables

    try:
        settings = Settings.from_environment()
    except Invalid as error:
        return None, [Finding("Settings", "wrong", str(error))]
    findings = [Finding("Settings", "good", f"data in {settings.home}")]
    for name in unknown_variables(os.environ):
        findings.append(Finding(name, "look", "is no setting: misspelled? See docs/settings.md."))
    if settings.admin_key and len(settings.admin_key) < ADMIN_KEY_CHARS_MIN:
        text = f"is short. Use {ADMIN_KEY_CHARS_MIN} random characters or more."
        findings.append(Finding("SAMSVAR_ADMIN_KEY", "look", text))
    if settings.redis_url:
        findings.append(Finding("SAMSVAR_REDIS_URL", "look", "is set, but Redis is not used yet."))
    return settings, findings


def _disk(settings: Settings) -> Finding:
    place = settings.home_folder
    while not place.exists() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < DISK_BYTES_MIN:
        return Finding("Disk", "wrong", f"only {free // MIB} MB free at {place}; free some space.")
    if not os.access(place, os.W_OK):
        return Finding(
            "Disk", "wrong", f"{place} cannot be written; give Samsvar's user the right."
        )
    return Finding("Disk", "good", f"{free // MIB} MB free at {place}")


def _port(host: str, port: int) -> Finding:
    try:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except OSError as error:
        if _is_samsvar(host, port):
            return Finding("Port", "good", f"{port}: Samsvar is running there")
        text = f"{port} cannot be used: {error.strerror}. Start with another --port."
        return Finding("Port", "wrong", text)
    return Finding("Port", "good", f"{port} is free")


def _is_samsvar(host: str, port: int) -> bool:
    import httpx

    try:
        answer = httpx.get(f"http://{host}:{port}/healthz", timeout=2.0)
        return bool(answer.json().get("status") == "ok")
    except (httpx.HTTPError, ValueError):
        return False


def _adapters() -> list[Finding]:
    from brains.errors import Invalid
    from router.installed import installed

    broken: list[Finding] = []

    def report(name: str, error: Exception) -> None:
        text = f"cannot be loaded: {type(error).__name__}: {error}"
        broken.append(Finding(name, "wrong", text))

    try:
        names = ", ".join(adapter.name for adapter in installed(report))
    except Invalid as error:
        return [Finding("Adapters", "wrong", str(error))]
    return [Finding("Adapters", "good", names), *broken]


def _encoder(settings: Settings) -> tuple[Encoder | None, Finding]:
    from embeddings.encoder import load_encoder
    from embeddings.errors import EmbeddingsError
    from embeddings.packaged import checked_data

    try:
        if not settings.model:
            checked_data()
        encoder = load_encoder(settings.model or None)
        encoder.encode(["Når åpner biblioteket?"])
    except EmbeddingsError as error:
        return None, Finding("Encoder", "wrong", str(error))
    text = f"{encoder.fingerprint}, {encoder.dimensions} dimensions"
    return encoder, Finding("Encoder", "good", text)


async def _database(settings: Settings, encoder: Encoder | None) -> list[Finding]:
    """Opening migrates; then whether it takes a change, what it holds, and for which encoder."""
    from brains.database import Database
    from brains.errors import SamsvarError

    try:
        db = await Database.open(settings.database_url)
    except SamsvarError as error:
        return [Finding("Database", "wrong", str(error))]
    try:
        findings = [await _writable(db), await _content(db)]
        return findings + ([await _vectors(db, encoder)] if encoder else [])
    except SamsvarError as error:
        return [Finding("Database", "wrong", str(error))]
    finally:
        await db.close()


async def _writable(db: Database) -> Finding:
    import sqlalchemy as sa

    async with db.write() as tx:
        schema = (await tx.execute(sa.text("SELECT version_num FROM alembic_version"))).scalar()
        await tx.execute(sa.text("UPDATE alembic_version SET version_num = version_num"))
    return Finding("Database", "good", f"{db.dialect}, schema {schema}, can be written")


async def _content(db: Database) -> Finding:
    import sqlalchemy as sa

    from brains import tables

    async with db.read() as tx:
        entries, bodies, brains = [
            (await tx.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
            for table in (tables.entries, tables.bodies, tables.brains)
        ]
    text = f"{entries} entries in {brains} brains, {bodies} bodies"
    if not entries:
        text += ". Load some: samsvar import, or samsvar serve --demo."
    return Finding("Content", "good" if entries else "look", text)


async def _vectors(db: Database, encoder: Encoder) -> Finding:
    import sqlalchemy as sa

    from brains import tables

    column = tables.vectors.c.fingerprint
    query = sa.select(column, sa.func.count()).group_by(column)
    async with db.read() as tx:
        counts: dict[str, int] = dict((await tx.execute(query)).tuples().all())
    current = counts.pop(encoder.fingerprint, 0)
    stale = sum(counts.values())
    if stale and not current:
        text = "are of another model. They are made anew at the next start, which takes a while."
        return Finding("Vectors", "look", text)
    return Finding("Vectors", "good", f"{current} of this encoder, {stale} of others")
