"""Which passwords are refused, how they are compared, and how often one may try."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from argon2 import PasswordHasher

from brains import people, sessions, tables
from brains.database import Database
from brains.people import Person
from router.security import attempts, passwords

NOBODY = Person(
    id="person_1",
    email="kari.nordmann@example.org",
    name="Kari Nordmann",
    role="reader",
    scope="*",
    language="nb",
    created=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elleve tegn", "short"),
        ("x" * 201, "long"),
        ("passord12345", "common"),
        ("P@ssw0rd2026!", "common"),
        ("Sommer2026!!!", "common"),
        ("velkommen123", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("abcabcabcabc", "common"),
        ("123456789012", "common"),
        ("210987654321", "common"),
        ("qwertyuiopå", "short"),
        ("qwertyuiopåa", "common"),
        ("Samsvar-admin-2026", "common"),
        ("kari.nordmann", "own"),
        ("Nordmann12345", "own"),
        ("nordmannkari!", "own"),
    ],
)
def test_weak_passwords_are_refused(password: str, why: str) -> None:
    assert passwords.weakness(password, NOBODY) == why


@pytest.mark.parametrize(
    "password",
    [
        "fire små fugler på rad",
        "riktig hest batteri stift",
        "Kari liker brunost på ski",
        "tTqX7-9vLm-2pZw",
        "ﬁrkanta skjerm i taket",
        "密码密码是一个很长的句子吗对的",
    ],
)
def test_long_and_uncommon_ones_are_not(password: str) -> None:
    assert passwords.weakness(password, NOBODY) is None


async def test_a_password_is_the_same_however_it_is_composed() -> None:
    hashing = passwords.Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    hashed = await hashing.hash("blåbærsyltetøy til alle")
    assert await hashing.matches(hashed, "bla\u030abærsyltetøy til alle")
    assert not await hashing.matches("not a hash", "x")


async def test_an_unknown_account_costs_as_much_work() -> None:
    compared: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Any:
            compared.append(str(hash))
            return super().verify(hash, password)

    hashing = passwords.Passwords(Counting(time_cost=1, memory_cost=64, parallelism=1))
    assert not await hashing.matches(None, "anything")
    assert len(compared) == 1


# Attempts


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now


@pytest_asyncio.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(f"sqlite:///{tmp_path}/attempts.db")
    yield opened
    await opened.close()


async def test_each_further_attempt_waits_twice_as_long(db: Database) -> None:
    clock, waits = Clock(), []
    tried = attempts.Attempts(db, clock)
    for _ in range(attempts.ACCOUNT_FREE + 8):
        wait = await tried.count("a@example.org", "10.0.0.1")
        if wait:
            waits.append(wait)
            clock.now += dt.timedelta(seconds=wait)
            assert await tried.count("a@example.org", "10.0.0.1") == 0
    first = attempts.WAIT_SECONDS_FIRST + 1
    assert waits[:3] == [first, 2 * first - 1, 4 * first - 3]
    assert max(waits) == attempts.WAIT_SECONDS_MAX + 1


async def test_an_address_that_tries_many_accounts_waits(db: Database) -> None:
    tried = attempts.Attempts(db, Clock())
    for number in range(attempts.ADDRESS_MAX):
        assert await tried.count(f"{number}@example.org", "10.0.0.1") == 0
    assert await tried.count("new@example.org", "10.0.0.1") > 0
    assert await tried.count("new@example.org", "10.0.0.2") == 0


async def test_an_office_that_signs_in_rightly_does_not_wait(db: Database) -> None:
    tried = attempts.Attempts(db, Clock())
    for number in range(3 * attempts.ADDRESS_MAX):
        assert await tried.count(f"{number}@example.org", "10.0.0.1") == 0
        await tried.succeeded(f"{number}@example.org", "10.0.0.1")


async def test_many_attempts_at_once_count_each(db: Database) -> None:
    tried = attempts.Attempts(db, Clock())
    waits = await asyncio.gather(*(tried.count("a@example.org", f"10.0.0.{n}") for n in range(50)))
    assert sum(wait == 0 for wait in waits) == attempts.ACCOUNT_FREE


async def test_a_restart_or_another_process_forgets_no_attempt(db: Database) -> None:
    for _ in range(attempts.ACCOUNT_FREE):
        assert await attempts.Attempts(db, Clock()).count("a@example.org", "10.0.0.1") == 0
    again = await Database.open(str(db.url.set(drivername="sqlite")))
    try:
        assert await attempts.Attempts(again, Clock()).count("a@example.org", "10.0.0.9") > 0
    finally:
        await again.close()


async def test_attempts_of_long_ago_are_forgotten_and_their_rows_gone(db: Database) -> None:
    clock = Clock()
    for number in range(20):
        await attempts.Attempts(db, clock).count(f"{number}@example.org", f"10.0.0.{number}")
    clock.now += attempts.FORGOTTEN
    assert await attempts.Attempts(db, clock).count("a@example.org", "10.0.0.1") == 0
    async with db.read() as tx:
        rows = await tx.execute(sa.select(sa.func.count()).select_from(tables.sign_in_attempts))
        assert rows.scalar_one() == 2


def test_the_docs_say_how_long_everything_lasts() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "operating.md").read_text("utf-8")
    wait, most = attempts.WAIT_SECONDS_FIRST, attempts.WAIT_SECONDS_MAX // 60
    for sentence in (
        f"A session ends {sessions.IDLE_HOURS} hours after its last request, and "
        f"{sessions.DAYS_MAX} days after its sign-in",
        f"good once and for {people.LINK_DAYS} days",
        f"A password has at least {passwords.LENGTH_MIN} characters",
        f"After {attempts.ACCOUNT_FREE} attempts at one account each further one waits, {wait} "
        f"seconds first and twice as long each time, at most {most} minutes",
        f"after {attempts.ADDRESS_MAX} failures from one address within an hour",
    ):
        assert sentence in docs
