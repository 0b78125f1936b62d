"""When a body's humans are there: open, closed, holidays, the clock's change, and the words."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from brains.model import Body
from router.opening import describe, next_opening, open_until

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
BODY = Body(
    id="bergen",
    name="Bergen kommune",
    opening_hours={day: ["08:00-15:30"] for day in WEEKDAYS},
    closed_days=["2026-12-24", "2026-12-25"],
)
NEVER = Body(id="x", name="X")


def utc(text: str) -> dt.datetime:
    """A moment: `2026-03-02 12:00`, in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def shown(moment: dt.datetime | None) -> str | None:
    """A moment in the body's own time."""
    return None if moment is None else f"{moment:%a %Y-%m-%d %H:%M}"


# 2026-03-02 is a Monday. Norway is at UTC+1 until 29 March, then at UTC+2 until 25 October.
@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-02 06:59", None),
        ("2026-03-02 07:00", "Mon 2026-03-02 15:30"),
        ("2026-03-02 12:00", "Mon 2026-03-02 15:30"),
        ("2026-03-02 14:29", "Mon 2026-03-02 15:30"),
        ("2026-03-02 14:30", None),
        ("2026-03-07 12:00", None),
        ("2026-03-08 12:00", None),
        ("2026-12-24 12:00", None),
        ("2026-12-23 12:00", "Wed 2026-12-23 15:30"),
        ("2026-03-30 06:00", "Mon 2026-03-30 15:30"),
        ("2026-03-30 13:30", None),
        ("2026-03-27 06:00", None),
    ],
)
def test_open_until(now: str, until: str | None) -> None:
    assert shown(open_until(BODY, utc(now))) == until


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-03-02 05:00", "Mon 2026-03-02 08:00"),
        ("2026-03-02 07:00", "Tue 2026-03-03 08:00"),
        ("2026-03-02 16:00", "Tue 2026-03-03 08:00"),
        ("2026-03-06 16:00", "Mon 2026-03-09 08:00"),
        ("2026-12-23 16:00", "Mon 2026-12-28 08:00"),
        ("2026-03-28 12:00", "Mon 2026-03-30 08:00"),
        # Half past eleven in the evening in UTC is the next day in Norway.
        ("2026-03-02 23:30", "Tue 2026-03-03 08:00"),
    ],
)
def test_next_opening(now: str, opens: str) -> None:
    assert shown(next_opening(BODY, utc(now))) == opens


def test_several_spans_a_day() -> None:
    body = msgspec.structs.replace(BODY, opening_hours={"mon": ["08:00-11:00", "12:00-15:00"]})
    noon = utc("2026-03-02 10:30")
    assert open_until(body, noon) is None
    assert shown(next_opening(body, noon)) == "Mon 2026-03-02 12:00"
    assert shown(open_until(body, utc("2026-03-02 11:00"))) == "Mon 2026-03-02 15:00"


def test_until_midnight() -> None:
    body = msgspec.structs.replace(BODY, opening_hours={"mon": ["08:00-24:00"]})
    assert shown(open_until(body, utc("2026-03-02 22:59"))) == "Tue 2026-03-03 00:00"
    assert open_until(body, utc("2026-03-02 23:00")) is None


def test_a_body_in_another_time_zone() -> None:
    body = msgspec.structs.replace(BODY, timezone="Europe/London")
    assert open_until(body, utc("2026-03-02 07:30")) is None
    assert shown(open_until(body, utc("2026-03-02 15:00"))) == "Mon 2026-03-02 15:30"


@pytest.mark.parametrize(
    ("language", "now", "text"),
    [
        ("nb", "2026-03-02 12:00", "Vi har åpent nå, til kl. 15:30."),
        ("nb", "2026-03-02 05:00", "Vi har stengt nå. Vi åpner igjen i dag kl. 08:00."),
        ("nb", "2026-03-02 16:00", "Vi har stengt nå. Vi åpner igjen i morgen kl. 08:00."),
        ("nb", "2026-03-06 16:00", "Vi har stengt nå. Vi åpner igjen mandag kl. 08:00."),
        ("en", "2026-03-02 12:00", "We are open now, until 15:30."),
        ("en", "2026-03-02 05:00", "We are closed now. We open again today at 08:00."),
        ("en", "2026-03-02 16:00", "We are closed now. We open again tomorrow at 08:00."),
        ("en", "2026-03-06 16:00", "We are closed now. We open again on Monday at 08:00."),
    ],
)
def test_in_words(language: str, now: str, text: str) -> None:
    assert describe(BODY, utc(now), language) == text


def test_in_nynorsk() -> None:
    assert "15:30" in describe(BODY, utc("2026-03-02 12:00"), "nn")
    closed = describe(BODY, utc("2026-03-06 16:00"), "nn")
    assert "måndag" in closed and closed != describe(BODY, utc("2026-03-06 16:00"), "nb")


def test_nothing_is_said_of_what_is_not_known() -> None:
    now = utc("2026-03-02 12:00")
    assert open_until(NEVER, now) is None
    assert next_opening(NEVER, now) is None
    assert describe(NEVER, now, "nb") == ""
