"""Arithmetic in working time. Every result is an absolute time in UTC, to be frozen into the run's state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from golive.calendar import HORIZON_DAYS, Calendar
from golive.span import Span

_DAY = timedelta(days=1)


def add_working(calendar: Calendar, start: datetime, span: Span) -> datetime:
    """Return the moment `span` of working time after `start`.

    A start outside working time counts from the next opening. Days keep the time of day: two working days
    after Friday 15:00 is Tuesday 15:00. Raises ValueError when the calendar has no such day within ten years.
    """
    if calendar.always:
        return start + span.on_the_clock
    moment = _later_days(calendar, _next_opening(calendar, start), span.days)
    return _later_seconds(calendar, moment, timedelta(seconds=span.seconds))


def add_time(calendar: Calendar, start: datetime, left: timedelta) -> datetime:
    """Return the moment `left` of working time after `start`, or after the next opening."""
    return start + left if calendar.always else _later_seconds(calendar, _next_opening(calendar, start), left)


def before_working(calendar: Calendar, end: datetime, days: int) -> datetime:
    """Return the moment `days` working days before `end`, at its time of day: "T-10 working days"."""
    if calendar.always:
        return end - timedelta(days=days)
    zone = ZoneInfo(calendar.time_zone)
    local = end.astimezone(zone)
    day, left = local.date(), days
    for _ in range(HORIZON_DAYS):
        if left == 0:
            return datetime.combine(day, local.timetz()).astimezone(UTC)
        day -= _DAY
        left -= calendar.works_on(day)
    raise ValueError(f"the calendar names no {days} working days before {end.date()}")


def working_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Return the working time from `start` to `end`; zero when `end` is not later."""
    if end <= start:
        return timedelta()
    if calendar.always:
        return end - start
    spent = timedelta()
    for opens, closes in _stretches(calendar, start):
        if opens >= end:
            break
        spent += min(closes, end) - max(opens, start)
    return spent


def _next_opening(calendar: Calendar, moment: datetime) -> datetime:
    """Return `moment` itself within working time, else when work next begins."""
    opens, _ = next(_stretches(calendar, moment))
    return max(opens, moment.astimezone(UTC))


def _later_days(calendar: Calendar, moment: datetime, days: int) -> datetime:
    if days == 0:
        return moment
    zone = ZoneInfo(calendar.time_zone)
    local = moment.astimezone(zone)
    day, left = local.date(), days
    for _ in range(HORIZON_DAYS):
        day += _DAY
        left -= calendar.works_on(day)
        if left == 0:
            return datetime.combine(day, local.timetz()).astimezone(UTC)
    raise ValueError(f"the calendar names no {days} working days after {local.date()}")


def _later_seconds(calendar: Calendar, moment: datetime, left: timedelta) -> datetime:
    if not left:
        return moment
    for opens, closes in _stretches(calendar, moment):
        begins = max(opens, moment)
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    raise AssertionError("stretches end only by raising")


def _stretches(calendar: Calendar, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the working stretches that end after `moment`, in order, in UTC."""
    zone = ZoneInfo(calendar.time_zone)
    day: date = moment.astimezone(zone).date()
    idle = 0
    for _ in count():
        idle = 0 if calendar.works_on(day) else idle + 1
        if idle > HORIZON_DAYS:
            raise ValueError(f"the calendar names no working day within ten years of {moment.date()}")
        for hours in calendar.hours if idle == 0 else ():
            opens = datetime.combine(day, hours.start, zone).astimezone(UTC)
            closes = datetime.combine(day, hours.end, zone).astimezone(UTC)
            if closes > moment and opens < closes:
                yield opens, closes
        day += _DAY
