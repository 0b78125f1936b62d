"""`samsvar people`: who may sign in to the console. The first administrator is made here."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import rich_click as click
from rich.table import Table

from brains.model import PERSON_ROLES
from router.cli.running import AUTHOR, command_line, console, database, read_settings

if TYPE_CHECKING:
    from brains.database import Database, Transaction
    from brains.model import Role
    from brains.people import Person


@click.group("people")
def command() -> None:
    """People who sign in to the console."""


@command.command("add")
@click.option("--email", required=True, help="The address they sign in with.")
@click.option("--name", required=True, help="Their name, as others see it.")
@click.option("--role", required=True, type=click.Choice(PERSON_ROLES))
@click.option("--brain", help="Only in this brain and the bodies it serves.")
@click.option("--body", help="Only in this body.")
@click.option("--language", default="nb", show_default=True, type=click.Choice(["nb", "en"]))
@click.option("--password", "ask", is_flag=True, help="Ask for a password, instead of a link.")
@command_line
async def add(
    email: str,
    name: str,
    role: Role,
    brain: str | None,
    body: str | None,
    language: str,
    ask: bool,
) -> None:
    """Add somebody, and print the link with which they choose a password.

    Without --brain or --body their role is good everywhere.
    """
    from brains import people
    from brains.store import now

    if brain and body:
        raise click.UsageError("Give --brain or --body, not both.")
    scope = f"brain:{brain}" if brain else f"body:{body}" if body else "*"
    async with database() as db:
        async with db.write() as tx:
            person = await people.add(
                tx, email=email, name=name, role=role, scope=scope, language=language, at=now()
            )
            await _note(tx, "people.add", person, role=role, scope=scope)
        await _let_in(db, person, ask)


@command.command("list")
@command_line
async def listing() -> None:
    """Everybody, with role and place."""
    from brains import people

    async with database() as db, db.read() as tx:
        found = await people.listing(tx)
    table = Table("e-mail", "name", "role", "scope", "signs in with")
    for one in found:
        ways = [way for way, has in _ways(one).items() if has]
        table.add_row(one.email, one.name, one.role, one.scope, ", ".join(ways) or "-")
    console().print(table)


@command.command("disable")
@click.argument("email")
@command_line
async def disable(email: str) -> None:
    """Let EMAIL in no more; their sessions end at once."""
    from brains import people
    from brains.store import now

    async with _known(email) as (db, person), db.write() as tx:
        await people.disable(tx, person.id, now())
        await _note(tx, "people.disable", person)
    console().print("Disabled.")


@command.command("enable")
@click.argument("email")
@command_line
async def enable(email: str) -> None:
    """Let EMAIL in again."""
    from brains import people

    async with _known(email) as (db, person), db.write() as tx:
        await people.enable(tx, person.id)
        await _note(tx, "people.enable", person)
    console().print("Enabled.")


@command.command("password")
@click.argument("email")
@click.option("--password", "ask", is_flag=True, help="Ask for a password, instead of a link.")
@command_line
async def password(email: str, ask: bool) -> None:
    """Print a new link with which EMAIL chooses a password."""
    async with _known(email) as (db, person):
        await _let_in(db, person, ask)


async def _let_in(db: Database, person: Person, ask: bool) -> None:
    """A password typed here, or a link on standard output."""
    from brains import people
    from brains.store import now

    if ask:
        from router.security.sign_in import in_database

        chosen = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        await in_database(db).set_password(person, chosen, AUTHOR)
        console().print(f"{person.email} signs in with that password.")
        return
    async with db.write() as tx:
        token = await people.new_link(tx, person.id, now())
        await _note(tx, "people.new_link", person)
    base = read_settings().public_url.rstrip("/") or "http://127.0.0.1:8000"
    click.echo(f"{base}/console/set-password/{token}")
    click.echo(f"Good once, for {people.LINK_DAYS} days. For {person.email}.", err=True)


@contextlib.asynccontextmanager
async def _known(email: str) -> AsyncIterator[tuple[Database, Person]]:
    """The database, and the person with that address."""
    from brains import people

    async with database() as db:
        async with db.read() as tx:
            person = await people.by_email(tx, email)
        if person is None:
            raise people.UnknownPerson(email)
        yield db, person


async def _note(tx: Transaction, action: str, person: Person, **detail: str) -> None:
    from brains import audit
    from brains.store import now

    line = audit.Line(at=now(), by=AUTHOR, action=action, object=person.id, detail=dict(detail))
    await audit.append(tx, line)


def _ways(person: Person) -> dict[str, bool]:
    return {
        "password": person.has_password,
        "provider": person.has_provider,
        "(disabled)": person.disabled is not None,
    }
