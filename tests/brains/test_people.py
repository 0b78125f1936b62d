"""People, their sessions, and the log of what they did, on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from brains import audit, people, secrets, sessions
from brains.database import Database, Transaction
from brains.errors import Conflict, StorageError
from brains.people import Person
from brains.sessions import DAYS_MAX, IDLE_HOURS
from tests.brains.conftest import NOW
from tests.waiting import until

HOUR = dt.timedelta(hours=1)


async def new(db: Database, **given: Any) -> Person:
    """A person of the test's, a curator of `kommune` by default."""
    fields = {"email": "kari@example.org", "name": "Kari", "role": "curator", "scope": "*"}
    async with db.write() as tx:
        return await people.add(tx, **{**fields, **given}, at=NOW)


async def test_a_person_is_found_however_the_address_is_written(federation: Database) -> None:
    kari = await new(federation, email=" Kari@Example.ORG ", name=" Kari \u202eNordmann\n")
    assert (kari.email, kari.name) == ("kari@example.org", "Kari Nordmann")
    async with federation.read() as tx:
        assert await people.by_email(tx, "KARI@example.org") == kari
        assert await people.get(tx, kari.id) == kari
        assert await people.listing(tx) == [kari]
        with pytest.raises(people.UnknownPerson):
            await people.get(tx, "person_none")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "kari", "email"),
        ("email", "kari@localhost", "email"),
        ("email", "a b@example.org", "email"),
        ("email", "x" * 250 + "@example.org", "email"),
        ("email", "OLA@example.org", "email_taken"),
        ("name", " \u200b ", "name"),
        ("role", "partner", "role"),
        ("role", "king", "role"),
        ("language", "de", "language"),
        ("scope", "body:atlantis", "scope"),
        ("scope", "bergen", "scope"),
    ],
)
async def test_what_a_person_needs(federation: Database, field: str, value: str, code: str) -> None:
    await new(federation, email="ola@example.org")
    with pytest.raises(people.Refused) as refused:
        await new(federation, **{field: value})
    assert refused.value.codes == {field: code}


async def test_an_administrator_has_everything(federation: Database) -> None:
    with pytest.raises(people.Refused) as refused:
        await new(federation, role="admin", scope="brain:kommune")
    assert refused.value.codes == {"scope": "admin_scope"}


async def test_the_last_administrator_stays(federation: Database) -> None:
    first = await new(federation, email="a@example.org", role="admin")
    async with federation.write() as tx:
        for attempt in (
            people.disable(tx, first.id, NOW),
            people.change(tx, first.id, role="editor"),
        ):
            with pytest.raises(people.Refused) as refused:
                await attempt
            assert refused.value.codes == {"role": "last"}
    second = await new(federation, email="b@example.org", role="admin")
    async with federation.write() as tx:
        assert (await people.disable(tx, first.id, NOW)).disabled == NOW
        with pytest.raises(people.Refused):
            await people.disable(tx, second.id, NOW)
        assert (await people.enable(tx, first.id)).disabled is None
        assert (await people.change(tx, second.id, role="editor")).role == "editor"


async def at_once(
    db: Database,
    first: Callable[[Transaction], Awaitable[Any]],
    second: Callable[[Transaction], Awaitable[Any]],
) -> list[Any]:
    """Each in a transaction of its own; the first ends when the second waits for it."""
    made, done = asyncio.Event(), asyncio.Event()

    async def waits() -> bool:
        async with db.read() as tx:
            waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return done.is_set() or bool((await tx.execute(waiting)).scalar())

    async def earlier() -> Any:
        async with db.write() as tx:
            result = await first(tx)
            made.set()
            if db.dialect == "postgresql":  # on SQLite the second cannot even begin
                await until(waits)
            return result

    async def later() -> Any:
        await made.wait()
        async with db.write() as tx:
            result = await second(tx)
            done.set()
            return result

    return await asyncio.gather(earlier(), later(), return_exceptions=True)


async def test_two_administrators_do_not_shut_each_other_out_at_once(federation: Database) -> None:
    first = await new(federation, email="a@example.org", role="admin")
    second = await new(federation, email="b@example.org", role="admin")
    results = await at_once(
        federation,
        lambda tx: people.disable(tx, first.id, NOW),
        lambda tx: people.change(tx, second.id, role="editor"),
    )
    assert [type(one) for one in results] == [Person, people.Refused]
    async with federation.read() as tx:
        known = await people.listing(tx)
    assert [one.id for one in known if one.role == "admin" and one.disabled is None] == [second.id]


async def test_a_link_is_good_once_also_for_two_at_once(federation: Database) -> None:
    kari = await new(federation)
    async with federation.write() as tx:
        link = await people.new_link(tx, kari.id, NOW)
    results = await at_once(
        federation,
        lambda tx: people.use_link(tx, link, "hers", NOW),
        lambda tx: people.use_link(tx, link, "another's", NOW),
    )
    assert isinstance(results[0], Person) and results[1] is None
    async with federation.read() as tx:
        assert await people.password_hash(tx, kari.id) == "hers"


