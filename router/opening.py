"""When a body's humans are there, from its opening hours and closed days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from brains.model import Body
from router.texts import day_name, say

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_AHEAD_MAX = 14


def open_until(body: Body, now: dt.datetime) -> dt.datetime | None:
    """When the body closes, in its own time zone; None when it is closed now."""
    local = now.astimezone(ZoneInfo(body.timezone))
    return next((end for start, end in _spans(body, local.date()) if start <= local < end), None)


def next_opening(body: Body, now: dt.datetime) -> dt.datetime | None:
    """When the body opens next, None if not within two weeks."""
    local = now.astimezone(ZoneInfo(body.timezone))
    days = (local.date() + dt.timedelta(days=ahead) for ahead in range(DAYS_AHEAD_MAX))
    starts = (start for day in days for start, _ in _spans(body, day))
    return next((start for start in starts if start > local), None)


def moment(at: dt.datetime, body: Body) -> str:
    """A time in the body's own time zone, in digits that read alike in every language."""
    return f"{at.astimezone(ZoneInfo(body.timezone)):%d.%m.%Y %H:%M}"


def describe(body: Body, now: dt.datetime, language: str) -> str:
    """A sentence on whether the body is open now, and until when or from when; or nothing."""
    until = open_until(body, now)
    if until is not None:
        return say("handover_open", language, until=_clock(until))
    opens = next_opening(body, now)
    if opens is None:
        return ""
    return say("handover_closed", language, when=_when(opens, now, language))


def _when(moment: dt.datetime, now: dt.datetime, language: str) -> str:
    days = (moment.date() - now.astimezone(moment.tzinfo).date()).days
    time = _clock(moment)
    if days == 0:
        return say("when_today", language, time=time)
    if days == 1:
        return say("when_tomorrow", language, time=time)
    return say("when_day", language, day=day_name(moment.weekday(), language), time=time)


def _spans(body: Body, day: dt.date) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    if day.isoformat() in body.closed_days:
        return
    midnight = dt.datetime.combine(day, dt.time(), ZoneInfo(body.timezone))
    for span in body.opening_hours.get(DAYS[day.weekday()], []):
        start, end = span.split("-")
        yield midnight + _since_midnight(start), midnight + _since_midnight(end)


def _since_midnight(clock: str) -> dt.timedelta:
    """`24:00` is the end of the day."""
    hours, minutes = clock.split(":")
    return dt.timedelta(hours=int(hours), minutes=int(minutes))


def _clock(moment: dt.datetime) -> str:
    return f"{moment:%H:%M}"
