"""Times as people in Norway read them: Europe/Oslo, in the console's language."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from router.console.wording import say, texts

OSLO = ZoneInfo("Europe/Oslo")
MINUTE, HOUR, DAY = 60, 3600, 86400


def day(at: dt.datetime | dt.date, language: str, now: dt.datetime | None = None) -> str:
    """`3. mars 2026`; without the year in the year of `now`."""
    date = _local(at).date() if isinstance(at, dt.datetime) else at
    months = texts("common", language)["months"]
    short = now is not None and _local(now).year == date.year
    key = "common.dates.day" if short else "common.dates.day_year"
    return say(key, language, day=date.day, month=months[date.month - 1], year=date.year)


def clock(at: dt.datetime) -> str:
    """`07:35`."""
    return f"{_local(at):%H:%M}"


def moment(at: dt.datetime, language: str, now: dt.datetime | None = None) -> str:
    """A day and a time."""
    return say("common.dates.moment", language, day=day(at, language, now), time=clock(at))


def ago(at: dt.datetime, now: dt.datetime, language: str) -> str:
    """How long ago, or until, in one unit; a date where that is more than six days."""
    seconds = (now - at).total_seconds()
    past, size = seconds >= 0, abs(seconds)
    if size >= 6 * DAY:
        return day(at, language, now)
    if size < MINUTE:
        return say("common.dates.now" if past else "common.dates.soon", language)
    length, unit = next(
        (length, unit)
        for length, unit in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes"))
        if size >= length
    )
    key = f"common.dates.{unit}_{'ago' if past else 'ahead'}"
    return say(key, language, count=int(size // length))


def duration(hours: float, language: str) -> str:
    """A length of time in its one fitting unit: `40 minutter`, `3 timer`, `2 dager`."""
    for length, unit in ((24.0, "days"), (1.0, "hours")):
        if hours >= length:
            return say(f"common.dates.{unit}", language, count=round(hours / length))
    return say("common.dates.minutes", language, count=max(1, round(hours * 60)))


def input_date(at: dt.datetime | None) -> str:
    """A date as `<input type=date>` takes it, or nothing."""
    return "" if at is None else _local(at).date().isoformat()


def _local(at: dt.datetime) -> dt.datetime:
    return at.astimezone(OSLO)