async def test_with_another_address_goes_what_the_old_one_proved(federation: Database) -> None:
    kari = await new(federation)
    async with federation.write() as tx:
        link = await people.new_link(tx, kari.id, NOW)
        assert await people.bind(tx, kari.id, "https://issuer.example", "kari")
        same = await people.change(tx, kari.id, name="Kari N.", email=kari.email.upper())
        assert same.has_provider and await people.by_link(tx, link, NOW) is not None
        moved = await people.change(tx, kari.id, email="per@example.org")
        assert not moved.has_provider and moved.invited_until is None
        assert await people.by_link(tx, link, NOW) is None
        assert await people.by_subject(tx, "https://issuer.example", "kari") is None


async def test_a_link_is_good_once_and_for_days(federation: Database) -> None:
    kari = await new(federation)
    async with federation.write() as tx:
        old = await people.new_link(tx, kari.id, NOW)
        link = await people.new_link(tx, kari.id, NOW)
        assert await people.by_link(tx, old, NOW) is None
        found = await people.by_link(tx, link, NOW)
        assert found is not None and found.id == kari.id
        assert await people.by_link(tx, link, NOW + dt.timedelta(days=people.LINK_DAYS)) is None
        stored = str((await tx.execute(sa.text("SELECT * FROM people"))).all())
        assert link not in stored
        await people.set_password(tx, kari.id, "a hash")
        assert await people.by_link(tx, link, NOW) is None
        assert await people.password_hash(tx, kari.id) == "a hash"


async def test_a_rehash_does_not_undo_a_changed_password(federation: Database) -> None:
    kari = await new(federation)
    async with federation.write() as tx:
        await people.set_password(tx, kari.id, "old")
        await people.rehash(tx, kari.id, "old", "renewed")
        assert await people.password_hash(tx, kari.id) == "renewed"
        await people.rehash(tx, kari.id, "old", "too late")
        assert await people.password_hash(tx, kari.id) == "renewed"


async def test_an_account_is_tied_to_one_person_once(federation: Database) -> None:
    kari = await new(federation)
    async with federation.write() as tx:
        assert await people.bind(tx, kari.id, "https://id.example", "42")
        assert not await people.bind(tx, kari.id, "https://id.example", "43")
        found = await people.by_subject(tx, "https://id.example", "42")
        assert found is not None and found.id == kari.id and found.has_provider
        assert await people.by_subject(tx, "https://other.example", "42") is None


async def test_a_session_ends_when_idle_and_after_days(federation: Database) -> None:
    kari = await new(federation)
    async with federation.write() as tx:
        token = await sessions.start(tx, kari.id, NOW, "Firefox, Linux")
        assert await sessions.find(tx, token + "x", NOW) is None
        found = await sessions.find(tx, token, NOW + IDLE_HOURS * HOUR - HOUR)
        assert found is not None and (found.person, found.session.browser) == (
            kari,
            "Firefox, Linux",
        )
        assert await sessions.find(tx, token, NOW + IDLE_HOURS * HOUR) is None
        # However busy, it ends after some days.
        for hours in range(0, DAYS_MAX * 24, IDLE_HOURS - 1):
            busy = await sessions.find(tx, token, NOW + hours * HOUR)
            assert busy is not None
            await sessions.seen(tx, busy.session, NOW + hours * HOUR)
        end = NOW + dt.timedelta(days=DAYS_MAX)
        assert await sessions.find(tx, token, end) is None
        assert await sessions.whose(tx, token, end) == busy.person.id
        assert await sessions.purge(tx, end) == 0
        assert await sessions.whose(tx, token, end + sessions.REMEMBERED) is None
        assert await sessions.purge(tx, end + sessions.REMEMBERED) == 1
        stored = str((await tx.execute(sa.text("SELECT * FROM sessions"))).all())
        assert token not in stored


async def test_a_session_is_written_as_seen_once_a_minute(federation: Database) -> None:
    kari = await new(federation)
    async with federation.write() as tx:
        token = await sessions.start(tx, kari.id, NOW)
        found = await sessions.find(tx, token, NOW)
    assert found is not None
    assert not sessions.is_due(found.session, NOW + dt.timedelta(seconds=59))
    assert sessions.is_due(found.session, NOW + dt.timedelta(seconds=60))


@pytest.mark.parametrize("end", ["disable", "set_password", "end_all"])
async def test_what_ends_every_session_at_once(federation: Database, end: str) -> None:
    await new(federation, email="admin@example.org", role="admin")
    kari = await new(federation)
    async with federation.write() as tx:
        tokens = [await sessions.start(tx, kari.id, NOW) for _ in range(3)]
        assert len(await sessions.listing(tx, kari.id, NOW)) == 3
        await sessions.end(tx, tokens[0])
        assert await sessions.find(tx, tokens[0], NOW) is None
        if end == "disable":
            await people.disable(tx, kari.id, NOW)
        elif end == "set_password":
            await people.set_password(tx, kari.id, "new")
        else:
            assert await sessions.end_all(tx, kari.id) == 2
        for token in tokens:
            assert await sessions.find(tx, token, NOW) is None


async def test_secrets_are_made_once(db: Database) -> None:
    first = await secrets.secret(db, "forms")
    assert len(first) == 64
    assert await secrets.secret(db, "forms") == first
    assert await secrets.secret(db, "other") != first


# The audit log


def line(number: int, **given: Any) -> audit.Line:
    """The line of a change; `number` is the minute."""
    at = NOW + dt.timedelta(minutes=number)
    return audit.Line(**{"at": at, "by": "Kari Ås", "action": "entries.save", **given})


async def test_lines_come_newest_first_and_a_page_at_a_time(db: Database) -> None:
    async with db.write() as tx:
        for number in range(5):
            await audit.append(tx, line(number, object=f"entry-{number}", detail={"to": number}))
    async with db.read() as tx:
        first = await audit.listing(tx, limit=3)
        rest = await audit.listing(tx, cursor=first.next, limit=3)
    assert [one.object for one in first.items + rest.items] == [
        f"entry-{number}" for number in (4, 3, 2, 1, 0)
    ]
    assert rest.next is None
    assert (first.items[0].detail, first.items[0].at) == (
        {"to": 4},
        NOW + 4 * dt.timedelta(minutes=1),
    )


async def test_lines_are_filtered(db: Database) -> None:
    async with db.write() as tx:
        await audit.append(tx, line(0, brain="kommune", body="bergen", by_id="person_1"))
        await audit.append(tx, line(1, brain="kommune", body="voss", action="facts.save"))
        await audit.append(tx, line(2, brain="nav", by="Øyvind 100%"))
        await audit.append(tx, line(3, action="people.add"))

    async def minutes(**given: Any) -> list[int]:
        async with db.read() as tx:
            found = await audit.listing(tx, audit.Filter(**given))
        return sorted(int((one.at - NOW).total_seconds()) // 60 for one in found.items)

    assert await minutes() == [0, 1, 2, 3]
    assert await minutes(who="kari") == [0, 1, 3]
    assert await minutes(who="Øyv") == [2]
    assert await minutes(who="100%") == [2]
    assert await minutes(who="%") == [2]
    assert await minutes(who="person_1") == [0]
    assert await minutes(action="facts.") == [1]
    assert await minutes(brain="kommune") == [0, 1]
    assert await minutes(body="voss") == [1]
    assert await minutes(since=NOW + dt.timedelta(minutes=2)) == [2, 3]
    assert await minutes(bodies=("bergen",)) == [0]
    assert await minutes(brains=("kommune",), bodies=("bergen", "voss")) == [0, 1]
    assert await minutes(brains=()) == []


CHANGES_OF_THE_LOG = {
    "sqlite": [
        "UPDATE audit SET action = 'x'",
        "UPDATE audit SET id = 7",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 1",
        "INSERT OR REPLACE INTO audit (id, at, by, action, object, detail) "
        "VALUES (1, '2026-03-02', 'x', 'x', '', '{}')",
    ],
    "postgresql": [
        "UPDATE audit SET action = 'x'",
        "UPDATE audit SET id = 7",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 1",
        "TRUNCATE audit",
        "INSERT INTO audit (id, at, by, action, object, detail) "
        "VALUES (1, '2026-03-02', 'x', 'x', '', '{}') "
        "ON CONFLICT (id) DO UPDATE SET action = 'x'",
    ],
}


@pytest.mark.parametrize("number", range(6))
async def test_the_database_refuses_to_change_the_log(db: Database, number: int) -> None:
    statements = CHANGES_OF_THE_LOG[db.dialect]
    statement = statements[min(number, len(statements) - 1)]
    async with db.write() as tx:
        await audit.append(tx, line(0))
    with pytest.raises((Conflict, StorageError)):
        async with db.write() as tx:
            await tx.execute(sa.text(statement))
    async with db.read() as tx:
        (kept,) = (await audit.listing(tx)).items
    assert kept.action == "entries.save"


async def test_what_is_too_long_for_a_line_is_cut(db: Database) -> None:
    async with db.write() as tx:
        await audit.append(tx, line(0, by="x" * 999, object="y" * 999, action="z" * 99))
    async with db.read() as tx:
        (kept,) = (await audit.listing(tx)).items
    assert (len(kept.by), len(kept.object), len(kept.action)) == (200, 241, 40)
